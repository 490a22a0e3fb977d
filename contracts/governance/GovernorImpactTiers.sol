// SPDX-License-Identifier: Apache-2.0
// Impact tiers: what a proposal does decides how many must approve of it, and how many must take part.
pragma solidity ^0.8.35;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {GovernorCirculatingSupply} from "./GovernorCirculatingSupply.sol";

/// @title GovernorImpactTiers
/// @notice Approval is in basis points of the votes for and against, quorum in basis points of the circulating supply.
/// @dev A proposal has the highest tier of its calls, derived and stored when it is made. A function is below the
/// highest only where a proposal put it on the list. List none that passes calls on, such as a multicall.
abstract contract GovernorImpactTiers is GovernorCirculatingSupply {
    using Checkpoints for Checkpoints.Trace208;

    /// @notice From the highest down, so that whatever is not on the list is constitutional.
    enum Tier {
        Constitutional,
        Issuance,
        Standard
    }

    /// @notice What a proposal of a tier needs: votes for must exceed `approval` basis points of those for and against,
    /// and votes for and abstaining must reach `quorum` basis points of the circulating supply.
    struct TierRules {
        uint16 approval;
        uint16 quorum;
    }

    /// @notice An entry of the list: the tier of calls to `selector` of `target`.
    struct SelectorTier {
        address target;
        bytes4 selector;
        Tier tier;
    }

    uint256 private constant MIN_APPROVAL = 5_000;
    uint256 private constant WHOLE = 10_000;

    // The quorum in the low 16 bits, the approval above.
    mapping(Tier tier => Checkpoints.Trace208) private _rules;
    mapping(address target => mapping(bytes4 selector => Tier)) private _selectorTiers;
    mapping(uint256 proposalId => Tier) private _proposalTiers;

    /// @notice What proposals of `tier` need changed, for snapshots at or after this block's timestamp.
    event TierSet(Tier indexed tier, uint16 approval, uint16 quorum);

    /// @notice Calls to `selector` of `target` are of `tier`, for proposals made from now on.
    event SelectorTierSet(address indexed target, bytes4 indexed selector, Tier tier);

    /// @notice The proposal has this tier, for good.
    event ProposalTier(uint256 indexed proposalId, Tier tier);

    /// @notice The approval must be 5,000 to 9,999 and the quorum at most 10,000 basis points, neither below that of a
    /// lower tier nor above that of a higher one: a call more must never make a proposal easier.
    error GovernorInvalidTierRules(Tier tier, uint16 approval, uint16 quorum);

    /// @notice Calls to governor and timelock are constitutional; `target` is one of them and cannot be listed.
    error GovernorTargetNotListable(address target);

    /// @notice Changes what proposals of `tier` need. Only through a proposal. The highest tier's quorum is
    /// `quorumNumerator` as well, and `updateQuorumNumerator` is this with the approval left as it is.
    function setTier(Tier tier, TierRules memory rules) public virtual onlyGovernance {
        _setTier(tier, rules);
    }

    /// @notice Puts calls to `selector` of `target` into `tier`; into the highest is off the list. Only through a
    /// proposal. Reverts for the governor and the timelock.
    function setSelectorTier(address target, bytes4 selector, Tier tier) public virtual onlyGovernance {
        _setSelectorTier(target, selector, tier);
    }

    /// @inheritdoc GovernorVotesQuorumFraction
    /// @dev `quorum` and `quorumNumerator` are those of the highest tier, for whoever knows of no tiers.
    function updateQuorumNumerator(uint256 newQuorumNumerator) public virtual override onlyGovernance {
        // Cast after the comparison that OpenZeppelin's setter makes as well, so that nothing is cut off.
        if (newQuorumNumerator > WHOLE) revert GovernorInvalidQuorumFraction(newQuorumNumerator, WHOLE);
        TierRules memory rules = tierRules(Tier.Constitutional, clock());
        rules.quorum = uint16(newQuorumNumerator);
        _setTier(Tier.Constitutional, rules);
    }

    /// @inheritdoc GovernorVotesQuorumFraction
    function quorumNumerator() public view virtual override returns (uint256) {
        return quorumNumerator(clock());
    }

    /// @inheritdoc GovernorVotesQuorumFraction
    function quorumNumerator(uint256 timepoint) public view virtual override returns (uint256) {
        return tierRules(Tier.Constitutional, timepoint).quorum;
    }

    /// @notice What proposals of `tier` need whose snapshot is `timepoint`.
    function tierRules(Tier tier, uint256 timepoint) public view virtual returns (TierRules memory) {
        uint256 packed = _valueAt(_rules[tier], timepoint);
        return TierRules(uint16(packed >> 16), uint16(packed));
    }

    /// @notice The tier of a call to `selector` of `target` that sends no ether.
    function selectorTier(address target, bytes4 selector) public view virtual returns (Tier) {
        return _isListable(target) ? _selectorTiers[target][selector] : Tier.Constitutional;
    }

    /// @notice The tier that the proposal was made in. Reverts for an unknown proposal.
    function proposalTier(uint256 proposalId) public view virtual returns (Tier) {
        if (proposalSnapshot(proposalId) == 0) revert GovernorNonexistentProposal(proposalId);
        return _proposalTiers[proposalId];
    }

    /// @notice The basis points of the votes for and against that the votes for must exceed. Until the snapshot this
    /// may still change. Reverts for an unknown proposal.
    function proposalApproval(uint256 proposalId) public view virtual returns (uint256) {
        return _proposalRules(proposalId).approval;
    }

    /// @notice The votes that for and abstain together must reach. Reverts for an unknown proposal, and until the
    /// snapshot is over.
    function proposalQuorum(uint256 proposalId) public view virtual returns (uint256) {
        return _quorum(proposalSnapshot(proposalId), _proposalRules(proposalId).quorum);
    }

    /// @notice The votes against, for and abstaining. The counting module answers.
    function proposalVotes(
        uint256 proposalId
    ) public view virtual returns (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes);

    /// @inheritdoc Governor
    function _quorumReached(uint256 proposalId) internal view virtual override returns (bool) {
        (, uint256 forVotes, uint256 abstainVotes) = proposalVotes(proposalId);
        return proposalQuorum(proposalId) <= forVotes + abstainVotes;
    }

    /// @inheritdoc Governor
    /// @dev With an approval of 5,000 this is OpenZeppelin's: more for than against.
    function _voteSucceeded(uint256 proposalId) internal view virtual override returns (bool) {
        (uint256 againstVotes, uint256 forVotes, ) = proposalVotes(proposalId);
        return forVotes * WHOLE > (forVotes + againstVotes) * proposalApproval(proposalId);
    }

    /// @inheritdoc Governor
    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal virtual override returns (uint256 proposalId) {
        proposalId = super._propose(targets, values, calldatas, description, proposer);
        Tier highest = Tier.Standard;
        for (uint256 i = 0; i < targets.length; ++i) {
            Tier tier = _callTier(targets[i], values[i], calldatas[i]);
            if (tier < highest) highest = tier;
        }
        _proposalTiers[proposalId] = highest;
        emit ProposalTier(proposalId, highest);
    }

    /// @dev The tier of one call. Ether that leaves the treasury, and calldata without a selector, are constitutional.
    function _callTier(address target, uint256 value, bytes memory data) internal view virtual returns (Tier) {
        return value != 0 || data.length < 4 ? Tier.Constitutional : selectorTier(target, bytes4(data));
    }

    /// @dev Every change of a tier's rules passes here.
    function _setTier(Tier tier, TierRules memory rules) internal virtual {
        bool valid = rules.approval >= MIN_APPROVAL && rules.approval < WHOLE && rules.quorum <= WHOLE;
        if (tier != Tier.Constitutional) {
            valid = valid && _isAtMost(rules, tierRules(Tier(uint8(tier) - 1), clock()));
        }
        if (tier != Tier.Standard) {
            valid = valid && _isAtMost(tierRules(Tier(uint8(tier) + 1), clock()), rules);
        }
        if (!valid) revert GovernorInvalidTierRules(tier, rules.approval, rules.quorum);
        uint256 oldQuorumNumerator = quorumNumerator();
        _rules[tier].push(clock(), (uint208(rules.approval) << 16) | rules.quorum);
        emit TierSet(tier, rules.approval, rules.quorum);
        if (tier == Tier.Constitutional) emit QuorumNumeratorUpdated(oldQuorumNumerator, rules.quorum);
    }

    /// @inheritdoc GovernorVotesQuorumFraction
    /// @dev The highest tier has the history, so that OpenZeppelin's keeps none. Only its constructor calls this.
    function _updateQuorumNumerator(uint256 newQuorumNumerator) internal virtual override {
        emit QuorumNumeratorUpdated(quorumNumerator(), newQuorumNumerator);
    }

    /// @dev Every change of the list passes here.
    function _setSelectorTier(address target, bytes4 selector, Tier tier) internal virtual {
        if (!_isListable(target)) revert GovernorTargetNotListable(target);
        _selectorTiers[target][selector] = tier;
        emit SelectorTierSet(target, selector, tier);
    }

    /// @dev The executor is asked anew each time, because `updateTimelock` may make it one that is on the list.
    function _isListable(address target) private view returns (bool) {
        return target != address(this) && target != _executor();
    }

    function _isAtMost(TierRules memory rules, TierRules memory bound) private pure returns (bool) {
        return rules.approval <= bound.approval && rules.quorum <= bound.quorum;
    }

    function _proposalRules(uint256 proposalId) private view returns (TierRules memory) {
        return tierRules(proposalTier(proposalId), proposalSnapshot(proposalId));
    }
}
