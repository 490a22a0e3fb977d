"""Property: the replay over columns comes to what the specification comes to, of honest logs and of any others."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace as with_changes
from typing import Any

import pyarrow as pa
import pytest

from bench.parts.history import QUICK, History
from dao.artifacts import load
from dao.engine import replay as engine
from dao.engine.replay import replay_columns, replay_raw
from dao.engine.walk import Walk
from dao.errors import ReplayError
from dao.events.log import RawLog
from dao.events.model import GOVERNOR, TOKEN
from dao.evidence.logs import from_raw, to_raw
from dao.replay.replay import replay
from dao.types import Addresses
from tests.support.decoding import decoded_once
from tests.support.lives import random_life
from tests.support.same import differences

EXAMPLES = int(os.environ.get("ENGINE_EXAMPLES", "60"))
"""How many ways of tampering are tried with each history; set ENGINE_EXAMPLES to try more."""


def compare(logs: Sequence[RawLog], addresses: Addresses, *, rows: int, tables: int = 1) -> int:
    """Asserts that both replays come to the same, and returns how many disagreements they have."""
    table = from_raw(logs)
    size = -(-len(logs) // tables)
    parts = [table.slice(start, size) for start in range(0, len(logs), size)]
    try:
        expected = replay(logs, addresses)
    except ReplayError as error:
        with pytest.raises(ReplayError) as raised:
            replay_columns(lambda: parts, addresses, chunk_rows=rows)
        assert str(raised.value) == str(error)
        return 1
    assert differences(expected, replay_columns(lambda: parts, addresses, chunk_rows=rows)) == []
    return len(expected.ledger.disagreements)


@pytest.fixture(autouse=True, scope="module")
def quick() -> Iterator[None]:
    with decoded_once():
        yield


@pytest.fixture(scope="module")
def history() -> tuple[list[RawLog], Addresses]:
    """Some thousand logs of many accounts and ballots, behind a life of every kind of event."""
    made = History(3, accounts=120, delegates=30, pace=QUICK)
    return [log for table in made.batches(5_000) for log in to_raw(table)], made.addresses


@pytest.mark.parametrize("rows", [1, 7, 500, 2**17])
def test_chunks_of_any_size_come_to_the_same(history: tuple[list[RawLog], Addresses], rows: int) -> None:
    logs, addresses = history
    if rows < 100:
        end = next(n for n in range(1_500, len(logs)) if logs[n].transaction_hash != logs[n - 1].transaction_hash)
        logs = logs[:end]
    assert compare(logs, addresses, rows=rows, tables=3) == 0


def test_an_honest_history_is_followed_by_columns(
    history: tuple[list[RawLog], Addresses], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its speed is nobody's promise otherwise: what columns leave to the specification comes to the same."""
    logs, addresses = history
    alone = 0

    def counted(original: Callable[..., None]) -> Callable[..., None]:
        def followed(*arguments: Any) -> None:
            nonlocal alone
            alone += 1
            original(*arguments)

        return followed

    monkeypatch.setattr(engine, "step", counted(engine.step))
    monkeypatch.setattr(Walk, "_step", counted(Walk._step))
    replay_raw(logs, addresses)
    assert 0 < alone < len(logs) // 20


@pytest.mark.parametrize("funding", [None, "mint", "treasury"])
@pytest.mark.parametrize("seed", range(4))
def test_lives_of_the_contracts_come_to_the_same(seed: int, funding: str | None) -> None:
    life = random_life(seed, 300, funding)  # type: ignore[arg-type]
    assert compare(life.logs, life.addresses, rows=40) == 0


def test_tampered_lives_come_to_the_same() -> None:
    """Every way of tampering, anywhere in a life; most of them are found, and none crashes."""
    life = random_life(11, 260, "mint")
    rng = random.Random(5)
    found = sum(compare(tampered(life.logs, rng), life.addresses, rows=30) > 0 for _ in range(EXAMPLES))
    assert found > EXAMPLES // 2


