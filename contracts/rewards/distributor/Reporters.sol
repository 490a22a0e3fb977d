// SPDX-License-Identifier: Apache-2.0
// M of N reporters, whose signatures stand behind what is published.
pragma solidity ^0.8.35;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// @title Reporters
/// @notice Reporters sign EIP-712 messages in this contract's domain, as keys or as contract accounts (ERC-1271);
/// anybody submits them. A vote rotates them.
/// @dev A signature counts by the reporters that are set when it is submitted, not when it was made, and for as long as
/// what it names can still be published or answered. Whoever signs two versions leaves the choice to the submitter.
abstract contract Reporters is Ownable, EIP712 {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @notice One reporter's signature.
    struct Signature {
        address reporter;
        bytes signature;
    }

    /// @notice The most reporters.
    uint256 public constant MAX_REPORTERS = 32;

    EnumerableSet.AddressSet private _reporters;

    /// @notice How many of the reporters must sign.
    uint256 public threshold;

    /// @notice From now on `threshold` of `reporters` must sign.
    event ReportersSet(address[] reporters, uint256 threshold);

    /// @notice There must be 1 to `MAX_REPORTERS` reporters, and the threshold must be 1 to their number.
    error RewardDistributorInvalidThreshold(uint256 reporters, uint256 threshold);

    /// @notice Reporters, and their signatures, stand in ascending order of their addresses, each once, and none is
    /// zero.
    error RewardDistributorUnsortedReporter(address before, address reporter);

    /// @notice Fewer reporters signed than must.
    error RewardDistributorTooFewSignatures(uint256 signatures, uint256 threshold);

    /// @notice Somebody signed who is no reporter.
    error RewardDistributorNotReporter(address account);

    /// @notice This is not the reporter's signature of the message.
    error RewardDistributorInvalidSignature(address account);

    /// @param reporters_ The first reporters, ascending.
    /// @param threshold_ How many must sign.
    constructor(address[] memory reporters_, uint256 threshold_) {
        _setReporters(reporters_, threshold_);
    }

    /// @notice All reporters.
    function reporters() public view virtual returns (address[] memory) {
        return _reporters.values();
    }

    /// @notice Whether `account` is a reporter.
    function isReporter(address account) public view virtual returns (bool) {
        return _reporters.contains(account);
    }

    /// @notice Replaces all reporters: `threshold_` of `reporters_`, ascending by address, must sign from now on. Only
    /// the owner.
    function setReporters(address[] calldata reporters_, uint256 threshold_) public virtual onlyOwner {
        _setReporters(reporters_, threshold_);
    }

    /// @dev Reverts unless enough reporters, ascending by address, signed the EIP-712 message.
    function _requireSigned(bytes32 structHash, Signature[] calldata signatures) internal view {
        if (signatures.length < threshold) {
            revert RewardDistributorTooFewSignatures(signatures.length, threshold);
        }
        bytes32 digest = _hashTypedDataV4(structHash);
        address before = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            address reporter = signatures[i].reporter;
            if (reporter <= before) revert RewardDistributorUnsortedReporter(before, reporter);
            if (!_reporters.contains(reporter)) revert RewardDistributorNotReporter(reporter);
            if (!SignatureChecker.isValidSignatureNowCalldata(reporter, digest, signatures[i].signature)) {
                revert RewardDistributorInvalidSignature(reporter);
            }
            before = reporter;
        }
    }

    function _setReporters(address[] memory reporters_, uint256 threshold_) private {
        uint256 length = reporters_.length;
        if (length == 0 || length > MAX_REPORTERS || threshold_ == 0 || threshold_ > length) {
            revert RewardDistributorInvalidThreshold(length, threshold_);
        }
        _reporters.clear();
        address before = address(0);
        for (uint256 i = 0; i < length; ++i) {
            address reporter = reporters_[i];
            if (reporter <= before) revert RewardDistributorUnsortedReporter(before, reporter);
            before = reporter;
            _reporters.add(reporter);
        }
        threshold = threshold_;
        emit ReportersSet(reporters_, threshold_);
    }
}
