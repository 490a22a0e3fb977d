// SPDX-License-Identifier: Apache-2.0
// Passes any call on under its own address, so that tests can wrap a forbidden call in an allowed one.
pragma solidity ^0.8.35;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title Forwarder
contract Forwarder {
    /// @notice Calls `target` with `data`, and reverts with its error if it does.
    function forward(address target, bytes calldata data) external returns (bytes memory) {
        return Address.functionCall(target, data);
    }
}
