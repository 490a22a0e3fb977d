// SPDX-License-Identifier: Apache-2.0
// An ERC-20 without votes, as a DAO may have had it for long; it can be told to keep a fee of every transfer.
pragma solidity ^0.8.35;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title PlainToken
contract PlainToken is ERC20 {
    uint8 private immutable _decimals;

    /// @notice What every transfer loses, in the smallest unit.
    uint256 public fee;

    constructor(string memory name_, string memory symbol_, uint8 decimals_, uint256 supply) ERC20(name_, symbol_) {
        _decimals = decimals_;
        _mint(msg.sender, supply);
    }

    /// @notice Sets the fee of every transfer, in the smallest unit.
    function setFee(uint256 newFee) external {
        fee = newFee;
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (fee != 0 && from != address(0) && to != address(0)) super._update(to, address(0), fee);
    }
}
