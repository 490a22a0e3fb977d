// SPDX-License-Identifier: Apache-2.0
// The reward policy in force: a tree of streams, their schedules and splits, by epoch and for ever.
pragma solidity ^0.8.35;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IRewardPolicy} from "./IRewardPolicy.sol";
import {Schedules} from "./Schedules.sol";

/// @title RewardPolicy
/// @notice The root has a schedule. Where a stream has children in an epoch, its emission is split over them: first
/// the carve-outs in order, then the shares, and one named residual takes the rest, so that the children always sum to
/// the parent exactly.
/// @dev Every write names a future epoch and replaces what was planned from that epoch on; what an epoch that has begun
/// yields can never change. The owner is the timelock from construction on. `policyHash` chains every write, so that
/// two policies with the same hash have the same history.
contract RewardPolicy is IRewardPolicy, Ownable {
    using Schedules for Schedules.Segment;

    /// @notice A new stream: the child of `parent` whose path is the parent's, a slash and `name`.
    struct NewStream {
        bytes32 parent;
        string name;
    }

    /// @notice A stream's place in its parent's split. `share` is in basis points and zero unless the allocation is
    /// Share.
    struct Part {
        bytes32 stream;
        Allocation allocation;
        uint16 share;
    }

    /// @notice A schedule, for the constructor.
    struct NewSchedule {
        bytes32 stream;
        Schedules.Segment[] segments;
    }

    /// @notice A split, for the constructor.
    struct NewSplit {
        bytes32 parent;
        uint32 fromEpoch;
        Part[] parts;
    }

    /// @notice How a stream's emission is split from `fromEpoch` on. Without parts, the stream is a leaf.
    struct Split {
        uint32 fromEpoch;
        Part[] parts;
    }

    /// @dev A stream of the tree; it exists if its path is not empty. Schedule and splits are ascending by epoch.
    struct Stream {
        bytes32 parent;
        uint8 depth;
        string path;
        Schedules.Segment[] schedule;
        Split[] splits;
    }

    /// @notice The id of the root stream.
    bytes32 public constant ROOT = keccak256("root");

    /// @notice How far below the root a stream may stand.
    uint256 public constant MAX_DEPTH = 8;

    /// @notice How many parts a split may have.
    uint256 public constant MAX_PARTS = 64;

    /// @notice How many bytes a stream's name may have.
    uint256 public constant MAX_NAME = 31;

    uint16 private constant BASIS_POINTS = 10_000;

    /// @inheritdoc IRewardPolicy
    uint48 public immutable genesis;

    /// @inheritdoc IRewardPolicy
    uint32 public immutable epochLength;

    /// @notice The hash over every write so far, in order.
    bytes32 public policyHash;

    bytes32[] private _ids;
    mapping(bytes32 id => Stream) private _streams;

    /// @dev Never written: the parts of a stream that has no split yet, because a storage reference cannot be null.
    Part[] private _none;

    /// @notice The policy was created.
    event PolicyCreated(uint48 genesis, uint32 epochLength, bytes32 policyHash);

    /// @notice A stream was added to the tree. It gets nothing until a split names it.
    event StreamAdded(bytes32 indexed stream, bytes32 indexed parent, string path, bytes32 policyHash);

    /// @notice From the first segment's epoch on, `segments` are the schedule of `stream`; what was planned for that
    /// epoch or later is void.
    event ScheduleSet(bytes32 indexed stream, Schedules.Segment[] segments, bytes32 policyHash);

    /// @notice From `fromEpoch` on, the emission of `parent` is split over `parts`; what was planned for that epoch or
    /// later is void. Without parts, `parent` is a leaf.
    event SplitSet(bytes32 indexed parent, uint32 indexed fromEpoch, Part[] parts, bytes32 policyHash);

    /// @notice An epoch has no seconds.
    error RewardPolicyInvalidEpochLength(uint32 epochLength);

    /// @notice The timestamp lies before the genesis.
    error RewardPolicyBeforeGenesis(uint256 timestamp, uint48 genesis);

    /// @notice No stream has this id.
    error RewardPolicyUnknownStream(bytes32 stream);

    /// @notice A stream with this path exists.
    error RewardPolicyStreamExists(bytes32 stream);

    /// @notice A name has 1 to 31 bytes out of a-z, 0-9, '-', '_' and '.'.
    error RewardPolicyInvalidName(string name);

    /// @notice The stream would stand deeper below the root than allowed.
    error RewardPolicyTooDeep(bytes32 parent, uint256 maximum);

    /// @notice A change may begin at `firstOpenEpoch` at the earliest.
    error RewardPolicyEpochNotOpen(uint32 epoch, uint32 firstOpenEpoch);

    /// @notice A schedule needs at least one segment.
    error RewardPolicyEmptySchedule(bytes32 stream);

    /// @notice Segments must begin one after the other.
    error RewardPolicySegmentOrder(bytes32 stream, uint32 previous, uint32 next);

    /// @notice A split may have `maximum` parts.
    error RewardPolicyTooManyParts(bytes32 parent, uint256 parts, uint256 maximum);

    /// @notice `stream` is not a child of `parent`.
    error RewardPolicyNotAChild(bytes32 parent, bytes32 stream);

    /// @notice `stream` is named twice in the split of `parent`.
    error RewardPolicyPartRepeated(bytes32 parent, bytes32 stream);

    /// @notice The part's allocation and share do not go together.
    error RewardPolicyInvalidPart(bytes32 stream, Allocation allocation, uint16 share);

    /// @notice A split with parts needs exactly one residual.
    error RewardPolicyResidualCount(bytes32 parent, uint256 residuals);

    /// @notice The shares sum to more than 10,000 basis points.
    error RewardPolicySharesExceedWhole(bytes32 parent, uint256 sum, uint256 maximum);

    /// @param owner_ The timelock, the only writer.
    /// @param genesis_ Timestamp at which epoch 0 begins. It may lie in the past.
    /// @param epochLength_ Seconds in an epoch.
    /// @param streams_ The first streams, parents before children; the root exists by itself.
    /// @param schedules_ The first schedules, from any epoch.
    /// @param splits_ The first splits, from any epoch, of one parent in the order of their epochs.
    constructor(
        address owner_,
        uint48 genesis_,
        uint32 epochLength_,
        NewStream[] memory streams_,
        NewSchedule[] memory schedules_,
        NewSplit[] memory splits_
    ) Ownable(owner_) {
        if (epochLength_ == 0) revert RewardPolicyInvalidEpochLength(epochLength_);
        genesis = genesis_;
        epochLength = epochLength_;
        emit PolicyCreated(
            genesis_,
            epochLength_,
            _chain(abi.encode(PolicyCreated.selector, genesis_, epochLength_))
        );
        _register(ROOT, bytes32(0), 0, "root");
        for (uint256 i = 0; i < streams_.length; ++i) {
            _addStream(streams_[i].parent, streams_[i].name);
        }
        for (uint256 i = 0; i < schedules_.length; ++i) {
            _setSchedule(schedules_[i].stream, schedules_[i].segments, 0);
        }
        for (uint256 i = 0; i < splits_.length; ++i) {
            _setSplit(splits_[i].parent, splits_[i].fromEpoch, splits_[i].parts, 0);
        }
    }

    // ---------------------------------------------------------------- writing, by the timelock alone

    /// @notice Adds the stream `name` below `parent` and returns its id; it gets nothing until a split names it. Only
    /// the owner.
    function addStream(bytes32 parent, string calldata name) public virtual onlyOwner returns (bytes32) {
        return _addStream(parent, name);
    }

    /// @notice Sets the schedule of `stream` from the first segment's epoch on, which must be a future one. Only the
    /// owner.
    function setSchedule(bytes32 stream, Schedules.Segment[] calldata segments) public virtual onlyOwner {
        _setSchedule(stream, segments, firstOpenEpoch());
    }

    /// @notice Sets how the emission of `parent` is split from `fromEpoch` on, which must be a future one; without
    /// parts, `parent` becomes a leaf. Only the owner.
    function setSplit(bytes32 parent, uint32 fromEpoch, Part[] calldata parts) public virtual onlyOwner {
        _setSplit(parent, fromEpoch, parts, firstOpenEpoch());
    }

    // ---------------------------------------------------------------- reading

    /// @inheritdoc IRewardPolicy
    function epochAt(uint256 timestamp) public view virtual returns (uint32) {
        if (timestamp < genesis) revert RewardPolicyBeforeGenesis(timestamp, genesis);
        return SafeCast.toUint32((timestamp - genesis) / epochLength);
    }

    /// @notice The first epoch that has not begun: the earliest that a change may name.
    function firstOpenEpoch() public view virtual returns (uint32) {
        return block.timestamp < genesis ? 0 : epochAt(block.timestamp) + 1;
    }

    /// @inheritdoc IRewardPolicy
    function emission(bytes32 stream, uint32 epoch) public view virtual returns (uint256) {
        bytes32 parent = _stream(stream).parent;
        if (parent == bytes32(0)) return _scheduled(stream, epoch);

        Part[] storage parts = _parts(parent, epoch);
        uint256 length = parts.length;
        Allocation wanted = Allocation.None;
        for (uint256 i = 0; i < length && wanted == Allocation.None; ++i) {
            if (parts[i].stream == stream) wanted = parts[i].allocation;
        }
        if (wanted == Allocation.None) return 0;

        uint256 remaining = emission(parent, epoch);
        for (uint256 i = 0; i < length; ++i) {
            Part storage part = parts[i];
            if (part.allocation != Allocation.CarveOut) continue;
            uint256 amount = _scheduled(part.stream, epoch);
            if (amount > remaining) amount = remaining;
            if (part.stream == stream) return amount;
            remaining -= amount;
        }
        uint256 shared = remaining;
        for (uint256 i = 0; i < length; ++i) {
            Part storage part = parts[i];
            if (part.allocation != Allocation.Share) continue;
            uint256 amount = (shared * part.share) / BASIS_POINTS;
            if (part.stream == stream) return amount;
            remaining -= amount;
        }
        return remaining;
    }

    /// @inheritdoc IRewardPolicy
    function share(
        bytes32 stream,
        uint32 epoch
    ) public view virtual returns (Allocation allocation, uint16 basisPoints) {
        bytes32 parent = _stream(stream).parent;
        if (parent == bytes32(0)) return (Allocation.None, 0);
        Part[] storage parts = _parts(parent, epoch);
        uint16 sum = 0;
        for (uint256 i = 0; i < parts.length; ++i) {
            Part storage part = parts[i];
            sum += part.share;
            if (part.stream == stream) (allocation, basisPoints) = (part.allocation, part.share);
        }
        if (allocation == Allocation.Residual) basisPoints = BASIS_POINTS - sum;
    }

    /// @inheritdoc IRewardPolicy
    function isLeaf(bytes32 stream, uint32 epoch) public view virtual returns (bool) {
        _stream(stream);
        return _parts(stream, epoch).length == 0;
    }

    /// @notice The ids of all streams in the order in which they were added, the root first.
    function streams() public view virtual returns (bytes32[] memory) {
        return _ids;
    }

    /// @notice The parent of `stream` (zero for the root) and its path.
    function streamInfo(bytes32 stream) public view virtual returns (bytes32 parent, string memory path) {
        Stream storage entry = _stream(stream);
        return (entry.parent, entry.path);
    }

    /// @notice Every segment of `stream` that was, is or will be in force, in order.
    function schedule(bytes32 stream) public view virtual returns (Schedules.Segment[] memory) {
        return _stream(stream).schedule;
    }

    /// @notice Every split of `parent` that was, is or will be in force, in order.
    function splits(bytes32 parent) public view virtual returns (Split[] memory) {
        return _stream(parent).splits;
    }

    // ---------------------------------------------------------------- internal

    function _addStream(bytes32 parent, string memory name) internal virtual returns (bytes32 id) {
        Stream storage above = _stream(parent);
        if (!_validName(bytes(name))) revert RewardPolicyInvalidName(name);
        if (above.depth == MAX_DEPTH) revert RewardPolicyTooDeep(parent, MAX_DEPTH);
        string memory path = parent == ROOT ? name : string.concat(above.path, "/", name);
        id = keccak256(bytes(path));
        _register(id, parent, above.depth + 1, path);
    }

    function _register(bytes32 id, bytes32 parent, uint8 depth, string memory path) internal virtual {
        Stream storage entry = _streams[id];
        if (bytes(entry.path).length != 0) revert RewardPolicyStreamExists(id);
        entry.parent = parent;
        entry.depth = depth;
        entry.path = path;
        _ids.push(id);
        emit StreamAdded(id, parent, path, _chain(abi.encode(StreamAdded.selector, id, parent, path)));
    }

    function _setSchedule(
        bytes32 stream,
        Schedules.Segment[] memory segments,
        uint32 firstOpen
    ) internal virtual {
        Schedules.Segment[] storage stored = _stream(stream).schedule;
        uint256 count = segments.length;
        if (count == 0) revert RewardPolicyEmptySchedule(stream);
        uint32 fromEpoch = segments[0].fromEpoch;
        if (fromEpoch < firstOpen) revert RewardPolicyEpochNotOpen(fromEpoch, firstOpen);

        while (stored.length != 0 && stored[stored.length - 1].fromEpoch >= fromEpoch) {
            stored.pop();
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
            segment.validate(until);
            stored.push(segment);
        }
        emit ScheduleSet(stream, segments, _chain(abi.encode(ScheduleSet.selector, stream, segments)));
    }

    function _setSplit(bytes32 parent, uint32 fromEpoch, Part[] memory parts, uint32 firstOpen) internal virtual {
        Split[] storage stored = _stream(parent).splits;
        if (fromEpoch < firstOpen) revert RewardPolicyEpochNotOpen(fromEpoch, firstOpen);
        _validateParts(parent, parts);

        while (stored.length != 0 && stored[stored.length - 1].fromEpoch >= fromEpoch) {
            stored.pop();
        }
        Split storage split = stored.push();
        split.fromEpoch = fromEpoch;
        for (uint256 i = 0; i < parts.length; ++i) {
            split.parts.push(parts[i]);
        }
        emit SplitSet(parent, fromEpoch, parts, _chain(abi.encode(SplitSet.selector, parent, fromEpoch, parts)));
    }

    function _validateParts(bytes32 parent, Part[] memory parts) internal view virtual {
        if (parts.length > MAX_PARTS) revert RewardPolicyTooManyParts(parent, parts.length, MAX_PARTS);
        uint256 residuals = 0;
        uint256 sum = 0;
        for (uint256 i = 0; i < parts.length; ++i) {
            Part memory part = parts[i];
            if (_stream(part.stream).parent != parent) revert RewardPolicyNotAChild(parent, part.stream);
            for (uint256 j = 0; j < i; ++j) {
                if (parts[j].stream == part.stream) revert RewardPolicyPartRepeated(parent, part.stream);
            }
            if (part.allocation == Allocation.None || (part.allocation == Allocation.Share) != (part.share != 0)) {
                revert RewardPolicyInvalidPart(part.stream, part.allocation, part.share);
            }
            if (part.allocation == Allocation.Residual) ++residuals;
            sum += part.share;
        }
        if (sum > BASIS_POINTS) revert RewardPolicySharesExceedWhole(parent, sum, BASIS_POINTS);
        if (parts.length != 0 && residuals != 1) revert RewardPolicyResidualCount(parent, residuals);
    }

    function _chain(bytes memory change) internal virtual returns (bytes32) {
        return policyHash = keccak256(abi.encode(policyHash, keccak256(change)));
    }

    function _stream(bytes32 id) internal view virtual returns (Stream storage entry) {
        entry = _streams[id];
        if (bytes(entry.path).length == 0) revert RewardPolicyUnknownStream(id);
    }

    /// @dev What the schedule of `stream` yields in `epoch`; zero before its first segment.
    function _scheduled(bytes32 stream, uint32 epoch) internal view virtual returns (uint256) {
        Schedules.Segment[] storage stored = _streams[stream].schedule;
        (uint256 low, uint256 high) = (0, stored.length);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (stored[middle].fromEpoch <= epoch) low = middle + 1;
            else high = middle;
        }
        return low == 0 ? 0 : stored[low - 1].evaluate(epoch);
    }

    /// @dev The parts of `parent` in `epoch`; none before its first split.
    function _parts(bytes32 parent, uint32 epoch) internal view virtual returns (Part[] storage) {
        Split[] storage stored = _streams[parent].splits;
        (uint256 low, uint256 high) = (0, stored.length);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (stored[middle].fromEpoch <= epoch) low = middle + 1;
            else high = middle;
        }
        return low == 0 ? _none : stored[low - 1].parts;
    }

    function _validName(bytes memory name) private pure returns (bool) {
        if (name.length == 0 || name.length > MAX_NAME) return false;
        for (uint256 i = 0; i < name.length; ++i) {
            bytes1 c = name[i];
            bool letter = c >= 0x61 && c <= 0x7a;
            bool digit = c >= 0x30 && c <= 0x39;
            if (!letter && !digit && c != 0x2d && c != 0x2e && c != 0x5f) return false;
        }
        return true;
    }
}
