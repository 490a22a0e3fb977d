"""A change is explained by the executed call that makes it, and by no other call of the same transaction."""

from __future__ import annotations

import pytest

from dao.abi import checksum
from dao.artifacts import load
from dao.errors import CodecError
from dao.events.decode import Place
from dao.events.model import CallExecuted
from dao.replay.authority import explain, require_effect, settle_effects
from dao.replay.ledger import Rule
from dao.replay.state import GovernanceState
from dao.types import Addresses

TOKEN, TIMELOCK, GOVERNOR, POLICY = (checksum(bytes([number]) * 20) for number in range(1, 5))
ADDRESSES = Addresses(token=TOKEN, timelock=TIMELOCK, governor=GOVERNOR, policy=POLICY)
PLACE = Place(block=7, timestamp=70, transaction=b"\x07" * 32, log_index=3)
CALL = load("RewardGovernor").abi.function("setVotingDelay").encode_call(60)
OTHER = load("RewardGovernor").abi.function("setVotingDelay").encode_call(61)


@pytest.fixture
def state() -> GovernanceState:
    """A history in which the governor just got another voting delay."""
    made = GovernanceState(ADDRESSES)
    calls = [("setVotingDelay", (60,)), ("setVotingDelay", (59,))]
    require_effect(made, Rule.SETTING, "voting delay", GOVERNOR, calls, PLACE)
    return made


def executed(target: str, data: bytes) -> CallExecuted:
    return CallExecuted(b"\x01" * 32, 0, checksum(target), 0, data)


def test_the_call_that_makes_it_explains_it(state: GovernanceState) -> None:
    explain(state, executed(GOVERNOR, CALL), TIMELOCK, PLACE)
    settle_effects(state)
    assert state.ledger.disagreements == []
    assert state.ledger.compared[Rule.SETTING] == 1


@pytest.mark.parametrize(
    ("target", "data"),
    [(GOVERNOR, OTHER), (GOVERNOR, CALL + b"\0"), (TOKEN, CALL), (None, CALL)],
)
def test_no_other_call_does(state: GovernanceState, target: str | None, data: bytes) -> None:
    if target is not None:
        explain(state, executed(target, data), TIMELOCK, PLACE)
    settle_effects(state)
    [found] = state.ledger.disagreements
    assert (found.rule, found.subject, found.place) == (Rule.SETTING, "voting delay", PLACE)
    assert "0x" + CALL.hex() in found.expected
    assert "none in this transaction" in found.found
    # What a transaction left open is not open in the next one.
    settle_effects(state)
    assert len(state.ledger.disagreements) == 1


def test_one_call_explains_one_change(state: GovernanceState) -> None:
    require_effect(state, Rule.SETTING, "again", GOVERNOR, [("setVotingDelay", (60,))], PLACE)
    explain(state, executed(GOVERNOR, CALL), TIMELOCK, PLACE)
    settle_effects(state)
    assert [found.subject for found in state.ledger.disagreements] == ["again"]


def test_a_change_that_no_call_can_make_is_said_at_once(state: GovernanceState) -> None:
    require_effect(state, Rule.SETTING, "other", GOVERNOR, [("setVotingDelay", (2**48,))], PLACE)
    [found] = state.ledger.disagreements
    assert (found.subject, found.expected) == ("other", "a value that fits the call")
    with pytest.raises(CodecError):
        load("RewardGovernor").abi.function("setVotingDelay").encode_call(2**48)
