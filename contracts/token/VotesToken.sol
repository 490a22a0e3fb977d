// SPDX-License-Identifier: Apache-2.0
// What both kinds of governance token are: ERC-20 with permit, votes on the timestamp clock, a treasury without a vote.
pragma solidity ^0.8.35;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";

/// @title VotesToken
/// @notice Amounts are in the token's smallest unit; timepoints are seconds since the Unix epoch (ERC-6372).
/// @dev From construction on the treasury delegates to the token itself, which can cast no ballot: whatever the treasury
/// holds counts as votes of the token's address, and the governor excludes these from the circulating supply. Others who
/// hold tokens and do not vote, such as a distributor, delegate to the same address.
abstract contract VotesToken is ERC20Permit, ERC20Votes {
    /// @param name_ ERC-20 name; also the EIP-712 domain name of permits and delegations.
    /// @param symbol_ ERC-20 symbol.
    /// @param treasury The timelock.
    constructor(
        string memory name_,
        string memory symbol_,
        address treasury
    ) ERC20(name_, symbol_) ERC20Permit(name_) {
        _delegate(treasury, address(this));
    }

    /// @notice Seconds since the Unix epoch (ERC-6372).
    function clock() public view virtual override returns (uint48) {
        return Time.timestamp();
    }

    /// @notice The ERC-6372 clock mode of this token, and so of the governor.
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public view virtual override returns (string memory) {
        return "mode=timestamp";
    }

    /// @inheritdoc Votes
    /// @dev Asks the newest checkpoint first: most voters have none after the snapshot, and then it is the answer.
    function getPastVotes(address account, uint256 timepoint) public view virtual override returns (uint256) {
        uint48 past = _validateTimepoint(timepoint);
        uint32 count = _numCheckpoints(account);
        if (count == 0) return 0;
        Checkpoints.Checkpoint208 memory newest = _checkpoints(account, count - 1);
        return newest._key <= past ? newest._value : super.getPastVotes(account, timepoint);
    }

    /// @inheritdoc ERC20Permit
    function nonces(address owner) public view virtual override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    /// @dev The governor counts votes in 128 bits; so many are 3.4 × 10²⁰ tokens of 18 decimals.
    function _maxSupply() internal view virtual override returns (uint256) {
        return type(uint128).max;
    }

    function _update(address from, address to, uint256 value) internal virtual override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }
}
