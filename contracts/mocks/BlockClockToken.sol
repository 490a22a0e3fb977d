// SPDX-License-Identifier: Apache-2.0
// A votes token on the block-number clock, which the governor must refuse.
pragma solidity ^0.8.35;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title BlockClockToken
contract BlockClockToken is ERC20Votes {
    constructor() ERC20("Block clock", "BLK") EIP712("Block clock", "1") {}
}
