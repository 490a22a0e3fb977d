"""Amounts, epochs and reverts in the words of one deployment: tokens instead of wei, dates instead of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dao.chain.reverts import reworded
from dao.document.moments import moment, roughly
from dao.document.quantities import Units, format_share
from dao.errors import CallReverted
from dao.lifecycle.journal import Deployment
from dao.rewards.policy import Policy
from dao.types import BASIS_POINTS

NAME_IT = "name who will submit it with --proposer ADDRESS to have this checked"
"""What is said where something depends on a proposer who was not named."""


def amount(value: int, deployment: Deployment) -> str:
    """`value`, in the smallest unit, in the deployment's token, such as `15_000 RWD`."""
    return str(Units(deployment.symbol, deployment.decimals).amount(value))


def epoch(number: int, policy: Policy, *, now: int) -> str:
    """`epoch 3, which begins 2026-12-07T00:00:00Z`; `now` (seconds) tells what has begun."""
    start = policy.start_of(number)
    return f"epoch {number}, which {'begins' if start > now else 'began'} {moment(start)}"


@contextmanager
def reverts_in_units(deployment: Deployment) -> Iterator[None]:
    """Words every CallReverted that passes with amounts in the token's unit and moments in UTC."""
    try:
        yield
    except CallReverted as error:
        kinds = _KINDS.get(error.error, {})
        shown = {
            name: _WORDS[kind](value, deployment)
            for name, kind in kinds.items()
            if isinstance(value := error.arguments.get(name), int)
        }
        raise (reworded(error, shown) if shown else error) from None


def _share(value: int, _: Deployment) -> str:
    return format_share(value) if 0 <= value <= BASIS_POINTS else f"{value // 100}.{value % 100:02d}%"


_WORDS: dict[str, Callable[[int, Deployment], str]] = {
    "amount": amount,
    "moment": lambda value, _: moment(value),
    "span": lambda value, _: roughly(value),
    "share": _share,
}

# What the values of the contracts' errors are, by the error's name and the value's.
_KINDS: dict[str, dict[str, str]] = {
    "ERC20ExceededSafeSupply": {"increasedSupply": "amount", "cap": "amount"},
    "ERC20InsufficientAllowance": {"allowance": "amount", "needed": "amount"},
    "ERC20InsufficientBalance": {"balance": "amount", "needed": "amount"},
    "ERC2612ExpiredSignature": {"deadline": "moment"},
    "ERC5805FutureLookup": {"timepoint": "moment", "clock": "moment"},
    "GovernorExceedRemainingWeight": {"usedVotes": "amount", "remainingWeight": "amount"},
    "GovernorInsufficientProposerVotes": {"votes": "amount", "threshold": "amount"},
    "GovernorInvalidGracePeriod": {"gracePeriod": "span"},
    "GovernorInvalidQuorumFraction": {"quorumNumerator": "share", "quorumDenominator": "share"},
    "GovernorInvalidVotingPeriod": {"votingPeriod": "span"},
    "GovernorPreventLateQuorumVoteExtensionTooLarge": {"newVoteExtension": "span", "maxVoteExtension": "span"},
    "RewardDistributorAboveEmission": {"total": "amount", "left": "amount"},
    "RewardDistributorAboveTotal": {"amount": "amount", "left": "amount"},
    "RewardDistributorClaimPeriodTooShort": {"claimPeriod": "span", "minimum": "span"},
    "RewardDistributorExpiredSignature": {"deadline": "moment"},
    "RewardDistributorLapsed": {"lapsesAt": "moment"},
    "RewardDistributorNotLapsed": {"lapsesAt": "moment"},
    "RewardDistributorNotOpen": {"opensAt": "moment"},
    "RewardDistributorUnderfunded": {"expected": "amount", "received": "amount"},
    "RewardDistributorWindowOver": {"windowEndsAt": "moment"},
    "RewardPolicyBeforeGenesis": {"timestamp": "moment", "genesis": "moment"},
    "TimelockInsufficientDelay": {"delay": "span", "minDelay": "span"},
    "VotesExpiredSignature": {"expiry": "moment"},
}
