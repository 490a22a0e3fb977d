// SPDX-License-Identifier: Apache-2.0
// The reward policy in force: what each stream may pay in each epoch, for ever.
pragma solidity ^0.8.35;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IRewardPolicy} from "./IRewardPolicy.sol";
import {Schedules} from "./Schedules.sol";
import {PolicyParameters} from "./policy/PolicyParameters.sol";
import {PolicyRails} from "./policy/PolicyRails.sol";
import {PolicySchedules} from "./policy/PolicySchedules.sol";
import {PolicyTree} from "./policy/PolicyTree.sol";

/// @title RewardPolicy
/// @notice The root has a schedule. Where a stream has children in an epoch, its emission is split over them: first
/// the carve-outs in order, then the shares, and one named residual takes the rest, so that the children always sum to
/// the parent exactly.
/// @dev The owner, the timelock from construction on, is the only writer; reporters add what reported shapes need. What
/// an epoch that has begun yields can never change.
contract RewardPolicy is PolicyRails, PolicyParameters {
    /// @notice A new stream: the child of `parent` whose path is the parent's, a slash and `name`.
    struct NewStream {
        bytes32 parent;
        string name;
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

    /// @notice A budget, for the constructor.
    struct NewBudget {
        bytes32 stream;
        uint32 fromEpoch;
        uint128 amount;
    }

    /// @notice Weights, for the constructor.
    struct NewWeights {
        bytes32 stream;
        uint32 fromEpoch;
        ClassWeight[] classes;
    }

    /// @notice Parameters, for the constructor.
    struct NewParameters {
        bytes32 stream;
        uint32 fromEpoch;
        bytes data;
    }

    /// @notice A reporter, for the constructor.
    struct NewReporter {
        bytes32 stream;
        Reporter reporter;
    }

    /// @notice A rail, for the constructor.
    struct NewRail {
        bytes32 stream;
        Rail rail;
    }

    /// @notice What a policy begins with, written in this order: streams with parents before children (the root exists
    /// by itself), everything else from any epoch, and of one stream in the order of the epochs. The rails bind what is
    /// planned last and what is written later.
    struct Beginning {
        NewStream[] streams;
        NewSchedule[] schedules;
        NewSplit[] splits;
        NewBudget[] budgets;
        NewWeights[] weights;
        NewParameters[] parameters;
        NewReporter[] reporters;
        NewRail[] rails;
    }

    /// @notice The policy is not the one that the caller expects.
    error RewardPolicyHashMismatch(bytes32 expected, bytes32 found);

    /// @notice `stream` would not yield in `epoch` what the caller expects.
    error RewardPolicyEmissionMismatch(bytes32 stream, uint32 epoch, uint256 expected, uint256 found);

    /// @param owner_ The timelock, the only writer.
    /// @param genesis_ Timestamp at which epoch 0 begins. It may lie in the past.
    /// @param epochLength_ Seconds in an epoch.
    /// @param supplyCap_ The token's supply cap, in its smallest unit: the highest lifetime budget.
    /// @param beginning The first writes, from any epoch.
    constructor(
        address owner_,
        uint48 genesis_,
        uint32 epochLength_,
        uint128 supplyCap_,
        Beginning memory beginning
    ) Ownable(owner_) PolicyTree(genesis_, epochLength_, supplyCap_) PolicySchedules(supplyCap_) {
        for (uint256 i = 0; i < beginning.streams.length; ++i) {
            _addStream(beginning.streams[i].parent, beginning.streams[i].name);
        }
        for (uint256 i = 0; i < beginning.schedules.length; ++i) {
            _setSchedule(beginning.schedules[i].stream, beginning.schedules[i].segments, 0);
        }
        for (uint256 i = 0; i < beginning.splits.length; ++i) {
            _setSplit(beginning.splits[i].parent, beginning.splits[i].fromEpoch, beginning.splits[i].parts, 0);
        }
        for (uint256 i = 0; i < beginning.budgets.length; ++i) {
            _setBudget(beginning.budgets[i].stream, beginning.budgets[i].fromEpoch, beginning.budgets[i].amount, 0);
        }
        for (uint256 i = 0; i < beginning.weights.length; ++i) {
            _setWeights(beginning.weights[i].stream, beginning.weights[i].fromEpoch, beginning.weights[i].classes, 0);
        }
        for (uint256 i = 0; i < beginning.parameters.length; ++i) {
            NewParameters memory made = beginning.parameters[i];
            _setParameters(made.stream, made.fromEpoch, made.data, 0);
        }
        for (uint256 i = 0; i < beginning.reporters.length; ++i) {
            _setReporter(beginning.reporters[i].stream, beginning.reporters[i].reporter);
        }
        for (uint256 i = 0; i < beginning.rails.length; ++i) {
            _setRail(beginning.rails[i].stream, beginning.rails[i].rail, 0);
        }
    }

    // ---------------------------------------------------------------- writing, by the timelock alone

    /// @notice Adds the stream `name` below `parent` and returns its id; it gets nothing until a split names it. Only
    /// the owner.
    function addStream(bytes32 parent, string calldata name) public virtual onlyOwner returns (bytes32) {
        return _addStream(parent, name);
    }

    /// @notice Sets the schedule of `stream` from the first segment's epoch on, which must be a future one, within the
    /// stream's rail. Only the owner.
    function setSchedule(bytes32 stream, Schedules.Segment[] calldata segments) public virtual onlyOwner {
        Schedules.Segment[] memory made = segments;
        uint32 firstOpen = firstOpenEpoch();
        _guardSchedule(stream, made, firstOpen);
        _setSchedule(stream, made, firstOpen);
    }

    /// @notice Sets how the emission of `parent` is split from `fromEpoch` on, which must be a future one, within the
    /// children's rails; without parts, `parent` becomes a leaf. Only the owner.
    function setSplit(bytes32 parent, uint32 fromEpoch, Part[] calldata parts) public virtual onlyOwner {
        Part[] memory made = parts;
        uint32 firstOpen = firstOpenEpoch();
        _guardSplit(parent, fromEpoch, made, firstOpen);
        _setSplit(parent, fromEpoch, made, firstOpen);
    }

    /// @notice Bounds what the schedule of `stream` yields over its whole life, from `fromEpoch` on, which must be a
    /// future epoch. Only the owner.
    function setBudget(bytes32 stream, uint32 fromEpoch, uint128 amount) public virtual onlyOwner {
        _setBudget(stream, fromEpoch, amount, firstOpenEpoch());
    }

    /// @notice Sets the resource classes of `stream` from `fromEpoch` on, which must be a future epoch. Only the owner.
    function setWeights(bytes32 stream, uint32 fromEpoch, ClassWeight[] calldata classes) public virtual onlyOwner {
        _setWeights(stream, fromEpoch, classes, firstOpenEpoch());
    }

    /// @notice Sets the parameters of `stream` from `fromEpoch` on, which must be a future epoch; no bytes for none.
    /// Only the owner.
    function setParameters(bytes32 stream, uint32 fromEpoch, bytes calldata data) public virtual onlyOwner {
        _setParameters(stream, fromEpoch, data, firstOpenEpoch());
    }

    /// @notice Names who reports for `stream` from now on, and within which bounds; the zero address for nobody. Only
    /// the owner.
    function setReporter(bytes32 stream, Reporter calldata reporter_) public virtual onlyOwner {
        _setReporter(stream, reporter_);
    }

    /// @notice Sets the rail of `stream`, which binds every later write; zeros for none. Reverts where what is planned
    /// last crosses it. Only the owner.
    function setRail(bytes32 stream, Rail calldata rail_) public virtual onlyOwner {
        _setRail(stream, rail_, firstOpenEpoch());
    }

    // ---------------------------------------------------------------- conditions of a batch of calls

    /// @notice Reverts unless the policy's hash is `expected`: first in a batch, nothing else changed the policy since
    /// the batch was written; last, the batch made exactly the policy that it promised.
    function requireHash(bytes32 expected) public view virtual {
        if (policyHash != expected) revert RewardPolicyHashMismatch(expected, policyHash);
    }

    /// @notice Reverts unless `stream` yields exactly `expected` in `epoch`, in the token's smallest unit.
    function requireEmission(bytes32 stream, uint32 epoch, uint256 expected) public view virtual {
        uint256 found = emission(stream, epoch);
        if (found != expected) revert RewardPolicyEmissionMismatch(stream, epoch, expected, found);
    }

    // ---------------------------------------------------------------- reading

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
}
