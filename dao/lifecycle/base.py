"""The hash of the reward policy as of a past block, from the logs: a node may have forgotten that block's state."""

from __future__ import annotations

from dao import artifacts
from dao.chain.logs import fetch
from dao.errors import ReplayError
from dao.events.decode import decode_log
from dao.events.model import (
    BudgetSet,
    ParametersSet,
    PolicyCreated,
    RailSet,
    ReporterSet,
    ScheduleSet,
    SplitSet,
    StreamAdded,
    WeightsSet,
)
from dao.lifecycle.session import Session

_CHANGES = (
    PolicyCreated,
    StreamAdded,
    ScheduleSet,
    SplitSet,
    BudgetSet,
    WeightsSet,
    ParametersSet,
    ReporterSet,
    RailSet,
)


def policy_hash_at(session: Session, block: int) -> bytes:
    """`RewardPolicy.policyHash` at the end of `block`: what the last change until then logged, 32 bytes.

    Raises ReplayError when no change was logged until then: the policy did not exist.
    """
    abi = artifacts.load("RewardPolicy").abi
    logs = fetch(
        session.connection,
        [session.deployment.addresses.policy],
        from_block=session.deployment.start_block,
        to_block=block,
        topics=[abi.event(change.__name__).hash for change in _CHANGES],
    )
    for log in reversed(logs):
        event = decode_log(log, "RewardPolicy")
        if isinstance(event, _CHANGES):
            return event.policy_hash
    raise ReplayError("the reward policy has no logs", expected="its creation", found=f"none until block {block}")
