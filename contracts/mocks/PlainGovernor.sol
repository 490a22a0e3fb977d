// SPDX-License-Identifier: Apache-2.0
// What ballots cost elsewhere: governors and a token of OpenZeppelin's modules alone, with nothing of this project.
pragma solidity ^0.8.35;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

/// @title PlainVotes
/// @notice Votes on the block-number clock; everything belongs to the deployer at first.
contract PlainVotes is ERC20Votes {
    constructor(uint256 supply) ERC20("Plain", "PLN") EIP712("Plain", "1") {
        _mint(msg.sender, supply);
    }
}

/// @title PlainGovernor
/// @notice Delay and period are blocks; the quorum is in percent of the supply.
contract PlainGovernor is
    GovernorSettings,
    GovernorCountingSimple,
    GovernorVotes,
    GovernorVotesQuorumFraction,
    Multicall
{
    constructor(
        IVotes votes,
        uint32 period,
        uint256 percent
    ) Governor("Plain") GovernorSettings(1, period, 0) GovernorVotes(votes) GovernorVotesQuorumFraction(percent) {}

    function proposalThreshold() public view virtual override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }
}

/// @title PlainLateGovernor
/// @notice The same with a vote that a late quorum extends by a tenth of the period.
contract PlainLateGovernor is PlainGovernor, GovernorPreventLateQuorum {
    constructor(
        IVotes votes,
        uint32 period,
        uint256 percent
    ) PlainGovernor(votes, period, percent) GovernorPreventLateQuorum(period / 10) {}

    function proposalThreshold() public view override(Governor, PlainGovernor) returns (uint256) {
        return super.proposalThreshold();
    }

    function proposalDeadline(
        uint256 proposalId
    ) public view override(Governor, GovernorPreventLateQuorum) returns (uint256) {
        return super.proposalDeadline(proposalId);
    }

    function _tallyUpdated(uint256 proposalId) internal override(Governor, GovernorPreventLateQuorum) {
        super._tallyUpdated(proposalId);
    }
}
