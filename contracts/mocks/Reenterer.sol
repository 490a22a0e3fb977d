// SPDX-License-Identifier: Apache-2.0
// A target that calls the governor back while it is being executed, and remembers each answer.
pragma solidity ^0.8.35;

/// @title Reenterer
contract Reenterer {
    bytes[] private _calls;
    bytes[] private _answers;
    bool[] private _successes;

    /// @notice Sets the calls that `poke` will make.
    function arm(bytes[] calldata calls) external {
        _calls = calls;
    }

    /// @notice Makes every armed call to `governor`, whether the one before succeeded or not.
    function poke(address governor) external {
        for (uint256 i = 0; i < _calls.length; ++i) {
            (bool success, bytes memory answer) = governor.call(_calls[i]);
            _successes.push(success);
            _answers.push(answer);
        }
    }

    /// @notice Whether each call succeeded, and what it returned or reverted with.
    function answers() external view returns (bool[] memory successes, bytes[] memory data) {
        return (_successes, _answers);
    }
}
