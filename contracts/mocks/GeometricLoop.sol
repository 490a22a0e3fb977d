// SPDX-License-Identifier: Apache-2.0
// What a geometric schedule costs without a closed form: one multiplication per epoch, for `bench/gas.py`.
pragma solidity ^0.8.35;

/// @title GeometricLoop
contract GeometricLoop {
    /// @notice `amount` after `epochs` epochs, each of which multiplies it by the ratio and rounds down.
    function amountAfter(
        uint256 amount,
        uint256 numerator,
        uint256 denominator,
        uint256 epochs
    ) external pure returns (uint256) {
        for (uint256 i = 0; i < epochs; ++i) {
            amount = (amount * numerator) / denominator;
        }
        return amount;
    }

    /// @notice What all of the first `epochs` epochs sum to.
    function sum(
        uint256 amount,
        uint256 numerator,
        uint256 denominator,
        uint256 epochs
    ) external pure returns (uint256 total) {
        for (uint256 i = 0; i < epochs; ++i) {
            total += amount;
            amount = (amount * numerator) / denominator;
        }
    }
}
