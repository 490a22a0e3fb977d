// SPDX-License-Identifier: Apache-2.0
// Amounts that follow a figure which is reported for each epoch.
pragma solidity ^0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Geometrics} from "./Geometrics.sol";

/// @title Reported
/// @notice Amounts are in the token's smallest unit; epochs are counted from the segment's first. For each shape one
/// function gives an epoch's amount from the reported `value` and what the epoch before left, and one the exact
/// minimum and maximum that any reports could yield over the epochs `[first, until)`, which must not be empty.
/// @dev `p` holds the parameters as `Schedules.Shape` lists them. Twins: the file of each shape's name in
/// `dao/rewards/shapes/`.
library Reported {
    /// @notice The whole, of which `Metered` takes a fraction.
    uint256 internal constant WHOLE = 1e18;

    /// @notice The greatest value that may be reported to the shapes which state no other.
    uint256 internal constant MAX_VALUE = type(uint128).max;

    uint256 private constant BASIS_POINTS = 10_000;
    uint256 private constant MAX_STEPS = Geometrics.MAX_STEPS;

    // ---------------------------------------------------------------- Metered

    /// @notice The fraction `value` / 10¹⁸ of the amount, rounded down.
    function metered(uint128[] memory p, uint256 value) internal pure returns (uint256) {
        return (p[0] * value) / WHOLE;
    }

    // ---------------------------------------------------------------- Remint

    /// @notice The weighted average of what is carried and of `value`, rounded down; at most `MAX_VALUE`.
    /// @return amount The average, at most the cap.
    /// @return average What the next epoch carries: the average before the cap.
    function remint(
        uint128[] memory p,
        uint256 carried,
        uint256 value
    ) internal pure returns (uint256 amount, uint256 average) {
        average = Math.min((p[0] * carried + p[1] * value) / p[2], MAX_VALUE);
        amount = Math.min(average, p[3]);
    }

    /// @notice Exact, but for a minimum of zero from the 513th epoch on, which may be below the exact one. One report
    /// can reach the cap: `Schedules.validate` takes no other.
    function remintBounds(uint128[] memory p, uint256 until) internal pure returns (uint256 minimum, uint256 maximum) {
        // Without value, what is carried falls by a ratio; where that is one, it stays.
        bool known = until <= MAX_STEPS || p[0] == p[2];
        uint256 carried = known ? Geometrics.amountAfter(p[4], p[0], p[2], until) : 0;
        return (Math.min(carried, p[3]), p[3]);
    }

    // ---------------------------------------------------------------- SupplyHalving

    /// @notice The amount, halved ⌊log₂(cap / (cap − value))⌋ times and rounded down, where `value` is the supply that
    /// has been issued; zero from the cap on.
    /// @dev The floor of a quotient of at least 1 has the same whole binary logarithm as the quotient.
    function supplyHalving(uint128[] memory p, uint256 value) internal pure returns (uint256) {
        if (value >= p[1]) return 0;
        return uint256(p[0]) >> Math.log2(p[1] / (p[1] - value));
    }

    // ---------------------------------------------------------------- Feedback

    /// @notice The amount before, moved by the step if `value` is farther from the target than the tolerance, and kept
    /// within floor and cap. Where `falling` is 1 a value above the target lowers the amount, else it raises it.
    function feedback(uint128[] memory p, uint256 previous, uint256 value) internal pure returns (uint256) {
        bool above = value > uint256(p[3]) + p[4];
        bool below = value + p[4] < p[3];
        return above || below ? _moved(p, previous, above == (p[6] != 0)) : previous;
    }

    function _moved(uint128[] memory p, uint256 previous, bool falls) private pure returns (uint256) {
        return falls ? Math.max(Math.saturatingSub(previous, p[5]), p[1]) : Math.min(previous + p[5], p[2]);
    }

    /// @dev Whether any value lies on the side of the target that lowers the amount, and on the one that raises it.
    function _ways(uint128[] memory p) private pure returns (bool falls, bool rises) {
        bool above = uint256(p[3]) + p[4] < MAX_VALUE;
        bool below = p[4] < p[3];
        return p[6] != 0 ? (above, below) : (below, above);
    }

    /// @notice Exact.
    function feedbackBounds(uint128[] memory p, uint256 until) internal pure returns (uint256, uint256) {
        (bool falls, bool rises) = _ways(p);
        uint256 moved = p[5] * until;
        return (
            falls ? Math.max(Math.saturatingSub(p[0], moved), p[1]) : p[0],
            rises ? Math.min(p[0] + moved, p[2]) : p[0]
        );
    }

    // ---------------------------------------------------------------- Inflation

    /// @notice The rate before, moved as `feedback` moves an amount, of the supply and the `issued` since, rounded down;
    /// at most the maximum.
    /// @return amount What that is.
    /// @return rate What the next epoch carries, in 10⁻¹⁸.
    function inflation(
        uint128[] memory p,
        uint256 carried,
        uint256 issued,
        uint256 value
    ) internal pure returns (uint256 amount, uint256 rate) {
        rate = feedback(p, carried, value);
        amount = Math.min((rate * (p[7] + issued)) / WHOLE, p[8]);
    }

    /// @notice Exact within 512 epochs; where there are more, the minimum may be below the exact one, and the maximum is
    /// the parameter, which the exact one may not reach.
    /// @dev A lower rate yields less and leaves a lower supply to the next epoch, so that no other reports yield less
    /// than those that lower it each time, nor more than those that raise it.
    function inflationBounds(
        uint128[] memory p,
        uint256 first,
        uint256 until
    ) internal pure returns (uint256 minimum, uint256 maximum) {
        (bool falls, bool rises) = _ways(p);
        minimum = p[8];
        (uint256 low, uint256 high, uint256 lowSupply, uint256 highSupply) = (p[0], p[0], p[7], p[7]);
        for (uint256 i = 0; i < until; ++i) {
            if (i == MAX_STEPS) {
                uint256 least = ((falls ? p[1] : p[0]) * lowSupply) / WHOLE;
                return (Math.min(minimum, least), p[8]);
            }
            if (falls) low = _moved(p, low, true);
            if (rises) high = _moved(p, high, false);
            uint256 amount = Math.min((low * lowSupply) / WHOLE, p[8]);
            if (i >= first) minimum = Math.min(minimum, amount);
            lowSupply += amount;
            maximum = Math.min((high * highSupply) / WHOLE, p[8]);
            highSupply += maximum;
        }
    }

    // ---------------------------------------------------------------- Tracking

    /// @notice The amount before, if `value` is no farther from it than the band; else `value`, but at most the amount
    /// before times (10,000 + step) / 10,000 and at least times 10,000 / (10,000 + step), both rounded down, then
    /// rounded to the nearest multiple of the unit, half up, and kept within floor and cap.
    function tracking(uint128[] memory p, uint256 previous, uint256 value) internal pure returns (uint256) {
        uint256 distance = value > previous ? value - previous : previous - value;
        if (distance * BASIS_POINTS <= previous * p[3]) return previous;
        uint256 highest = (previous * (BASIS_POINTS + p[4])) / BASIS_POINTS;
        uint256 lowest = (previous * BASIS_POINTS) / (BASIS_POINTS + p[4]);
        uint256 moved = Math.max(Math.min(value, highest), lowest);
        uint256 rounded = ((moved + p[5] / 2) / p[5]) * p[5];
        return Math.max(Math.min(rounded, p[2]), p[1]);
    }

    /// @notice Exact where the amount can move no farther within 512 epochs, or `until` is not beyond them; else floor
    /// and cap, which it may not reach.
    /// @dev One step down or up never overtakes another that begins lower or higher, so repeating the farthest step
    /// goes farthest. Such a step is always open: zero lies below every band, and `MAX_VALUE`, twice the greatest cap,
    /// above.
    function trackingBounds(uint128[] memory p, uint256 until) internal pure returns (uint256 minimum, uint256 maximum) {
        minimum = _farthest(p, until, 0);
        maximum = _farthest(p, until, MAX_VALUE);
    }

    function _farthest(uint128[] memory p, uint256 until, uint256 value) private pure returns (uint256 amount) {
        amount = p[0];
        for (uint256 i = 0; i < until; ++i) {
            if (i == MAX_STEPS) return value == 0 ? p[1] : p[2];
            uint256 next = tracking(p, amount, value);
            // Rounding to the unit can hold the amount, or turn it back.
            if (value == 0 ? next >= amount : next <= amount) break;
            amount = next;
        }
    }

    // ---------------------------------------------------------------- Rollover

    /// @notice What is left of the budget after `value` was spent, which is not more, divided by the epochs that are
    /// left, rounded down; zero after the last.
    function rollover(uint128[] memory p, uint256 index, uint256 value) internal pure returns (uint256) {
        return index < p[1] ? (p[0] - value) / (p[1] - index) : 0;
    }

    /// @notice Exact: least where every epoch before was spent, greatest where none was.
    /// @dev Where each is spent, the last `budget mod epochs` of them get one unit more than those before.
    function rolloverBounds(
        uint128[] memory p,
        uint256 first,
        uint256 until
    ) internal pure returns (uint256 minimum, uint256 maximum) {
        (uint256 budget, uint256 epochs) = (p[0], p[1]);
        if (first >= epochs) return (0, 0);
        if (until <= epochs) minimum = budget / epochs + (first + (budget % epochs) < epochs ? 0 : 1);
        maximum = budget / (epochs - Math.min(until - 1, epochs - 1));
    }
}
