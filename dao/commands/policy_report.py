"""`dao policy report`: what a stream's schedule waits for, from the account that may say it."""

from __future__ import annotations

import click

from dao.commands.options import Options, sending


@click.command(
    "report",
    epilog='Examples: dao policy report data 0.25 --from 0x15d3…; dao policy report data "1_000 RWD" --epoch 14',
)
@click.argument("stream")
@click.argument("value")
@click.option(
    "--epoch", type=click.IntRange(0, 2**32 - 1), help="The epoch that it is for; the next to be reported if not given."
)
@sending
def report(options: Options, *, stream: str, value: str, epoch: int | None) -> None:
    """Report VALUE for STREAM: a number such as 0.25, or an amount such as "1_000 RWD".

    Only the stream's reporter may, within its bounds, for each epoch once and in order. What is reported cannot be
    changed. Name the epoch in scripts, so that running one twice reports once.
    """
    from dao.lifecycle.report import report as send
    from dao.render.console import show, show_json
    from dao.render.policy import report_json, report_view

    session = options.session()
    made = send(session, stream, value, epoch=epoch, confirm=options.confirm(session))
    if options.json:
        show_json(report_json(made))
    else:
        show(report_view(made, session.deployment))
