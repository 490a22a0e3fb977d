// SPDX-License-Identifier: Apache-2.0
// The tree of streams, how each is split over its children, and the hash over every write.
pragma solidity ^0.8.35;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IRewardPolicy} from "../IRewardPolicy.sol";

/// @title PolicyTree
/// @notice Every write names a future epoch and replaces what was planned from that epoch on. `policyHash` chains every
/// write, so that two policies with the same hash have the same history.
/// @dev The owner is the timelock from construction on.
abstract contract PolicyTree is IRewardPolicy, Ownable {
    /// @notice A stream's place in its parent's split. `share` is in basis points and zero unless the allocation is
    /// Share.
    struct Part {
        bytes32 stream;
        Allocation allocation;
        uint16 share;
    }

    /// @notice How a stream's emission is split from `fromEpoch` on. Without parts, the stream is a leaf.
    struct Split {
        uint32 fromEpoch;
        Part[] parts;
    }

    /// @dev A stream of the tree; it exists if its path is not empty. Splits are ascending by epoch.
    struct Stream {
        bytes32 parent;
        uint8 depth;
        string path;
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

    /// @dev The whole, in basis points.
    uint16 internal constant BASIS_POINTS = 10_000;

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
    event PolicyCreated(uint48 genesis, uint32 epochLength, uint128 supplyCap, bytes32 policyHash);

    /// @notice A stream was added to the tree. It gets nothing until a split names it.
    event StreamAdded(bytes32 indexed stream, bytes32 indexed parent, string path, bytes32 policyHash);

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

    constructor(uint48 genesis_, uint32 epochLength_, uint128 supplyCap_) {
        if (epochLength_ == 0) revert RewardPolicyInvalidEpochLength(epochLength_);
        genesis = genesis_;
        epochLength = epochLength_;
        emit PolicyCreated(
            genesis_,
            epochLength_,
            supplyCap_,
            _chain(abi.encode(PolicyCreated.selector, genesis_, epochLength_, supplyCap_))
        );
        _register(ROOT, bytes32(0), 0, "root");
    }

    // ---------------------------------------------------------------- reading

    /// @inheritdoc IRewardPolicy
    function epochAt(uint256 timestamp) public view virtual returns (uint32) {
        if (timestamp < genesis) revert RewardPolicyBeforeGenesis(timestamp, genesis);
        return SafeCast.toUint32((timestamp - genesis) / epochLength);
    }

    /// @notice The first epoch that has not begun: the earliest that a change may name. Reverts in the last one.
    function firstOpenEpoch() public view virtual returns (uint32) {
        return block.timestamp < genesis ? 0 : SafeCast.toUint32(uint256(epochAt(block.timestamp)) + 1);
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

    function _setSplit(bytes32 parent, uint32 fromEpoch, Part[] memory parts, uint32 firstOpen) internal virtual {
        Split[] storage stored = _stream(parent).splits;
        _requireOpen(fromEpoch, firstOpen);
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

    function _requireOpen(uint32 epoch, uint32 firstOpen) internal pure {
        if (epoch < firstOpen) revert RewardPolicyEpochNotOpen(epoch, firstOpen);
    }

    function _stream(bytes32 id) internal view virtual returns (Stream storage entry) {
        entry = _streams[id];
        if (bytes(entry.path).length == 0) revert RewardPolicyUnknownStream(id);
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
