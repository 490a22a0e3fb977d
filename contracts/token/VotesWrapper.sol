// SPDX-License-Identifier: Apache-2.0
// Votes for a token that a DAO has already: deposited one for one, and withdrawn whenever their owner wishes.
pragma solidity ^0.8.35;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20Wrapper} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Wrapper.sol";
import {VotesToken} from "./VotesToken.sol";

/// @title VotesWrapper
/// @notice An alternative to RewardToken: nobody mints, nobody has a role, and the supply is what was deposited. It has
/// the decimals of the underlying token. Deposits vote once their owner delegates.
/// @dev The underlying token must move exactly what it is told to. One that takes a fee is refused at the deposit; one
/// that changes balances by itself must not be wrapped.
contract VotesWrapper is VotesToken, ERC20Wrapper {
    /// @notice The underlying token moved `received` in place of `value`.
    error VotesWrapperInexactDeposit(uint256 value, uint256 received);

    /// @param name_ ERC-20 name; also the EIP-712 domain name of permits and delegations.
    /// @param symbol_ ERC-20 symbol.
    /// @param underlyingToken The token that is deposited.
    /// @param treasury The timelock.
    constructor(
        string memory name_,
        string memory symbol_,
        IERC20 underlyingToken,
        address treasury
    ) VotesToken(name_, symbol_, treasury) ERC20Wrapper(underlyingToken) {}

    /// @inheritdoc ERC20Wrapper
    /// @dev Takes `value` of the underlying token from the caller, who has approved of it. Reverts unless exactly that
    /// arrives.
    function depositFor(address account, uint256 value) public virtual override returns (bool) {
        uint256 before = underlying().balanceOf(address(this));
        super.depositFor(account, value);
        uint256 received = underlying().balanceOf(address(this)) - before;
        if (received != value) revert VotesWrapperInexactDeposit(value, received);
        return true;
    }

    /// @inheritdoc ERC20Wrapper
    function decimals() public view virtual override(ERC20, ERC20Wrapper) returns (uint8) {
        return super.decimals();
    }

    function _update(address from, address to, uint256 value) internal virtual override(ERC20, VotesToken) {
        super._update(from, to, value);
    }
}
