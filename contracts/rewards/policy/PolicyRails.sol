// SPDX-License-Identifier: Apache-2.0
// Guard rails: what no schedule and no split of a stream may cross.
pragma solidity ^0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Schedules} from "../Schedules.sol";
import {PolicySchedules} from "./PolicySchedules.sol";

/// @title PolicyRails
/// @notice A schedule is measured by the least and the most that it yields over its whole validity, a split by the
/// shares that it gives and by the most that its carve-outs take. Change is measured from the last epoch before the
/// period that the write is made in. That epoch is over, so that no two writes within a period, of one proposal or of
/// many, and for whichever epochs, add up to more than one may do. Epoch 0 stands in for what came before the first
/// period, and is held as it is until it begins.
/// Budgets are bounds of their own, which rails do not hold up: the epoch that a budget clips may yield less than a
/// floor. A share is of what the carve-outs leave, and of what the parent gets: a floor holds as far as the parent's
/// `carveOutCap` and the rails of the streams above do.
abstract contract PolicyRails is PolicySchedules {
    using Schedules for Schedules.Plan;

    /// @notice The rail of one stream; a stream without caps has none.
    /// `floor` and `cap` bound what its own schedule yields in an epoch, in the token's smallest unit; a schedule
    /// needs a cap above zero, and with a floor the stream stays the root or a carve-out. `shareFloor` and `shareCap`
    /// bound its share, in basis points of what its siblings' carve-outs leave. Within a `period`, in epochs, the
    /// schedule changes by at most `maxChange` basis points of what it yields before, and the share by at most
    /// `maxShareChange` basis points; with a period of zero, change is free. `carveOutCap` bounds what the carve-outs
    /// among its children may yield together in an epoch; zero is no bound.
    struct Rail {
        uint128 floor;
        uint128 cap;
        uint32 period;
        uint16 maxChange;
        uint16 shareFloor;
        uint16 shareCap;
        uint16 maxShareChange;
        uint128 carveOutCap;
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
        ShareIncrease,
        CarveOuts
    }

    uint256 private constant END = uint256(type(uint32).max) + 1;

    mapping(bytes32 stream => Rail) private _rails;

    /// @notice From now on, `rail` bounds what is written for `stream`.
    event RailSet(bytes32 indexed stream, Rail rail, bytes32 policyHash);

    /// @notice A floor is above its cap, a share above 10,000, or a rail without caps bounds something.
    error RewardPolicyInvalidRail(bytes32 stream, Rail rail);

    /// @notice The write, or the plan that a new rail is set for, crosses a bound of the rail of `stream`: `limit` is the
    /// most, or for a floor or a decrease the least, that the rail admits.
    error RewardPolicyRailCrossed(bytes32 stream, Bound bound, uint256 limit, uint256 found);

    /// @notice A carve-out may have a floor where the rail of its parent bounds the carve-outs, and by no more than the
    /// parent's floor.
    error RewardPolicyFloorNotCovered(bytes32 stream, uint128 parentFloor, uint128 parentCarveOutCap);

    /// @notice The rail of `stream`; zeros where it has none.
    function rail(bytes32 stream) public view virtual returns (Rail memory) {
        _stream(stream);
        return _rails[stream];
    }

    function _setRail(bytes32 stream, Rail memory rail_, uint32 firstOpen) internal virtual {
        Split[] storage own = _stream(stream).splits;
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
        if (_railed(rail_)) _guardEnd(stream, rail_, firstOpen);
        if (own.length != 0) {
            Split storage last = own[own.length - 1];
            _guardCarveOuts(stream, last.parts, Math.max(last.fromEpoch, firstOpen), bytes32(0), 0);
            for (uint256 i = 0; i < last.parts.length; ++i) {
                bytes32 child = last.parts[i].stream;
                if (_rails[child].floor != 0) _requireCover(child, rail_);
            }
        }
        emit RailSet(stream, rail_, _chain(abi.encode(RailSet.selector, stream, rail_)));
    }

    /// @dev Reverts where `segments` cross the rail of `stream`, or the carve-outs of its parent that of the parent. To
    /// be called before they are written.
    function _guardSchedule(
        bytes32 stream,
        Schedules.Segment[] memory segments,
        uint32 firstOpen
    ) internal view virtual {
        Rail memory rail_ = _rails[stream];
        bytes32 parent = _stream(stream).parent;
        bool carved = _rails[parent].carveOutCap != 0;
        if (!carved && !_railed(rail_)) return;
        _requireOrder(stream, segments);
        Schedules.Yield[] memory yields = Schedules.survey(segments, _clock());
        uint256 high = 0;
        for (uint256 i = 0; i < yields.length; ++i) {
            high = Math.max(high, yields[i].maximum);
        }
        uint32 fromEpoch = segments[0].fromEpoch;
        if (_railed(rail_)) _guardYields(stream, rail_, fromEpoch, yields, firstOpen);
        if (!carved) return;
        Split[] storage stored = _stream(parent).splits;
        for (uint256 i = stored.length; i != 0; --i) {
            Split storage split = stored[i - 1];
            _guardCarveOuts(parent, split.parts, Math.max(split.fromEpoch, fromEpoch), stream, high);
            if (split.fromEpoch <= fromEpoch) break;
        }
    }

    /// @dev Reverts where `parts` cross the rail of `parent` or of a child, or would void a planned split that a
    /// child's rail needs. To be called before they are written.
    function _guardSplit(
        bytes32 parent,
        uint32 fromEpoch,
        Part[] memory parts,
        uint32 firstOpen
    ) internal view virtual {
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
                allocation == Allocation.Residual ? left : parts[i].share,
                firstOpen
            );
        }
        Split[] storage stored = _stream(parent).splits;
        for (uint256 k = stored.length; k != 0; --k) {
            Part[] storage current = stored[k - 1].parts;
            for (uint256 i = 0; i < current.length; ++i) {
                bytes32 stream = current[i].stream;
                bool kept = false;
                for (uint256 j = 0; j < parts.length && !kept; ++j) {
                    kept = parts[j].stream == stream;
                }
                if (!kept) _guardShare(stream, fromEpoch, Allocation.None, 0, firstOpen);
            }
            if (stored[k - 1].fromEpoch <= fromEpoch) break;
        }
        _guardCarveOuts(parent, parts, fromEpoch, bytes32(0), 0);
    }

    /// @dev Reverts where the plan, in its last segment and split, crosses the rail that `stream` is about to have.
    /// What is planned before stands as it was voted.
    function _guardEnd(bytes32 stream, Rail memory rail_, uint32 firstOpen) private view {
        Schedules.Segment[] storage segments = _plan(stream).segments;
        uint256 count = segments.length;
        uint256 from = count == 0 ? firstOpen : Math.max(firstOpen, segments[count - 1].fromEpoch);
        if (stream == ROOT) {
            if (count != 0) _guardAmount(stream, rail_, from);
            return;
        }
        (Allocation allocation, uint16 found) = share(stream, type(uint32).max);
        if (allocation == Allocation.None) return;
        Split[] storage stored = _stream(_stream(stream).parent).splits;
        _guardPlace(stream, rail_, Math.max(from, stored[stored.length - 1].fromEpoch), allocation, found);
    }

    /// @dev Reverts where segments that yield `yields` cross the rail of `stream`. A planned one is compared with what
    /// the schedule yields before. A reported one with what any report could make of it then, and it must be able to go
    /// on from what the schedule yields before.
    function _guardYields(
        bytes32 stream,
        Rail memory rail_,
        uint32 fromEpoch,
        Schedules.Yield[] memory yields,
        uint32 firstOpen
    ) private view {
        for (uint256 i = 0; i < yields.length; ++i) {
            _atLeast(stream, Bound.Floor, rail_.floor, yields[i].minimum);
            _atMost(stream, Bound.Cap, rail_.cap, yields[i].maximum);
        }
        if (rail_.period == 0) return;
        uint32 before = _before(rail_, firstOpen);
        uint256 change = fromEpoch == 0 ? 0 : rail_.maxChange;
        uint256 was = _plan(stream).unbounded(stream, before, _clock());
        (uint256 least, uint256 most) = scheduledBounds(stream, before, uint256(before) + 1);
        for (uint256 i = 0; i < yields.length; ++i) {
            Schedules.Yield memory made = yields[i];
            if (made.reported) {
                _atLeast(stream, Bound.Decrease, _less(least, change), made.minimum);
                _atLeast(stream, Bound.Decrease, _less(most, change), made.maximum);
                _atMost(stream, Bound.Increase, _more(most, change), made.maximum);
            }
            // Of a planned one, these are its minimum and maximum over all epochs.
            _atLeast(stream, Bound.Decrease, _less(was, change), made.reported ? made.firstMaximum : made.minimum);
            _atMost(stream, Bound.Increase, _more(was, change), made.reported ? made.firstMinimum : made.maximum);
        }
    }

    /// @dev Reverts where the carve-outs among `parts` may together yield more than the rail of `parent` admits from
    /// `fromEpoch` on. The schedule of `written`, unless that is zero, is about to yield `most`; without it among the
    /// carve-outs there is nothing to guard.
    function _guardCarveOuts(
        bytes32 parent,
        Part[] memory parts,
        uint256 fromEpoch,
        bytes32 written,
        uint256 most
    ) private view {
        uint256 limit = _rails[parent].carveOutCap;
        if (limit == 0) return;
        uint256 total = 0;
        bool counts = written == bytes32(0);
        for (uint256 i = 0; i < parts.length; ++i) {
            if (parts[i].allocation != Allocation.CarveOut) continue;
            uint256 high = most;
            if (parts[i].stream == written) counts = true;
            else (, high) = scheduledBounds(parts[i].stream, fromEpoch, END);
            total += high;
        }
        if (counts) _atMost(parent, Bound.CarveOuts, limit, total);
    }

    function _guardShare(
        bytes32 stream,
        uint32 fromEpoch,
        Allocation allocation,
        uint16 found,
        uint32 firstOpen
    ) private view {
        Rail memory rail_ = _rails[stream];
        if (!_railed(rail_)) return;
        _guardPlace(stream, rail_, fromEpoch, allocation, found);
        if (rail_.period == 0) return;
        uint32 before = _before(rail_, firstOpen);
        (Allocation allocated, uint256 was) = share(stream, before);
        if ((allocated == Allocation.CarveOut) != (allocation == Allocation.CarveOut)) {
            _guardCarving(stream, rail_, fromEpoch, allocation == Allocation.CarveOut, before);
        }
        uint256 change = fromEpoch == 0 ? 0 : rail_.maxShareChange;
        _atLeast(stream, Bound.ShareDecrease, was > change ? was - change : 0, found);
        _atMost(stream, Bound.ShareIncrease, was + change, found);
    }

    /// @dev A stream that is no carve-out is paid nothing by its own schedule: to become one, or to be one no longer,
    /// is a change from or to zero.
    function _guardCarving(
        bytes32 stream,
        Rail memory rail_,
        uint32 fromEpoch,
        bool becomes,
        uint32 before
    ) private view {
        if (becomes) {
            (, uint256 high) = scheduledBounds(stream, fromEpoch, END);
            _atMost(stream, Bound.Increase, 0, high);
        } else {
            uint256 amount = _plan(stream).unbounded(stream, before, _clock());
            _atLeast(stream, Bound.Decrease, _less(amount, fromEpoch == 0 ? 0 : rail_.maxChange), 0);
        }
    }

    /// @dev Reverts where the place of `stream` in a split from `fromEpoch` on crosses its floors or caps.
    function _guardPlace(
        bytes32 stream,
        Rail memory rail_,
        uint256 fromEpoch,
        Allocation allocation,
        uint16 found
    ) private view {
        // Only a carve-out is paid by its own schedule.
        if (allocation == Allocation.CarveOut) {
            _guardAmount(stream, rail_, fromEpoch);
            if (rail_.floor != 0) _requireCover(stream, _rails[_stream(stream).parent]);
        } else {
            _atLeast(stream, Bound.Floor, rail_.floor, 0);
        }
        _atLeast(stream, Bound.ShareFloor, rail_.shareFloor, found);
        _atMost(stream, Bound.ShareCap, rail_.shareCap, found);
    }

    /// @dev Reverts where what is planned for `stream` from `fromEpoch` on crosses its floor or cap.
    function _guardAmount(bytes32 stream, Rail memory rail_, uint256 fromEpoch) private view {
        (uint256 low, uint256 high) = scheduledBounds(stream, fromEpoch, END);
        _atLeast(stream, Bound.Floor, rail_.floor, low);
        _atMost(stream, Bound.Cap, rail_.cap, high);
    }

    /// @dev Reverts unless `above`, the rail of the parent of `stream`, makes sure that each of its carve-outs is paid in
    /// full: a floor is worth nothing where those before take all.
    function _requireCover(bytes32 stream, Rail memory above) private pure {
        if (above.carveOutCap == 0 || above.carveOutCap > above.floor) {
            revert RewardPolicyFloorNotCovered(stream, above.floor, above.carveOutCap);
        }
    }

    /// @dev `amount` less `change` basis points of it, and more by as much.
    function _less(uint256 amount, uint256 change) private pure returns (uint256) {
        return amount - (amount * change) / BASIS_POINTS;
    }

    function _more(uint256 amount, uint256 change) private pure returns (uint256) {
        return amount + (amount * change) / BASIS_POINTS;
    }

    function _railed(Rail memory rail_) private pure returns (bool) {
        return rail_.cap != 0 || rail_.shareCap != 0;
    }

    /// @dev The last epoch before the period that a write is made in, from which change is measured; periods are
    /// counted from epoch 0, which stands in for what came before the first. `firstOpen` is the epoch after the
    /// current one, or zero before the genesis.
    function _before(Rail memory rail_, uint32 firstOpen) private pure returns (uint32) {
        uint32 current = firstOpen == 0 ? 0 : firstOpen - 1;
        uint32 start = current - (current % rail_.period);
        return start == 0 ? 0 : start - 1;
    }

    function _atLeast(bytes32 stream, Bound bound, uint256 limit, uint256 found) private pure {
        if (found < limit) revert RewardPolicyRailCrossed(stream, bound, limit, found);
    }

    function _atMost(bytes32 stream, Bound bound, uint256 limit, uint256 found) private pure {
        if (found > limit) revert RewardPolicyRailCrossed(stream, bound, limit, found);
    }
}
