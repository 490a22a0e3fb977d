// SPDX-License-Identifier: Apache-2.0
// An example of a contract that pays by the reward policy: one stream, one beneficiary, every epoch once.
pragma solidity ^0.8.35;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IRewardPolicy} from "../rewards/IRewardPolicy.sol";

/// @title StreamPayer
/// @notice Pays what one leaf of the reward policy may pay in an epoch, such as `compute/jobs` or `data/freshness`, to
/// the account that provides it, out of the tokens that this contract holds. An epoch is paid once, after it has ended.
/// @dev It has no owner and no settings: who changes the policy changes what is paid, and nobody else can. Whoever
/// wants the payments to go on sends tokens here; what is not paid yet cannot be taken back.
contract StreamPayer {
    using SafeERC20 for IERC20;

    /// @notice The policy in force.
    IRewardPolicy public immutable policy;

    /// @notice What is paid with.
    IERC20 public immutable token;

    /// @notice Whose emission is paid: the keccak-256 hash of the stream's path.
    bytes32 public immutable stream;

    /// @notice Who is paid.
    address public immutable beneficiary;

    /// @notice Whether an epoch was paid.
    mapping(uint32 epoch => bool) public paid;

    /// @notice `amount` of the token's smallest unit was paid for `epoch`.
    event EpochPaid(uint32 indexed epoch, address indexed beneficiary, uint256 amount);

    /// @notice There is nobody to pay.
    error StreamPayerNoBeneficiary();

    /// @notice The epoch ends at the timestamp `end`, in seconds.
    error StreamPayerEpochNotOver(uint32 epoch, uint256 end);

    /// @notice The epoch was paid.
    error StreamPayerPaidAlready(uint32 epoch);

    /// @notice In this epoch the stream has children, which are paid in its place.
    error StreamPayerNotALeaf(bytes32 stream, uint32 epoch);

    /// @param policy_ The policy in force.
    /// @param token_ What is paid with.
    /// @param stream_ Whose emission is paid. Reverts where the policy does not know it.
    /// @param beneficiary_ Who is paid.
    constructor(IRewardPolicy policy_, IERC20 token_, bytes32 stream_, address beneficiary_) {
        if (beneficiary_ == address(0)) revert StreamPayerNoBeneficiary();
        policy = policy_;
        token = token_;
        stream = stream_;
        beneficiary = beneficiary_;
        // Asked only because the policy reverts for a stream that it does not know.
        policy_.isLeaf(stream_, 0);
    }

    /// @notice Pays `epoch` and returns the amount, in the token's smallest unit. Anyone may call it. Reverts where the
    /// epoch is not over, was paid, is not paid to this stream, waits for a report, or asks for more than is held here.
    function pay(uint32 epoch) external returns (uint256 amount) {
        uint256 end = endOf(epoch);
        if (block.timestamp < end) revert StreamPayerEpochNotOver(epoch, end);
        if (paid[epoch]) revert StreamPayerPaidAlready(epoch);
        if (!policy.isLeaf(stream, epoch)) revert StreamPayerNotALeaf(stream, epoch);
        paid[epoch] = true;
        // What the policy answers for an epoch that has ended never changes.
        amount = policy.emission(stream, epoch);
        emit EpochPaid(epoch, beneficiary, amount);
        token.safeTransfer(beneficiary, amount);
    }

    /// @notice The timestamp at which `epoch` is over, in seconds.
    function endOf(uint32 epoch) public view returns (uint256) {
        return policy.genesis() + (uint256(epoch) + 1) * policy.epochLength();
    }
}
