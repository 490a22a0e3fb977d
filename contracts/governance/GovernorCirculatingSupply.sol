// SPDX-License-Identifier: Apache-2.0
// Quorum of the circulating supply: the votes of governed exclusions are subtracted at the snapshot.
pragma solidity ^0.8.35;

import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @title GovernorCirculatingSupply
/// @notice Votes are in the token's smallest unit, timepoints in seconds.
/// @dev An exclusion is a delegate, not a holder: treasury, distributor and others who do not vote delegate to it, and
/// what it has by a snapshot is no part of the supply that a quorum is a share of. Choose delegates that cannot cast a
/// ballot; the token's own address is one, and RewardToken and VotesWrapper delegate the treasury to it. The ballots of
/// an exclusion that can would still count.
///
/// Anybody may delegate to an exclusion, and that is no attack: who gives up `v` votes lowers the quorum by its share of
/// `v`, never by more than `v`, so he would always have come nearer to the quorum by abstaining. His tokens have left
/// the circulation for as long as he wishes, as if he had sold them to the treasury.
abstract contract GovernorCirculatingSupply is GovernorVotesQuorumFraction {
    using Checkpoints for Checkpoints.Trace208;

    uint256 private constant MAX_EXCLUSIONS = 16;

    // By the timepoint from which a list is in force; the history answers which that was, or zero, where none is.
    mapping(uint256 since => address[]) private _lists;
    Checkpoints.Trace208 private _history;

    /// @notice The delegates whose votes are not circulating, for snapshots at or after this block's timestamp.
    event ExclusionsSet(address[] exclusions);

    /// @notice A list of exclusions has at most `maximum` addresses.
    error GovernorTooManyExclusions(uint256 exclusions, uint256 maximum);

    /// @notice Exclusions ascend strictly from above zero, so that none is subtracted twice: `exclusion` does not.
    error GovernorExclusionsNotAscending(address exclusion);

    /// @notice Replaces the exclusions: at most 16 addresses, strictly ascending. Only through a proposal.
    function setExclusions(address[] memory newExclusions) public virtual onlyGovernance {
        _setExclusions(newExclusions);
    }

    /// @notice The exclusions in force at `timepoint`. A proposal keeps those of its snapshot.
    function exclusions(uint256 timepoint) public view virtual returns (address[] memory) {
        return _lists[_valueAt(_history, timepoint)];
    }

    /// @notice The total supply at `timepoint` without the votes that the exclusions then in force had. Reverts unless
    /// the timepoint is over.
    function circulatingSupply(uint256 timepoint) public view virtual returns (uint256 supply) {
        supply = token().getPastTotalSupply(timepoint);
        address[] memory excluded = exclusions(timepoint);
        for (uint256 i = 0; i < excluded.length; ++i) {
            supply -= token().getPastVotes(excluded[i], timepoint);
        }
    }

    /// @inheritdoc GovernorVotesQuorumFraction
    /// @dev Of the circulating supply, rounded down.
    function quorum(uint256 timepoint) public view virtual override returns (uint256) {
        return _quorum(timepoint, quorumNumerator(timepoint));
    }

    /// @dev `numerator` of the circulating supply at `timepoint`, in votes. The product of a supply's 208 bits and a
    /// numerator's 14 fits.
    function _quorum(uint256 timepoint, uint256 numerator) internal view virtual returns (uint256) {
        return (circulatingSupply(timepoint) * numerator) / quorumDenominator();
    }

    /// @dev What a history says was in force at `timepoint`, zero before its first entry. Histories of settings are
    /// short, so that a plain binary search is as good as any.
    function _valueAt(Checkpoints.Trace208 storage history, uint256 timepoint) internal view returns (uint256) {
        return history.upperLookup(uint48(Math.min(timepoint, type(uint48).max)));
    }

    /// @dev Every change of the exclusions passes here.
    function _setExclusions(address[] memory newExclusions) internal virtual {
        if (newExclusions.length > MAX_EXCLUSIONS) {
            revert GovernorTooManyExclusions(newExclusions.length, MAX_EXCLUSIONS);
        }
        address previous = address(0);
        for (uint256 i = 0; i < newExclusions.length; ++i) {
            if (newExclusions[i] <= previous) revert GovernorExclusionsNotAscending(newExclusions[i]);
            previous = newExclusions[i];
        }
        uint48 since = clock();
        _history.push(since, since);
        _lists[since] = newExclusions;
        emit ExclusionsSet(newExclusions);
    }
}
