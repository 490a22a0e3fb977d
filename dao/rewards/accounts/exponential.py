"""The exponential function in integers, rounded down exactly.

Method: the argument is halved until it is at most 1/2, a Taylor series is summed in 2^-precision fixed point between
two bounds, and both bounds are squared back (R. P. Brent, "Fast multiple-precision evaluation of elementary
functions", J. ACM 23, 1976). If both bounds have the same floor, that is the answer, else the precision is doubled
(A. Ziv, "Fast evaluation of elementary mathematical functions with correctly rounded last bit", ACM TOMS 17, 1991).
That ends, because e to a rational power other than zero is transcendental and so never an integer part of WAD.
"""

from __future__ import annotations

from functools import lru_cache

from dao.errors import PolicyError
from dao.rewards.accounts.fixed import WAD

_VANISHES = 42 * WAD
"""exp(-42) < 10⁻¹⁸, so that from here on the floor is zero."""

_PRECISION = 192


@lru_cache(maxsize=4_096)
def exp_negative(exponent: int) -> int:
    """The floor of `WAD · e^(-exponent / WAD)`, for an exponent >= 0 in parts of WAD.

    Off from the real value by less than one part of WAD, never above it, and monotone: the floor of a monotone
    function. Raises PolicyError for a negative exponent.
    """
    if exponent < 0:
        raise PolicyError("the exponent is negative", expected="zero or more", found=exponent)
    if exponent == 0:
        return WAD
    if exponent >= _VANISHES:
        return 0
    precision = _PRECISION
    while True:
        low, high = bounds(exponent, precision)
        if low * WAD >> precision == high * WAD >> precision:
            return low * WAD >> precision
        precision *= 2


def bounds(exponent: int, precision: int) -> tuple[int, int]:
    """Integers `low <= 2^precision · e^(-exponent / WAD) <= high`, for 0 < exponent in parts of WAD.

    With t the halved argument, a term a[j] stands for 2^p · t^j / j!. It is below by e[j], where e[0] = 0 and
    e[j + 1] <= e[j] / 2 + 3 / 2 (t <= 1/2; a[j] <= 2^p times the rounding of t, below 2^-p and halved from the second
    term on; one for the division), hence e[j] <= 3. The series stops at the first term that is zero, whose real value
    and so the rest of the alternating series are at most 3. Each of n terms adds at most 3, so 3n + 3 bounds the sum.
    Squaring rounds the lower bound down and the upper bound up.
    """
    halvings = max(0, (2 * exponent // WAD).bit_length())
    scaled = (exponent << precision) // (WAD << halvings)
    total, term, count = 0, 1 << precision, 0
    while term:
        total += -term if count % 2 else term
        count += 1
        term = (term * scaled >> precision) // count
    slack = 3 * count + 3
    low, high = max(0, total - slack), min(1 << precision, total + slack)
    for _ in range(halvings):
        low = low * low >> precision
        high = -(-high * high >> precision)
    return low, high
