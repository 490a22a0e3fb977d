// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import "oz/governance/Governor.sol";
import "oz/governance/utils/IVotes.sol";
import "oz/governance/utils/VotesExtended.sol";
import "oz/governance/extensions/GovernorCountingOverridable.sol";
import "oz/governance/extensions/GovernorPreventLateQuorum.sol";
import "oz/governance/extensions/GovernorSettings.sol";
import "oz/governance/extensions/GovernorVotesQuorumFraction.sol";

/// @dev Overridable counting, quorum by fraction, late quorum, no timelock; OpenZeppelin 5.2 and later.
contract Overridable is
    Governor,
    GovernorSettings,
    GovernorCountingOverridable,
    GovernorVotesQuorumFraction,
    GovernorPreventLateQuorum
{
    constructor(
        VotesExtended token_,
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
    {}

    function votingDelay() public view override(Governor, GovernorSettings) returns (uint256) { return super.votingDelay(); } //: <5.1
    function votingPeriod() public view override(Governor, GovernorSettings) returns (uint256) { return super.votingPeriod(); } //: <5.1
    function quorum(uint256 at) public view override(Governor, GovernorVotesQuorumFraction) returns (uint256) { return super.quorum(at); } //: <5.1
    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) { return super.proposalThreshold(); }

    function proposalDeadline(uint256 id) public view override(Governor, GovernorPreventLateQuorum) returns (uint256) { return super.proposalDeadline(id); }
    function _castVote(uint256 id, address who, uint8 support, string memory reason, bytes memory params) internal override(Governor, GovernorPreventLateQuorum) returns (uint256) { return super._castVote(id, who, support, reason, params); } //: <5.2
    function _tallyUpdated(uint256 id) internal override(Governor, GovernorPreventLateQuorum) { super._tallyUpdated(id); } //: >=5.2

    /// @dev Beside the rule of the version, which says who cancels, whatever a deployment allows.
    function cancelAny(address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d) external {
        _cancel(t, v, c, d);
    }
}
