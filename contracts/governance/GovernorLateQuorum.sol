// SPDX-License-Identifier: Apache-2.0
// Extends a vote whose quorum is reached late, as OpenZeppelin's GovernorPreventLateQuorum does, from the tally alone.
pragma solidity ^0.8.35;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {GovernorCounting} from "./GovernorCounting.sol";

/// @title GovernorLateQuorum
/// @notice Timepoints and durations are on the governor's clock. The ballot that reaches the quorum moves the deadline
/// so that at least `lateQuorumVoteExtension` follows, once. Interface, events and errors are those of OpenZeppelin's
/// GovernorPreventLateQuorum.
/// @dev Early in a vote reaching the quorum moves nothing, and the tally tells of it for ever after: a tally that was
/// at the quorum before a ballot reached it earlier. So a ballot reads and writes nothing about the quorum until the
/// window in which the deadline would move. There the quorum, which takes many reads, is computed once and kept.
///
/// `proposalQuorum` must stay the same from the snapshot on, and votes must never leave the tally.
abstract contract GovernorLateQuorum is GovernorCounting {
    uint48 private _voteExtension;

    // One more than the quorum, of proposals that had a ballot in their window; else zero.
    mapping(uint256 proposalId => uint256) private _knownQuorums;

    /// @notice The quorum was reached late: votes count until `extendedDeadline`.
    event ProposalExtended(uint256 indexed proposalId, uint64 extendedDeadline);

    /// @notice The duration that follows a late quorum changed.
    event LateQuorumVoteExtensionSet(uint64 oldVoteExtension, uint64 newVoteExtension);

    /// @notice The extension may be at most `maxVoteExtension`, the voting period.
    error GovernorPreventLateQuorumVoteExtensionTooLarge(uint256 newVoteExtension, uint256 maxVoteExtension);

    /// @param initialVoteExtension The duration that follows a late quorum.
    constructor(uint48 initialVoteExtension) {
        _setLateQuorumVoteExtension(initialVoteExtension);
    }

    /// @notice Changes the duration that follows a late quorum. Only through a proposal. Votes that are open take part.
    function setLateQuorumVoteExtension(uint48 newVoteExtension) public virtual onlyGovernance {
        _setLateQuorumVoteExtension(newVoteExtension);
    }

    /// @notice The duration that follows a late quorum.
    function lateQuorumVoteExtension() public view virtual returns (uint48) {
        return _voteExtension;
    }

    /// @inheritdoc Governor
    function proposalDeadline(uint256 proposalId) public view virtual override returns (uint256) {
        return _count(proposalId).deadline;
    }

    /// @notice The votes that for and abstain together must reach. Another module answers.
    function proposalQuorum(uint256 proposalId) public view virtual returns (uint256);

    /// @inheritdoc Governor
    function _castVote(
        uint256 proposalId,
        address account,
        uint8 support,
        string memory reason,
        bytes memory params
    ) internal virtual override returns (uint256 votes) {
        (uint256 turnout, bool empty) = _turnout(proposalId);
        votes = super._castVote(proposalId, account, support, reason, params);
        _extendIfLate(proposalId, turnout, empty, votes);
    }

    /// @dev The votes that the quorum is compared with, and whether no vote of any kind was counted.
    function _turnout(uint256 proposalId) internal view returns (uint256 turnout, bool empty) {
        Count storage count = _count(proposalId);
        turnout = uint256(count.forVotes) + count.abstainVotes;
        empty = turnout == 0 && count.againstVotes == 0;
    }

    /// @dev After ballots used `votes`: moves the deadline if they reached the quorum late. `before` and `wasEmpty` are
    /// the turnout before them.
    ///
    /// A quorum of zero is reached by the first ballot, even by one that splits its weight into nothing. Such a ballot
    /// leaves the tally empty, so that it alone is noted outside the window.
    function _extendIfLate(uint256 proposalId, uint256 before, bool wasEmpty, uint256 votes) internal virtual {
        Count storage count = _count(proposalId);
        if (count.settled) return;
        uint48 extended = clock() + lateQuorumVoteExtension();
        bool late = extended > count.deadline;
        if (!late && (votes != 0 || !wasEmpty)) return;

        uint256 quorum_ = _knownQuorum(proposalId);
        (uint256 turnout, ) = _turnout(proposalId);
        if (turnout < quorum_) return;
        count.settled = true;
        if (late && (before < quorum_ || wasEmpty)) {
            count.deadline = SafeCast.toUint40(extended);
            emit ProposalExtended(proposalId, extended);
        }
    }

    /// @dev The longest extension that may be set.
    function _maxLateQuorumVoteExtension() internal view virtual returns (uint256) {
        return votingPeriod();
    }

    /// @dev Every change of the extension passes here.
    function _setLateQuorumVoteExtension(uint48 newVoteExtension) internal virtual {
        uint256 maxVoteExtension = _maxLateQuorumVoteExtension();
        if (newVoteExtension > maxVoteExtension) {
            revert GovernorPreventLateQuorumVoteExtensionTooLarge(newVoteExtension, maxVoteExtension);
        }
        emit LateQuorumVoteExtensionSet(_voteExtension, newVoteExtension);
        _voteExtension = newVoteExtension;
    }

    /// @dev The quorum of a proposal whose snapshot is over.
    function _knownQuorum(uint256 proposalId) private returns (uint256 quorum_) {
        quorum_ = _knownQuorums[proposalId];
        if (quorum_ != 0) return quorum_ - 1;
        quorum_ = proposalQuorum(proposalId);
        _knownQuorums[proposalId] = quorum_ + 1;
    }
}
