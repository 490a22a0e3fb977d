// SPDX-License-Identifier: Apache-2.0
// Amounts per period of UTC calendar months, divided over the epochs that start in each.
pragma solidity ^0.8.35;

/// @title Calendars
/// @notice Amounts are in the token's smallest unit, times in seconds since 1970-01-01 UTC, months in number since
/// year 0 (12 · year + month − 1). Of a period in which n epochs start, each of these yields `⌊amount / n⌋` and the
/// first of them the remainder too, so that they sum to the amount exactly.
/// @dev Epochs are counted on a grid that goes on before the policy's genesis: where a period had begun before the
/// genesis or the segment, only the epochs since then are paid, each as much as in a whole period. On the grid, an
/// epoch's number is its start divided by the epoch's length, rounded down. Twin: `dao/rewards/shapes/calendar.py`.
library Calendars {
    /// @notice The days of the shortest month: with an epoch no longer than this per month, one starts in each period.
    uint256 internal constant SHORTEST_MONTH = 28 days;

    /// @notice Days from 0000-03-01 to 1970-01-01, and in 400, 100, 4 years and in one.
    uint256 private constant DAYS_TO_1970 = 719_468;

    /// @notice What the epoch that starts at `start` yields, if its period yields `amount`, with `period` its number
    /// from 0 as `periodAt` gives it.
    function amountAt(
        uint256 amount,
        uint256 months,
        uint256 firstMonth,
        uint256 period,
        uint256 start,
        uint256 epochLength
    ) internal pure returns (uint256) {
        uint256 offset = start % epochLength;
        uint256 first = _firstEpoch(firstMonth + period * months, offset, epochLength);
        uint256 count = _firstEpoch(firstMonth + (period + 1) * months, offset, epochLength) - first;
        return amount / count + (start / epochLength == first ? amount % count : 0);
    }

    /// @notice The period that `timestamp` lies in; `begun` is false before the first.
    function periodAt(
        uint256 months,
        uint256 firstMonth,
        uint256 timestamp
    ) internal pure returns (bool begun, uint256 period) {
        uint256 month = monthAt(timestamp);
        return month < firstMonth ? (false, 0) : (true, (month - firstMonth) / months);
    }

    /// @notice Over the `epochs` epochs of which the first starts at `start`: the sum, the least and the greatest
    /// amount, each exact. `amounts` are those of the periods in order; before and after them there is nothing.
    function survey(
        uint256[] memory amounts,
        uint256 months,
        uint256 firstMonth,
        uint256 start,
        uint256 epochs,
        uint256 epochLength
    ) internal pure returns (uint256 total, uint256 minimum, uint256 maximum) {
        uint256 offset = start % epochLength;
        uint256 first = start / epochLength;
        uint256 until = first + epochs;
        uint256 begin = _firstEpoch(firstMonth, offset, epochLength);
        minimum = first < begin ? 0 : type(uint256).max;
        for (uint256 i = 0; i < amounts.length && begin < until; ++i) {
            uint256 end = _firstEpoch(firstMonth + (i + 1) * months, offset, epochLength);
            if (end > first) {
                uint256 each = amounts[i] / (end - begin);
                uint256 rest = amounts[i] % (end - begin);
                uint256 from = begin < first ? first : begin;
                uint256 paid = (end > until ? until : end) - from;
                if (begin < first) rest = 0;
                total += each * paid + rest;
                uint256 least = paid == 1 ? each + rest : each;
                if (least < minimum) minimum = least;
                if (each + rest > maximum) maximum = each + rest;
            }
            begin = end;
        }
        if (begin < until) minimum = 0;
    }

    /// @notice When the month `month` begins.
    /// @dev Days of a year that begins in March, where the leap day is the last: Gregorian, without end.
    function monthStart(uint256 month) internal pure returns (uint256) {
        uint256 year = (month - 2) / 12;
        uint256 inYear = (month - 2) % 12;
        return (365 * year + year / 4 - year / 100 + year / 400 + (153 * inYear + 2) / 5 - DAYS_TO_1970) * 1 days;
    }

    /// @notice The month that `timestamp` lies in.
    /// @dev 146,097 days are 400 years, 36,524 are 100 without their last leap day, 1,460 are 4 without theirs.
    function monthAt(uint256 timestamp) internal pure returns (uint256) {
        uint256 day = timestamp / 1 days + DAYS_TO_1970;
        uint256 era = day / 146_097;
        uint256 inEra = day % 146_097;
        uint256 year = (inEra - inEra / 1_460 + inEra / 36_524 - inEra / 146_096) / 365;
        uint256 inYear = inEra - (365 * year + year / 4 - year / 100);
        return 12 * (400 * era + year) + (5 * inYear + 2) / 153 + 2;
    }

    /// @dev Number, on the grid, of the first epoch that does not start before `month`.
    function _firstEpoch(uint256 month, uint256 offset, uint256 epochLength) private pure returns (uint256) {
        return (monthStart(month) + epochLength - 1 - offset) / epochLength;
    }
}
