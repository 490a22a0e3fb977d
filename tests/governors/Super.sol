// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import "oz/governance/Governor.sol";
import "oz/governance/utils/IVotes.sol";
import "oz/governance/TimelockController.sol";
import "oz/governance/extensions/GovernorCountingSimple.sol";
import "oz/governance/extensions/GovernorProposalGuardian.sol";
import "oz/governance/extensions/GovernorSequentialProposalId.sol";
import "oz/governance/extensions/GovernorSettings.sol";
import "oz/governance/extensions/GovernorTimelockControl.sol";
import "oz/governance/extensions/GovernorVotes.sol";
import "oz/governance/extensions/GovernorVotesQuorumFraction.sol";
import "oz/governance/extensions/GovernorVotesSuperQuorumFraction.sol";

/// @dev A super quorum, proposals numbered in sequence, a TimelockController, a guardian; OpenZeppelin 5.3 and later.
contract Super is
    Governor,
    GovernorSettings,
    GovernorCountingSimple,
    GovernorVotesSuperQuorumFraction,
    GovernorSequentialProposalId,
    GovernorProposalGuardian,
    GovernorTimelockControl
{
    constructor(
        IVotes token_,
        TimelockController timelock_,
        uint48 delay_,
        uint32 period_,
        uint256 threshold_,
        uint256 numerator_,
        uint48 super_
    )
        Governor("Governor")
        GovernorSettings(delay_, period_, threshold_)
        GovernorVotes(token_)
        GovernorVotesQuorumFraction(numerator_)
        GovernorVotesSuperQuorumFraction(super_)
        GovernorTimelockControl(timelock_)
    {}

    function votingDelay() public view override(Governor, GovernorSettings) returns (uint256) { return super.votingDelay(); } //: <5.1
    function votingPeriod() public view override(Governor, GovernorSettings) returns (uint256) { return super.votingPeriod(); } //: <5.1
    function quorum(uint256 at) public view override(Governor, GovernorVotesQuorumFraction) returns (uint256) { return super.quorum(at); } //: <5.1
    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) { return super.proposalThreshold(); }

    function _validateCancel(uint256 id, address who) internal view override(Governor, GovernorProposalGuardian) returns (bool) { return super._validateCancel(id, who); } //: >=5.3

    function state(uint256 id) public view override(Governor, GovernorTimelockControl, GovernorVotesSuperQuorumFraction) returns (ProposalState) { return super.state(id); }
    function proposalNeedsQueuing(uint256 id) public view override(Governor, GovernorTimelockControl) returns (bool) { return super.proposalNeedsQueuing(id); }

    function _queueOperations(uint256 id, address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d)
        internal
        override(Governor, GovernorTimelockControl)
        returns (uint48)
    {
        return super._queueOperations(id, t, v, c, d);
    }

    function _executeOperations(uint256 id, address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d)
        internal
        override(Governor, GovernorTimelockControl)
    {
        super._executeOperations(id, t, v, c, d);
    }

    function _cancel(address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d)
        internal
        override(Governor, GovernorTimelockControl)
        returns (uint256)
    {
        return super._cancel(t, v, c, d);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) { return super._executor(); }

    function proposalVotes(uint256 id) public view override(GovernorCountingSimple, GovernorSuperQuorum) returns (uint256, uint256, uint256) { return super.proposalVotes(id); }
    function getProposalId(address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d) public view override(Governor, GovernorSequentialProposalId) returns (uint256) { return super.getProposalId(t, v, c, d); }

    function _propose(address[] memory t, uint256[] memory v, bytes[] memory c, string memory d, address who)
        internal
        override(Governor, GovernorSequentialProposalId)
        returns (uint256)
    {
        return super._propose(t, v, c, d, who);
    }

    /// @dev Beside the rule of the version, which says who cancels, whatever a deployment allows.
    function cancelAny(address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d) external {
        _cancel(t, v, c, d);
    }
}
