// SPDX-License-Identifier: Apache-2.0
// An amount that rises or falls by the same step every epoch, between a floor and a cap.
pragma solidity ^0.8.35;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Ramps
/// @notice Amounts are in the token's smallest unit, `slope` is that unit per epoch; epochs are counted from the
/// segment's first. `start` may lie outside of `[floor, cap]`: the ramp then stays at the nearer one until it enters.
/// Nothing is rounded.
/// @dev Parameters are as `Schedules.Shape.Ramp` lists them: start, slope, rising, floor, cap. Twin:
/// `dao/rewards/shapes/ramp.py`.
library Ramps {
    /// @notice What epoch number `index` yields.
    function amountAt(uint128[] memory params, uint256 index) internal pure returns (uint256) {
        uint256 moved = params[1] * index;
        uint256 amount = params[2] != 0 ? params[0] + moved : Math.saturatingSub(params[0], moved);
        return Math.min(Math.max(amount, params[3]), params[4]);
    }

    /// @notice Sum over the first `epochs` epochs; exact, in closed form.
    /// @dev The epochs are three groups: those at the bound that the ramp comes from, those on the line, those at the
    /// bound that it goes to.
    function sum(uint128[] memory params, uint256 epochs) internal pure returns (uint256) {
        (uint256 start, uint256 slope) = (params[0], params[1]);
        if (slope == 0) return amountAt(params, 0) * epochs;
        bool rising = params[2] != 0;
        (uint256 from, uint256 to) = rising ? (params[3], params[4]) : (params[4], params[3]);
        uint256 entered = _stepsUntil(start, from, slope, rising, true);
        uint256 left = _stepsUntil(start, to, slope, rising, false);
        if (entered > epochs) entered = epochs;
        if (left > epochs) left = epochs;
        if (left < entered) left = entered;
        uint256 line = left - entered;
        // The numbers of the epochs on the line sum to the mean of the first and the last, times how many they are.
        uint256 moved = line == 0 ? 0 : slope * ((line * (entered + left - 1)) / 2);
        uint256 onLine = rising ? start * line + moved : start * line - moved;
        return from * entered + onLine + to * (epochs - left);
    }

    /// @dev How many epochs pass until the line from `start` reaches `bound`, or with `beyond` until it is past it.
    function _stepsUntil(
        uint256 start,
        uint256 bound,
        uint256 slope,
        bool rising,
        bool beyond
    ) private pure returns (uint256) {
        (uint256 low, uint256 high) = rising ? (start, bound) : (bound, start);
        if (low > high) return 0;
        return beyond ? (high - low) / slope + 1 : Math.ceilDiv(high - low, slope);
    }
}
