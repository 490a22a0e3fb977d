// SPDX-License-Identifier: Apache-2.0
// Guard rails: what no schedule and no split of a stream may cross.
pragma solidity ^0.8.35;

import {Schedules} from "../Schedules.sol";
import {PolicySchedules} from "./PolicySchedules.sol";

/// @title PolicyRails
/// @notice A schedule is measured by the least and the most that it yields over its whole validity, a split by the
/// shares that it gives. Change is measured from the last epoch before the period that the write begins in, so that no
/// two writes within a period add up to more than one may do. Budgets are bounds of their own, which rails do not hold
/// up: the epoch that a budget clips may yield less than a floor. A share is of what the carve-outs leave, so that a
/// share's floor bounds the share and not its siblings.
abstract contract PolicyRails is PolicySchedules {
    using Schedules for Schedules.Segment;

    /// @notice The rail of one stream; a stream without caps has none.
    /// `floor` and `cap` bound what its own schedule yields in an epoch, in the token's smallest unit; a schedule
    /// needs a cap above zero, and with a floor the stream stays the root or a carve-out. `shareFloor` and `shareCap` bound its share, in basis points of what its siblings'
    /// carve-outs leave. Within a `period`, in epochs, the schedule changes by at most `maxChange` basis points of what
    /// it yields before, and the share by at most `maxShareChange` basis points; with a period of zero, change is free.
    struct Rail {
        uint128 floor;
        uint128 cap;
        uint32 period;
        uint16 maxChange;
        uint16 shareFloor;
        uint16 shareCap;
        uint16 maxShareChange;
    }

    /// @notice The bounds of a rail.
    enum Bound {
        Floor,
        Cap,
        Decrease,
        Increase,
        ShareFloor,
        ShareCap,
        ShareDecrease,
        ShareIncrease
    }

    mapping(bytes32 stream => Rail) private _rails;

    /// @notice From now on, `rail` bounds what is written for `stream`.
    event RailSet(bytes32 indexed stream, Rail rail, bytes32 policyHash);

    /// @notice A floor is above its cap, a share above 10,000, or a rail without caps bounds something.
    error RewardPolicyInvalidRail(bytes32 stream, Rail rail);

    /// @notice The write crosses a bound of the rail of `stream`: `limit` is the most, or for a floor or a decrease the
    /// least, that the rail admits.
    error RewardPolicyRailCrossed(bytes32 stream, Bound bound, uint256 limit, uint256 found);

    /// @notice The rail of `stream`; zeros where it has none.
    function rail(bytes32 stream) public view virtual returns (Rail memory) {
        _stream(stream);
        return _rails[stream];
    }

    function _setRail(bytes32 stream, Rail memory rail_) internal virtual {
        _stream(stream);
        bool none = rail_.cap == 0 && rail_.shareCap == 0;
        if (
            rail_.floor > rail_.cap ||
            rail_.shareFloor > rail_.shareCap ||
            rail_.shareCap > BASIS_POINTS ||
            rail_.maxChange > BASIS_POINTS ||
            rail_.maxShareChange > BASIS_POINTS ||
            (none && rail_.period != 0) ||
            (rail_.period == 0 && (rail_.maxChange != 0 || rail_.maxShareChange != 0))
        ) revert RewardPolicyInvalidRail(stream, rail_);
        _rails[stream] = rail_;
        emit RailSet(stream, rail_, _chain(abi.encode(RailSet.selector, stream, rail_)));
    }

    /// @dev Reverts where `segments` cross the rail of `stream`. To be called before they are written.
    function _guardSchedule(bytes32 stream, Schedules.Segment[] memory segments) internal view virtual {
        Rail memory rail_ = _rails[stream];
        if (!_railed(rail_) || segments.length == 0) return;
        (uint256 low, uint256 high) = (type(uint256).max, 0);
        for (uint256 i = 0; i < segments.length; ++i) {
            uint256 until = i + 1 < segments.length ? segments[i + 1].fromEpoch : uint256(type(uint32).max) + 1;
            if (until <= segments[i].fromEpoch) return; // refused with its own error when it is written
            segments[i].validate(until, _clock());
            (uint256 least, uint256 most) = segments[i].bounds(segments[i].fromEpoch, until, _clock());
            if (least < low) low = least;
            if (most > high) high = most;
        }
        _atLeast(stream, Bound.Floor, rail_.floor, low);
        _atMost(stream, Bound.Cap, rail_.cap, high);
        if (rail_.period == 0) return;
        uint256 before = _before(rail_, segments[0].fromEpoch);
        (uint256 was, uint256 atMost) = scheduledBounds(stream, before, before + 1);
        _atLeast(stream, Bound.Decrease, was - (was * rail_.maxChange) / BASIS_POINTS, low);
        _atMost(stream, Bound.Increase, atMost + (atMost * rail_.maxChange) / BASIS_POINTS, high);
    }

    /// @dev Reverts where `parts` cross the rail of a child of `parent`. To be called before they are written.
    function _guardSplit(bytes32 parent, uint32 fromEpoch, Part[] memory parts) internal view virtual {
        uint16 left = BASIS_POINTS;
        for (uint256 i = 0; i < parts.length; ++i) {
            if (parts[i].share > left) return; // refused with its own error when it is written
            left -= parts[i].share;
        }
        for (uint256 i = 0; i < parts.length; ++i) {
            Allocation allocation = parts[i].allocation;
            _guardShare(
                parts[i].stream,
                fromEpoch,
                allocation,
                allocation == Allocation.Residual ? left : parts[i].share
            );
        }
        Part[] storage current = _parts(parent, fromEpoch);
        for (uint256 i = 0; i < current.length; ++i) {
            bytes32 stream = current[i].stream;
            bool kept = false;
            for (uint256 j = 0; j < parts.length && !kept; ++j) {
                kept = parts[j].stream == stream;
            }
            if (!kept) _guardShare(stream, fromEpoch, Allocation.None, 0);
        }
    }

    function _guardShare(bytes32 stream, uint32 fromEpoch, Allocation allocation, uint16 found) private view {
        Rail memory rail_ = _rails[stream];
        if (!_railed(rail_)) return;
        // Only a carve-out is paid by its own schedule, which may be older than the rail.
        (Allocation current, ) = share(stream, fromEpoch);
        if (allocation != Allocation.CarveOut) {
            _atLeast(stream, Bound.Floor, rail_.floor, 0);
        } else if (current != Allocation.CarveOut) {
            (uint256 low, uint256 high) = scheduledBounds(stream, fromEpoch, uint256(type(uint32).max) + 1);
            _atLeast(stream, Bound.Floor, rail_.floor, low);
            _atMost(stream, Bound.Cap, rail_.cap, high);
        }
        _atLeast(stream, Bound.ShareFloor, rail_.shareFloor, found);
        _atMost(stream, Bound.ShareCap, rail_.shareCap, found);
        if (rail_.period == 0) return;
        (, uint256 was) = share(stream, _before(rail_, fromEpoch));
        _atLeast(stream, Bound.ShareDecrease, was > rail_.maxShareChange ? was - rail_.maxShareChange : 0, found);
        _atMost(stream, Bound.ShareIncrease, was + rail_.maxShareChange, found);
    }

    function _railed(Rail memory rail_) private pure returns (bool) {
        return rail_.cap != 0 || rail_.shareCap != 0;
    }

    /// @dev The last epoch before the period that `epoch` is in, from which change is measured; periods are counted
    /// from epoch 0, which stands in for what came before the first.
    function _before(Rail memory rail_, uint32 epoch) private pure returns (uint32) {
        uint32 start = epoch - (epoch % rail_.period);
        return start == 0 ? 0 : start - 1;
    }

    function _atLeast(bytes32 stream, Bound bound, uint256 limit, uint256 found) private pure {
        if (found < limit) revert RewardPolicyRailCrossed(stream, bound, limit, found);
    }

    function _atMost(bytes32 stream, Bound bound, uint256 limit, uint256 found) private pure {
        if (found > limit) revert RewardPolicyRailCrossed(stream, bound, limit, found);
    }
}
