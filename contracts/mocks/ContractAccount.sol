// SPDX-License-Identifier: Apache-2.0
// A contract account for tests: one key answers for it, or it refuses, reverts, or uses up the gas.
pragma solidity ^0.8.35;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title ContractAccount
contract ContractAccount is IERC1271 {
    /// @notice How it answers.
    enum Mood {
        Honest,
        Reverting,
        Greedy
    }

    /// @notice Whose signature it accepts.
    address public immutable owner;

    /// @notice How it answers now.
    Mood public mood;

    /// @notice It answers with this instead.
    error ContractAccountUnwilling();

    constructor(address owner_) {
        owner = owner_;
    }

    /// @notice Sets how it answers. Anybody may.
    function setMood(Mood newMood) external {
        mood = newMood;
    }

    /// @notice Delegates this account's votes of `token` to itself. Anybody may call it.
    function delegate(IVotes token) external {
        token.delegate(address(this));
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (mood == Mood.Reverting) revert ContractAccountUnwilling();
        if (mood == Mood.Greedy) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        return ECDSA.recover(hash, signature) == owner ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
