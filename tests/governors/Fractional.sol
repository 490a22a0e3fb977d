// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import "oz/governance/Governor.sol";
import "oz/governance/utils/IVotes.sol";
import "oz/governance/TimelockController.sol";
import "oz/governance/extensions/GovernorCountingFractional.sol";
import "oz/governance/extensions/GovernorSettings.sol";
import "oz/governance/extensions/GovernorTimelockCompound.sol";
import "oz/governance/extensions/GovernorVotesQuorumFraction.sol";

/// @dev Fractional counting, quorum by fraction, Compound's timelock; OpenZeppelin 5.1 and later.
contract Fractional is
    Governor,
    GovernorSettings,
    GovernorCountingFractional,
    GovernorVotesQuorumFraction,
    GovernorTimelockCompound
{
    constructor(
        IVotes token_,
        ICompoundTimelock timelock_,
        uint48 delay_,
        uint32 period_,
        uint256 threshold_,
        uint256 numerator_,
        uint48
    )
        Governor("Governor")
        GovernorSettings(delay_, period_, threshold_)
        GovernorVotes(token_)
        GovernorVotesQuorumFraction(numerator_)
        GovernorTimelockCompound(timelock_)
    {}

    function votingDelay() public view override(Governor, GovernorSettings) returns (uint256) { return super.votingDelay(); } //: <5.1
    function votingPeriod() public view override(Governor, GovernorSettings) returns (uint256) { return super.votingPeriod(); } //: <5.1
    function quorum(uint256 at) public view override(Governor, GovernorVotesQuorumFraction) returns (uint256) { return super.quorum(at); } //: <5.1
    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) { return super.proposalThreshold(); }

    function state(uint256 id) public view override(Governor, GovernorTimelockCompound) returns (ProposalState) { return super.state(id); }
    function proposalNeedsQueuing(uint256 id) public view override(Governor, GovernorTimelockCompound) returns (bool) { return super.proposalNeedsQueuing(id); }

    function _queueOperations(uint256 id, address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d)
        internal
        override(Governor, GovernorTimelockCompound)
        returns (uint48)
    {
        return super._queueOperations(id, t, v, c, d);
    }

    function _executeOperations(uint256 id, address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d)
        internal
        override(Governor, GovernorTimelockCompound)
    {
        super._executeOperations(id, t, v, c, d);
    }

    function _cancel(address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d)
        internal
        override(Governor, GovernorTimelockCompound)
        returns (uint256)
    {
        return super._cancel(t, v, c, d);
    }

    function _executor() internal view override(Governor, GovernorTimelockCompound) returns (address) { return super._executor(); }

    /// @dev Beside the rule of the version, which says who cancels, whatever a deployment allows.
    function cancelAny(address[] memory t, uint256[] memory v, bytes[] memory c, bytes32 d) external {
        _cancel(t, v, c, d);
    }
}
