// SPDX-License-Identifier: Apache-2.0
// Amounts in a row, each for the same number of epochs.
pragma solidity ^0.8.35;

/// @title Tables
/// @notice Amounts are in the token's smallest unit; epochs are counted from the segment's first. Nothing is rounded.
/// Parameters are as `Schedules.Shape.Table` lists them: `every`, then the amounts.
/// @dev Twin: `dao/rewards/shapes/table.py`.
library Tables {
    /// @notice Over the epochs `[first, until)`, which must not be empty: the sum, the least and the greatest amount,
    /// each exact.
    function survey(
        uint128[] memory params,
        uint256 first,
        uint256 until
    ) internal pure returns (uint256 total, uint256 minimum, uint256 maximum) {
        uint256 every = params[0];
        uint256 count = params.length - 1;
        minimum = type(uint256).max;
        for (uint256 i = first / every; i < count && i * every < until; ++i) {
            uint256 begin = i * every;
            uint256 end = begin + every;
            if (begin < first) begin = first;
            if (end > until) end = until;
            uint256 amount = params[i + 1];
            total += amount * (end - begin);
            if (amount < minimum) minimum = amount;
            if (amount > maximum) maximum = amount;
        }
        if (until > count * every) minimum = 0;
    }
}
