// SPDX-License-Identifier: Apache-2.0
// Takes many signed ballots in one transaction, and passes over those that do not count.
pragma solidity ^0.8.35;

import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorLateQuorum} from "./GovernorLateQuorum.sol";

/// @title GovernorBallotBatch
/// @notice Anybody may send the ballots that others signed. A full ballot casts all the weight that its voter has left
/// on a proposal for one choice, without a reason, and is the cheapest way to vote by signature.
/// @dev A full ballot carries no nonce, because the voter's receipt is one: when the ballot has counted no weight is
/// left, and sent again it counts nothing. Of several that a voter signs for one proposal the first counts, and one that
/// waits counts nothing after the voter voted otherwise. Split ballots, ballots with a reason and ballots of contract
/// accounts (ERC-1271) are those of `castVoteBySig` and `castVoteWithReasonAndParamsBySig`, which are OpenZeppelin's to
/// the letter: each consumes the voter's nonce, of the proposal's key or the plain one. A full ballot consumes none, so
/// that one sent in between voids none of them.
abstract contract GovernorBallotBatch is GovernorLateQuorum {
    /// @notice What the voter of a full ballot signs (EIP-712, in the governor's domain). `choice` is "Against", "For"
    /// or "Abstain", so that a wallet shows a word.
    bytes32 public constant FULL_BALLOT_TYPEHASH =
        keccak256("FullBallot(string choice,uint256 proposalId,address voter)");

    /// @notice A full ballot as it is sent: `support` is 0 against, 1 for, 2 abstain; the signature is compact
    /// (EIP-2098), by the voter's own key even where the account has code (EIP-7702).
    struct FullBallot {
        address voter;
        uint8 support;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice A full ballot was passed over. `reason` is the selector of the error that `castVoteBySig` has for it:
    /// GovernorAlreadyCastVote (also where the voter had no power at the snapshot), GovernorInvalidVoteType or
    /// GovernorInvalidSignature.
    event BallotSkipped(uint256 indexed proposalId, address indexed voter, bytes4 reason);

    /// @notice Casts full ballots on one active proposal, in their order. Each that counts emits `VoteCast`, each that
    /// does not emits `BallotSkipped`; a late quorum moves the deadline after the last. Anybody may call it.
    function castVotesBySig(uint256 proposalId, FullBallot[] calldata ballots) public virtual {
        _requireOpen(proposalId);
        (uint256 turnout, bool empty) = _turnout(proposalId);
        uint256 snapshot = _count(proposalId).snapshot;
        uint256 number = _count(proposalId).number;
        bytes32 domain = _domainSeparatorV4();
        uint256[3] memory tally;
        for (uint256 i = 0; i < ballots.length; ++i) {
            FullBallot calldata ballot = ballots[i];
            address voter = ballot.voter;
            uint8 support = ballot.support;
            (bool voted, uint256 votes) = _remaining(proposalId, number, voter, _getVotes(voter, snapshot, ""));
            bytes4 problem = 0;
            if (votes == 0) problem = GovernorAlreadyCastVote.selector;
            else if (support >= tally.length) problem = GovernorInvalidVoteType.selector;
            else if (_signer(ballot, domain, proposalId) != voter) problem = GovernorInvalidSignature.selector;
            if (problem == 0) {
                _useWeight(proposalId, number, voter, voted, votes, votes);
                tally[support] += votes;
                emit VoteCast(voter, proposalId, support, votes, "");
            } else {
                emit BallotSkipped(proposalId, voter, problem);
            }
        }
        uint256 sum = tally[0] + tally[1] + tally[2];
        if (sum == 0) return;
        _addVotes(proposalId, tally[0], tally[1], tally[2]);
        _tallyUpdated(proposalId);
        _extendIfLate(proposalId, turnout, empty, sum);
    }

    /// @dev Who signed the ballot, or the zero address, which has no votes. `ballot` was decoded, so that its words are
    /// clean. Written out, because the compiler's own encoding and OpenZeppelin's ECDSA cost 700 gas a ballot more. What
    /// ECDSA does beyond this is to refuse the second form that every signature has; here the receipt makes that
    /// worthless.
    function _signer(
        FullBallot calldata ballot,
        bytes32 domain,
        uint256 proposalId
    ) private view returns (address signer) {
        bytes32 typeHash = FULL_BALLOT_TYPEHASH;
        bytes32 choice = _choiceHash(ballot.support);
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            mstore(add(free, 0x20), choice)
            mstore(add(free, 0x40), proposalId)
            mstore(add(free, 0x60), calldataload(ballot))
            let ballotHash := keccak256(free, 0x80)
            mstore(free, hex"1901")
            mstore(add(free, 0x02), domain)
            mstore(add(free, 0x22), ballotHash)
            mstore(free, keccak256(free, 0x42))
            let vs := calldataload(add(ballot, 0x60))
            mstore(add(free, 0x20), add(shr(255, vs), 27))
            mstore(add(free, 0x40), calldataload(add(ballot, 0x40)))
            mstore(add(free, 0x60), shr(1, shl(1, vs)))
            // The precompile leaves this zero where there is no signer.
            mstore(0, 0)
            pop(staticcall(gas(), 1, free, 0x80, 0, 0x20))
            signer := mload(0)
        }
    }

    function _choiceHash(uint8 support) private pure returns (bytes32) {
        if (support == uint8(GovernorCountingSimple.VoteType.For)) return keccak256("For");
        return support == uint8(GovernorCountingSimple.VoteType.Against) ? keccak256("Against") : keccak256("Abstain");
    }
}
