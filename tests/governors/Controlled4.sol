// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import "oz/governance/Governor.sol";
import "oz/governance/TimelockController.sol";
import "oz/governance/extensions/GovernorCountingSimple.sol";
import "oz/governance/extensions/GovernorPreventLateQuorum.sol"; //: >=4.5
import "oz/governance/extensions/GovernorSettings.sol"; //: >=4.4
import "oz/governance/extensions/GovernorTimelockControl.sol";
import "oz/governance/extensions/GovernorVotesQuorumFraction.sol";

/// @dev Simple counting, quorum by fraction, a TimelockController; OpenZeppelin 4.
contract Controlled is
    Governor,
    GovernorSettings, //: >=4.4
    GovernorCountingSimple,
    GovernorVotesQuorumFraction,
    GovernorPreventLateQuorum, //: >=4.5
    GovernorTimelockControl
{
    constructor(
        IVotes token_, //: >=4.5
        ERC20Votes token_, //: <4.5
        TimelockController timelock_,
        uint256 delay_,
        uint256 period_,
        uint256 threshold_,
        uint256 numerator_,
        uint64 extension_
    )
        Governor("Governor")
        GovernorSettings(delay_, period_, threshold_) //: >=4.4
        GovernorVotes(token_)
        GovernorVotesQuorumFraction(numerator_)
        GovernorPreventLateQuorum(extension_) //: >=4.5
        GovernorTimelockControl(timelock_)
    {}

    function votingDelay() public pure override returns (uint256) { return 2; } //: <4.4
    function votingPeriod() public pure override returns (uint256) { return 20; } //: <4.4

    function votingDelay() public view override(IGovernor, GovernorSettings) returns (uint256) { return super.votingDelay(); } //: >=4.4
    function votingPeriod() public view override(IGovernor, GovernorSettings) returns (uint256) { return super.votingPeriod(); } //: >=4.4
    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) { return super.proposalThreshold(); } //: >=4.4

    function quorum(uint256 at) public view override(IGovernor, GovernorVotesQuorumFraction) returns (uint256) {
        return super.quorum(at);
    }

    function getVotes(address who, uint256 at) public view override(IGovernor, GovernorVotes) returns (uint256) { return super.getVotes(who, at); } //: <4.6

    function state(uint256 id) public view override(Governor, GovernorTimelockControl) returns (ProposalState) {
        return super.state(id);
    }

    function proposalDeadline(uint256 id) public view override(IGovernor, Governor, GovernorPreventLateQuorum) returns (uint256) { return super.proposalDeadline(id); } //: >=4.5

    function _castVote(uint256 id, address who, uint8 support, string memory reason) internal override(Governor, GovernorPreventLateQuorum) returns (uint256) { return super._castVote(id, who, support, reason); } //: >=4.5 <4.6
    function _castVote(uint256 id, address who, uint8 support, string memory reason, bytes memory params) internal override(Governor, GovernorPreventLateQuorum) returns (uint256) { return super._castVote(id, who, support, reason, params); } //: >=4.6

    function _execute(uint256 id, address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d)
        internal
        override(Governor, GovernorTimelockControl)
    {
        super._execute(id, t, v, c, d);
    }

    function _cancel(address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d)
        internal
        override(Governor, GovernorTimelockControl)
        returns (uint256)
    {
        return super._cancel(t, v, c, d);
    }

    /// @dev Versions before 4.9 leave it to the deployment who cancels.
    function cancelAny(address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d) external {
        _cancel(t, v, c, d);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }

    function supportsInterface(bytes4 id) public view override(Governor, GovernorTimelockControl) returns (bool) {
        return super.supportsInterface(id);
    }
}
