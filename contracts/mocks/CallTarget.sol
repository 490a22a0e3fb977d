// SPDX-License-Identifier: Apache-2.0
// A target for proposals in tests: remembers what it was told, takes ether, or refuses.
pragma solidity ^0.8.35;

/// @title CallTarget
contract CallTarget {
    /// @notice The last value that `set` was given.
    uint256 public value;

    /// @notice Who called `set` last.
    address public caller;

    /// @notice `set` was called.
    event ValueSet(address indexed caller, uint256 value);

    /// @notice What `refuse` answers.
    error CallTargetRefused(address caller);

    /// @notice Takes ether.
    receive() external payable {}

    /// @notice Remembers `newValue` and the caller.
    function set(uint256 newValue) external payable {
        value = newValue;
        caller = msg.sender;
        emit ValueSet(msg.sender, newValue);
    }

    /// @notice Always reverts.
    function refuse() external view {
        revert CallTargetRefused(msg.sender);
    }
}
