// SPDX-License-Identifier: Apache-2.0
// The shapes that a schedule is made of: which parameters are valid, and what each yields in an epoch.
pragma solidity ^0.8.35;

/// @title Schedules
/// @notice Amounts are in the token's smallest unit and fit 128 bits. A segment's shape counts from the segment's own
/// first epoch. Each shape states its rounding; `dao/rewards/schedule.py` is its twin, integer for integer.
library Schedules {
    /// @notice The shapes, with their parameters in order.
    /// Constant: `[amount]`, the same in every epoch.
    /// Table: `[every, amount₀, amount₁, …]`, each amount for `every` epochs; zero after the last one.
    /// Geometric: `[amount, numerator, denominator, every]`, multiplied by the ratio once every `every` epochs and
    /// rounded down at each step.
    enum Shape {
        Constant,
        Table,
        Geometric
    }

    /// @notice One shape, valid from `fromEpoch` until the next segment begins.
    struct Segment {
        uint32 fromEpoch;
        Shape shape;
        uint128[] params;
    }

    /// @notice The most steps that a geometric segment may need.
    uint256 internal constant MAX_STEPS = 512;

    /// @notice The most amounts that one table may hold.
    uint256 internal constant MAX_TABLE = 512;

    /// @notice A shape was given the wrong number of parameters; `expected` is the nearest number that it takes.
    error ScheduleParameterCount(Shape shape, uint256 given, uint256 expected);

    /// @notice Parameter number `index` is outside of `[minimum, maximum]`.
    error ScheduleParameterRange(Shape shape, uint256 index, uint256 value, uint256 minimum, uint256 maximum);

    /// @notice A geometric segment would need `steps` steps before the next segment begins, and is not zero by then.
    error ScheduleTooManySteps(uint32 fromEpoch, uint256 steps, uint256 maximum);

    /// @notice Reverts unless `segment` is well-formed when it is valid until `untilEpoch` (exclusive).
    function validate(Segment memory segment, uint256 untilEpoch) internal pure {
        uint128[] memory p = segment.params;
        if (segment.shape == Shape.Constant) {
            _count(segment.shape, p.length, 1);
        } else if (segment.shape == Shape.Table) {
            if (p.length < 2) revert ScheduleParameterCount(segment.shape, p.length, 2);
            if (p.length > MAX_TABLE + 1) revert ScheduleParameterCount(segment.shape, p.length, MAX_TABLE + 1);
            _range(segment.shape, 0, p[0], 1, type(uint32).max);
        } else {
            _count(segment.shape, p.length, 4);
            _range(segment.shape, 2, p[2], 2, type(uint32).max);
            _range(segment.shape, 1, p[1], 1, p[2] - 1);
            _range(segment.shape, 3, p[3], 1, type(uint32).max);
            uint256 steps = (untilEpoch - 1 - segment.fromEpoch) / p[3];
            if (steps > MAX_STEPS && geometric(p[0], p[1], p[2], MAX_STEPS) != 0) {
                revert ScheduleTooManySteps(segment.fromEpoch, steps, MAX_STEPS);
            }
        }
    }

    /// @notice What `segment` yields in `epoch`, which must not be before its first.
    function evaluate(Segment storage segment, uint32 epoch) internal view returns (uint256) {
        uint128[] storage p = segment.params;
        uint256 elapsed = epoch - segment.fromEpoch;
        if (segment.shape == Shape.Constant) {
            return p[0];
        }
        if (segment.shape == Shape.Table) {
            uint256 index = elapsed / p[0];
            return index < p.length - 1 ? p[index + 1] : 0;
        }
        return geometric(p[0], p[1], p[2], elapsed / p[3]);
    }

    /// @notice `amount` multiplied `steps` times by `numerator / denominator`, rounded down each time; zero from the
    /// step on at which it first is. Steps beyond `MAX_STEPS` are not taken: `validate` admits only segments that are
    /// zero by then, or end before.
    function geometric(
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

    function _count(Shape shape, uint256 given, uint256 expected) private pure {
        if (given != expected) revert ScheduleParameterCount(shape, given, expected);
    }

    function _range(Shape shape, uint256 index, uint256 value, uint256 minimum, uint256 maximum) private pure {
        if (value < minimum || value > maximum) {
            revert ScheduleParameterRange(shape, index, value, minimum, maximum);
        }
    }
}
