"""`dao node`: the local chain for development."""

from __future__ import annotations

import click

from dao.commands.options import HOME, Options, local, reading


@click.group("node", epilog="Example: dao node start --port 8545")
def command() -> None:
    """Start and stop the local chain (anvil, on 127.0.0.1 only). Its state is kept below .dao/node."""


@command.command("start", epilog="Example: dao node start --port 0")
@click.option("--port", type=click.IntRange(0, 65535), default=8545, show_default=True, help="0 takes a free port.")
@click.option(
    "--block-time",
    type=click.IntRange(0, 3600),
    default=1,
    show_default=True,
    help="Seconds between blocks; a transaction is mined at once all the same. 0 mines for transactions only.",
)
@local
def start(options: Options, *, port: int, block_time: int) -> None:
    """Start the local node, or say where it runs already."""
    from dao.chain import node
    from dao.render.node import show_node

    show_node(node.start(HOME / "node", port=port, block_time=block_time), json=options.json)


@command.command("stop", epilog="Example: dao node stop")
@local
def stop(options: Options) -> None:
    """Stop the local node; its chain is kept for the next start."""
    from dao.chain import node
    from dao.render.node import show_stopped

    show_stopped(node.stop(HOME / "node"), json=options.json)


@command.command("reset", epilog="Example: dao node reset")
@local
def reset(options: Options) -> None:
    """Stop the local node and forget its chain, with the deployment file and the journal that belong to it."""
    from pathlib import Path

    from dao.chain import node
    from dao.chain.outbox import outbox_path
    from dao.render.node import show_reset

    stopped, removed = node.reset(HOME / "node")
    deployment = Path("deployments") / f"{node.CHAIN_ID}.json"
    for path in (deployment, outbox_path(deployment)):
        if path.exists():
            path.unlink()
            removed += (path,)
    show_reset(stopped, removed, json=options.json)


@command.command("status", epilog="Example: dao node status --json")
@local
def status(options: Options) -> None:
    """Say whether the local node runs, and where."""
    from dao.chain import node
    from dao.render.node import show_node

    show_node(node.status(HOME / "node"), json=options.json)


@command.command("advance", epilog='Example: dao node advance "3 days"')
@click.argument("duration")
@reading
def advance(options: Options, *, duration: str) -> None:
    """Move the local chain's clock forward by DURATION and mine a block."""
    from dao.chain import node
    from dao.document.quantities import parse_duration
    from dao.render.console import show, show_json
    from dao.render.units import moment

    connection = options.connect()
    block = node.advance(connection, parse_duration(duration))
    if options.json:
        show_json({"block": block.number, "timestamp": block.timestamp})
    else:
        show(f"block {block.number}, {moment(block.timestamp)}")
