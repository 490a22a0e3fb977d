// SPDX-License-Identifier: Apache-2.0
// The governance and reward token: votes, a supply cap, minting by role.
pragma solidity ^0.8.35;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {VotesToken} from "./VotesToken.sol";

/// @title RewardToken
/// @notice Amounts are in the token's smallest unit.
/// @dev The timelock is the default admin from construction on: it alone grants and revokes `MINTER_ROLE`. The deployer
/// holds nothing at any moment.
contract RewardToken is VotesToken, AccessControl {
    /// @notice Tokens minted to `account` when the token is created.
    struct Grant {
        address account;
        uint256 amount;
    }

    /// @notice Holders of this role may mint up to the cap.
    bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");

    uint256 private immutable _cap;
    uint8 private immutable _decimals;

    /// @notice The cap cannot be set to `cap`: zero, or more than the governor can count (2¹²⁸ − 1).
    error RewardTokenInvalidCap(uint256 cap, uint256 maximum);

    /// @notice The admin must not be zero: nobody could ever grant or revoke `MINTER_ROLE`.
    error RewardTokenInvalidAdmin(address admin);

    /// @param name_ ERC-20 name; also the EIP-712 domain name of permits and delegations.
    /// @param symbol_ ERC-20 symbol.
    /// @param decimals_ Number of decimals of one token.
    /// @param cap_ The most that may ever be in existence, in the smallest unit.
    /// @param admin The timelock: administers every role, and is the treasury.
    /// @param minters The first holders of `MINTER_ROLE`.
    /// @param grants The first balances. Voting power counts only once a holder delegates.
    constructor(
        string memory name_,
        string memory symbol_,
        uint8 decimals_,
        uint256 cap_,
        address admin,
        address[] memory minters,
        Grant[] memory grants
    ) VotesToken(name_, symbol_, admin) {
        if (cap_ == 0 || cap_ > type(uint128).max) {
            revert RewardTokenInvalidCap(cap_, type(uint128).max);
        }
        if (admin == address(0)) {
            revert RewardTokenInvalidAdmin(admin);
        }
        _cap = cap_;
        _decimals = decimals_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        for (uint256 i = 0; i < minters.length; ++i) {
            _grantRole(MINTER_ROLE, minters[i]);
        }
        for (uint256 i = 0; i < grants.length; ++i) {
            _mint(grants[i].account, grants[i].amount);
        }
    }

    /// @notice Mints `amount` to `to`. Only holders of `MINTER_ROLE`; reverts with `ERC20ExceededSafeSupply` above the
    /// cap.
    function mint(address to, uint256 amount) public virtual onlyRole(MINTER_ROLE) {
        _mint(to, amount);
    }

    /// @notice The most that may ever be in existence, in the smallest unit.
    function cap() public view virtual returns (uint256) {
        return _cap;
    }

    /// @inheritdoc ERC20
    function decimals() public view virtual override returns (uint8) {
        return _decimals;
    }

    /// @dev ERC20Votes checks the supply against this after every mint, so the cap needs no second check.
    function _maxSupply() internal view virtual override returns (uint256) {
        return _cap;
    }
}
