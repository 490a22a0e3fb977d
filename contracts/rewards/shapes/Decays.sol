// SPDX-License-Identifier: Apache-2.0
// A total that is emitted exponentially: after each step of time, the same fraction of what was left is left.
pragma solidity ^0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Decays
/// @notice Amounts are in the token's smallest unit, times in seconds since the segment's first epoch began. What has
/// been emitted is stated as a function of time, so that every sum is a difference of two of its values: nothing is
/// lost or gained by rounding, however many epochs there are, and never more than `total` is emitted.
/// @dev Twin: `dao/rewards/shapes/decay.py`.
library Decays {
    /// @notice One, in the fixed point that powers are computed in.
    uint256 internal constant ONE = 1 << FRACTION_BITS;

    uint8 private constant FRACTION_BITS = 192;

    /// @notice How far apart, in units, the amounts of two epochs can be in the wrong order (see `bounds`).
    uint256 internal constant DISORDER = 4;

    /// @notice `(numerator / denominator)^exponent · 2¹⁹²`, by square-and-multiply from the lowest bit, rounded down
    /// at each multiplication. `numerator` is below `denominator`, `exponent` at most 2³².
    /// @dev Error: with r the exact ratio, the result is within `[r^e − 2e·2⁻¹⁹², r^e]`, so at most 2⁻¹⁵⁹ too small and
    /// never too large. Proof: let d(i) be how much the i-th square falls short, in units of 2⁻¹⁹². d(0) < 1; squaring
    /// a value of at most 1 at most doubles what it falls short and rounding takes less than 1 more, so
    /// d(i + 1) < 2·d(i) + 1 and d(i) < 2^(i + 1) − 1. Multiplying the result by the i-th square adds at most d(i) and
    /// less than 1 for rounding, that is less than 2^(i + 1). Over the bits i that are set in e these sum to 2e.
    function power(uint256 numerator, uint256 denominator, uint256 exponent) internal pure returns (uint256 result) {
        result = ONE;
        uint256 square = Math.mulDiv(numerator, ONE, denominator);
        while (exponent != 0) {
            if (exponent & 1 != 0) result = Math.mulShr(result, square, FRACTION_BITS);
            exponent >>= 1;
            if (exponent != 0) square = Math.mulShr(square, square, FRACTION_BITS);
        }
    }

    /// @notice What has been emitted `time` seconds after the beginning: `total − ⌊total · r^k⌋` after k whole steps,
    /// with `power` for r^k, and between two steps in proportion to the seconds, rounded down.
    /// @dev At a whole step this is less than 1 + 2⁻³¹ units above the exact `total · (1 − r^k)` and never below it,
    /// since total < 2¹²⁸ and `power` errs by at most 2⁻¹⁵⁹. It never falls from one step to the next: where
    /// r^k >= 2⁻¹²⁸, what r^(k + 1) is smaller by, at least 2⁻³⁰ · r^k >= 2⁻¹⁵⁸, exceeds the error; where it is
    /// smaller, nothing is left at either step. `Schedules.validate` grants 1 − r >= 2⁻³⁰ and at most 2³² steps.
    function emitted(
        uint256 total,
        uint256 numerator,
        uint256 denominator,
        uint256 every,
        uint256 time
    ) internal pure returns (uint256) {
        uint256 steps = time / every;
        uint256 left = _left(total, numerator, denominator, steps);
        uint256 rest = time % every;
        if (rest == 0 || left == 0) return total - left;
        uint256 next = _left(total, numerator, denominator, steps + 1);
        return total - left + ((left - next) * rest) / every;
    }

    /// @notice What epoch number `index` yields: what is emitted between its beginning and its end.
    function amountAt(
        uint128[] memory params,
        uint256 epochLength,
        uint256 index
    ) internal pure returns (uint256) {
        return sum(params, epochLength, index + 1) - sum(params, epochLength, index);
    }

    /// @notice Sum over the first `epochs` epochs; exact.
    function sum(uint128[] memory params, uint256 epochLength, uint256 epochs) internal pure returns (uint256) {
        return emitted(params[0], params[1], params[2], params[3], epochs * epochLength);
    }

    /// @notice Bounds of what the epochs `[first, until)` yield, which must not be empty. Each is at most `DISORDER`
    /// units away from the exact one, and exact where the first, or the last, two epochs differ by as much, or there
    /// are not more than two.
    /// @dev The exact curve, straight between two steps, is concave: what it yields never rises from an epoch to the
    /// next. What is emitted lies less than 1 below it and less than 1 + 2⁻³¹ above it, so what an epoch yields lies
    /// less than 2 + 2⁻³¹ on either side of the curve's, and a later epoch yields at most 4 units more than an earlier.
    function bounds(
        uint128[] memory params,
        uint256 epochLength,
        uint256 first,
        uint256 until
    ) internal pure returns (uint256 minimum, uint256 maximum) {
        maximum = amountAt(params, epochLength, first);
        minimum = amountAt(params, epochLength, until - 1);
        if (until - first <= 2) return (Math.min(minimum, maximum), Math.max(minimum, maximum));
        maximum = Math.max(maximum, Math.min(amountAt(params, epochLength, first + 1) + DISORDER, params[0]));
        minimum = Math.min(minimum, Math.saturatingSub(amountAt(params, epochLength, until - 2), DISORDER));
    }

    function _left(
        uint256 total,
        uint256 numerator,
        uint256 denominator,
        uint256 steps
    ) private pure returns (uint256) {
        return Math.mulShr(total, power(numerator, denominator, steps), FRACTION_BITS);
    }
}
