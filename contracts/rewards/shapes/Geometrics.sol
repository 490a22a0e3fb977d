// SPDX-License-Identifier: Apache-2.0
// An amount multiplied by a ratio step after step, rounded down at each.
pragma solidity ^0.8.35;

/// @title Geometrics
/// @notice Amounts are in the token's smallest unit; epochs are counted from the segment's first. Each step multiplies
/// by `numerator / denominator` and rounds down. Steps beyond `MAX_STEPS` are not taken: `Schedules.validate` admits
/// only segments that are zero by then, or end before, and that no step makes more than 2¹²⁸ − 1.
/// @dev Twin: `dao/rewards/shapes/geometric.py`.
library Geometrics {
    /// @notice The most steps that are taken.
    uint256 internal constant MAX_STEPS = 512;

    /// @notice `amount` after `steps` steps.
    function amountAfter(
        uint256 amount,
        uint256 numerator,
        uint256 denominator,
        uint256 steps
    ) internal pure returns (uint256) {
        if (steps > MAX_STEPS) steps = MAX_STEPS;
        for (uint256 i = 0; i < steps && amount != 0; ++i) {
            amount = (amount * numerator) / denominator;
        }
        return amount;
    }

    /// @notice `amount` after `steps` steps, or after as many as make it more than 2¹²⁸ − 1.
    function lastAmount(
        uint256 amount,
        uint256 numerator,
        uint256 denominator,
        uint256 steps
    ) internal pure returns (uint256) {
        if (steps > MAX_STEPS) steps = MAX_STEPS;
        for (uint256 i = 0; i < steps && amount != 0 && amount <= type(uint128).max; ++i) {
            amount = (amount * numerator) / denominator;
        }
        return amount;
    }

    /// @notice Sum over the first `epochs` epochs, one step after every `every` of them; exact.
    function sum(
        uint256 amount,
        uint256 numerator,
        uint256 denominator,
        uint256 every,
        uint256 epochs
    ) internal pure returns (uint256 total) {
        for (uint256 i = 0; i < MAX_STEPS && epochs > every && amount != 0; ++i) {
            total += amount * every;
            epochs -= every;
            amount = (amount * numerator) / denominator;
        }
        total += amount * epochs;
    }

    /// @notice The amounts after 0, 1, 2, … steps, each repeated `every` times, until they are zero or `maximum` many.
    function row(
        uint256 amount,
        uint256 numerator,
        uint256 denominator,
        uint256 every,
        uint256 maximum
    ) internal pure returns (uint256[] memory amounts) {
        amounts = new uint256[](maximum);
        uint256 length = 0;
        while (length < maximum && amount != 0) {
            amounts[length++] = amount;
            if (length % every == 0) amount = (amount * numerator) / denominator;
        }
        // Gives the unused end away.
        assembly ("memory-safe") {
            mstore(amounts, length)
        }
    }
}
