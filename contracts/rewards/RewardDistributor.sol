// SPDX-License-Identifier: Apache-2.0
// Pays contributors what the reporters published within the reward policy, each payout once.
pragma solidity ^0.8.35;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IRewardPolicy} from "./IRewardPolicy.sol";
import {DistributorTerms} from "./distributor/DistributorTerms.sol";
import {Publications} from "./distributor/Publications.sol";
import {Reporters} from "./distributor/Reporters.sol";

/// @notice The one function of a token that is needed where payouts are minted.
interface IMintable {
    /// @notice Mints `amount`, in the token's smallest unit, to `to`.
    function mint(address to, uint256 amount) external;
}

/// @title RewardDistributor
/// @notice A payout is a leaf of a publication's tree: `keccak256(keccak256(abi.encode(chainId, distributor, stream,
/// epoch, series, account, amount)))`, so that it counts on one chain, in one contract and for one publication alone.
/// Anybody may claim for anybody: the tokens go to the account, or to a receiver that the account chose.
/// @dev What is claimed of a publication never exceeds its total, so that a wrong tree cannot overpay. That a payout was
/// claimed is one bit; the bits of an account, a stream, a series and 256 epochs share a slot.
contract RewardDistributor is Publications {
    using SafeERC20 for IERC20;

    /// @notice A payout that its account claims. `amount` is in the token's smallest unit.
    struct Claim {
        bytes32 stream;
        uint32 epoch;
        uint32 series;
        uint128 amount;
        bytes32[] proof;
    }

    /// @notice A payout of a publication, for a batch. `amount` is in the token's smallest unit.
    struct Payout {
        address account;
        uint128 amount;
    }

    /// @notice What the constructor takes.
    /// owner: the timelock, which sets reporters, terms and guardian, and is the treasury.
    /// minted: whether payouts are minted when claimed; else publications draw from the treasury.
    struct Settings {
        IRewardPolicy policy;
        IERC20 token;
        address owner;
        bool minted;
        address guardian;
        Terms terms;
        address[] reporters;
        uint256 threshold;
    }

    bytes32 public constant CLAIM_TO_TYPEHASH =
        keccak256(
            "ClaimTo(address account,address receiver,uint256 deadline,PayoutKey[] payouts)PayoutKey(bytes32 stream,uint32 epoch,uint32 series)"
        );

    bytes32 public constant PAYOUT_KEY_TYPEHASH = keccak256("PayoutKey(bytes32 stream,uint32 epoch,uint32 series)");

    mapping(bytes32 stream => mapping(uint64 word => mapping(address account => uint256))) private _claimed;

    /// @notice `account` was paid `amount` of a publication, to `receiver`.
    event Claimed(
        bytes32 indexed stream,
        uint32 indexed epoch,
        address indexed account,
        uint32 series,
        address receiver,
        uint128 amount
    );

    /// @notice Claims open at `opensAt`, or later if the publication is disputed.
    error RewardDistributorNotOpen(bytes32 stream, uint32 epoch, uint32 series, uint48 opensAt);

    /// @notice The account was paid this.
    error RewardDistributorAlreadyClaimed(bytes32 stream, uint32 epoch, uint32 series, address account);

    /// @notice The payout is not in the publication's tree.
    error RewardDistributorInvalidProof(bytes32 stream, uint32 epoch, uint32 series);

    /// @notice The claims would be paid more than the publication's total: only `left` of it is.
    error RewardDistributorAboveTotal(bytes32 stream, uint32 epoch, uint32 series, uint256 amount, uint256 left);

    /// @notice The signature counted until `deadline`.
    error RewardDistributorExpiredSignature(uint256 deadline);

    /// @notice Nobody could use what is paid to this account.
    error RewardDistributorInvalidReceiver(address receiver);

    /// @notice There is nothing to claim.
    error RewardDistributorNoClaims();

    constructor(
        Settings memory settings
    )
        Ownable(settings.owner)
        EIP712("RewardDistributor", "1")
        DistributorTerms(settings.terms, settings.guardian)
        Reporters(settings.reporters, settings.threshold)
        Publications(settings.policy, settings.token, settings.minted, settings.owner)
    {}

    /// @notice Pays one payout to `account`. Anybody may call it.
    function claim(address account, Claim calldata made) public virtual {
        _use(account, account, made);
        _pay(account, made.amount);
    }

    /// @notice Pays several payouts of `account` to it, of any streams and epochs, in one transfer. Anybody may call it.
    function claimMany(address account, Claim[] calldata claims) public virtual {
        _claimMany(account, account, claims);
    }

    /// @notice Pays several payouts of `account` to `receiver`, in one transfer. `account` calls it, or anybody with its
    /// EIP-712 signature (ERC-1271 for contract accounts), which counts until the timestamp `deadline`. It cannot be used
    /// twice, because a payout is claimed once.
    function claimTo(
        address account,
        address receiver,
        Claim[] calldata claims,
        uint256 deadline,
        bytes calldata signature
    ) public virtual {
        if (receiver == address(0) || receiver == address(this)) revert RewardDistributorInvalidReceiver(receiver);
        if (msg.sender != account) {
            if (block.timestamp > deadline) revert RewardDistributorExpiredSignature(deadline);
            bytes32 digest = _hashTypedDataV4(_hashClaimTo(account, receiver, claims, deadline));
            if (!SignatureChecker.isValidSignatureNowCalldata(account, digest, signature)) {
                revert RewardDistributorInvalidSignature(account);
            }
        }
        _claimMany(account, receiver, claims);
    }

    /// @notice Pays payouts of many accounts, all of one publication, each to its account. Those that were claimed
    /// meanwhile are passed over. Anybody may call it.
    /// @param payouts In the order of the leaves that the proof is made for.
    /// @param proof, flags As OpenZeppelin's `MerkleProof.multiProofVerify` takes them.
    function claimBatch(
        bytes32 stream,
        uint32 epoch,
        uint32 series,
        Payout[] calldata payouts,
        bytes32[] calldata proof,
        bool[] calldata flags
    ) public virtual {
        Standing storage standing = _open(stream, epoch, series);
        bytes32[] memory leaves = _leaves(stream, epoch, series, payouts);
        if (!MerkleProof.multiProofVerifyCalldata(proof, flags, standing.root, leaves)) {
            revert RewardDistributorInvalidProof(stream, epoch, series);
        }
        (mapping(address => uint256) storage claimed, uint256 bit) = _place(stream, epoch, series);
        bool[] memory due = new bool[](payouts.length);
        uint256 total = 0;
        for (uint256 i = 0; i < payouts.length; ++i) {
            Payout calldata payout = payouts[i];
            uint256 bits = claimed[payout.account];
            if (bits & bit != 0) continue;
            claimed[payout.account] = bits | bit;
            due[i] = true;
            total += payout.amount;
            emit Claimed(stream, epoch, payout.account, series, payout.account, payout.amount);
        }
        if (total == 0) revert RewardDistributorNoClaims();
        _take(standing, stream, epoch, series, total);
        for (uint256 i = 0; i < payouts.length; ++i) {
            if (due[i]) _pay(payouts[i].account, payouts[i].amount);
        }
    }

    /// @notice Whether `account` was paid what a publication has for it, by this or by a voided revision.
    function isClaimed(
        bytes32 stream,
        uint32 epoch,
        uint32 series,
        address account
    ) public view virtual returns (bool) {
        (mapping(address => uint256) storage claimed, uint256 bit) = _place(stream, epoch, series);
        return claimed[account] & bit != 0;
    }

    // ---------------------------------------------------------------- inside

    function _claimMany(address account, address receiver, Claim[] calldata claims) private {
        if (claims.length == 0) revert RewardDistributorNoClaims();
        uint256 total = 0;
        for (uint256 i = 0; i < claims.length; ++i) {
            _use(account, receiver, claims[i]);
            total += claims[i].amount;
        }
        _pay(receiver, total);
    }

    /// @dev Marks one payout as claimed; reverts unless it is due.
    function _use(address account, address receiver, Claim calldata made) private {
        Standing storage standing = _open(made.stream, made.epoch, made.series);
        (mapping(address => uint256) storage claimed, uint256 bit) = _place(made.stream, made.epoch, made.series);
        uint256 bits = claimed[account];
        if (bits & bit != 0) {
            revert RewardDistributorAlreadyClaimed(made.stream, made.epoch, made.series, account);
        }
        bytes32 leaf = _leaf(_prefix(made.stream, made.epoch, made.series), account, made.amount);
        if (!MerkleProof.verifyCalldata(made.proof, standing.root, leaf)) {
            revert RewardDistributorInvalidProof(made.stream, made.epoch, made.series);
        }
        claimed[account] = bits | bit;
        _take(standing, made.stream, made.epoch, made.series, made.amount);
        emit Claimed(made.stream, made.epoch, account, made.series, receiver, made.amount);
    }

    /// @dev What stands and is open for claims.
    function _open(bytes32 stream, uint32 epoch, uint32 series) private view returns (Standing storage standing) {
        standing = _published(stream, epoch, series);
        if (block.timestamp < standing.opensAt) {
            revert RewardDistributorNotOpen(stream, epoch, series, standing.opensAt);
        }
        if (block.timestamp >= standing.lapsesAt) revert RewardDistributorLapsed(standing.lapsesAt);
    }

    function _take(Standing storage standing, bytes32 stream, uint32 epoch, uint32 series, uint256 amount) private {
        uint128 left = standing.left;
        if (amount > left) revert RewardDistributorAboveTotal(stream, epoch, series, amount, left);
        standing.left = uint128(left - amount);
    }

    function _pay(address receiver, uint256 amount) private {
        if (minted) IMintable(address(token)).mint(receiver, amount);
        else token.safeTransfer(receiver, amount);
    }

    /// @dev The slots of accounts that have a publication's bits, and which of their bits that is.
    function _place(
        bytes32 stream,
        uint32 epoch,
        uint32 series
    ) private view returns (mapping(address => uint256) storage slots, uint256 bit) {
        return (_claimed[stream][(uint64(series) << 24) | (epoch >> 8)], 1 << (epoch & 0xff));
    }

    /// @dev What the leaves of one publication begin with, and two words for account and amount.
    function _prefix(bytes32 stream, uint32 epoch, uint32 series) private view returns (bytes32[7] memory words) {
        words[0] = bytes32(block.chainid);
        words[1] = bytes32(uint256(uint160(address(this))));
        words[2] = stream;
        words[3] = bytes32(uint256(epoch));
        words[4] = bytes32(uint256(series));
    }

    function _leaf(bytes32[7] memory words, address account, uint128 amount) private pure returns (bytes32 leaf) {
        words[5] = bytes32(uint256(uint160(account)));
        words[6] = bytes32(uint256(amount));
        // Both hashes in place: what abi.encode would copy stands in memory already.
        assembly ("memory-safe") {
            mstore(0x00, keccak256(words, 0xe0))
            leaf := keccak256(0x00, 0x20)
        }
    }

    function _leaves(
        bytes32 stream,
        uint32 epoch,
        uint32 series,
        Payout[] calldata payouts
    ) private view returns (bytes32[] memory leaves) {
        bytes32[7] memory words = _prefix(stream, epoch, series);
        leaves = new bytes32[](payouts.length);
        for (uint256 i = 0; i < payouts.length; ++i) {
            leaves[i] = _leaf(words, payouts[i].account, payouts[i].amount);
        }
    }

    function _hashClaimTo(
        address account,
        address receiver,
        Claim[] calldata claims,
        uint256 deadline
    ) private pure returns (bytes32) {
        bytes32[] memory keys = new bytes32[](claims.length);
        for (uint256 i = 0; i < claims.length; ++i) {
            keys[i] = keccak256(
                abi.encode(PAYOUT_KEY_TYPEHASH, claims[i].stream, claims[i].epoch, claims[i].series)
            );
        }
        bytes32 payouts = keccak256(abi.encodePacked(keys));
        return keccak256(abi.encode(CLAIM_TO_TYPEHASH, account, receiver, deadline, payouts));
    }
}
