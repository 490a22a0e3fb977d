// SPDX-License-Identifier: Apache-2.0
// Shows that RewardPolicy can be inherited from: a bound on schedules, and a root that yields half.
pragma solidity ^0.8.35;

import {RewardPolicy} from "../rewards/RewardPolicy.sol";
import {Schedules} from "../rewards/Schedules.sol";

/// @title ExtendedPolicy
contract ExtendedPolicy is RewardPolicy {
    /// @notice A schedule has more segments than this policy admits.
    error ExtendedPolicyTooManySegments(bytes32 stream, uint256 segments);

    constructor(
        address owner_,
        uint48 genesis_,
        uint32 epochLength_,
        uint128 supplyCap_,
        Beginning memory beginning
    ) RewardPolicy(owner_, genesis_, epochLength_, supplyCap_, beginning) {}

    function _setSchedule(bytes32 stream, Schedules.Segment[] memory segments, uint32 firstOpen) internal override {
        if (segments.length > 2) revert ExtendedPolicyTooManySegments(stream, segments.length);
        super._setSchedule(stream, segments, firstOpen);
    }

    /// @dev Half for the root, in `emission` and in `scheduled` alike.
    function _scheduled(bytes32 stream, uint32 epoch) internal view override returns (uint256) {
        return super._scheduled(stream, epoch) / (stream == ROOT ? 2 : 1);
    }
}
