// SPDX-License-Identifier: Apache-2.0
// The reading interface of the reward policy, for contracts that pay by it.
pragma solidity ^0.8.35;

/// @title IRewardPolicy
/// @notice Streams form a tree; a stream's id is the keccak-256 hash of its path: `keccak256("compute/jobs")`, and
/// `keccak256("root")` for the root. Epochs have a fixed length and are counted from the genesis. What is answered for
/// an epoch that has begun never changes.
interface IRewardPolicy {
    /// @notice How a stream gets its part of its parent's emission in an epoch.
    /// None: it gets nothing. CarveOut: what its own schedule says, taken before shares, in the order of the split, as
    /// far as the parent's emission reaches: a priority waterfall. Share: basis points of what the carve-outs leave,
    /// rounded down. Residual: everything that is left, the dust of the roundings included.
    enum Allocation {
        None,
        CarveOut,
        Share,
        Residual
    }

    /// @notice Timestamp at which epoch 0 begins, in seconds since the Unix epoch.
    function genesis() external view returns (uint48);

    /// @notice Length of an epoch, in seconds.
    function epochLength() external view returns (uint32);

    /// @notice The epoch that contains `timestamp`. Reverts for a timestamp before the genesis.
    function epochAt(uint256 timestamp) external view returns (uint32);

    /// @notice What `stream` may pay in `epoch`, in the token's smallest unit. Reverts for an unknown stream, and for
    /// an epoch whose amount needs a report that has not been made.
    function emission(bytes32 stream, uint32 epoch) external view returns (uint256);

    /// @notice How `stream` is allotted its part in `epoch`, and its share in basis points of what the carve-outs of
    /// its parent leave. The residual's share is what the other shares leave of 10,000; it is zero without a share.
    function share(bytes32 stream, uint32 epoch) external view returns (Allocation allocation, uint16 basisPoints);

    /// @notice The weight of a unit of the resource class `class` in `stream` in `epoch`, times 10^18; zero where the
    /// stream has no such class. A class's id is the keccak-256 hash of its name: `keccak256("H100")`.
    function weight(bytes32 stream, bytes32 class, uint32 epoch) external view returns (uint256);

    /// @notice Whether `stream` has no children in `epoch`. Only leaves are paid.
    function isLeaf(bytes32 stream, uint32 epoch) external view returns (bool);
}
