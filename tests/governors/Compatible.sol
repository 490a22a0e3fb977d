// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import "oz/governance/Governor.sol";
import "oz/governance/compatibility/GovernorCompatibilityBravo.sol";
import "oz/governance/extensions/GovernorSettings.sol";
import "oz/governance/extensions/GovernorTimelockCompound.sol";
import "oz/governance/extensions/GovernorVotesComp.sol";

/// @dev The interface and counting of GovernorBravo, Compound's token and timelock, a constant quorum; OpenZeppelin 4.
contract Compatible is
    Governor,
    GovernorSettings,
    GovernorCompatibilityBravo,
    GovernorVotesComp,
    GovernorTimelockCompound
{
    constructor(ERC20VotesComp token_, ICompoundTimelock timelock_, uint256 delay_, uint256 period_, uint256 threshold_)
        Governor("Governor")
        GovernorSettings(delay_, period_, threshold_)
        GovernorVotesComp(token_)
        GovernorTimelockCompound(timelock_)
    {}

    function quorum(uint256) public pure override returns (uint256) {
        return 400;
    }

    function votingDelay() public view override(IGovernor, GovernorSettings) returns (uint256) { return super.votingDelay(); }
    function votingPeriod() public view override(IGovernor, GovernorSettings) returns (uint256) { return super.votingPeriod(); }
    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) { return super.proposalThreshold(); }

    function getVotes(address who, uint256 at) public view override(IGovernor, GovernorVotesComp) returns (uint256) { return super.getVotes(who, at); } //: <4.6

    function state(uint256 id) public view override(Governor, IGovernor, GovernorTimelockCompound) returns (ProposalState) {
        return super.state(id);
    }

    function propose(address[] memory t, uint256[] memory v, bytes[] memory c, string memory d)
        public
        override(Governor, GovernorCompatibilityBravo, IGovernor)
        returns (uint256)
    {
        return super.propose(t, v, c, d);
    }

    function cancel(address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d) public override(Governor, GovernorCompatibilityBravo, IGovernor) returns (uint256) { return super.cancel(t, v, c, d); } //: >=4.9

    function _execute(uint256 id, address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d)
        internal
        override(Governor, GovernorTimelockCompound)
    {
        super._execute(id, t, v, c, d);
    }

    function _cancel(address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d)
        internal
        override(Governor, GovernorTimelockCompound)
        returns (uint256)
    {
        return super._cancel(t, v, c, d);
    }

    function _executor() internal view override(Governor, GovernorTimelockCompound) returns (address) {
        return super._executor();
    }

    function supportsInterface(bytes4 id) public view override(Governor, IERC165, GovernorTimelockCompound) returns (bool) {
        return super.supportsInterface(id);
    }
}
