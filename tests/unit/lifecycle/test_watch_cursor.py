"""A watch goes on where the last one ended, from a file that is checked before it is trusted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dao.errors import FileError, WrongChain
from dao.lifecycle.watch import Kind, Position, Watch, load_cursor, save_cursor
from tests.support.chain import (
    ACCOUNTS,
    RAISE,
    VOTING_DELAY,
    Dao,
)
from tests.support.watching import started, turned

FIRST, SECOND = ACCOUNTS[:2]


def test_a_restart(dao: Dao, tmp_path: Path) -> None:
    path = tmp_path / "cursor.json"
    watch = started(dao)
    first = dao.submit()
    turned(watch)
    save_cursor(path, dao.deployment, watch.position)
    second = dao.submit(RAISE, proposer=SECOND)
    dao.advance(VOTING_DELAY + 1)
    kept = load_cursor(path, dao.deployment)
    assert kept == watch.position
    again = Watch(dao.session(), kept)
    turn = again.look()
    assert [(fact.kind, fact.proposal_id) for fact in turn.facts if fact.kind is Kind.PROPOSED] == [
        (Kind.PROPOSED, second.proposal_id)
    ]
    assert sorted(fact.proposal_id for fact in turn.facts if fact.kind is Kind.OPENED) == sorted(
        (first.proposal_id, second.proposal_id)
    )
    # It is ended in the middle of the turn: what was told is not told again, and what was not is.
    again.told(turn.facts[0])
    save_cursor(path, dao.deployment, again.position)
    kept = load_cursor(path, dao.deployment)
    assert kept is not None
    third = Watch(dao.session(), kept)
    assert turned(third).facts == turn.facts[1:]
    assert path.with_name(path.name + ".tmp").exists() is False


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"format": 2}',
        b'{"format": 1, "chain_id": 31337, "governor": "x", "marks": [], "reported": []}',
        b'{"format": 1, "chain_id": 31337, "governor": "x", "marks": [[1, 1, "0x12"]], "reported": []}',
        b"[" * 100_000,
    ],
)
def test_a_cursor_that_is_damaged(dao: Dao, tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "cursor.json"
    path.write_bytes(damage)
    with pytest.raises(FileError, match="is damaged"):
        load_cursor(path, dao.deployment)


def test_a_cursor_of_another_deployment(dao: Dao, tmp_path: Path) -> None:
    path = tmp_path / "cursor.json"
    save_cursor(path, dao.deployment, Position((dao.connection.block(),)))
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, "chain_id": 1}), encoding="utf-8")
    with pytest.raises(WrongChain):
        load_cursor(path, dao.deployment)


def test_a_cursor_that_cannot_be_written(dao: Dao, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be written"):
        save_cursor(tmp_path / "none" / "cursor.json", dao.deployment, Position((dao.connection.block(),)))
