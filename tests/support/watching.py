"""Turns of a watch over proposals, each reported in full."""

from __future__ import annotations

from dao.lifecycle.watch import Turn, Watch, begin
from tests.support.chain import Dao


def started(dao: Dao, *, since: int | None = None) -> Watch:
    watch = Watch(dao.session(), begin(dao.session(), since=since))
    turned(watch)
    return watch


def turned(watch: Watch) -> Turn:
    """One turn, all of it reported."""
    turn = watch.look()
    for fact in turn.facts:
        watch.told(fact)
    watch.settle(turn)
    return turn


def kinds(turn: Turn) -> list[str]:
    return [fact.kind.value for fact in turn.facts]


def mine(dao: Dao, blocks: int = 1) -> None:
    for _ in range(blocks):
        dao.connection.rpc("evm_mine")
