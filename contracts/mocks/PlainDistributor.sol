// SPDX-License-Identifier: Apache-2.0
// The least that a claim can cost: one tree, one bit, one transfer, as Uniswap's MerkleDistributor; for `bench/gas.py`.
pragma solidity ^0.8.35;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title PlainDistributor
/// @dev Leaves are hashed once and bind nothing but index, account and amount; what is held here is all that bounds it.
contract PlainDistributor {
    using SafeERC20 for IERC20;

    /// @notice What is paid with.
    IERC20 public immutable token;

    /// @notice Of the one tree.
    bytes32 public immutable root;

    mapping(uint256 word => uint256) private _claimed;

    /// @notice `account` was paid.
    event Claimed(uint256 index, address account, uint256 amount);

    /// @notice The leaf was paid.
    error PlainDistributorAlreadyClaimed();

    /// @notice The leaf is not in the tree.
    error PlainDistributorInvalidProof();

    /// @param excluded Whether what is held here is kept out of the circulating supply.
    constructor(IERC20 token_, bytes32 root_, bool excluded) {
        token = token_;
        root = root_;
        if (excluded) IVotes(address(token_)).delegate(address(token_));
    }

    /// @notice Pays one leaf.
    function claim(uint256 index, address account, uint256 amount, bytes32[] calldata proof) external {
        uint256 bits = _claimed[index >> 8];
        uint256 bit = 1 << (index & 0xff);
        if (bits & bit != 0) revert PlainDistributorAlreadyClaimed();
        bytes32 leaf = keccak256(abi.encodePacked(index, account, amount));
        if (!MerkleProof.verifyCalldata(proof, root, leaf)) revert PlainDistributorInvalidProof();
        _claimed[index >> 8] = bits | bit;
        emit Claimed(index, account, amount);
        token.safeTransfer(account, amount);
    }
}