def test_tampered_histories_come_to_the_same(history: tuple[list[RawLog], Addresses]) -> None:
    """The same among many transfers and ballots, where columns do the work before and after."""
    logs, addresses = history
    rng = random.Random(6)
    found = 0
    for _ in range(EXAMPLES // 3):
        start = len(logs) - rng.randrange(2_500, 3_000)
        changed = logs[:start] + tampered(logs[start:], rng)
        found += compare(changed, addresses, rows=400) > 0
    assert found > EXAMPLES // 6


def tampered(logs: Sequence[RawLog], rng: random.Random) -> list[RawLog]:
    """The logs with one lie in them."""
    changed = list(logs)
    place = rng.randrange(len(changed))
    log = changed[place]
    match rng.randrange(9):
        case 0:
            del changed[place]
        case 1:
            changed.insert(place, log)
        case 2:
            other = rng.randrange(len(changed))
            changed[place], changed[other] = changed[other], log
        case 3 | 4:
            changed[place] = with_changes(log, data=altered(log.data, rng))
        case 5:
            at = rng.randrange(len(log.topics))
            topics = (*log.topics[:at], altered(log.topics[at], rng), *log.topics[at + 1 :])
            changed[place] = with_changes(log, topics=topics)
        case 6:
            topics = log.topics[: rng.randrange(len(log.topics))] if rng.random() < 0.5 else (*log.topics, bytes(32))
            changed[place] = with_changes(log, topics=topics[:4])
        case 7:
            data = log.data + bytes(rng.choice((1, 31, 32))) if rng.random() < 0.5 else log.data[: -rng.choice((1, 32))]
            changed[place] = with_changes(log, data=data)
        case _:
            # Another's contents in this one's place.
            other_log = rng.choice(changed)
            changed[place] = with_changes(log, topics=other_log.topics, data=other_log.data, address=other_log.address)
    return changed


def altered(data: bytes, rng: random.Random) -> bytes:
    """One byte is another, mostly the last of a word, sometimes the first."""
    if not data:
        return b"\x01"
    at = min(32 * rng.randrange(-(-len(data) // 32)) + rng.choice((31, 31, 0)), len(data) - 1)
    return data[:at] + bytes([data[at] ^ rng.choice((1, 0x80, 0xFF))]) + data[at + 1 :]


def test_amounts_without_room_in_columns_come_to_the_same(history: tuple[list[RawLog], Addresses]) -> None:
    """A token may count in far smaller units than columns have room for; then the specification does it all."""
    logs, addresses = history
    token = [index for index, log in enumerate(logs) if log.address == addresses.token and len(log.data) == 32]
    huge = with_changes(logs[token[40]], data=(2**200).to_bytes(32, "big"))
    changed = [*logs[: token[40]], huge, *logs[token[40] + 1 : 2_000]]
    assert compare(changed, addresses, rows=200) > 0


def test_no_logs_at_all_are_a_history(history: tuple[list[RawLog], Addresses]) -> None:
    _, addresses = history
    empty = from_raw([])
    assert isinstance(empty, pa.Table)
    assert differences(replay([], addresses), replay_columns(lambda: [empty], addresses)) == []


FOLLOWED = {
    TOKEN: ("Transfer", "DelegateChanged", "DelegateVotesChanged"),
    GOVERNOR: ("VoteCast", "VoteCastWithParams"),
}
"""The events that columns follow."""


@pytest.mark.parametrize(
    ("contract", "name"), [(contract, name) for contract, names in FOLLOWED.items() for name in names]
)
def test_every_part_of_a_log_that_columns_follow_is_compared(
    history: tuple[list[RawLog], Addresses], contract: str, name: str
) -> None:
    """Each topic, each word, and the transaction, of logs among many others that agree."""
    logs, addresses = history
    topic = load(contract).abi.event(name).hash
    places = [place for place, log in enumerate(logs) if log.topics[0] == topic and 700 < place < 3_000]
    for place in random.Random(7).sample(places[:12], 2):
        log, rest = logs[place], logs[place + 1 : place + 40]
        changes = [
            with_changes(log, topics=(*log.topics[:at], flipped(log.topics[at]), *log.topics[at + 1 :]))
            for at in range(1, len(log.topics))
        ]
        changes += [
            with_changes(log, data=log.data[:at] + flipped(log.data[at : at + 32]) + log.data[at + 32 :])
            for at in range(0, len(log.data), 32)
        ]
        changes.append(with_changes(log, transaction_hash=flipped(log.transaction_hash)))
        found = [compare([*logs[:place], one, *rest], addresses, rows=300) for one in changes]
        assert any(found)


def flipped(word: bytes) -> bytes:
    return word[:-1] + bytes([word[-1] ^ 1])


def test_logs_that_have_no_room_in_columns_come_to_the_same(history: tuple[list[RawLog], Addresses]) -> None:
    logs, addresses = history
    for changed in (logs[:900], [*logs[:899], with_changes(logs[899], timestamp=2**300)]):
        assert differences(replay(changed, addresses), replay_raw(changed, addresses)) == []
