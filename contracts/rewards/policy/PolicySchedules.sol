// SPDX-License-Identifier: Apache-2.0
// What each stream's schedule yields: its segments, lifetime budgets, and the reports that some shapes need.
pragma solidity ^0.8.35;

import {Schedules} from "../Schedules.sol";
import {PolicyTree} from "./PolicyTree.sol";

/// @title PolicySchedules
/// @notice A budget bounds what a stream's schedule yields over its whole life: the epoch that would exceed it yields
/// what is left, and every later one nothing. A reported shape needs one report an epoch, by the stream's reporter, in
/// the order of the epochs.
/// @dev Sums before segments are noted, a few with every write, so that a budget need not add up all that came before.
abstract contract PolicySchedules is PolicyTree {
    using Schedules for Schedules.Segment;

    /// @notice From `fromEpoch` on, a stream's schedule yields no more than `amount` over its whole life.
    struct Budget {
        uint32 fromEpoch;
        uint128 amount;
    }

    /// @notice Who reports for a stream, and the smallest and largest value that it may report.
    struct Reporter {
        address account;
        uint128 minimum;
        uint128 maximum;
    }

    /// @dev `starts[i]` is the sum of all epochs before `segments[i]`, as far as it is noted. Every epoch of a reported
    /// segment before `reportedUntil` has its report.
    struct Plan {
        Schedules.Segment[] segments;
        uint256[] starts;
        Budget[] budgets;
        Reporter reporter;
        uint64 reportedUntil;
        mapping(uint32 epoch => Schedules.Report) reports;
    }

    /// @notice How many budgets a stream may have over its whole life.
    uint256 public constant MAX_BUDGETS = 16;

    /// @dev How many sums before segments one write notes, so that no report pays for what others planned.
    uint256 private constant NOTED_AT_ONCE = 4;

    /// @notice The token's supply cap, in its smallest unit: no budget may be higher.
    uint128 public immutable supplyCap;

    mapping(bytes32 stream => Plan) private _plans;

    /// @notice From the first segment's epoch on, `segments` are the schedule of `stream`; what was planned for that
    /// epoch or later is void.
    event ScheduleSet(bytes32 indexed stream, Schedules.Segment[] segments, bytes32 policyHash);

    /// @notice From `fromEpoch` on, the schedule of `stream` yields no more than `amount` over its whole life; what was
    /// planned for that epoch or later is void.
    event BudgetSet(bytes32 indexed stream, uint32 indexed fromEpoch, uint128 amount, bytes32 policyHash);

    /// @notice From now on, `account` reports for `stream`, between `minimum` and `maximum`.
    event ReporterSet(
        bytes32 indexed stream,
        address indexed account,
        uint128 minimum,
        uint128 maximum,
        bytes32 policyHash
    );

    /// @notice `value` was reported for `epoch`, so that the schedule of `stream` yields `amount` in it, before any
    /// budget.
    event Reported(bytes32 indexed stream, uint32 indexed epoch, uint256 value, uint256 amount);

    /// @notice A schedule needs at least one segment.
    error RewardPolicyEmptySchedule(bytes32 stream);

    /// @notice Segments must begin one after the other.
    error RewardPolicySegmentOrder(bytes32 stream, uint32 previous, uint32 next);

    /// @notice A budget may not be above the token's supply cap.
    error RewardPolicyBudgetAboveCap(bytes32 stream, uint128 amount, uint128 supplyCap);

    /// @notice A stream may have `maximum` budgets over its whole life.
    error RewardPolicyTooManyBudgets(bytes32 stream, uint256 maximum);

    /// @notice A reporter's smallest value is above its largest.
    error RewardPolicyInvalidReporter(bytes32 stream, uint128 minimum, uint128 maximum);

    /// @notice `account` does not report for `stream`.
    error RewardPolicyNotReporter(bytes32 stream, address account);

    /// @notice The value is outside of what the reporter may report.
    error RewardPolicyReportRange(bytes32 stream, uint256 value, uint128 minimum, uint128 maximum);

    /// @notice No epoch of `stream` needs a report.
    error RewardPolicyNoReportDue(bytes32 stream);

    /// @notice The next report of `stream` is for `expected`.
    error RewardPolicyReportOrder(bytes32 stream, uint32 epoch, uint32 expected);

    /// @notice An epoch is reported once it has begun; the first that has not is `firstOpenEpoch`.
    error RewardPolicyEpochNotBegun(uint32 epoch, uint32 firstOpenEpoch);

    /// @notice What `stream` yields in `epoch` depends on a report that has not been made.
    error RewardPolicyNotReported(bytes32 stream, uint256 epoch);

    constructor(uint128 supplyCap_) {
        supplyCap = supplyCap_;
    }

    // ---------------------------------------------------------------- reporting

    /// @notice Reports `value` for `epoch`, which has begun and is the stream's next to be reported. Only the stream's
    /// reporter. What the value means is the shape's matter; see `Schedules`.
    function report(bytes32 stream, uint32 epoch, uint256 value) public virtual {
        Plan storage plan = _plan(stream);
        Reporter memory reporter_ = plan.reporter;
        if (msg.sender != reporter_.account) revert RewardPolicyNotReporter(stream, msg.sender);
        if (value < reporter_.minimum || value > reporter_.maximum) {
            revert RewardPolicyReportRange(stream, value, reporter_.minimum, reporter_.maximum);
        }
        uint32 open = firstOpenEpoch();
        if (epoch >= open) revert RewardPolicyEpochNotBegun(epoch, open);
        (uint256 index, uint32 due) = _nextReport(stream, plan);
        if (epoch != due) revert RewardPolicyReportOrder(stream, epoch, due);

        Schedules.Segment storage segment = plan.segments[index];
        Schedules.Report memory previous;
        if (epoch != segment.fromEpoch) previous = plan.reports[epoch - 1];
        Schedules.Report memory made = segment.report(epoch, value, previous);
        plan.reports[epoch] = made;
        plan.reportedUntil = uint64(epoch) + 1;
        _extendStarts(stream, plan, NOTED_AT_ONCE);
        emit Reported(stream, epoch, value, made.amount);
    }

    /// @notice Notes what the schedule of `stream` yields before up to `count` more of its segments, so that reads need
    /// not add it up. Anybody may; it changes no answer.
    function settle(bytes32 stream, uint256 count) public virtual {
        _extendStarts(stream, _plan(stream), count);
    }

    // ---------------------------------------------------------------- reading

    /// @notice Every segment of `stream` that was, is or will be in force, in order.
    function schedule(bytes32 stream) public view virtual returns (Schedules.Segment[] memory) {
        return _plan(stream).segments;
    }

    /// @notice Every budget of `stream` that was, is or will be in force, in order.
    function budgets(bytes32 stream) public view virtual returns (Budget[] memory) {
        return _plan(stream).budgets;
    }

    /// @notice Who reports for `stream`; the zero address where nobody does.
    function reporter(bytes32 stream) public view virtual returns (Reporter memory) {
        return _plan(stream).reporter;
    }

    /// @notice The epoch after the last one of `stream` that was reported; zero where none was.
    function reportedUntil(bytes32 stream) public view virtual returns (uint64) {
        return _plan(stream).reportedUntil;
    }

    /// @notice What was reported for the epochs of `stream` in `[fromEpoch, untilEpoch)`; zeros where nothing was.
    function reports(
        bytes32 stream,
        uint32 fromEpoch,
        uint32 untilEpoch
    ) public view virtual returns (Schedules.Report[] memory found) {
        Plan storage plan = _plan(stream);
        found = new Schedules.Report[](untilEpoch > fromEpoch ? untilEpoch - fromEpoch : 0);
        for (uint256 i = 0; i < found.length; ++i) {
            found[i] = plan.reports[uint32(fromEpoch + i)];
        }
    }

    /// @notice The epoch that the next report of `stream` is for. Reverts where none is due, now or later.
    function nextReport(bytes32 stream) public view virtual returns (uint32 epoch) {
        (, epoch) = _nextReport(stream, _plan(stream));
    }

    /// @notice What the schedule of `stream` yields in `epoch` within its budget, in the token's smallest unit; zero
    /// before its first segment.
    function scheduled(bytes32 stream, uint32 epoch) public view virtual returns (uint256) {
        return _scheduled(stream, _plan(stream), epoch);
    }

    /// @notice What the schedule of `stream` yields within its budget in all epochs of `[fromEpoch, untilEpoch)`.
    function scheduledSum(
        bytes32 stream,
        uint256 fromEpoch,
        uint256 untilEpoch
    ) public view virtual returns (uint256) {
        Plan storage plan = _plan(stream);
        if (untilEpoch <= fromEpoch) return 0;
        return _yielded(stream, plan, untilEpoch) - _yielded(stream, plan, fromEpoch);
    }

    /// @notice The least and the most that the schedule of `stream` yields in an epoch of `[fromEpoch, untilEpoch)`,
    /// before any budget; for a reported shape, the least and the most that any report could make it. Zeros where there
    /// is no epoch.
    function scheduledBounds(
        bytes32 stream,
        uint256 fromEpoch,
        uint256 untilEpoch
    ) public view virtual returns (uint256 minimum, uint256 maximum) {
        Plan storage plan = _plan(stream);
        if (untilEpoch <= fromEpoch) return (0, 0);
        uint256 count = plan.segments.length;
        minimum = type(uint256).max;
        uint256 first = count == 0 ? untilEpoch : plan.segments[0].fromEpoch;
        if (fromEpoch < first) minimum = 0;
        uint256 index = _indexAt(plan, fromEpoch);
        for (uint256 i = index == 0 ? 0 : index - 1; i < count; ++i) {
            Schedules.Segment memory segment = plan.segments[i];
            if (segment.fromEpoch >= untilEpoch) break;
            uint256 until = i + 1 < count ? plan.segments[i + 1].fromEpoch : untilEpoch;
            (uint256 low, uint256 high) = segment.bounds(
                fromEpoch > segment.fromEpoch ? fromEpoch : segment.fromEpoch,
                until < untilEpoch ? until : untilEpoch,
                _clock()
            );
            if (low < minimum) minimum = low;
            if (high > maximum) maximum = high;
        }
    }

    // ---------------------------------------------------------------- internal

    function _setSchedule(
        bytes32 stream,
        Schedules.Segment[] memory segments,
        uint32 firstOpen
    ) internal virtual {
        Plan storage plan = _plan(stream);
        uint256 count = segments.length;
        if (count == 0) revert RewardPolicyEmptySchedule(stream);
        uint32 fromEpoch = segments[0].fromEpoch;
        _requireOpen(fromEpoch, firstOpen);

        while (plan.segments.length != 0 && plan.segments[plan.segments.length - 1].fromEpoch >= fromEpoch) {
            plan.segments.pop();
        }
        while (plan.starts.length > plan.segments.length) {
            plan.starts.pop();
        }
        for (uint256 i = 0; i < count; ++i) {
            Schedules.Segment memory segment = segments[i];
            uint256 until = uint256(type(uint32).max) + 1;
            if (i + 1 < count) {
                until = segments[i + 1].fromEpoch;
                if (until <= segment.fromEpoch) {
                    revert RewardPolicySegmentOrder(stream, segment.fromEpoch, segments[i + 1].fromEpoch);
                }
            }
            segment.validate(until, _clock());
            plan.segments.push(segment);
        }
        _extendStarts(stream, plan, NOTED_AT_ONCE);
        emit ScheduleSet(stream, segments, _chain(abi.encode(ScheduleSet.selector, stream, segments)));
    }

    function _setBudget(bytes32 stream, uint32 fromEpoch, uint128 amount, uint32 firstOpen) internal virtual {
        Budget[] storage stored = _plan(stream).budgets;
        _requireOpen(fromEpoch, firstOpen);
        if (amount > supplyCap) revert RewardPolicyBudgetAboveCap(stream, amount, supplyCap);
        while (stored.length != 0 && stored[stored.length - 1].fromEpoch >= fromEpoch) {
            stored.pop();
        }
        if (stored.length == MAX_BUDGETS) revert RewardPolicyTooManyBudgets(stream, MAX_BUDGETS);
        stored.push(Budget(fromEpoch, amount));
        emit BudgetSet(
            stream,
            fromEpoch,
            amount,
            _chain(abi.encode(BudgetSet.selector, stream, fromEpoch, amount))
        );
    }

    function _setReporter(bytes32 stream, Reporter memory reporter_) internal virtual {
        Plan storage plan = _plan(stream);
        if (reporter_.minimum > reporter_.maximum) {
            revert RewardPolicyInvalidReporter(stream, reporter_.minimum, reporter_.maximum);
        }
        plan.reporter = reporter_;
        emit ReporterSet(
            stream,
            reporter_.account,
            reporter_.minimum,
            reporter_.maximum,
            _chain(abi.encode(ReporterSet.selector, stream, reporter_))
        );
    }

    /// @dev What the schedule yields in `epoch` within its budget.
    function _scheduled(bytes32 stream, Plan storage plan, uint32 epoch) internal view virtual returns (uint256) {
        uint256 amount = _unbounded(stream, plan, epoch);
        uint256 count = plan.budgets.length;
        if (amount == 0 || count == 0 || epoch < plan.budgets[0].fromEpoch) return amount;
        while (plan.budgets[count - 1].fromEpoch > epoch) --count;
        uint256 budget = plan.budgets[count - 1].amount;
        uint256 before = _yielded(stream, plan, epoch);
        uint256 left = budget > before ? budget - before : 0;
        return amount < left ? amount : left;
    }

    function _scheduled(bytes32 stream, uint32 epoch) internal view virtual returns (uint256) {
        return _scheduled(stream, _plans[stream], epoch);
    }

    function _plan(bytes32 stream) internal view returns (Plan storage) {
        _stream(stream);
        return _plans[stream];
    }

    function _clock() internal view returns (Schedules.Clock memory) {
        return Schedules.Clock(genesis, epochLength);
    }

    /// @dev What the schedule yields in `epoch` before any budget.
    function _unbounded(bytes32 stream, Plan storage plan, uint32 epoch) private view returns (uint256) {
        uint256 index = _indexAt(plan, epoch);
        if (index == 0) return 0;
        Schedules.Segment storage segment = plan.segments[index - 1];
        if (!Schedules.isReported(segment.shape)) return segment.evaluate(epoch, _clock());
        if (epoch >= plan.reportedUntil) revert RewardPolicyNotReported(stream, epoch);
        return plan.reports[epoch].amount;
    }

    /// @dev The sum of what the schedule yields before `untilEpoch`, within its budgets: each binds what comes after it
    /// begins by what all epochs before have left of it.
    function _yielded(bytes32 stream, Plan storage plan, uint256 untilEpoch) private view returns (uint256 sum) {
        uint256 count = plan.budgets.length;
        uint256 until = untilEpoch;
        if (count != 0 && plan.budgets[0].fromEpoch < until) until = plan.budgets[0].fromEpoch;
        uint256 unbounded = _unboundedSum(stream, plan, until);
        sum = unbounded;
        for (uint256 i = 0; i < count && plan.budgets[i].fromEpoch < untilEpoch; ++i) {
            until = untilEpoch;
            if (i + 1 < count && plan.budgets[i + 1].fromEpoch < until) until = plan.budgets[i + 1].fromEpoch;
            uint256 next = _unboundedSum(stream, plan, until);
            uint256 budget = plan.budgets[i].amount;
            uint256 left = budget > sum ? budget - sum : 0;
            sum += next - unbounded < left ? next - unbounded : left;
            unbounded = next;
        }
    }

    /// @dev The sum of what the schedule yields before `untilEpoch`, before any budget: the last noted sum, and what
    /// the segments since then yield.
    function _unboundedSum(
        bytes32 stream,
        Plan storage plan,
        uint256 untilEpoch
    ) private view returns (uint256 sum) {
        if (untilEpoch == 0) return 0;
        uint256 count = _indexAt(plan, untilEpoch - 1);
        if (count == 0) return 0;
        uint256 noted = plan.starts.length;
        uint256 i = 0;
        if (noted != 0) {
            i = (count < noted ? count : noted) - 1;
            sum = plan.starts[i];
        }
        for (; i < count; ++i) {
            sum += _segmentSum(stream, plan, i, i + 1 < count ? plan.segments[i + 1].fromEpoch : untilEpoch);
        }
    }

    /// @dev What segment number `index` yields before `untilEpoch`, which is after its first epoch.
    function _segmentSum(
        bytes32 stream,
        Plan storage plan,
        uint256 index,
        uint256 untilEpoch
    ) private view returns (uint256) {
        Schedules.Segment storage segment = plan.segments[index];
        if (!Schedules.isReported(segment.shape)) return segment.sum(untilEpoch, _clock());
        uint256 done = plan.reportedUntil;
        if (untilEpoch > done) {
            revert RewardPolicyNotReported(stream, done > segment.fromEpoch ? done : segment.fromEpoch);
        }
        return plan.reports[uint32(untilEpoch - 1)].sum;
    }

    /// @dev Notes up to `count` more sums before segments, as far as they are known.
    function _extendStarts(bytes32 stream, Plan storage plan, uint256 count) private {
        uint256 length = plan.segments.length;
        for (uint256 i = plan.starts.length; i < length && count != 0; (++i, --count)) {
            if (i == 0) {
                plan.starts.push(0);
                continue;
            }
            uint256 until = plan.segments[i].fromEpoch;
            if (Schedules.isReported(plan.segments[i - 1].shape) && until > plan.reportedUntil) return;
            plan.starts.push(plan.starts[i - 1] + _segmentSum(stream, plan, i - 1, until));
        }
    }

    /// @dev The index of the segment that the next report is for, and its epoch.
    function _nextReport(bytes32 stream, Plan storage plan) private view returns (uint256 index, uint32 epoch) {
        uint256 done = plan.reportedUntil;
        index = _indexAt(plan, done);
        if (index != 0) --index;
        for (; index < plan.segments.length; ++index) {
            Schedules.Segment storage segment = plan.segments[index];
            if (!Schedules.isReported(segment.shape)) continue;
            uint256 due = segment.fromEpoch > done ? segment.fromEpoch : done;
            if (due > type(uint32).max) break;
            return (index, uint32(due));
        }
        revert RewardPolicyNoReportDue(stream);
    }

    /// @dev How many segments begin at or before `epoch`: the index of the one in force, plus one.
    function _indexAt(Plan storage plan, uint256 epoch) private view returns (uint256 low) {
        uint256 high = plan.segments.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (plan.segments[middle].fromEpoch <= epoch) low = middle + 1;
            else high = middle;
        }
    }
}
