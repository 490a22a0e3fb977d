"""The local node's status for a person or a program."""

from __future__ import annotations

from typing import Any

from dao.chain.node import NodeStatus
from dao.render.console import show, show_json


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
