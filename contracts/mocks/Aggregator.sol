// SPDX-License-Identifier: Apache-2.0
// What tests put where Multicall3 is on public chains: its `aggregate3`, of the same form and behaviour.
pragma solidity ^0.8.35;

/// @title Aggregator
contract Aggregator {
    /// @notice A call, and whether the others go on when it fails.
    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    /// @notice How a call ended.
    struct Result {
        bool success;
        bytes returnData;
    }

    /// @notice Makes the calls in their order.
    function aggregate3(Call3[] calldata calls) external payable returns (Result[] memory returnData) {
        returnData = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, bytes memory data) = calls[i].target.call(calls[i].callData);
            require(success || calls[i].allowFailure, "Multicall3: call failed");
            returnData[i] = Result(success, data);
        }
    }
}
