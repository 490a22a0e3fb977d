// SPDX-License-Identifier: Apache-2.0
// The shapes that a schedule is made of: which parameters are valid, and what each yields in an epoch.
pragma solidity ^0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Calendars} from "./shapes/Calendars.sol";
import {Decays} from "./shapes/Decays.sol";
import {Geometrics} from "./shapes/Geometrics.sol";
import {Ramps} from "./shapes/Ramps.sol";
import {Reported} from "./shapes/Reported.sol";
import {Tables} from "./shapes/Tables.sol";

/// @title Schedules
/// @notice Amounts are in the token's smallest unit and fit 128 bits, so that a sum over all epochs fits 160. A
/// segment's shape counts from the segment's own first epoch. Each shape states its rounding where it is computed, in
/// `shapes/`; `dao/rewards/schedule.py` is the twin, integer for integer.
/// @dev A linked library without state: it reads the segments of its caller. Nothing reverts for a segment that
/// `validate` has taken, except an epoch before the segment and what a function names.
library Schedules {
    /// @notice The shapes, with their parameters in order.
    ///
    /// Planned, known for every epoch in advance:
    /// - Constant: `[amount]`, the same in every epoch.
    /// - Table: `[every, amount₀, amount₁, …]`, each amount for `every` epochs; zero after the last one.
    /// - Geometric: `[amount, numerator, denominator, every]`, multiplied by the ratio once every `every` epochs and
    ///   rounded down at each step.
    /// - Decay: `[total, numerator, denominator, everySeconds]`, after each `everySeconds` the ratio of what was left of
    ///   the total is left; in between, emitted evenly by the second.
    /// - Ramp: `[start, slope, rising, floor, cap]`, `slope` more (`rising` 1) or less (0) every epoch, within floor and
    ///   cap.
    /// - CalendarTable: `[months, firstMonth, amount₀, amount₁, …]`, each amount divided over the epochs that start in
    ///   one period of `months` UTC calendar months, of which the first begins with `firstMonth`
    ///   (12 · year + month − 1); zero before the first and after the last.
    /// - CalendarGeometric: `[months, firstMonth, amount, numerator, denominator, everyPeriods]`, likewise, with the
    ///   amount of a period multiplied by the ratio once every `everyPeriods` periods and rounded down at each step.
    ///
    /// Reported, which need a value for every epoch:
    /// - Metered: `[amount]`, the reported fraction of it, in 10⁻¹⁸.
    /// - Remint: `[carriedWeight, valueWeight, divisor, cap, start]`, (carriedWeight · carried + valueWeight · value) /
    ///   divisor, at most `cap`; what is carried is the figure before the cap, at first `start`.
    /// - SupplyHalving: `[amount, cap]`, halved as often as the issued supply has halved what was left up to `cap`.
    /// - Feedback: `[start, floor, cap, target, tolerance, step, falling]`, the amount before, at first `start`, moved by
    ///   `step` if the value is farther from `target` than `tolerance`: down where `falling` is 1 and the value above,
    ///   or it is 0 and the value below; else up.
    /// - Tracking: `[start, floor, cap, band, step, unit]`, the amount before, at first `start`, moved to the reported
    ///   target if this is farther than `band`, by `step` at most (both in basis points), in multiples of `unit`.
    /// - Rollover: `[budget, epochs]`, what is left of the budget, divided by the epochs that are left; the value is what
    ///   was spent of the segment's amounts so far.
    enum Shape {
        Constant,
        Table,
        Geometric,
        Decay,
        Ramp,
        CalendarTable,
        CalendarGeometric,
        Metered,
        Remint,
        SupplyHalving,
        Feedback,
        Tracking,
        Rollover
    }

    /// @notice One shape, valid from `fromEpoch` until the next segment begins.
    struct Segment {
        uint32 fromEpoch;
        Shape shape;
        uint128[] params;
    }

    /// @notice When epoch 0 begins, and how many seconds each epoch has.
    struct Clock {
        uint48 genesis;
        uint32 epochLength;
    }

    /// @notice What a report left: the epoch's amount, the state that the next report starts from, and the sum of the
    /// amounts from the segment's first epoch up to and including this one.
    struct Report {
        uint128 amount;
        uint128 carried;
        uint256 sum;
    }

    /// @notice The most steps that a geometric segment may need.
    uint256 internal constant MAX_STEPS = Geometrics.MAX_STEPS;

    /// @notice The most amounts that one table may hold, and the most periods of a calendar that may yield anything.
    uint256 internal constant MAX_AMOUNTS = 512;

    /// @dev Bounds of parameters.
    uint256 private constant MAX_MONTHS = 12 * 100;
    uint256 private constant MIN_FIRST_MONTH = 12 * 1970;
    uint256 private constant MAX_FIRST_MONTH = 12 * 9999 + 11;
    uint256 private constant BASIS_POINTS = 10_000;

    /// @notice A shape was given another number of parameters than `[minimum, maximum]`.
    error ScheduleParameterCount(Shape shape, uint256 given, uint256 minimum, uint256 maximum);

    /// @notice Parameter number `index` is outside of `[minimum, maximum]`.
    error ScheduleParameterRange(Shape shape, uint256 index, uint256 value, uint256 minimum, uint256 maximum);

    /// @notice A geometric segment would need `steps` steps, or a calendar periods, and is not zero after `maximum`.
    error ScheduleTooManySteps(uint32 fromEpoch, uint256 steps, uint256 maximum);

    /// @notice What this shape yields depends on reports.
    error ScheduleNeedsReport(Shape shape);

    /// @notice What this shape yields depends on no report.
    error ScheduleTakesNoReport(Shape shape);

    /// @notice The reported value is outside of `[minimum, maximum]`.
    error ScheduleReportRange(Shape shape, uint256 value, uint256 minimum, uint256 maximum);

    // ---------------------------------------------------------------- what is valid

    /// @notice Reverts unless `segment` is well-formed when it is valid until `untilEpoch`, exclusive, which is above its
    /// first epoch and at most 2³².
    function validate(Segment memory segment, uint256 untilEpoch, Clock memory clock) public pure {
        Shape shape = segment.shape;
        uint128[] memory p = segment.params;
        if (shape == Shape.Constant || shape == Shape.Metered) {
            _count(shape, p, 1, 1);
        } else if (shape == Shape.Table) {
            _count(shape, p, 2, MAX_AMOUNTS + 1);
            _range(shape, p, 0, 1, type(uint32).max);
        } else if (shape == Shape.Geometric) {
            _count(shape, p, 4, 4);
            _ratio(shape, p, 1);
            _range(shape, p, 3, 1, type(uint32).max);
            uint256 steps = (untilEpoch - 1 - segment.fromEpoch) / p[3];
            if (steps > MAX_STEPS && Geometrics.amountAfter(p[0], p[1], p[2], MAX_STEPS) != 0) {
                revert ScheduleTooManySteps(segment.fromEpoch, steps, MAX_STEPS);
            }
        } else if (shape == Shape.Decay) {
            _count(shape, p, 4, 4);
            _range(shape, p, 2, 2, type(uint96).max);
            // The ratio stays 2⁻³⁰ below one.
            _range(shape, p, 1, 1, p[2] - ((uint256(p[2]) + (1 << 30) - 1) >> 30));
            _range(shape, p, 3, clock.epochLength, type(uint64).max);
        } else if (shape == Shape.Ramp) {
            _count(shape, p, 5, 5);
            _range(shape, p, 2, 0, 1);
            _range(shape, p, 3, 0, p[4]);
        } else if (shape == Shape.CalendarTable) {
            _count(shape, p, 3, MAX_AMOUNTS + 2);
            _calendar(shape, p, clock);
        } else if (shape == Shape.CalendarGeometric) {
            _count(shape, p, 6, 6);
            _calendar(shape, p, clock);
            _ratio(shape, p, 3);
            _range(shape, p, 5, 1, type(uint32).max);
            (, uint256 last) = Calendars.periodAt(p[0], p[1], _startOf(clock, untilEpoch - 1));
            if (last >= MAX_AMOUNTS && Geometrics.amountAfter(p[2], p[3], p[4], MAX_AMOUNTS / p[5]) != 0) {
                revert ScheduleTooManySteps(segment.fromEpoch, last, MAX_AMOUNTS);
            }
        } else {
            _validateReported(shape, p);
        }
    }

    function _validateReported(Shape shape, uint128[] memory p) private pure {
        if (shape == Shape.Remint) {
            _count(shape, p, 5, 5);
            _range(shape, p, 2, 1, type(uint96).max);
            _range(shape, p, 0, 0, p[2]);
            _range(shape, p, 1, 1, type(uint96).max);
            uint256 reachable = (p[1] * Reported.MAX_VALUE) / p[2];
            _range(shape, p, 3, 0, reachable);
        } else if (shape == Shape.SupplyHalving) {
            _count(shape, p, 2, 2);
            _range(shape, p, 1, 1, type(uint128).max);
        } else if (shape == Shape.Feedback) {
            _count(shape, p, 7, 7);
            _range(shape, p, 1, 0, p[2]);
            _range(shape, p, 0, p[1], p[2]);
            _range(shape, p, 6, 0, 1);
        } else if (shape == Shape.Tracking) {
            _count(shape, p, 6, 6);
            _range(shape, p, 2, 0, type(uint128).max / 2);
            _range(shape, p, 1, 0, p[2]);
            _range(shape, p, 0, p[1], p[2]);
            _range(shape, p, 3, 0, BASIS_POINTS - 1);
            _range(shape, p, 4, 1, type(uint32).max);
            _range(shape, p, 5, 1, type(uint128).max);
        } else {
            _count(shape, p, 2, 2);
            _range(shape, p, 1, 1, type(uint32).max);
        }
    }

    // ---------------------------------------------------------------- what it yields

    /// @notice Whether what `shape` yields depends on a value that is reported for each epoch.
    function isReported(Shape shape) internal pure returns (bool) {
        return shape >= Shape.Metered;
    }

    /// @notice What `segment` yields in `epoch`, which must not be before its first. Reverts for reported shapes.
    function evaluate(Segment storage segment, uint32 epoch, Clock memory clock) public view returns (uint256) {
        Shape shape = segment.shape;
        uint256 index = epoch - segment.fromEpoch;
        uint128[] storage p = segment.params;
        // Of a table, one amount is read.
        if (shape == Shape.Table) {
            uint256 place = index / p[0];
            return place < p.length - 1 ? p[place + 1] : 0;
        }
        if (shape == Shape.CalendarTable) {
            uint256 start = _startOf(clock, epoch);
            (bool begun, uint256 period) = Calendars.periodAt(p[0], p[1], start);
            if (!begun || period >= p.length - 2) return 0;
            return Calendars.amountAt(p[period + 2], p[0], p[1], period, start, clock.epochLength);
        }
        return _amountAt(shape, p, index, _startOf(clock, epoch), clock.epochLength);
    }

    /// @notice The exact sum of what `segment` yields from its first epoch until `untilEpoch`, exclusive and at most
    /// 2³²; zero where that is not above its first. Reverts for reported shapes: there, `Report.sum` has it.
    function sum(Segment storage segment, uint256 untilEpoch, Clock memory clock) public view returns (uint256 total) {
        Shape shape = segment.shape;
        if (isReported(shape)) revert ScheduleNeedsReport(shape);
        uint256 fromEpoch = segment.fromEpoch;
        if (untilEpoch <= fromEpoch) return 0;
        uint256 epochs = untilEpoch - fromEpoch;
        uint128[] memory p = segment.params;
        if (shape == Shape.Constant) return p[0] * epochs;
        if (shape == Shape.Geometric) return Geometrics.sum(p[0], p[1], p[2], p[3], epochs);
        if (shape == Shape.Decay) return Decays.sum(p, clock.epochLength, epochs);
        if (shape == Shape.Ramp) return Ramps.sum(p, epochs);
        (total, , ) = _survey(shape, p, 0, epochs, _startOf(clock, fromEpoch), clock.epochLength);
    }

    /// @notice The minimum and maximum of what `segment` yields in `[fromEpoch, untilEpoch)`, which is not empty and
    /// lies inside of it; for reported shapes, of what any reports could yield. Exact, except as `Decays.bounds`,
    /// `Reported.remintBounds` and `Reported.trackingBounds` state: these may be wider.
    function bounds(
        Segment memory segment,
        uint256 fromEpoch,
        uint256 untilEpoch,
        Clock memory clock
    ) public pure returns (uint256 minimum, uint256 maximum) {
        Shape shape = segment.shape;
        uint128[] memory p = segment.params;
        uint256 first = fromEpoch - segment.fromEpoch;
        uint256 until = untilEpoch - segment.fromEpoch;
        if (shape == Shape.Decay) return Decays.bounds(p, clock.epochLength, first, until);
        if (shape == Shape.Table || shape == Shape.CalendarTable || shape == Shape.CalendarGeometric) {
            (, minimum, maximum) = _survey(shape, p, first, until, _startOf(clock, fromEpoch), clock.epochLength);
            return (minimum, maximum);
        }
        if (!isReported(shape)) {
            // The others only rise or only fall.
            minimum = _amountAt(shape, p, first, 0, clock.epochLength);
            maximum = _amountAt(shape, p, until - 1, 0, clock.epochLength);
            return minimum < maximum ? (minimum, maximum) : (maximum, minimum);
        }
        if (shape == Shape.Remint) return Reported.remintBounds(p, until);
        if (shape == Shape.Feedback) return Reported.feedbackBounds(p, until);
        if (shape == Shape.Tracking) return Reported.trackingBounds(p, until);
        if (shape == Shape.Rollover) return Reported.rolloverBounds(p, first, until);
        return (0, p[0]);
    }

    /// @notice What `segment` yields in `epoch`, for which `value` was reported, if the epoch before was left with
    /// `previous`, which is not read for the segment's first. Reverts for shapes that take no report, and where `value`
    /// is not one that the shape takes: up to 10¹⁸ for Metered, from what was last reported to that and the last amount
    /// together for Rollover (at first zero), else up to 2¹²⁸ − 1.
    function report(
        Segment storage segment,
        uint32 epoch,
        uint256 value,
        Report memory previous
    ) public view returns (Report memory next) {
        Shape shape = segment.shape;
        if (!isReported(shape)) revert ScheduleTakesNoReport(shape);
        uint128[] memory p = segment.params;
        uint256 index = epoch - segment.fromEpoch;
        if (index == 0) previous = _beforeFirst(shape, p);
        (uint256 least, uint256 most) = (0, Reported.MAX_VALUE);
        if (shape == Shape.Metered) most = Reported.WHOLE;
        if (shape == Shape.Rollover) {
            least = previous.carried;
            most = Math.min(least + previous.amount, p[0]);
        }
        if (value < least || value > most) revert ScheduleReportRange(shape, value, least, most);

        uint256 amount;
        uint256 carried = 0;
        if (shape == Shape.Metered) amount = Reported.metered(p, value);
        else if (shape == Shape.Remint) (amount, carried) = Reported.remint(p, previous.carried, value);
        else if (shape == Shape.SupplyHalving) amount = Reported.supplyHalving(p, value);
        else if (shape == Shape.Feedback) amount = Reported.feedback(p, previous.amount, value);
        else if (shape == Shape.Tracking) amount = Reported.tracking(p, previous.amount, value);
        else (amount, carried) = (Reported.rollover(p, index, value), value);
        // Amounts are at most a parameter; averages and what was spent are bounded above.
        next = Report({amount: uint128(amount), carried: uint128(carried), sum: previous.sum + amount});
    }

    // ---------------------------------------------------------------- private

    /// @dev What the first report of a segment starts from.
    function _beforeFirst(Shape shape, uint128[] memory p) private pure returns (Report memory state) {
        if (shape == Shape.Remint) state.carried = p[4];
        if (shape == Shape.Feedback || shape == Shape.Tracking) state.amount = p[0];
    }

    /// @dev What a planned shape without a table yields in epoch number `index`, which starts at `start`.
    function _amountAt(
        Shape shape,
        uint128[] memory p,
        uint256 index,
        uint256 start,
        uint256 epochLength
    ) private pure returns (uint256) {
        if (shape == Shape.Constant) return p[0];
        if (shape == Shape.Geometric) return Geometrics.amountAfter(p[0], p[1], p[2], index / p[3]);
        if (shape == Shape.Decay) return Decays.amountAt(p, epochLength, index);
        if (shape == Shape.Ramp) return Ramps.amountAt(p, index);
        if (isReported(shape)) revert ScheduleNeedsReport(shape);
        (bool begun, uint256 period) = Calendars.periodAt(p[0], p[1], start);
        if (!begun || period >= MAX_AMOUNTS) return 0;
        uint256 amount = Geometrics.amountAfter(p[2], p[3], p[4], period / p[5]);
        return Calendars.amountAt(amount, p[0], p[1], period, start, epochLength);
    }

    /// @dev Sum, minimum and maximum of a shape with a table over the epochs number `[first, until)`, of which the first
    /// starts at `start`.
    function _survey(
        Shape shape,
        uint128[] memory p,
        uint256 first,
        uint256 until,
        uint256 start,
        uint256 epochLength
    ) private pure returns (uint256, uint256, uint256) {
        if (shape == Shape.Table) return Tables.survey(p, first, until);
        uint256[] memory amounts;
        if (shape == Shape.CalendarGeometric) {
            amounts = Geometrics.row(p[2], p[3], p[4], p[5], MAX_AMOUNTS);
        } else {
            amounts = new uint256[](p.length - 2);
            for (uint256 i = 0; i < amounts.length; ++i) {
                amounts[i] = p[i + 2];
            }
        }
        return Calendars.survey(amounts, p[0], p[1], start, until - first, epochLength);
    }

    function _startOf(Clock memory clock, uint256 epoch) private pure returns (uint256) {
        return clock.genesis + epoch * clock.epochLength;
    }

    /// @dev Parameters `index` and `index + 1` are a ratio between 0 and 1, both exclusive.
    function _ratio(Shape shape, uint128[] memory p, uint256 index) private pure {
        _range(shape, p, index + 1, 2, type(uint32).max);
        _range(shape, p, index, 1, p[index + 1] - 1);
    }

    /// @dev The first two parameters are periods of months, in each of which an epoch starts.
    function _calendar(Shape shape, uint128[] memory p, Clock memory clock) private pure {
        uint256 shortest = (clock.epochLength + Calendars.SHORTEST_MONTH - 1) / Calendars.SHORTEST_MONTH;
        _range(shape, p, 0, shortest, MAX_MONTHS);
        _range(shape, p, 1, MIN_FIRST_MONTH, MAX_FIRST_MONTH);
    }

    function _count(Shape shape, uint128[] memory p, uint256 minimum, uint256 maximum) private pure {
        if (p.length < minimum || p.length > maximum) {
            revert ScheduleParameterCount(shape, p.length, minimum, maximum);
        }
    }

    function _range(Shape shape, uint128[] memory p, uint256 index, uint256 minimum, uint256 maximum) private pure {
        if (p[index] < minimum || p[index] > maximum) {
            revert ScheduleParameterRange(shape, index, p[index], minimum, maximum);
        }
    }
}
