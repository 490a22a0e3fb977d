// SPDX-License-Identifier: Apache-2.0
// Brings OpenZeppelin's TimelockController, unchanged, into the build.
pragma solidity ^0.8.35;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
