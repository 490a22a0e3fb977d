"""A node that lies about logs, about one alone or about one of every kind, and agrees with itself whatever is asked."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.lies import LISTS, flipped
from tests.support.lying import Came, Honest, Node, Outcome, Told, lied_about, outcome, require

LOGS = "eth_getLogs"
Log = dict[str, Any]
Change = Callable[[Log], list[Log]]
"""From a log to what stands in its place: nothing, another one, several."""


def logs_of(node: Node) -> list[Log]:
    """All logs of the deployment's contracts, in order."""
    addresses = node.dao.deployment.addresses
    asked = {
        "address": [getattr(addresses, name) for name in ("token", "timelock", "governor", "policy", "distributor")],
        "fromBlock": "0x0",
        "toBlock": hex(node.end),
    }
    logs: list[Log] = node.answer(LOGS, [asked])
    return logs


def everywhere(target: Log, change: Change) -> Callable[[Any], Any]:
    """The lie about one log in every answer that has it."""

    def lie(logs: Any) -> Any:
        if target not in logs:
            return None
        return [entry for log in logs for entry in (change(dict(log)) if log == target else [log])]

    return lie


def a_field(name: str, value: Callable[[Any], Any] = flipped) -> Change:
    return lambda log: [{**log, name: value(log[name])}]


LIES: dict[str, tuple[Change, Came]] = {
    "left out": (lambda log: [], Came.FOUND),
    "twice": (lambda log: [log, log], Came.REFUSED),
    "address": (a_field("address"), Came.REFUSED),
    "data": (a_field("data"), Came.FOUND),
    "data cut": (a_field("data", lambda text: text[:-64]), Came.FOUND),
    "data longer": (a_field("data", lambda text: text + "00" * 32), Came.FOUND),
    "blockHash": (a_field("blockHash"), Came.REFUSED),
    "blockNumber": (a_field("blockNumber", lambda text: hex(int(text, 16) - 1)), Came.REFUSED),
    "transactionHash": (a_field("transactionHash"), Came.REFUSED),
    "transactionIndex": (a_field("transactionIndex", lambda text: hex(int(text, 16) + 1)), Came.REFUSED),
    "logIndex": (a_field("logIndex", lambda text: hex(int(text, 16) + 70)), Came.FOUND),
    "topic": (a_field("topics", lambda topics: [flipped(topics[0])]), Came.FOUND),
    "topics more": (a_field("topics", lambda topics: [*topics, topics[0]]), Came.FOUND),
    "no topics": (a_field("topics", lambda topics: []), Came.FOUND),
    "removed": (lambda log: [{**log, "removed": True}], Came.REFUSED),
}


@pytest.mark.parametrize("name", LIES)
def test_the_log_of_a_proposal(node: Node, honest: Honest, tmp_path: Path, name: str) -> None:
    """It has one topic, names its transaction, and nothing of its text is in any other log."""
    created = [log for log in logs_of(node) if len(log["topics"]) == 1 and len(log["data"]) > 1_200]
    change, came = LIES[name]
    require(node, honest, tmp_path / "evidence", Told(LOGS, everywhere(created[-1], change), came))


@pytest.mark.parametrize(
    ("name", "came"),
    [("dropped", Came.REFUSED), ("doubled", Came.REFUSED), ("swapped", Came.HONEST), ("cut", Came.REFUSED)],
)
def test_a_list_that_depends_on_the_question(node: Node, honest: Honest, tmp_path: Path, name: str, came: Came) -> None:
    """The one in the middle of each answer: in halves of the same blocks it is another one."""
    require(node, honest, tmp_path / "evidence", Told(LOGS, LISTS[name], came))


def test_no_logs_at_all(node: Node, honest: Honest, tmp_path: Path) -> None:
    require(node, honest, tmp_path / "evidence", Told(LOGS, lambda logs: [], Came.FOUND, at_end=True))


# ------------------------------------------------------------ logs of every kind


def left_out(logs: list[Log], log: Log) -> Change | None:
    return lambda one: []


def once_more(logs: list[Log], log: Log) -> Change | None:
    """Again at the end of its block, as if it had happened twice."""
    last = max(int(one["logIndex"], 16) for one in logs if one["blockNumber"] == log["blockNumber"])
    return lambda one: [one, {**one, "logIndex": hex(last + 1)}]


def later(logs: list[Log], log: Log) -> Change | None:
    """At the end of its block, as if it had happened after the others; None where it is the last."""
    last = max(int(one["logIndex"], 16) for one in logs if one["blockNumber"] == log["blockNumber"])
    return None if int(log["logIndex"], 16) == last else lambda one: [{**one, "logIndex": hex(last + 1)}]


def elsewhere(logs: list[Log], log: Log) -> Change | None:
    """In the block of the next log, as if it had happened later."""
    place = next((one for one in logs if one["blockNumber"] > log["blockNumber"]), None)
    if place is None:
        return None
    names = ("blockNumber", "blockHash", "transactionHash", "transactionIndex", "blockTimestamp")
    moved = {name: place[name] for name in names if name in place}
    return lambda one: [{**one, **moved, "logIndex": "0x40"}]


WAYS = (left_out, once_more, later, elsewhere)


def test_a_log_of_every_kind(node: Node, honest: Honest, tmp_path: Path) -> None:
    """Left out, once more, later in its block or in another one: each is found with its block, or refused.

    Where a block has no other log, its receipts are not in the bundle: then the state at the end contradicts, and that
    no log is missing is not proved. With LIES_EXAMPLES every kind is told about in every way, otherwise each in one.
    """
    logs = logs_of(node)
    kinds = {(log["address"], log["topics"][0]): log for log in logs}
    assert len(kinds) > 30
    wrong: dict[str, Outcome] = {}
    for place, (kind, log) in enumerate(kinds.items()):
        ways = [way for way in WAYS if way(logs, log) is not None]
        for way in ways if "LIES_EXAMPLES" in os.environ else [ways[place % len(ways)]]:
            change = way(logs, log)
            assert change is not None
            lie = everywhere(log, change)
            blocks: set[int] = set()

            def answer(method: str, params: list[Any], lie: Any = lie, blocks: set[int] = blocks) -> Any:
                real = node.answer(method, params)
                changed = lie(real) if method == LOGS else None
                if changed is None:
                    return real
                blocks.update(lied_about(node, method, params, real, changed))
                return changed

            seen = outcome(node, honest, tmp_path / f"{place}-{way.__name__}", answer)
            assert blocks
            named = blocks | ({node.end} if "no log is missing" in seen.weaker else set())
            if seen.came is not Came.REFUSED and not (seen.came is Came.FOUND and named & seen.blocks):
                wrong[f"{way.__name__} {kind}"] = seen
    assert wrong == {}
