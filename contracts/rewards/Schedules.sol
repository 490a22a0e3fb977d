// SPDX-License-Identifier: Apache-2.0
// What a stream's schedule yields in each epoch: its segments, each of one shape, its budgets and reports.
pragma solidity ^0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Calendars} from "./shapes/Calendars.sol";
import {Decays} from "./shapes/Decays.sol";
import {Geometrics} from "./shapes/Geometrics.sol";
import {Ramps} from "./shapes/Ramps.sol";
import {Reported} from "./shapes/Reported.sol";
import {Tables} from "./shapes/Tables.sol";
import {Validity} from "./shapes/Validity.sol";

/// @title Schedules
/// @notice Amounts are in the token's smallest unit and fit 128 bits, so that a sum over all epochs fits 160. A
/// segment's shape counts from the segment's own first epoch. Each shape states its rounding where it is computed, in
/// `shapes/`. A budget bounds what a schedule yields over its whole life: the epoch that would exceed it yields what is
/// left, and every later one nothing.
/// @dev A linked library without state: it works on the plans of its caller, which keeps segments and budgets ascending
/// by epoch. Nothing reverts for segments that `validate` has taken, except what a function names. Twins, integer for
/// integer: `dao/rewards/plan.py` and `dao/rewards/schedule.py`.
library Schedules {
    /// @notice The shapes, with their parameters in order.
    ///
    /// Planned, known for every epoch in advance:
    /// - Constant: `[amount]`, the same in every epoch.
    /// - Table: `[every, amount₀, amount₁, …]`, each amount for `every` epochs; zero after the last one.
    /// - Geometric: `[amount, numerator, denominator, every]`, multiplied by the ratio, which may be above one, once every
    ///   `every` epochs and rounded down at each step.
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
    /// - Inflation: `[rate, floor, cap, target, tolerance, step, falling, supply, maximum]`, a rate of the supply, in 10⁻¹⁸,
    ///   but at most `maximum`. The rate moves as Feedback's amount; the supply is `supply`, and what the segment has
    ///   yielded since.
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
        Rollover,
        Inflation
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

    /// @notice From `fromEpoch` on, a schedule yields no more than `amount` over its whole life.
    struct Budget {
        uint32 fromEpoch;
        uint128 amount;
    }

    /// @notice The sums of all epochs before a budget's first: what the segments yield, and how much of it the budgets
    /// before admit.
    struct BudgetStart {
        uint256 free;
        uint256 total;
    }

    /// @notice The schedule of one stream. `starts[i]` is the sum of all epochs before `segments[i]`, `budgetStarts[i]`
    /// those before `budgets[i]`, as far as they are noted, so that a budget need not add up all that came before. Every
    /// epoch of a reported segment before `reportedUntil` has its report.
    struct Plan {
        Segment[] segments;
        uint256[] starts;
        Budget[] budgets;
        BudgetStart[] budgetStarts;
        uint64 reportedUntil;
        mapping(uint32 epoch => Report) reports;
    }

    /// @notice The least and the most that a segment yields: in any epoch, and in its first, where it is `reported`. For
    /// reported shapes, of what any reports could yield.
    struct Yield {
        bool reported;
        uint256 minimum;
        uint256 maximum;
        uint256 firstMinimum;
        uint256 firstMaximum;
    }

    /// @notice The most amounts that one table may hold, and the most periods of a calendar that may yield anything.
    uint256 internal constant MAX_AMOUNTS = 512;

    /// @dev How many sums of a kind one write notes, so that no report pays for what others planned.
    uint256 private constant NOTED_AT_ONCE = 4;

    /// @notice A shape was given another number of parameters than `[minimum, maximum]`.
    error ScheduleParameterCount(Shape shape, uint256 given, uint256 minimum, uint256 maximum);

    /// @notice Parameter number `index` is outside of `[minimum, maximum]`.
    error ScheduleParameterRange(Shape shape, uint256 index, uint256 value, uint256 minimum, uint256 maximum);

    /// @notice A geometric segment would need `steps` steps, or a calendar periods, and is not zero after `maximum`.
    error ScheduleTooManySteps(uint32 fromEpoch, uint256 steps, uint256 maximum);

    /// @notice A geometric segment would yield more than `maximum` within its `steps` steps.
    error ScheduleGrowsTooLarge(uint32 fromEpoch, uint256 steps, uint256 maximum);

    /// @notice The reported value is outside of `[minimum, maximum]`.
    error ScheduleReportRange(Shape shape, uint256 value, uint256 minimum, uint256 maximum);

    /// @notice A stream may have `maximum` budgets over its whole life.
    error ScheduleTooManyBudgets(bytes32 stream, uint256 maximum);

    /// @notice What `stream` yields in `epoch` depends on a report that has not been made.
    error ScheduleNotReported(bytes32 stream, uint256 epoch);

    // ---------------------------------------------------------------- segments that are to be written

    /// @notice Reverts unless each of `segments`, which begin one after the other, is well-formed until the next.
    function validate(Segment[] memory segments, Clock memory clock) public pure {
        for (uint256 i = 0; i < segments.length; ++i) {
            Validity.validate(segments[i], _until(segments, i), clock);
        }
    }

    /// @notice What each of `segments`, of which there is one at least, yields at least and at most from its first epoch
    /// until the next segment's. Reverts as `validate` does.
    function survey(Segment[] memory segments, Clock memory clock) public pure returns (Yield[] memory yields) {
        validate(segments, clock);
        yields = new Yield[](segments.length);
        for (uint256 i = 0; i < segments.length; ++i) {
            Segment memory segment = segments[i];
            (uint256 low, uint256 high) = bounds(segment, segment.fromEpoch, _until(segments, i), clock);
            yields[i] = Yield(isReported(segment.shape), low, high, low, high);
            if (!yields[i].reported) continue;
            (yields[i].firstMinimum, yields[i].firstMaximum) = bounds(
                segment,
                segment.fromEpoch,
                uint256(segment.fromEpoch) + 1,
                clock
            );
        }
    }

    // ---------------------------------------------------------------- what a plan yields

    /// @notice What `self`, that of `stream`, yields in `epoch` within its budget; zero before its first segment.
    function scheduled(
        Plan storage self,
        bytes32 stream,
        uint32 epoch,
        Clock memory clock
    ) public view returns (uint256) {
        uint256 amount = unbounded(self, stream, epoch, clock);
        uint256 count = _budgetsUntil(self, uint256(epoch) + 1);
        if (amount == 0 || count == 0) return amount;
        uint256 before = yielded(self, stream, epoch, clock);
        return Math.min(amount, Math.saturatingSub(self.budgets[count - 1].amount, before));
    }

    /// @notice What `self`, that of `stream`, yields in `epoch` before any budget; zero before its first segment.
    function unbounded(
        Plan storage self,
        bytes32 stream,
        uint32 epoch,
        Clock memory clock
    ) public view returns (uint256) {
        uint256 index = _indexAt(self, epoch);
        if (index == 0) return 0;
        Segment storage segment = self.segments[index - 1];
        if (!isReported(segment.shape)) return evaluate(segment, epoch, clock);
        if (epoch >= self.reportedUntil) revert ScheduleNotReported(stream, epoch);
        return self.reports[epoch].amount;
    }

    /// @notice The sum of what `self`, that of `stream`, yields before `untilEpoch`, within its budgets: each binds what
    /// comes after it begins by what all epochs before have left of it.
    function yielded(
        Plan storage self,
        bytes32 stream,
        uint256 untilEpoch,
        Clock memory clock
    ) public view returns (uint256 total) {
        uint256 count = _budgetsUntil(self, untilEpoch);
        uint256 noted = Math.min(count, self.budgetStarts.length);
        uint256 free;
        if (noted != 0) {
            BudgetStart storage start = self.budgetStarts[noted - 1];
            (free, total) = (start.free, start.total);
        } else {
            free = _unboundedSum(self, stream, count == 0 ? untilEpoch : self.budgets[0].fromEpoch, clock);
            total = free;
        }
        for (uint256 i = noted == 0 ? 0 : noted - 1; i < count; ++i) {
            uint256 until = i + 1 < count ? self.budgets[i + 1].fromEpoch : untilEpoch;
            uint256 next = _unboundedSum(self, stream, until, clock);
            total += Math.min(next - free, Math.saturatingSub(self.budgets[i].amount, total));
            free = next;
        }
    }

    /// @notice The least and the most that `self` yields in an epoch of `[fromEpoch, untilEpoch)`, before any budget; for
    /// a reported shape, the least and the most that any report could make it. Zeros where there is no epoch.
    function planBounds(
        Plan storage self,
        uint256 fromEpoch,
        uint256 untilEpoch,
        Clock memory clock
    ) public view returns (uint256 minimum, uint256 maximum) {
        if (untilEpoch <= fromEpoch) return (0, 0);
        uint256 count = self.segments.length;
        uint256 index = _indexAt(self, fromEpoch);
        // Before the first segment, the plan yields nothing.
        if (index != 0) (minimum, index) = (type(uint256).max, index - 1);
        for (; index < count; ++index) {
            Segment memory segment = self.segments[index];
            if (segment.fromEpoch >= untilEpoch) break;
            uint256 until = index + 1 < count ? self.segments[index + 1].fromEpoch : untilEpoch;
            (uint256 low, uint256 high) = bounds(
                segment,
                Math.max(fromEpoch, segment.fromEpoch),
                Math.min(until, untilEpoch),
                clock
            );
            minimum = Math.min(minimum, low);
            maximum = Math.max(maximum, high);
        }
    }

    // ---------------------------------------------------------------- what a plan is told

    /// @notice Plans `segments` from the first one's epoch on; what was planned for that epoch or later is void. There is
    /// one at least, and they begin one after the other. Notes a few sums. Reverts unless each is well-formed until the
    /// next.
    function plan(Plan storage self, bytes32 stream, Segment[] memory segments, Clock memory clock) public {
        validate(segments, clock);
        uint256 length = self.segments.length;
        for (; length != 0 && self.segments[length - 1].fromEpoch >= segments[0].fromEpoch; --length) {
            self.segments.pop();
        }
        while (self.starts.length > length) {
            self.starts.pop();
        }
        uint256 noted = self.budgetStarts.length;
        for (; noted != 0 && self.budgets[noted - 1].fromEpoch > segments[0].fromEpoch; --noted) {
            self.budgetStarts.pop();
        }
        for (uint256 i = 0; i < segments.length; ++i) {
            self.segments.push(segments[i]);
        }
        settle(self, stream, NOTED_AT_ONCE, clock);
    }

    /// @notice From `fromEpoch` on, what the plan yields over its whole life is bounded by `amount`; what was planned for
    /// that epoch or later is void. Notes a few sums. Reverts where that makes more than `maximum` budgets.
    function bound(
        Plan storage self,
        bytes32 stream,
        uint32 fromEpoch,
        uint128 amount,
        uint256 maximum,
        Clock memory clock
    ) public {
        uint256 length = self.budgets.length;
        for (; length != 0 && self.budgets[length - 1].fromEpoch >= fromEpoch; --length) {
            self.budgets.pop();
        }
        if (length == maximum) revert ScheduleTooManyBudgets(stream, maximum);
        while (self.budgetStarts.length > length) {
            self.budgetStarts.pop();
        }
        self.budgets.push(Budget(fromEpoch, amount));
        settle(self, stream, NOTED_AT_ONCE, clock);
    }

    /// @notice Notes up to `count` more sums before segments of `self`, that of `stream`, and as many before budgets, as
    /// far as they are known.
    function settle(Plan storage self, bytes32 stream, uint256 count, Clock memory clock) public {
        uint256 length = self.segments.length;
        uint256 left = count;
        for (uint256 i = self.starts.length; i < length && left != 0; (++i, --left)) {
            uint256 start = 0;
            if (i != 0) {
                uint256 until = self.segments[i].fromEpoch;
                if (isReported(self.segments[i - 1].shape) && until > self.reportedUntil) break;
                start = self.starts[i - 1] + _segmentSum(self, stream, i - 1, until, clock);
            }
            self.starts.push(start);
        }
        length = self.budgets.length;
        if (self.budgetStarts.length == length) return;
        (bool due, , uint32 next) = nextReport(self);
        left = count;
        for (uint256 i = self.budgetStarts.length; i < length && left != 0; (++i, --left)) {
            uint32 until = self.budgets[i].fromEpoch;
            if (due && until > next) break;
            uint256 total = yielded(self, stream, until, clock);
            self.budgetStarts.push(BudgetStart(_unboundedSum(self, stream, until, clock), total));
        }
    }

    /// @notice Whether a report is due for `self`, now or later; the index of the segment that it is for, and its epoch.
    function nextReport(Plan storage self) public view returns (bool due, uint256 index, uint32 epoch) {
        uint256 done = self.reportedUntil;
        index = _indexAt(self, done);
        if (index != 0) --index;
        for (; index < self.segments.length; ++index) {
            Segment storage segment = self.segments[index];
            if (!isReported(segment.shape)) continue;
            uint256 next = Math.max(segment.fromEpoch, done);
            if (next > type(uint32).max) break;
            return (true, index, uint32(next));
        }
    }

    /// @notice Reports `value` for the next epoch of `self` that needs a report, as `nextReport` names it. Returns what
    /// the plan yields in it, before any budget. Notes a few sums. Reverts where the segment's shape does not take
    /// `value`.
    function record(
        Plan storage self,
        uint256 index,
        bytes32 stream,
        uint32 epoch,
        uint256 value,
        Clock memory clock
    ) public returns (uint256) {
        Segment storage segment = self.segments[index];
        Report memory previous;
        if (epoch != segment.fromEpoch) previous = self.reports[epoch - 1];
        Report memory made = report(segment, epoch, value, previous);
        self.reports[epoch] = made;
        self.reportedUntil = uint64(epoch) + 1;
        settle(self, stream, NOTED_AT_ONCE, clock);
        return made.amount;
    }

    // ---------------------------------------------------------------- what a segment yields

    /// @notice Whether what `shape` yields depends on a value that is reported for each epoch.
    function isReported(Shape shape) internal pure returns (bool) {
        return shape >= Shape.Metered;
    }

    /// @notice What `segment`, of a planned shape, yields in `epoch`, which must not be before its first.
    function evaluate(Segment storage segment, uint32 epoch, Clock memory clock) internal view returns (uint256) {
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

    /// @notice The exact sum of what `segment`, of a planned shape, yields from its first epoch until `untilEpoch`,
    /// exclusive and at most 2³²; zero where that is not above its first. Of a reported shape, `Report.sum` has it.
    function sum(
        Segment storage segment,
        uint256 untilEpoch,
        Clock memory clock
    ) internal view returns (uint256 total) {
        Shape shape = segment.shape;
        uint256 fromEpoch = segment.fromEpoch;
        if (untilEpoch <= fromEpoch) return 0;
        uint256 epochs = untilEpoch - fromEpoch;
        uint128[] memory p = segment.params;
        if (shape == Shape.Constant) return p[0] * epochs;
        if (shape == Shape.Geometric) return Geometrics.sum(p[0], p[1], p[2], p[3], epochs);
        if (shape == Shape.Decay) return Decays.sum(p, clock.epochLength, epochs);
        if (shape == Shape.Ramp) return Ramps.sum(p, epochs);
        (total, , ) = _tabulate(shape, p, 0, epochs, _startOf(clock, fromEpoch), clock.epochLength);
    }

    /// @notice The minimum and maximum of what `segment` yields in `[fromEpoch, untilEpoch)`, which is not empty and
    /// lies inside of it; for reported shapes, of what any reports could yield. Exact, except as `Decays.bounds`,
    /// `Reported.remintBounds`, `Reported.trackingBounds` and `Reported.inflationBounds` state: these may be wider.
    function bounds(
        Segment memory segment,
        uint256 fromEpoch,
        uint256 untilEpoch,
        Clock memory clock
    ) internal pure returns (uint256 minimum, uint256 maximum) {
        Shape shape = segment.shape;
        uint128[] memory p = segment.params;
        uint256 first = fromEpoch - segment.fromEpoch;
        uint256 until = untilEpoch - segment.fromEpoch;
        if (shape == Shape.Decay) return Decays.bounds(p, clock.epochLength, first, until);
        if (shape == Shape.Table || shape == Shape.CalendarTable || shape == Shape.CalendarGeometric) {
            (, minimum, maximum) = _tabulate(shape, p, first, until, _startOf(clock, fromEpoch), clock.epochLength);
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
        if (shape == Shape.Inflation) return Reported.inflationBounds(p, first, until);
        return (0, p[0]);
    }

    /// @notice What `segment` yields in `epoch`, for which `value` was reported, if the epoch before was left with
    /// `previous`, which is not read for the segment's first. The shape is a reported one. Reverts where `value` is not
    /// one that it takes: up to 10¹⁸ for Metered, from what was last reported to that and the last amount
    /// together for Rollover (at first zero), else up to 2¹²⁸ − 1.
    function report(
        Segment storage segment,
        uint32 epoch,
        uint256 value,
        Report memory previous
    ) internal view returns (Report memory next) {
        Shape shape = segment.shape;
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
        else if (shape == Shape.Inflation) (amount, carried) = Reported.inflation(p, previous.carried, previous.sum, value);
        else (amount, carried) = (Reported.rollover(p, index, value), value);
        // Amounts are at most a parameter; averages, rates and what was spent are bounded above.
        next = Report({amount: uint128(amount), carried: uint128(carried), sum: previous.sum + amount});
    }

    // ---------------------------------------------------------------- private

    /// @dev How many budgets begin before `untilEpoch`.
    function _budgetsUntil(Plan storage self, uint256 untilEpoch) private view returns (uint256 low) {
        uint256 high = self.budgets.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (self.budgets[middle].fromEpoch < untilEpoch) low = middle + 1;
            else high = middle;
        }
    }

    /// @dev The sum of what the plan yields before `untilEpoch`, before any budget: the last noted sum, and what the
    /// segments since then yield.
    function _unboundedSum(
        Plan storage self,
        bytes32 stream,
        uint256 untilEpoch,
        Clock memory clock
    ) private view returns (uint256 total) {
        if (untilEpoch == 0) return 0;
        uint256 count = _indexAt(self, untilEpoch - 1);
        if (count == 0) return 0;
        uint256 noted = self.starts.length;
        uint256 i = 0;
        if (noted != 0) {
            i = Math.min(count, noted) - 1;
            total = self.starts[i];
        }
        for (; i < count; ++i) {
            uint256 until = i + 1 < count ? self.segments[i + 1].fromEpoch : untilEpoch;
            total += _segmentSum(self, stream, i, until, clock);
        }
    }

    /// @dev What segment number `index` yields before `untilEpoch`, which is after its first epoch.
    function _segmentSum(
        Plan storage self,
        bytes32 stream,
        uint256 index,
        uint256 untilEpoch,
        Clock memory clock
    ) private view returns (uint256) {
        Segment storage segment = self.segments[index];
        if (!isReported(segment.shape)) return sum(segment, untilEpoch, clock);
        uint256 done = self.reportedUntil;
        if (untilEpoch > done) revert ScheduleNotReported(stream, Math.max(done, segment.fromEpoch));
        return self.reports[uint32(untilEpoch - 1)].sum;
    }

    /// @dev How many segments begin at or before `epoch`: the index of the one in force, plus one.
    function _indexAt(Plan storage self, uint256 epoch) private view returns (uint256 low) {
        uint256 high = self.segments.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (self.segments[middle].fromEpoch <= epoch) low = middle + 1;
            else high = middle;
        }
    }

    /// @dev The epoch that the segment after number `index` begins with, or the end of all.
    function _until(Segment[] memory segments, uint256 index) private pure returns (uint256) {
        return index + 1 < segments.length ? segments[index + 1].fromEpoch : uint256(type(uint32).max) + 1;
    }

    /// @dev What the first report of a segment starts from.
    function _beforeFirst(Shape shape, uint128[] memory p) private pure returns (Report memory state) {
        if (shape == Shape.Remint) state.carried = p[4];
        if (shape == Shape.Inflation) state.carried = p[0];
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
        (bool begun, uint256 period) = Calendars.periodAt(p[0], p[1], start);
        if (!begun || period >= MAX_AMOUNTS) return 0;
        uint256 amount = Geometrics.amountAfter(p[2], p[3], p[4], period / p[5]);
        return Calendars.amountAt(amount, p[0], p[1], period, start, epochLength);
    }

    /// @dev Sum, minimum and maximum of a shape with a table over the epochs number `[first, until)`, of which the first
    /// starts at `start`.
    function _tabulate(
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
}
