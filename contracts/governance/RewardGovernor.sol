// SPDX-License-Identifier: Apache-2.0
// The governor: OpenZeppelin's modules, impact tiers, proposals that expire, and calls that always meet code.
pragma solidity ^0.8.35;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorNoncesKeyed} from "@openzeppelin/contracts/governance/extensions/GovernorNoncesKeyed.sol";
import {GovernorProposalGuardian} from "@openzeppelin/contracts/governance/extensions/GovernorProposalGuardian.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";
import {GovernorBallotBatch} from "./GovernorBallotBatch.sol";
import {GovernorCounting} from "./GovernorCounting.sol";
import {GovernorImpactTiers} from "./GovernorImpactTiers.sol";
import {GovernorLateQuorum} from "./GovernorLateQuorum.sol";

/// @title RewardGovernor
/// @notice Periods, delays and deadlines are seconds on the token's timestamp clock; quorum is in basis points of the
/// circulating supply at the snapshot.
/// @dev The timelock's proposer, canceller and executor roles belong to this contract alone. That is what makes expiry
/// binding: an operation of an expired proposal can be executed by nobody, and `relay` refuses the timelock as a
/// target.
contract RewardGovernor is
    GovernorSettings,
    GovernorBallotBatch,
    GovernorImpactTiers,
    GovernorTimelockControl,
    GovernorProposalGuardian,
    GovernorNoncesKeyed
{
    using Checkpoints for Checkpoints.Trace208;

    /// @notice Everything that the governor is configured with when it is created.
    /// @dev A struct, because ten arguments of like types in a row invite mistakes. Delays, periods and extensions are
    /// seconds; `proposalThreshold` is in the token's smallest unit. `tiers` are by number, `selectors` is the first
    /// list of functions below the highest tier, and `exclusions` ascend strictly.
    struct Configuration {
        string name;
        IVotes token;
        TimelockController timelock;
        address guardian;
        uint48 votingDelay;
        uint32 votingPeriod;
        uint256 proposalThreshold;
        TierRules[3] tiers;
        SelectorTier[] selectors;
        address[] exclusions;
        uint48 lateQuorumVoteExtension;
        uint48 gracePeriod;
    }

    Checkpoints.Trace208 private _gracePeriodHistory;
    mapping(uint256 proposalId => bool) private _purged;

    /// @notice The grace period (seconds) changed, for proposals whose snapshot is at or after this block's timestamp.
    event GracePeriodSet(uint256 oldGracePeriod, uint256 newGracePeriod);

    /// @notice The timelock operation of an expired proposal was removed.
    event ProposalPurged(uint256 indexed proposalId, bytes32 indexed operation);

    /// @notice The grace period must be at least two seconds: a proposal succeeds in the second after its deadline, and
    /// with less it would be expired by then. No later proposal could repair that.
    error GovernorInvalidGracePeriod(uint256 gracePeriod);

    /// @notice The guardian must not be zero: without one, OpenZeppelin lets the proposer cancel even a queued
    /// proposal.
    error GovernorInvalidGuardian(address guardian);

    /// @notice Calldata was given for `target`, which has no code of its own (an EIP-7702 designator counts as none).
    /// Calldata shorter than a selector is padded with zeros.
    error GovernorTargetWithoutCode(address target, bytes4 selector);

    /// @notice The token's clock is not the timestamp, while the timelock's delay and the grace period are seconds.
    error GovernorClockNotTimestamp(uint48 clock, uint256 timestamp);

    /// @notice `relay` does not reach the timelock: proposals pass through `queue` and `execute`, or not at all.
    error GovernorRelayToTimelock(address timelock);

    /// @param configuration Every setting; all but name and token can be changed later, by a proposal alone. Zero is
    /// valid for the voting delay, the proposal threshold, quorums and the late quorum extension.
    constructor(
        Configuration memory configuration
    )
        Governor(configuration.name)
        GovernorSettings(configuration.votingDelay, configuration.votingPeriod, configuration.proposalThreshold)
        GovernorVotes(configuration.token)
        GovernorVotesQuorumFraction(0)
        GovernorTimelockControl(configuration.timelock)
        GovernorLateQuorum(configuration.lateQuorumVoteExtension)
    {
        uint48 tokenClock = token().clock();
        if (tokenClock != clock()) {
            revert GovernorClockNotTimestamp(tokenClock, clock());
        }
        _setProposalGuardian(configuration.guardian);
        _setGracePeriod(configuration.gracePeriod);
        // The highest first: a tier must not be stricter than the one above.
        for (uint256 i = 0; i < configuration.tiers.length; ++i) {
            _setTier(Tier(i), configuration.tiers[i]);
        }
        for (uint256 i = 0; i < configuration.selectors.length; ++i) {
            SelectorTier memory entry = configuration.selectors[i];
            _setSelectorTier(entry.target, entry.selector, entry.tier);
        }
        _setExclusions(configuration.exclusions);
    }

    /// @notice Seconds for which a proposal whose snapshot is now may be queued after its deadline, and executed after
    /// its eta.
    function gracePeriod() public view virtual returns (uint256) {
        return _gracePeriodHistory.latest();
    }

    /// @notice The grace period in force at `timepoint`, in seconds. A proposal keeps the one of its snapshot.
    function gracePeriod(uint256 timepoint) public view virtual returns (uint256) {
        return _valueAt(_gracePeriodHistory, timepoint);
    }

    /// @notice Changes the grace period, in seconds. Only through a proposal.
    function setGracePeriod(uint48 newGracePeriod) public virtual onlyGovernance {
        _setGracePeriod(newGracePeriod);
    }

    /// @notice The timestamp from which the proposal is expired if it still waits to be queued or executed; zero while
    /// it is neither succeeded nor queued nor expired. Reverts for an unknown proposal.
    function proposalExpiry(uint256 proposalId) public view virtual returns (uint256) {
        ProposalState current = state(proposalId);
        if (
            current == ProposalState.Succeeded || current == ProposalState.Queued || current == ProposalState.Expired
        ) {
            return _expiry(proposalId);
        }
        return 0;
    }

    /// @notice Removes the timelock operation of an expired proposal. Anyone may call it, once; the arguments are those
    /// that the proposal was made with. Reverts where there is no operation: the proposal was never queued.
    function purge(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) public virtual returns (uint256 proposalId) {
        proposalId = getProposalId(targets, values, calldatas, descriptionHash);
        _validateStateBitmap(proposalId, _encodeStateBitmap(ProposalState.Expired));

        TimelockController controller = TimelockController(payable(timelock()));
        bytes32 salt = bytes20(address(this)) ^ descriptionHash;
        bytes32 operation = controller.hashOperationBatch(targets, values, calldatas, 0, salt);

        _purged[proposalId] = true;
        emit ProposalPurged(proposalId, operation);
        controller.cancel(operation);
    }

    /// @inheritdoc Governor
    /// @dev Only through a proposal. The timelock may be called through proposals only, and calldata needs code here as
    /// well. A timelock that `updateTimelock` left behind is a target like any other, so that its holdings are not
    /// lost.
    function relay(address target, uint256 value, bytes calldata data) public payable virtual override {
        if (target == timelock()) {
            revert GovernorRelayToTimelock(target);
        }
        _requireCode(target, data);
        super.relay(target, value, data);
    }

    /// @inheritdoc Governor
    /// @dev Succeeded and queued proposals expire; every other state is OpenZeppelin's. An expired proposal stays
    /// expired after its operation was purged.
    function state(
        uint256 proposalId
    ) public view virtual override(Governor, GovernorTimelockControl) returns (ProposalState) {
        ProposalState current = super.state(proposalId);
        if (current == ProposalState.Succeeded || current == ProposalState.Queued) {
            return clock() >= _expiry(proposalId) ? ProposalState.Expired : current;
        }
        return _purged[proposalId] ? ProposalState.Expired : current;
    }

    /// @notice Seconds since the Unix epoch (ERC-6372), which the token's clock is as well.
    function clock() public view virtual override(Governor, GovernorVotes) returns (uint48) {
        return Time.timestamp();
    }

    /// @notice The ERC-6372 clock mode of governor and token.
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public view virtual override(Governor, GovernorVotes) returns (string memory) {
        return "mode=timestamp";
    }

    /// @inheritdoc GovernorSettings
    function proposalThreshold() public view virtual override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    /// @inheritdoc GovernorLateQuorum
    function proposalDeadline(
        uint256 proposalId
    ) public view virtual override(Governor, GovernorLateQuorum) returns (uint256) {
        return super.proposalDeadline(proposalId);
    }

    /// @inheritdoc GovernorTimelockControl
    function proposalNeedsQueuing(
        uint256 proposalId
    ) public view virtual override(Governor, GovernorTimelockControl) returns (bool) {
        return super.proposalNeedsQueuing(proposalId);
    }

    /// @inheritdoc GovernorImpactTiers
    function proposalQuorum(
        uint256 proposalId
    ) public view virtual override(GovernorLateQuorum, GovernorImpactTiers) returns (uint256) {
        return super.proposalQuorum(proposalId);
    }

    /// @inheritdoc GovernorCounting
    function proposalVotes(
        uint256 proposalId
    )
        public
        view
        virtual
        override(GovernorCounting, GovernorImpactTiers)
        returns (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes)
    {
        return super.proposalVotes(proposalId);
    }

    /// @notice Quorum is counted in basis points: 10,000.
    function quorumDenominator() public view virtual override returns (uint256) {
        return 10_000;
    }

    /// @dev Refuses less than two seconds; every change of the grace period passes here.
    function _setGracePeriod(uint48 newGracePeriod) internal virtual {
        if (newGracePeriod < 2) {
            revert GovernorInvalidGracePeriod(newGracePeriod);
        }
        emit GracePeriodSet(gracePeriod(), newGracePeriod);
        _gracePeriodHistory.push(clock(), newGracePeriod);
    }

    /// @inheritdoc GovernorProposalGuardian
    /// @dev Refuses zero.
    function _setProposalGuardian(address newProposalGuardian) internal virtual override {
        if (newProposalGuardian == address(0)) {
            revert GovernorInvalidGuardian(newProposalGuardian);
        }
        super._setProposalGuardian(newProposalGuardian);
    }

    /// @inheritdoc Governor
    /// @dev Calldata needs a target with code from the start.
    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal virtual override(Governor, GovernorCounting, GovernorImpactTiers) returns (uint256 proposalId) {
        proposalId = super._propose(targets, values, calldatas, description, proposer);
        _requireCode(targets, calldatas);
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal virtual override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    /// @inheritdoc Governor
    /// @dev Calldata needs a target with code again, because code can vanish while a proposal is voted on.
    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal virtual override(Governor, GovernorTimelockControl) {
        _requireCode(targets, calldatas);
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal virtual override(Governor, GovernorCounting, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _castVote(
        uint256 proposalId,
        address account,
        uint8 support,
        string memory reason,
        bytes memory params
    ) internal virtual override(Governor, GovernorLateQuorum) returns (uint256) {
        return super._castVote(proposalId, account, support, reason, params);
    }

    function _quorumReached(
        uint256 proposalId
    ) internal view virtual override(Governor, GovernorImpactTiers) returns (bool) {
        return super._quorumReached(proposalId);
    }

    function _voteSucceeded(
        uint256 proposalId
    ) internal view virtual override(Governor, GovernorImpactTiers) returns (bool) {
        return super._voteSucceeded(proposalId);
    }

    function _validateCancel(
        uint256 proposalId,
        address caller
    ) internal view virtual override(Governor, GovernorProposalGuardian) returns (bool) {
        return super._validateCancel(proposalId, caller);
    }

    function _validateVoteSig(
        uint256 proposalId,
        uint8 support,
        address voter,
        bytes memory signature
    ) internal virtual override(Governor, GovernorNoncesKeyed) returns (bool) {
        return super._validateVoteSig(proposalId, support, voter, signature);
    }

    function _validateExtendedVoteSig(
        uint256 proposalId,
        uint8 support,
        address voter,
        string memory reason,
        bytes memory params,
        bytes memory signature
    ) internal virtual override(Governor, GovernorNoncesKeyed) returns (bool) {
        return super._validateExtendedVoteSig(proposalId, support, voter, reason, params, signature);
    }

    function _useCheckedNonce(address owner, uint256 nonce) internal virtual override(Nonces, GovernorNoncesKeyed) {
        super._useCheckedNonce(owner, nonce);
    }

    function _executor() internal view virtual override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }

    /// @dev The first second in which a succeeded or queued proposal is expired.
    function _expiry(uint256 proposalId) internal view virtual returns (uint256) {
        uint256 eta = proposalEta(proposalId);
        uint256 from = eta == 0 ? proposalDeadline(proposalId) : eta;
        return from + gracePeriod(proposalSnapshot(proposalId));
    }

    /// @dev Reverts unless every target that is given calldata has code.
    function _requireCode(address[] memory targets, bytes[] memory calldatas) internal view virtual {
        for (uint256 i = 0; i < targets.length; ++i) {
            _requireCode(targets[i], calldatas[i]);
        }
    }

    /// @dev Empty calldata is a plain transfer of ether and may go to any account. An EIP-7702 account holds exactly
    /// 23 bytes, 0xef0100 and an address, which its owner may change at any time.
    function _requireCode(address target, bytes memory data) internal view virtual {
        if (data.length == 0) return;
        uint256 size = target.code.length;
        if (size == 0 || (size == 23 && bytes3(target.code) == 0xef0100)) {
            revert GovernorTargetWithoutCode(target, bytes4(data));
        }
    }
}
