// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import "oz/governance/Governor.sol";
import "oz/governance/utils/IVotes.sol";
import "oz/governance/TimelockController.sol";
import "oz/governance/extensions/GovernorCountingSimple.sol";
import "oz/governance/extensions/GovernorPreventLateQuorum.sol";
import "oz/governance/extensions/GovernorProposalGuardian.sol"; //: >=5.3
import "oz/governance/extensions/GovernorSettings.sol";
import "oz/governance/extensions/GovernorTimelockControl.sol";
import "oz/governance/extensions/GovernorVotesQuorumFraction.sol";

/// @dev Simple counting, quorum by fraction, late quorum, a TimelockController, a guardian where there is one; OpenZeppelin 5.
contract Controlled is
    Governor,
    GovernorSettings,
    GovernorCountingSimple,
    GovernorVotesQuorumFraction,
    GovernorPreventLateQuorum,
    GovernorProposalGuardian, //: >=5.3
    GovernorTimelockControl
{
    constructor(
        IVotes token_,
        TimelockController timelock_,
        uint48 delay_,
        uint32 period_,
        uint256 threshold_,
        uint256 numerator_,
        uint48 extension_
    )
        Governor("Governor")
        GovernorSettings(delay_, period_, threshold_)
        GovernorVotes(token_)
        GovernorVotesQuorumFraction(numerator_)
        GovernorPreventLateQuorum(extension_)
        GovernorTimelockControl(timelock_)
    {}

    function votingDelay() public view override(Governor, GovernorSettings) returns (uint256) { return super.votingDelay(); } //: <5.1
    function votingPeriod() public view override(Governor, GovernorSettings) returns (uint256) { return super.votingPeriod(); } //: <5.1
    function quorum(uint256 at) public view override(Governor, GovernorVotesQuorumFraction) returns (uint256) { return super.quorum(at); } //: <5.1
    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) { return super.proposalThreshold(); }

    function proposalDeadline(uint256 id) public view override(Governor, GovernorPreventLateQuorum) returns (uint256) { return super.proposalDeadline(id); }
    function _castVote(uint256 id, address who, uint8 support, string memory reason, bytes memory params) internal override(Governor, GovernorPreventLateQuorum) returns (uint256) { return super._castVote(id, who, support, reason, params); } //: <5.2
    function _tallyUpdated(uint256 id) internal override(Governor, GovernorPreventLateQuorum) { super._tallyUpdated(id); } //: >=5.2

    function _validateCancel(uint256 id, address who) internal view override(Governor, GovernorProposalGuardian) returns (bool) { return super._validateCancel(id, who); } //: >=5.3

    function state(uint256 id) public view override(Governor, GovernorTimelockControl) returns (ProposalState) { return super.state(id); }
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

    /// @dev Beside the rule of the version, which says who cancels, whatever a deployment allows.
    function cancelAny(address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d) external {
        _cancel(t, v, c, d);
    }
}
