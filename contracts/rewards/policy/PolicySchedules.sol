// SPDX-License-Identifier: Apache-2.0
// What each stream's schedule yields: its segments, lifetime budgets, and the reports that some shapes need.
pragma solidity ^0.8.35;

import {Schedules} from "../Schedules.sol";
import {PolicyTree} from "./PolicyTree.sol";

/// @title PolicySchedules
/// @notice A reported shape needs one report an epoch, by the stream's reporter, in the order of the epochs. What a
/// schedule yields is computed in `Schedules`.
/// @dev A few sums are noted with every write.
abstract contract PolicySchedules is PolicyTree {
    using Schedules for Schedules.Plan;

    /// @notice Who reports for a stream, and the smallest and largest value that it may report.
    struct Reporter {
        address account;
        uint128 minimum;
        uint128 maximum;
    }

    /// @notice How many budgets a stream may have over its whole life.
    uint256 public constant MAX_BUDGETS = 256;

    /// @notice The token's supply cap, in its smallest unit: no budget may be higher.
    uint128 public immutable supplyCap;

    mapping(bytes32 stream => Schedules.Plan) private _plans;
    mapping(bytes32 stream => Reporter) private _reporters;

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

    constructor(uint128 supplyCap_) {
        supplyCap = supplyCap_;
    }

    // ---------------------------------------------------------------- reporting

    /// @notice Reports `value` for `epoch`, which has begun and is the stream's next to be reported. Only the stream's
    /// reporter. What the value means is the shape's matter; see `Schedules`.
    function report(bytes32 stream, uint32 epoch, uint256 value) public virtual {
        Schedules.Plan storage plan = _plan(stream);
        Reporter memory reporter_ = _reporters[stream];
        if (msg.sender != reporter_.account) revert RewardPolicyNotReporter(stream, msg.sender);
        if (value < reporter_.minimum || value > reporter_.maximum) {
            revert RewardPolicyReportRange(stream, value, reporter_.minimum, reporter_.maximum);
        }
        // Not by the first open epoch: in the last one, there is none.
        if (block.timestamp < genesis || epoch > epochAt(block.timestamp)) {
            revert RewardPolicyEpochNotBegun(epoch, firstOpenEpoch());
        }
        (uint256 index, uint32 due) = _nextReport(stream);
        if (epoch != due) revert RewardPolicyReportOrder(stream, epoch, due);

        uint256 amount = plan.record(index, stream, epoch, value, _clock());
        emit Reported(stream, epoch, value, amount);
    }

    /// @notice Notes what the schedule of `stream` yields before up to `count` more of its segments, and of its budgets,
    /// so that reads need not add it up. Anybody may; it changes no answer.
    function settle(bytes32 stream, uint256 count) public virtual {
        _plan(stream).settle(stream, count, _clock());
    }

    // ---------------------------------------------------------------- reading

    /// @notice Every segment of `stream` that was, is or will be in force, in order.
    function schedule(bytes32 stream) public view virtual returns (Schedules.Segment[] memory) {
        return _plan(stream).segments;
    }

    /// @notice Every budget of `stream` that was, is or will be in force, in order.
    function budgets(bytes32 stream) public view virtual returns (Schedules.Budget[] memory) {
        return _plan(stream).budgets;
    }

    /// @notice Who reports for `stream`; the zero address where nobody does.
    function reporter(bytes32 stream) public view virtual returns (Reporter memory) {
        _stream(stream);
        return _reporters[stream];
    }

    /// @notice The epoch after the last one of `stream` that was reported; zero where none was.
    function reportedUntil(bytes32 stream) public view virtual returns (uint64) {
        return _plan(stream).reportedUntil;
    }

    /// @notice What was reported for the epochs of `stream` in `[fromEpoch, untilEpoch)`; zeros where nothing was.
    function reports(
        bytes32 stream,
        uint32 fromEpoch,
        uint64 untilEpoch
    ) public view virtual returns (Schedules.Report[] memory found) {
        Schedules.Plan storage plan = _plan(stream);
        found = new Schedules.Report[](untilEpoch > fromEpoch ? untilEpoch - fromEpoch : 0);
        for (uint256 i = 0; i < found.length; ++i) {
            found[i] = plan.reports[uint32(fromEpoch + i)];
        }
    }

    /// @notice The epoch that the next report of `stream` is for. Reverts where none is due, now or later.
    function nextReport(bytes32 stream) public view virtual returns (uint32 epoch) {
        (, epoch) = _nextReport(stream);
    }

    /// @notice What the schedule of `stream` yields in `epoch` within its budget, in the token's smallest unit; zero
    /// before its first segment.
    function scheduled(bytes32 stream, uint32 epoch) public view virtual returns (uint256) {
        _stream(stream);
        return _scheduled(stream, epoch);
    }

    /// @notice What the schedule of `stream` yields within its budget in all epochs of `[fromEpoch, untilEpoch)`.
    function scheduledSum(
        bytes32 stream,
        uint256 fromEpoch,
        uint256 untilEpoch
    ) public view virtual returns (uint256) {
        Schedules.Plan storage plan = _plan(stream);
        if (untilEpoch <= fromEpoch) return 0;
        return plan.yielded(stream, untilEpoch, _clock()) - plan.yielded(stream, fromEpoch, _clock());
    }

    /// @notice The least and the most that the schedule of `stream` yields in an epoch of `[fromEpoch, untilEpoch)`,
    /// before any budget; for a reported shape, the least and the most that any report could make it. Zeros where there
    /// is no epoch.
    function scheduledBounds(
        bytes32 stream,
        uint256 fromEpoch,
        uint256 untilEpoch
    ) public view virtual returns (uint256 minimum, uint256 maximum) {
        return _plan(stream).planBounds(fromEpoch, untilEpoch, _clock());
    }

    // ---------------------------------------------------------------- internal

    function _setSchedule(
        bytes32 stream,
        Schedules.Segment[] memory segments,
        uint32 firstOpen
    ) internal virtual {
        _requireOrder(stream, segments);
        _requireOpen(segments[0].fromEpoch, firstOpen);
        _plan(stream).plan(stream, segments, _clock());
        emit ScheduleSet(stream, segments, _chain(abi.encode(ScheduleSet.selector, stream, segments)));
    }

    function _setBudget(bytes32 stream, uint32 fromEpoch, uint128 amount, uint32 firstOpen) internal virtual {
        Schedules.Plan storage plan = _plan(stream);
        _requireOpen(fromEpoch, firstOpen);
        if (amount > supplyCap) revert RewardPolicyBudgetAboveCap(stream, amount, supplyCap);
        plan.bound(stream, fromEpoch, amount, MAX_BUDGETS, _clock());
        emit BudgetSet(
            stream,
            fromEpoch,
            amount,
            _chain(abi.encode(BudgetSet.selector, stream, fromEpoch, amount))
        );
    }

    function _setReporter(bytes32 stream, Reporter memory reporter_) internal virtual {
        _stream(stream);
        if (reporter_.minimum > reporter_.maximum) {
            revert RewardPolicyInvalidReporter(stream, reporter_.minimum, reporter_.maximum);
        }
        _reporters[stream] = reporter_;
        emit ReporterSet(
            stream,
            reporter_.account,
            reporter_.minimum,
            reporter_.maximum,
            _chain(abi.encode(ReporterSet.selector, stream, reporter_))
        );
    }

    /// @dev What the schedule yields in `epoch` within its budget. Every read of it passes here.
    function _scheduled(bytes32 stream, uint32 epoch) internal view virtual returns (uint256) {
        return _plans[stream].scheduled(stream, epoch, _clock());
    }

    /// @dev The index of the segment that the next report is for, and its epoch.
    function _nextReport(bytes32 stream) private view returns (uint256 index, uint32 epoch) {
        bool due;
        (due, index, epoch) = _plan(stream).nextReport();
        if (!due) revert RewardPolicyNoReportDue(stream);
    }

    function _plan(bytes32 stream) internal view returns (Schedules.Plan storage) {
        _stream(stream);
        return _plans[stream];
    }

    function _clock() internal view returns (Schedules.Clock memory) {
        return Schedules.Clock(genesis, epochLength);
    }

    /// @dev Reverts unless there are segments, and they begin one after the other.
    function _requireOrder(bytes32 stream, Schedules.Segment[] memory segments) internal pure {
        if (segments.length == 0) revert RewardPolicyEmptySchedule(stream);
        for (uint256 i = 1; i < segments.length; ++i) {
            if (segments[i].fromEpoch <= segments[i - 1].fromEpoch) {
                revert RewardPolicySegmentOrder(stream, segments[i - 1].fromEpoch, segments[i].fromEpoch);
            }
        }
    }
}
