"""Every word that a replayed life implies is the word in the contracts' storage."""

from __future__ import annotations

import pytest

from dao.events.decode import decode_log
from dao.events.log import RawLog
from dao.events.model import (
    DelegateChanged,
    ProposalThresholdSet,
    QuorumNumeratorUpdated,
    RoleGranted,
    RoleRevoked,
    Transfer,
)
from dao.proving.layout import Slot
from dao.proving.slots import slots
from dao.proving.state import contract_names
from dao.replay.replay import replay
from tests.support.history import Dao
from tests.support.lives import random_life
from tests.support.paying import Funding

SEEDS = (0, 1, 29)
"""In the last life a queued proposal is cancelled, and an expired one purged."""

STEPS = 150


def differing(dao: Dao, expected: list[Slot]) -> list[str]:
    """What the EVM has another word of, within the mask."""
    found = []
    for slot in expected:
        word = dao.chain.evm.storage(slot.account, int.from_bytes(slot.key, "big"))
        mask = int.from_bytes(slot.mask, "big")
        if word & mask != int.from_bytes(slot.expected, "big") & mask:
            found.append(f"{slot.what}: expected 0x{slot.expected.hex()}, found {word:#066x}")
    return found


@pytest.mark.parametrize("funding", [None, "mint", "treasury"])
@pytest.mark.parametrize("seed", SEEDS)
def test_random_lives(seed: int, funding: Funding | None) -> None:
    dao = random_life(seed, STEPS, funding)
    expected = list(slots(dao.replay(), dao.chain.timestamp))
    assert len(expected) > 100
    assert differing(dao, expected) == []


def without_effect(dao: Dao, log: RawLog) -> bool:
    """Whether a log leaves every word of storage as it is, or one that no slot lists."""
    event = decode_log(log, contract_names(dao.replay())[log.address])
    match event:
        case Transfer():
            return event.value == 0 or event.source == event.to
        case DelegateChanged():
            return event.from_delegate == event.to_delegate
        case QuorumNumeratorUpdated() | ProposalThresholdSet():
            return set(vars_of(event)) == {0}
        case RoleGranted() | RoleRevoked():
            return event.account in dao.holders
        case _:
            return False


def vars_of(event: QuorumNumeratorUpdated | ProposalThresholdSet) -> tuple[int, int]:
    if isinstance(event, QuorumNumeratorUpdated):
        return event.old_quorum_numerator, event.new_quorum_numerator
    return event.old_proposal_threshold, event.new_proposal_threshold


@pytest.mark.parametrize(("seed", "funding"), [(1, "mint"), (2, "treasury")])
def test_no_log_can_be_left_out(seed: int, funding: Funding) -> None:
    """Without any one log that mattered, the logs contradict each other or the state."""
    dao = random_life(seed, 100, funding)
    logs, missed = list(dao.logs), 0
    assert len({type(decode_log(log, contract_names(dao.replay())[log.address])) for log in logs}) > 20
    for index, log in enumerate(logs):
        state = replay(logs[:index] + logs[index + 1 :], dao.addresses)
        caught = bool(state.ledger.disagreements) or differing(dao, list(slots(state, dao.chain.timestamp))) != []
        caught |= sum(state.token.balances.values()) != state.token.supply.latest()
        missed += not caught
        assert caught or without_effect(dao, log), decode_log(log, contract_names(dao.replay())[log.address])
    assert missed < len(logs) // 4
