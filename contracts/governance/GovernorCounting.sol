// SPDX-License-Identifier: Apache-2.0
// Counts ballots as OpenZeppelin's GovernorCountingFractional does, with one receipt bit per ballot and a packed tally.
pragma solidity ^0.8.35;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title GovernorCounting
/// @notice Votes are in the token's smallest unit, timepoints on the governor's clock. Interface, events, errors and the
/// meaning of a ballot are those of OpenZeppelin's GovernorCountingFractional: support 0 is against, 1 for, 2 abstain,
/// each with the whole weight that is left; 255 splits it as `params` says,
/// `abi.encodePacked(uint128(against), uint128(for), uint128(abstain))`.
/// @dev What differs is where it is kept. A voter has one storage slot of receipts for 256 proposals, so that whoever
/// voted before pays for no new one; votes for and abstaining share a slot, which is all that the quorum needs. A clear
/// receipt bit means that the whole weight is free. A set one means that none is, unless there is an entry of what
/// partial ballots used; then the rest is. A proposal counts at most 2¹²⁸ − 1 votes of each choice; a ballot beyond that
/// reverts, and VotesToken has no such supply.
///
/// Whether a vote is open is told by the slot that every ballot reads anyway. An inheriting contract whose `state`
/// closes votes for further reasons overrides `_isOpen` as well.
abstract contract GovernorCounting is Governor {
    using SafeCast for uint256;

    /// @dev Two slots; all but the tally is set when the proposal is made, which makes the second slot cheap to write
    /// as well. `number` counts proposals from one, so that an unknown proposal has a number without receipts.
    /// `deadline` moves with a late quorum, `settled` says that it will not move any more. Timepoints have 40 bits:
    /// seconds for 34,000 years; a proposal that would end later is refused.
    struct Count {
        uint128 forVotes;
        uint128 abstainVotes;
        uint128 againstVotes;
        uint32 number;
        uint40 snapshot;
        uint40 deadline;
        bool settled;
        bool canceled;
    }

    uint8 private constant SPLIT = type(uint8).max;

    mapping(uint256 proposalId => Count) private _counts;
    mapping(address voter => mapping(uint256 bucket => uint256 bits)) private _receipts;
    mapping(uint256 proposalId => mapping(address voter => uint256 votes)) private _partialVotes;
    uint32 private _proposals;

    /// @notice A split ballot wants `usedVotes` of the `remainingWeight` that `voter` has left.
    error GovernorExceedRemainingWeight(address voter, uint256 usedVotes, uint256 remainingWeight);

    /// @inheritdoc IGovernor
    // solhint-disable-next-line func-name-mixedcase
    function COUNTING_MODE() public pure virtual override returns (string memory) {
        return "support=bravo,fractional&quorum=for,abstain&params=fractional";
    }

    /// @inheritdoc IGovernor
    function hasVoted(uint256 proposalId, address account) public view virtual override returns (bool) {
        return _hasReceipt(_counts[proposalId].number, account);
    }

    /// @notice The votes that `account` has cast on the proposal so far, in one ballot or several.
    function usedVotes(uint256 proposalId, address account) public view virtual returns (uint256) {
        if (!hasVoted(proposalId, account)) return 0;
        uint256 used = _partialVotes[proposalId][account];
        return used == 0 ? getVotes(account, proposalSnapshot(proposalId)) : used;
    }

    /// @notice The votes against, for and abstaining.
    function proposalVotes(
        uint256 proposalId
    ) public view virtual returns (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) {
        Count storage count = _counts[proposalId];
        return (count.againstVotes, count.forVotes, count.abstainVotes);
    }

    /// @inheritdoc Governor
    /// @dev Also numbers the proposal, which is the place of its receipts.
    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal virtual override returns (uint256 proposalId) {
        proposalId = super._propose(targets, values, calldatas, description, proposer);
        uint256 snapshot = proposalSnapshot(proposalId);
        Count storage count = _counts[proposalId];
        count.number = ++_proposals;
        count.snapshot = snapshot.toUint40();
        count.deadline = (snapshot + votingPeriod()).toUint40();
    }

    /// @inheritdoc Governor
    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal virtual override returns (uint256 proposalId) {
        proposalId = super._cancel(targets, values, calldatas, descriptionHash);
        _counts[proposalId].canceled = true;
    }

    /// @inheritdoc Governor
    /// @dev Does what OpenZeppelin's does, and reads less.
    function _castVote(
        uint256 proposalId,
        address account,
        uint8 support,
        string memory reason,
        bytes memory params
    ) internal virtual override returns (uint256 votes) {
        _requireOpen(proposalId);
        votes = _countVote(proposalId, account, support, _weight(proposalId, account, params), params);
        if (params.length == 0) emit VoteCast(account, proposalId, support, votes, reason);
        else emit VoteCastWithParams(account, proposalId, support, votes, reason, params);
        _tallyUpdated(proposalId);
    }

    /// @inheritdoc Governor
    /// @dev Counts one ballot, of which `totalWeight` is the voter's power at the snapshot, and returns the votes that
    /// it used.
    function _countVote(
        uint256 proposalId,
        address account,
        uint8 support,
        uint256 totalWeight,
        bytes memory params
    ) internal virtual override returns (uint256 votes) {
        uint256 number = _counts[proposalId].number;
        (bool voted, uint256 remaining) = _remaining(proposalId, number, account, totalWeight);
        if (remaining == 0) revert GovernorAlreadyCastVote(account);

        uint256 againstVotes = 0;
        uint256 forVotes = 0;
        uint256 abstainVotes = 0;
        if (support == SPLIT) {
            if (params.length != 48) revert GovernorInvalidVoteParams();
            assembly ("memory-safe") {
                againstVotes := shr(128, mload(add(params, 0x20)))
                forVotes := shr(128, mload(add(params, 0x30)))
                abstainVotes := shr(128, mload(add(params, 0x40)))
            }
            votes = againstVotes + forVotes + abstainVotes;
            if (votes > remaining) revert GovernorExceedRemainingWeight(account, votes, remaining);
        } else {
            votes = remaining;
            if (support == uint8(GovernorCountingSimple.VoteType.Against)) againstVotes = votes;
            else if (support == uint8(GovernorCountingSimple.VoteType.For)) forVotes = votes;
            else if (support == uint8(GovernorCountingSimple.VoteType.Abstain)) abstainVotes = votes;
            else revert GovernorInvalidVoteType();
            if (params.length != 0) revert GovernorInvalidVoteParams();
        }
        _addVotes(proposalId, againstVotes, forVotes, abstainVotes);
        _useWeight(proposalId, number, account, voted, votes, remaining);
    }

    /// @dev The record of a proposal, for the modules that share it.
    function _count(uint256 proposalId) internal view returns (Count storage) {
        return _counts[proposalId];
    }

    /// @dev Reverts as OpenZeppelin does unless the proposal can be voted on now.
    function _requireOpen(uint256 proposalId) internal view {
        if (!_isOpen(proposalId)) _validateStateBitmap(proposalId, _encodeStateBitmap(ProposalState.Active));
    }

    /// @dev Whether `state` is active: it was not cancelled, and nothing can have executed it before its deadline.
    function _isOpen(uint256 proposalId) internal view virtual returns (bool) {
        Count storage count = _counts[proposalId];
        uint48 timepoint = clock();
        return count.snapshot < timepoint && timepoint <= count.deadline && !count.canceled;
    }

    /// @dev The voter's power at the snapshot.
    function _weight(uint256 proposalId, address voter, bytes memory params) internal view returns (uint256) {
        return _getVotes(voter, _counts[proposalId].snapshot, params);
    }

    /// @dev Whether the voter has used weight, and how much of `totalWeight` is left.
    function _remaining(
        uint256 proposalId,
        uint256 number,
        address voter,
        uint256 totalWeight
    ) internal view returns (bool voted, uint256 remaining) {
        voted = _hasReceipt(number, voter);
        if (!voted) return (false, totalWeight);
        uint256 used = _partialVotes[proposalId][voter];
        if (used != 0 && used < totalWeight) remaining = totalWeight - used;
    }

    /// @dev Notes that `voter` used `votes` of the `remaining` weight. Using nothing leaves no trace.
    function _useWeight(
        uint256 proposalId,
        uint256 number,
        address voter,
        bool voted,
        uint256 votes,
        uint256 remaining
    ) internal {
        if (votes == 0) return;
        if (!voted) _receipts[voter][number >> 8] |= 1 << (number & 0xff);
        if (votes != remaining) {
            _partialVotes[proposalId][voter] += votes;
        } else if (voted) {
            delete _partialVotes[proposalId][voter];
        }
    }

    /// @dev Adds to the tally; a slot without new votes is not written.
    function _addVotes(uint256 proposalId, uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) internal {
        Count storage count = _counts[proposalId];
        if (forVotes != 0) count.forVotes = SafeCast.toUint128(count.forVotes + forVotes);
        if (abstainVotes != 0) count.abstainVotes = SafeCast.toUint128(count.abstainVotes + abstainVotes);
        if (againstVotes != 0) count.againstVotes = SafeCast.toUint128(count.againstVotes + againstVotes);
    }

    function _hasReceipt(uint256 number, address voter) private view returns (bool) {
        return (_receipts[voter][number >> 8] >> (number & 0xff)) & 1 != 0;
    }
}
