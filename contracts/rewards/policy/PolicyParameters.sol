// SPDX-License-Identifier: Apache-2.0
// What an epoch is paid by inside a stream: resource classes with weights, and the other parameters as one encoding.
pragma solidity ^0.8.35;

import {IRewardPolicy} from "../IRewardPolicy.sol";
import {PolicyTree} from "./PolicyTree.sol";

/// @title PolicyParameters
/// @notice Classes and weights can be read by contracts. The other parameters (multipliers, caps, penalties, tiers,
/// averages) concern single accounts and are applied when an epoch is computed.
abstract contract PolicyParameters is PolicyTree {
    /// @notice A resource class by its name, and the weight of a unit of it, times 10^18.
    struct ClassWeight {
        string class;
        uint128 weight;
    }

    /// @notice The resource classes of a stream from `fromEpoch` on.
    struct Weights {
        uint32 fromEpoch;
        ClassWeight[] classes;
    }

    /// @notice The parameters of a stream from `fromEpoch` on, in the encoding of `dao/rewards/parameters.py`.
    struct Parameters {
        uint32 fromEpoch;
        bytes data;
    }

    /// @notice How many classes a stream may have.
    uint256 public constant MAX_CLASSES = 64;

    /// @notice How many bytes a stream's parameters may have.
    uint256 public constant MAX_PARAMETERS = 8_192;

    mapping(bytes32 stream => Weights[]) private _weights;
    mapping(bytes32 stream => Parameters[]) private _parameters;

    /// @notice From `fromEpoch` on, `classes` are the resource classes of `stream`; what was planned for that epoch or
    /// later is void.
    event WeightsSet(bytes32 indexed stream, uint32 indexed fromEpoch, ClassWeight[] classes, bytes32 policyHash);

    /// @notice From `fromEpoch` on, `data` are the parameters of `stream`; what was planned for that epoch or
    /// later is void.
    event ParametersSet(bytes32 indexed stream, uint32 indexed fromEpoch, bytes data, bytes32 policyHash);

    /// @notice A stream may have `maximum` classes.
    error RewardPolicyTooManyClasses(bytes32 stream, uint256 classes, uint256 maximum);

    /// @notice A class's name has 1 to 31 visible ASCII characters and stands once.
    error RewardPolicyInvalidClass(bytes32 stream, string class);

    /// @notice A stream's parameters may have `maximum` bytes.
    error RewardPolicyParametersTooLong(bytes32 stream, uint256 length, uint256 maximum);

    /// @inheritdoc IRewardPolicy
    function weight(bytes32 stream, bytes32 class, uint32 epoch) public view virtual returns (uint256) {
        _stream(stream);
        Weights[] storage stored = _weights[stream];
        (uint256 low, uint256 high) = (0, stored.length);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (stored[middle].fromEpoch <= epoch) low = middle + 1;
            else high = middle;
        }
        if (low == 0) return 0;
        ClassWeight[] storage classes = stored[low - 1].classes;
        for (uint256 i = 0; i < classes.length; ++i) {
            if (keccak256(bytes(classes[i].class)) == class) return classes[i].weight;
        }
        return 0;
    }

    /// @notice All resource classes of `stream` that were, are or will be in force, in order.
    function weights(bytes32 stream) public view virtual returns (Weights[] memory) {
        _stream(stream);
        return _weights[stream];
    }

    /// @notice All parameters of `stream` that were, are or will be in force, in order.
    function parameters(bytes32 stream) public view virtual returns (Parameters[] memory) {
        _stream(stream);
        return _parameters[stream];
    }

    function _setWeights(
        bytes32 stream,
        uint32 fromEpoch,
        ClassWeight[] memory classes,
        uint32 firstOpen
    ) internal virtual {
        _stream(stream);
        _requireOpen(fromEpoch, firstOpen);
        if (classes.length > MAX_CLASSES) revert RewardPolicyTooManyClasses(stream, classes.length, MAX_CLASSES);
        Weights[] storage stored = _weights[stream];
        while (stored.length != 0 && stored[stored.length - 1].fromEpoch >= fromEpoch) {
            stored.pop();
        }
        Weights storage made = stored.push();
        made.fromEpoch = fromEpoch;
        for (uint256 i = 0; i < classes.length; ++i) {
            bytes memory name = bytes(classes[i].class);
            bytes32 id = keccak256(name);
            bool valid = _validClass(name);
            for (uint256 j = 0; j < i && valid; ++j) {
                valid = keccak256(bytes(made.classes[j].class)) != id;
            }
            if (!valid) revert RewardPolicyInvalidClass(stream, classes[i].class);
            made.classes.push(classes[i]);
        }
        emit WeightsSet(
            stream,
            fromEpoch,
            classes,
            _chain(abi.encode(WeightsSet.selector, stream, fromEpoch, classes))
        );
    }

    function _setParameters(
        bytes32 stream,
        uint32 fromEpoch,
        bytes memory data,
        uint32 firstOpen
    ) internal virtual {
        _stream(stream);
        _requireOpen(fromEpoch, firstOpen);
        if (data.length > MAX_PARAMETERS) {
            revert RewardPolicyParametersTooLong(stream, data.length, MAX_PARAMETERS);
        }
        Parameters[] storage stored = _parameters[stream];
        while (stored.length != 0 && stored[stored.length - 1].fromEpoch >= fromEpoch) {
            stored.pop();
        }
        stored.push(Parameters(fromEpoch, data));
        emit ParametersSet(
            stream,
            fromEpoch,
            data,
            _chain(abi.encode(ParametersSet.selector, stream, fromEpoch, data))
        );
    }

    function _validClass(bytes memory name) private pure returns (bool) {
        if (name.length == 0 || name.length > MAX_NAME) return false;
        for (uint256 i = 0; i < name.length; ++i) {
            if (name[i] < 0x21 || name[i] > 0x7e) return false;
        }
        return true;
    }
}
