// SPDX-License-Identifier: Apache-2.0
// Which parameters a shape takes.
pragma solidity ^0.8.35;

import {Schedules} from "../Schedules.sol";
import {Calendars} from "./Calendars.sol";
import {Geometrics} from "./Geometrics.sol";
import {Reported} from "./Reported.sol";

/// @title Validity
/// @notice Parameters are as `Schedules.Shape` lists them. What is taken here makes no later read revert.
/// @dev Twin: the `validate` of each file in `dao/rewards/shapes/`.
library Validity {
    uint256 private constant MAX_MONTHS = 12 * 100;
    uint256 private constant MIN_FIRST_MONTH = 12 * 1970;
    uint256 private constant MAX_FIRST_MONTH = 12 * 9999 + 11;
    uint256 private constant BASIS_POINTS = 10_000;

    /// @notice Reverts unless `segment` is well-formed when it is valid until `untilEpoch`, exclusive, which is above its
    /// first epoch and at most 2³².
    function validate(
        Schedules.Segment memory segment,
        uint256 untilEpoch,
        Schedules.Clock memory clock
    ) internal pure {
        Schedules.Shape shape = segment.shape;
        uint128[] memory p = segment.params;
        if (shape == Schedules.Shape.Constant || shape == Schedules.Shape.Metered) {
            _count(shape, p, 1, 1);
        } else if (shape == Schedules.Shape.Table) {
            _count(shape, p, 2, Schedules.MAX_AMOUNTS + 1);
            _range(shape, p, 0, 1, type(uint32).max);
        } else if (shape == Schedules.Shape.Geometric) {
            _count(shape, p, 4, 4);
            _range(shape, p, 2, 1, type(uint32).max);
            _range(shape, p, 1, 1, type(uint32).max);
            _range(shape, p, 3, 1, type(uint32).max);
            uint256 steps = (untilEpoch - 1 - segment.fromEpoch) / p[3];
            uint256 last = Geometrics.lastAmount(p[0], p[1], p[2], steps);
            if (last > type(uint128).max) {
                revert Schedules.ScheduleGrowsTooLarge(segment.fromEpoch, steps, type(uint128).max);
            }
            if (steps > Geometrics.MAX_STEPS && last != 0) {
                revert Schedules.ScheduleTooManySteps(segment.fromEpoch, steps, Geometrics.MAX_STEPS);
            }
        } else if (shape == Schedules.Shape.Decay) {
            _count(shape, p, 4, 4);
            _range(shape, p, 2, 2, type(uint96).max);
            // The ratio stays 2⁻³⁰ below one.
            _range(shape, p, 1, 1, p[2] - ((uint256(p[2]) + (1 << 30) - 1) >> 30));
            _range(shape, p, 3, clock.epochLength, type(uint64).max);
        } else if (shape == Schedules.Shape.Ramp) {
            _count(shape, p, 5, 5);
            _range(shape, p, 2, 0, 1);
            _range(shape, p, 3, 0, p[4]);
        } else if (shape == Schedules.Shape.CalendarTable) {
            _count(shape, p, 3, Schedules.MAX_AMOUNTS + 2);
            _calendar(shape, p, clock);
        } else if (shape == Schedules.Shape.CalendarGeometric) {
            _count(shape, p, 6, 6);
            _calendar(shape, p, clock);
            _ratio(shape, p, 3);
            _range(shape, p, 5, 1, type(uint32).max);
            (, uint256 last) = Calendars.periodAt(p[0], p[1], clock.genesis + (untilEpoch - 1) * clock.epochLength);
            uint256 most = Schedules.MAX_AMOUNTS;
            if (last >= most && Geometrics.amountAfter(p[2], p[3], p[4], most / p[5]) != 0) {
                revert Schedules.ScheduleTooManySteps(segment.fromEpoch, last, most);
            }
        } else {
            _validateReported(shape, p);
        }
    }

    function _validateReported(Schedules.Shape shape, uint128[] memory p) private pure {
        if (shape == Schedules.Shape.Remint) {
            _count(shape, p, 5, 5);
            _range(shape, p, 2, 1, type(uint96).max);
            _range(shape, p, 0, 0, p[2]);
            _range(shape, p, 1, 1, type(uint96).max);
            uint256 reachable = (p[1] * Reported.MAX_VALUE) / p[2];
            _range(shape, p, 3, 0, reachable);
        } else if (shape == Schedules.Shape.SupplyHalving) {
            _count(shape, p, 2, 2);
            _range(shape, p, 1, 1, type(uint128).max);
        } else if (shape == Schedules.Shape.Feedback) {
            _count(shape, p, 7, 7);
            _range(shape, p, 1, 0, p[2]);
            _range(shape, p, 0, p[1], p[2]);
            _range(shape, p, 6, 0, 1);
        } else if (shape == Schedules.Shape.Tracking) {
            _count(shape, p, 6, 6);
            _range(shape, p, 2, 0, type(uint128).max / 2);
            _range(shape, p, 1, 0, p[2]);
            _range(shape, p, 0, p[1], p[2]);
            _range(shape, p, 3, 0, BASIS_POINTS - 1);
            _range(shape, p, 4, 1, type(uint32).max);
            _range(shape, p, 5, 1, type(uint128).max);
        } else if (shape == Schedules.Shape.Inflation) {
            _count(shape, p, 9, 9);
            _range(shape, p, 2, 0, Reported.WHOLE);
            _range(shape, p, 1, 0, p[2]);
            _range(shape, p, 0, p[1], p[2]);
            _range(shape, p, 6, 0, 1);
        } else {
            _count(shape, p, 2, 2);
            _range(shape, p, 1, 1, type(uint32).max);
        }
    }

    /// @dev Parameters `index` and `index + 1` are a ratio between 0 and 1, both exclusive.
    function _ratio(Schedules.Shape shape, uint128[] memory p, uint256 index) private pure {
        _range(shape, p, index + 1, 2, type(uint32).max);
        _range(shape, p, index, 1, p[index + 1] - 1);
    }

    /// @dev The first two parameters are periods of months, in each of which an epoch starts.
    function _calendar(Schedules.Shape shape, uint128[] memory p, Schedules.Clock memory clock) private pure {
        uint256 shortest = (clock.epochLength + Calendars.SHORTEST_MONTH - 1) / Calendars.SHORTEST_MONTH;
        _range(shape, p, 0, shortest, MAX_MONTHS);
        _range(shape, p, 1, MIN_FIRST_MONTH, MAX_FIRST_MONTH);
    }

    function _count(Schedules.Shape shape, uint128[] memory p, uint256 minimum, uint256 maximum) private pure {
        if (p.length < minimum || p.length > maximum) {
            revert Schedules.ScheduleParameterCount(shape, p.length, minimum, maximum);
        }
    }

    function _range(
        Schedules.Shape shape,
        uint128[] memory p,
        uint256 index,
        uint256 minimum,
        uint256 maximum
    ) private pure {
        if (p[index] < minimum || p[index] > maximum) {
            revert Schedules.ScheduleParameterRange(shape, index, p[index], minimum, maximum);
        }
    }
}
