"""Which tier the governor gives to calls, and which functions it lists below the highest."""

from __future__ import annotations

from collections.abc import Sequence

from dao import artifacts
from dao.chain.connection import Block
from dao.chain.logs import fetch
from dao.errors import ProposalError
from dao.events.decode import decode_log
from dao.events.model import SelectorTierSet
from dao.lifecycle.session import Session
from dao.tiers import SELECTOR_LENGTH, Tier, highest_tier
from dao.types import Address, Call

Function = tuple[Address, bytes]
"""A contract and a selector (4 bytes)."""


def tier_of(session: Session, calls: Sequence[Call], block: Block) -> Tier:
    """The tier that a proposal of `calls` gets if it is made right after `block`."""
    asked = list(dict.fromkeys((call.target, call.calldata[:SELECTOR_LENGTH]) for call in calls))
    asked = [function for function in asked if len(function[1]) == SELECTOR_LENGTH]
    answers = session.contracts.governor.tiers(asked, block=block.number)
    tiers = dict(zip(asked, answers, strict=True))
    own = (session.deployment.addresses.governor, session.deployment.addresses.timelock)
    return highest_tier(calls, listed=lambda target, selector: tiers[target, selector], own=own)


def listed(session: Session, block: Block) -> dict[Function, Tier]:
    """Every function below the highest tier, by the logs up to `block`.

    Raises ProposalError when the node answers with other logs than it was asked for.
    """
    logs = fetch(
        session.connection,
        [session.deployment.addresses.governor],
        from_block=session.deployment.start_block,
        to_block=block.number,
        topics=[artifacts.load("RewardGovernor").abi.event("SelectorTierSet").hash],
    )
    functions: dict[Function, Tier] = {}
    for log in logs:
        event = decode_log(log, "RewardGovernor")
        if not isinstance(event, SelectorTierSet) or event.tier not in list(Tier):
            raise ProposalError(
                "the node answered with another event than it was asked for", found=type(event).__name__
            )
        functions[event.target, event.selector] = Tier(event.tier)
    return {function: tier for function, tier in functions.items() if tier is not Tier.CONSTITUTIONAL}
