// SPDX-License-Identifier: Apache-2.0
// What an epoch's payouts are, as signed by the reporters: published, disputed, voided, lapsed.
pragma solidity ^0.8.35;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IRewardPolicy} from "../IRewardPolicy.sol";
import {DistributorTerms} from "./DistributorTerms.sol";
import {Reporters} from "./Reporters.sol";

/// @title Publications
/// @notice A publication is one epoch's payouts of one leaf stream: a Merkle root and their total, in the token's
/// smallest unit. Series 0 is the epoch's own; higher ones are supplementary and pay what was paid too little, and numbers
/// may be left out. All that stands of one stream and epoch, and all that was claimed of what was voided, is within the
/// policy's emission.
/// Another distributor of the same policy would count anew: only one of them may mint or draw.
/// @dev A publication's claims open when its challenge window ends, or when its disputes are answered, or when the hold
/// ends, whichever is decisive. Times are timestamps in seconds.
abstract contract Publications is DistributorTerms, Reporters {
    using SafeERC20 for IERC20;

    /// @notice A publication as the reporters sign it.
    /// revision: how often the series was voided before, so that no signature counts twice.
    /// dataHash: SHA-256 of the contributions that the payouts were computed from; dataURI: where they are.
    struct Publication {
        bytes32 stream;
        uint32 epoch;
        uint32 series;
        uint32 revision;
        bytes32 root;
        uint128 total;
        bytes32 dataHash;
        string dataURI;
    }

    /// @notice A dispute's answer as the reporters sign it.
    struct Answer {
        bytes32 stream;
        uint32 epoch;
        uint32 series;
        uint32 revision;
        address account;
        string text;
    }

    /// @notice What stands of a series.
    /// root: of the Merkle tree; zero where nothing stands.
    /// left: what of the total is neither claimed nor lapsed.
    /// opensAt, lapsesAt: claims are paid from the one until the other.
    /// revision: how often the series was voided.
    /// windowEndsAt: until when it can be disputed. heldUntil: the latest opening.
    struct Standing {
        bytes32 root;
        uint128 left;
        uint48 opensAt;
        uint48 lapsesAt;
        uint32 revision;
        uint128 total;
        uint48 windowEndsAt;
        uint48 heldUntil;
        uint32 openDisputes;
    }

    /// @notice Where a dispute stands.
    enum Dispute {
        None,
        Open,
        Answered
    }

    bytes32 public constant PUBLICATION_TYPEHASH =
        keccak256(
            "Publication(bytes32 stream,uint32 epoch,uint32 series,uint32 revision,bytes32 root,uint128 total,bytes32 dataHash,string dataURI)"
        );

    bytes32 public constant ANSWER_TYPEHASH =
        keccak256(
            "Answer(bytes32 stream,uint32 epoch,uint32 series,uint32 revision,address account,string text)"
        );

    /// @notice The longest text of an address, a reason or an answer, in bytes.
    uint256 public constant MAX_TEXT = 2_048;

    /// @notice Whose emission is paid.
    IRewardPolicy public immutable policy;

    /// @notice What is paid with.
    IERC20 public immutable token;

    /// @notice Whether payouts are minted when they are claimed. Otherwise a publication draws its total from the
    /// treasury, which allows that beforehand.
    bool public immutable minted;

    /// @notice The timelock: where drawn tokens come from and what is unclaimed returns to.
    address public immutable treasury;

    mapping(bytes32 stream => mapping(uint64 number => Standing)) private _standings;
    /// @dev What of an epoch's emission is published or was paid, and which series was published last, if any was.
    struct Commitment {
        uint128 amount;
        uint32 last;
        bool any;
    }

    mapping(bytes32 stream => mapping(uint32 epoch => Commitment)) private _commitments;
    mapping(bytes32 revisionKey => mapping(address account => Dispute)) private _disputes;

    /// @notice The payouts of `stream` for `epoch` are those of the tree with this root, `total` in all; claims open at
    /// `opensAt` unless it is disputed, and at `heldUntil` at the latest.
    event PayoutsPublished(
        bytes32 indexed stream,
        uint32 indexed epoch,
        uint32 indexed series,
        uint32 revision,
        bytes32 root,
        uint128 total,
        uint48 opensAt,
        uint48 heldUntil,
        uint48 lapsesAt,
        bytes32 dataHash,
        string dataURI
    );

    /// @notice `account` disputes the publication, whose claims are held until `heldUntil` unless it is answered.
    event PayoutsDisputed(
        bytes32 indexed stream,
        uint32 indexed epoch,
        uint32 indexed series,
        uint32 revision,
        address account,
        string reason
    );

    /// @notice The reporters answered the dispute of `account`; claims open at `opensAt` where no other is open.
    event DisputeAnswered(
        bytes32 indexed stream,
        uint32 indexed epoch,
        uint32 indexed series,
        uint32 revision,
        address account,
        uint48 opensAt,
        string text
    );

    /// @notice The guardian voided the publication; `left` of it was not claimed and is not paid.
    event PayoutsVoided(
        bytes32 indexed stream,
        uint32 indexed epoch,
        uint32 indexed series,
        uint32 revision,
        uint128 left,
        string reason
    );

    /// @notice `amount` of the publication was not claimed in time: it is never minted, or went back to the treasury.
    event PayoutsLapsed(bytes32 indexed stream, uint32 indexed epoch, uint32 indexed series, uint128 amount);

    /// @notice The epoch is not over: `current` is.
    error RewardDistributorEpochNotOver(uint32 epoch, uint32 current);

    /// @notice In this epoch the stream has children, which are paid in its place.
    error RewardDistributorNotALeaf(bytes32 stream, uint32 epoch);

    /// @notice A publication stands already.
    error RewardDistributorAlreadyPublished(bytes32 stream, uint32 epoch, uint32 series);

    /// @notice Nothing stands here.
    error RewardDistributorNotPublished(bytes32 stream, uint32 epoch, uint32 series);

    /// @notice The reporters signed for another revision than the next one.
    error RewardDistributorWrongRevision(uint32 expected, uint32 found);

    /// @notice A new series comes after the last one that was published, whose claims must have opened.
    error RewardDistributorSeriesTooEarly(bytes32 stream, uint32 epoch, uint32 series);

    /// @notice A publication has a root and pays something.
    error RewardDistributorNothingToPay(bytes32 stream, uint32 epoch, uint32 series);

    /// @notice Only `left` of the stream's emission in the epoch is not published.
    error RewardDistributorAboveEmission(bytes32 stream, uint32 epoch, uint256 total, uint256 left);

    /// @notice Fewer tokens came from the treasury than were asked for.
    error RewardDistributorUnderfunded(uint256 expected, uint256 received);

    /// @notice Disputes were possible until `windowEndsAt`.
    error RewardDistributorWindowOver(uint48 windowEndsAt);

    /// @notice `account` disputed this revision before.
    error RewardDistributorAlreadyDisputed(address account);

    /// @notice `account` has no open dispute of this revision.
    error RewardDistributorNoOpenDispute(address account);

    /// @notice What was unclaimed lapsed at `lapsesAt`.
    error RewardDistributorLapsed(uint48 lapsesAt);

    /// @notice Nothing lapses before `lapsesAt`.
    error RewardDistributorNotLapsed(uint48 lapsesAt);

    /// @notice The text is too long; in bytes.
    error RewardDistributorTextTooLong(uint256 length, uint256 maximum);

    /// @param policy_ Whose emission is paid.
    /// @param token_ What is paid with.
    /// @param minted_ Whether payouts are minted when claimed; else they are drawn from `treasury_`.
    /// @param treasury_ The timelock.
    constructor(IRewardPolicy policy_, IERC20 token_, bool minted_, address treasury_) {
        policy = policy_;
        token = token_;
        minted = minted_;
        treasury = treasury_;
        if (!minted_) {
            // What is drawn stays out of the circulating supply until it is claimed, as it was in the treasury. A token
            // without votes has nothing to delegate.
            try IVotes(address(token_)).delegate(address(token_)) {} catch {}
        }
    }

    // ---------------------------------------------------------------- writing

    /// @notice Publishes an epoch's payouts of a leaf. Anybody may submit what enough reporters signed. Reverts where
    /// the epoch is not over, a publication stands, or the total is above the emission left.
    function publish(Publication calldata made, Signature[] calldata signatures) public virtual {
        Standing storage standing = _standing(made.stream, made.epoch, made.series);
        _requireText(made.dataURI);
        if (standing.root != bytes32(0)) {
            revert RewardDistributorAlreadyPublished(made.stream, made.epoch, made.series);
        }
        if (standing.revision != made.revision) {
            revert RewardDistributorWrongRevision(standing.revision, made.revision);
        }
        if (made.root == bytes32(0) || made.total == 0) {
            revert RewardDistributorNothingToPay(made.stream, made.epoch, made.series);
        }
        _requireDue(made, standing.revision != 0);
        _requireSigned(_hash(made), signatures);

        Terms memory times = terms();
        // Sums of timestamps and 32-bit durations stay far below 2^48.
        standing.root = made.root;
        standing.left = made.total;
        standing.total = made.total;
        standing.windowEndsAt = uint48(block.timestamp + times.challengeWindow);
        standing.opensAt = standing.windowEndsAt;
        standing.heldUntil = standing.windowEndsAt + times.disputeHold;
        standing.lapsesAt = standing.heldUntil + times.claimPeriod;
        standing.openDisputes = 0;
        Commitment storage commitment = _commitments[made.stream][made.epoch];
        commitment.amount += made.total;
        if (!commitment.any || made.series > commitment.last) commitment.last = made.series;
        commitment.any = true;
        emit PayoutsPublished(
            made.stream,
            made.epoch,
            made.series,
            made.revision,
            made.root,
            made.total,
            standing.opensAt,
            standing.heldUntil,
            standing.lapsesAt,
            made.dataHash,
            made.dataURI
        );
        if (!minted) _draw(made.total);
    }

    /// @notice Disputes a publication within its challenge window, once for each account and revision: its claims are
    /// held until the reporters answered, or the hold ends. Anybody may call it, because who was left out is in no tree.
    function dispute(bytes32 stream, uint32 epoch, uint32 series, string calldata reason) public virtual {
        Standing storage standing = _published(stream, epoch, series);
        _requireText(reason);
        if (block.timestamp >= standing.windowEndsAt) revert RewardDistributorWindowOver(standing.windowEndsAt);
        bytes32 key = _revisionKey(stream, epoch, series, standing.revision);
        if (_disputes[key][msg.sender] != Dispute.None) revert RewardDistributorAlreadyDisputed(msg.sender);
        _disputes[key][msg.sender] = Dispute.Open;
        standing.openDisputes += 1;
        standing.opensAt = standing.heldUntil;
        emit PayoutsDisputed(stream, epoch, series, standing.revision, msg.sender, reason);
    }

    /// @notice Answers a dispute. Anybody may submit what enough reporters signed. With the last open one answered,
    /// claims open at once, but not before the challenge window ends.
    function answer(Answer calldata made, Signature[] calldata signatures) public virtual {
        Standing storage standing = _published(made.stream, made.epoch, made.series);
        _requireText(made.text);
        if (standing.revision != made.revision) {
            revert RewardDistributorWrongRevision(standing.revision, made.revision);
        }
        bytes32 key = _revisionKey(made.stream, made.epoch, made.series, made.revision);
        if (_disputes[key][made.account] != Dispute.Open) revert RewardDistributorNoOpenDispute(made.account);
        bytes32 structHash = keccak256(
            abi.encode(
                ANSWER_TYPEHASH,
                made.stream,
                made.epoch,
                made.series,
                made.revision,
                made.account,
                keccak256(bytes(made.text))
            )
        );
        _requireSigned(structHash, signatures);
        _disputes[key][made.account] = Dispute.Answered;
        standing.openDisputes -= 1;
        if (standing.openDisputes == 0 && block.timestamp < standing.heldUntil) {
            uint48 now_ = uint48(block.timestamp);
            standing.opensAt = now_ > standing.windowEndsAt ? now_ : standing.windowEndsAt;
        }
        emit DisputeAnswered(
            made.stream,
            made.epoch,
            made.series,
            made.revision,
            made.account,
            standing.opensAt,
            made.text
        );
    }

    /// @notice Takes a publication back; what was claimed of it stays paid, and a new one can take its place. Only the
    /// guardian, until it lapses.
    function void(
        bytes32 stream,
        uint32 epoch,
        uint32 series,
        string calldata reason
    ) public virtual onlyGuardian {
        Standing storage standing = _published(stream, epoch, series);
        _requireText(reason);
        if (block.timestamp >= standing.lapsesAt) revert RewardDistributorLapsed(standing.lapsesAt);
        uint128 left = standing.left;
        uint32 revision = standing.revision;
        standing.root = bytes32(0);
        standing.left = 0;
        standing.total -= left;
        standing.revision = revision + 1;
        standing.openDisputes = 0;
        _commitments[stream][epoch].amount -= left;
        emit PayoutsVoided(stream, epoch, series, revision, left, reason);
        if (!minted && left != 0) token.safeTransfer(treasury, left);
    }

    /// @notice Settles what was not claimed in time: minted payouts are never minted, drawn ones return to the treasury.
    /// The epoch's emission does not get it back. Anybody may call it.
    function lapse(bytes32 stream, uint32 epoch, uint32 series) public virtual {
        Standing storage standing = _published(stream, epoch, series);
        if (block.timestamp < standing.lapsesAt) revert RewardDistributorNotLapsed(standing.lapsesAt);
        uint128 amount = standing.left;
        if (amount == 0) revert RewardDistributorNothingToPay(stream, epoch, series);
        standing.left = 0;
        emit PayoutsLapsed(stream, epoch, series, amount);
        if (!minted) token.safeTransfer(treasury, amount);
    }

    // ---------------------------------------------------------------- reading

    /// @notice What stands of a series; zeros where nothing was ever published.
    function publication(bytes32 stream, uint32 epoch, uint32 series) public view virtual returns (Standing memory) {
        return _standing(stream, epoch, series);
    }

    /// @notice What of the emission of `stream` in `epoch` is published or was paid, in the token's smallest unit.
    function committed(bytes32 stream, uint32 epoch) public view virtual returns (uint128) {
        return _commitments[stream][epoch].amount;
    }

    /// @notice Where the dispute of `account` of a revision stands.
    function disputeOf(
        bytes32 stream,
        uint32 epoch,
        uint32 series,
        uint32 revision,
        address account
    ) public view virtual returns (Dispute) {
        return _disputes[_revisionKey(stream, epoch, series, revision)][account];
    }

    // ---------------------------------------------------------------- inside

    function _standing(bytes32 stream, uint32 epoch, uint32 series) internal view returns (Standing storage) {
        return _standings[stream][(uint64(epoch) << 32) | series];
    }

    /// @dev What stands; reverts where nothing does.
    function _published(bytes32 stream, uint32 epoch, uint32 series) internal view returns (Standing storage standing) {
        standing = _standing(stream, epoch, series);
        if (standing.root == bytes32(0)) revert RewardDistributorNotPublished(stream, epoch, series);
    }

    /// @dev Reverts unless the epoch is over, the stream is a leaf, a new series comes after an open one and emission
    /// is left. A series that was published `before` and voided is published anew whatever came after it.
    function _requireDue(Publication calldata made, bool before) private view {
        uint32 current = policy.epochAt(block.timestamp);
        if (made.epoch >= current) revert RewardDistributorEpochNotOver(made.epoch, current);
        if (!policy.isLeaf(made.stream, made.epoch)) revert RewardDistributorNotALeaf(made.stream, made.epoch);
        Commitment storage commitment = _commitments[made.stream][made.epoch];
        if (commitment.any && !before) {
            // The last one need not stand: of a voided one, what was claimed too little is paid by the next.
            uint48 opensAt = _standing(made.stream, made.epoch, commitment.last).opensAt;
            if (made.series < commitment.last || block.timestamp < opensAt) {
                revert RewardDistributorSeriesTooEarly(made.stream, made.epoch, made.series);
            }
        }
        // What the policy answers for an epoch that has ended never changes.
        uint256 left = policy.emission(made.stream, made.epoch) - commitment.amount;
        if (made.total > left) revert RewardDistributorAboveEmission(made.stream, made.epoch, made.total, left);
    }

    function _draw(uint128 total) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(treasury, address(this), total);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != total) revert RewardDistributorUnderfunded(total, received);
    }

    function _requireText(string calldata text) private pure {
        uint256 length = bytes(text).length;
        if (length > MAX_TEXT) revert RewardDistributorTextTooLong(length, MAX_TEXT);
    }

    function _hash(Publication calldata made) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    PUBLICATION_TYPEHASH,
                    made.stream,
                    made.epoch,
                    made.series,
                    made.revision,
                    made.root,
                    made.total,
                    made.dataHash,
                    keccak256(bytes(made.dataURI))
                )
            );
    }

    function _revisionKey(bytes32 stream, uint32 epoch, uint32 series, uint32 revision) private pure returns (bytes32) {
        return keccak256(abi.encode(stream, epoch, series, revision));
    }
}
