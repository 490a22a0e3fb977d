// SPDX-License-Identifier: Apache-2.0
// Shows that RewardGovernor can be inherited from: one more OpenZeppelin module, one changed default, one guard.
pragma solidity ^0.8.35;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {RewardGovernor} from "../governance/RewardGovernor.sol";

/// @title ExtendedGovernor
contract ExtendedGovernor is RewardGovernor, Multicall {
    /// @notice The grace period may not be shorter than a minute; it is in seconds.
    error ExtendedGovernorGracePeriodTooShort(uint48 gracePeriod);

    constructor(Configuration memory configuration) RewardGovernor(configuration) {}

    /// @inheritdoc Governor
    function version() public pure override returns (string memory) {
        return "2";
    }

    function _setGracePeriod(uint48 newGracePeriod) internal override {
        if (newGracePeriod < 60) revert ExtendedGovernorGracePeriodTooShort(newGracePeriod);
        super._setGracePeriod(newGracePeriod);
    }

    /// @dev One more second than the grace period.
    function _expiry(uint256 proposalId) internal view override returns (uint256) {
        return super._expiry(proposalId) + 1;
    }
}
