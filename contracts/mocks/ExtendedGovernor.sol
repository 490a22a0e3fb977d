// SPDX-License-Identifier: Apache-2.0
// Shows that RewardGovernor can be inherited from: one more OpenZeppelin module, one changed default, one guard.
pragma solidity ^0.8.35;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorStorage} from "@openzeppelin/contracts/governance/extensions/GovernorStorage.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {RewardGovernor} from "../governance/RewardGovernor.sol";

/// @title ExtendedGovernor
contract ExtendedGovernor is RewardGovernor, GovernorStorage {
    /// @notice How many proposals were purged.
    uint256 public purges;

    /// @notice The grace period may not be shorter than this, in seconds.
    error ExtendedGovernorGracePeriodTooShort(uint48 gracePeriod, uint48 minimum);

    constructor(Configuration memory configuration) RewardGovernor(configuration) {}

    /// @inheritdoc RewardGovernor
    function purge(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) public override returns (uint256) {
        ++purges;
        return super.purge(targets, values, calldatas, descriptionHash);
    }

    /// @inheritdoc RewardGovernor
    function proposalExpiry(uint256 proposalId) public view override returns (uint256) {
        return super.proposalExpiry(proposalId);
    }

    /// @inheritdoc Governor
    function version() public pure override returns (string memory) {
        return "2";
    }

    function _setGracePeriod(uint48 newGracePeriod) internal override {
        if (newGracePeriod < 60) revert ExtendedGovernorGracePeriodTooShort(newGracePeriod, 60);
        super._setGracePeriod(newGracePeriod);
    }

    /// @dev One more second than the grace period.
    function _expiry(uint256 proposalId) internal view override returns (uint256) {
        return super._expiry(proposalId) + 1;
    }

    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal override(RewardGovernor, GovernorStorage) returns (uint256) {
        return super._propose(targets, values, calldatas, description, proposer);
    }

    // ---------------------------------------------------------------- what Solidity wants said where two bases meet

    function state(uint256 proposalId) public view override(RewardGovernor, Governor) returns (ProposalState) {
        return super.state(proposalId);
    }

    function proposalThreshold() public view override(RewardGovernor, Governor) returns (uint256) {
        return super.proposalThreshold();
    }

    function proposalDeadline(uint256 proposalId) public view override(RewardGovernor, Governor) returns (uint256) {
        return super.proposalDeadline(proposalId);
    }

    function proposalNeedsQueuing(uint256 proposalId) public view override(RewardGovernor, Governor) returns (bool) {
        return super.proposalNeedsQueuing(proposalId);
    }

    function relay(
        address target,
        uint256 value,
        bytes calldata data
    ) public payable override(RewardGovernor, Governor) {
        super.relay(target, value, data);
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(RewardGovernor, Governor) returns (uint48) {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(RewardGovernor, Governor) {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(RewardGovernor, Governor) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _tallyUpdated(uint256 proposalId) internal override(RewardGovernor, Governor) {
        super._tallyUpdated(proposalId);
    }

    function _validateCancel(
        uint256 proposalId,
        address caller
    ) internal view override(RewardGovernor, Governor) returns (bool) {
        return super._validateCancel(proposalId, caller);
    }

    function _validateVoteSig(
        uint256 proposalId,
        uint8 support,
        address voter,
        bytes memory signature
    ) internal override(RewardGovernor, Governor) returns (bool) {
        return super._validateVoteSig(proposalId, support, voter, signature);
    }

    function _validateExtendedVoteSig(
        uint256 proposalId,
        uint8 support,
        address voter,
        string memory reason,
        bytes memory params,
        bytes memory signature
    ) internal override(RewardGovernor, Governor) returns (bool) {
        return super._validateExtendedVoteSig(proposalId, support, voter, reason, params, signature);
    }

    function _useCheckedNonce(address owner, uint256 nonce) internal override(RewardGovernor, Nonces) {
        super._useCheckedNonce(owner, nonce);
    }

    function _executor() internal view override(RewardGovernor, Governor) returns (address) {
        return super._executor();
    }
}
