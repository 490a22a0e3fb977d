// SPDX-License-Identifier: Apache-2.0
// Gives tests the functions of Schedules on one stored segment.
pragma solidity ^0.8.35;

import {Schedules} from "../rewards/Schedules.sol";

/// @title ScheduleHarness
contract ScheduleHarness {
    /// @dev The segment that everything below reads.
    Schedules.Segment private _segment;

    /// @notice Stores `segment`. Reverts unless it is well-formed when it is valid until `untilEpoch`.
    function set(
        Schedules.Segment calldata segment,
        uint256 untilEpoch,
        Schedules.Clock calldata clock
    ) external {
        Schedules.validate(segment, untilEpoch, clock);
        _segment = segment;
    }

    /// @notice `Schedules.evaluate` of the stored segment.
    function evaluate(uint32 epoch, Schedules.Clock calldata clock) external view returns (uint256) {
        return Schedules.evaluate(_segment, epoch, clock);
    }

    /// @notice `Schedules.sum` of the stored segment.
    function sum(uint256 untilEpoch, Schedules.Clock calldata clock) external view returns (uint256) {
        return Schedules.sum(_segment, untilEpoch, clock);
    }

    /// @notice `Schedules.bounds` of the stored segment.
    function bounds(
        uint256 fromEpoch,
        uint256 untilEpoch,
        Schedules.Clock calldata clock
    ) external view returns (uint256 minimum, uint256 maximum) {
        return Schedules.bounds(_segment, fromEpoch, untilEpoch, clock);
    }

    /// @notice `Schedules.report` of the stored segment.
    function report(
        uint32 epoch,
        uint256 value,
        Schedules.Report calldata previous
    ) external view returns (Schedules.Report memory) {
        return Schedules.report(_segment, epoch, value, previous);
    }
}
