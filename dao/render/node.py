"""The local node's status for a person or a program, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dao.chain.node import NodeStatus
from dao.render.console import show, show_json
from dao.render.text import plain


def show_node(status: NodeStatus | None, *, json: bool) -> None:
    """Prints whether a node runs, and where."""
    if json:
        running = status is not None and status.running
        document: dict[str, Any] = {"running": running}
        if status is not None and running:
            document |= {"url": status.url, "pid": status.pid, "block": status.block}
        show_json(document)
    elif status is None:
        show("no local node runs; start one with `dao node start`")
    elif not status.running:
        show(f"the local node (process {status.pid}) has ended; start it again with `dao node start`")
    else:
        block = "does not answer yet" if status.block is None else f"block {status.block}"
        show(f"local node at {status.url}, process {status.pid}, {block}")


def show_stopped(status: NodeStatus | None, *, json: bool) -> None:
    """Prints what stopping did; `status` is the node as it was before."""
    if json:
        show_json({"running": False, "stopped": status is not None and status.running})
    else:
        kept = "; its chain is kept for the next `dao node start`" if status is not None else ""
        show(f"{_ended(status)}{kept}")


def show_reset(status: NodeStatus | None, removed: Sequence[Path], *, json: bool) -> None:
    """Prints what resetting did: the node as it was before, and the files that are gone."""
    if json:
        stopped = status is not None and status.running
        show_json({"running": False, "stopped": stopped, "removed": [str(path) for path in removed]})
    else:
        gone = ", ".join(map(str, removed))
        show(plain(f"{_ended(status)}; {f'removed {gone}' if gone else 'there was no chain to remove'}"))


def _ended(status: NodeStatus | None) -> str:
    if status is None or not status.running:
        return "no local node was running"
    return f"stopped the local node at {status.url}, process {status.pid}"
