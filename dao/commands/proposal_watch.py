"""`dao proposal watch`: what happens to proposals, as it happens, so that nobody misses one."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.ending import ending
from dao.commands.options import Options, reading
from dao.errors import DaoError

if TYPE_CHECKING:
    from dao.lifecycle.session import Session
    from dao.lifecycle.watch import Fact, Turn, Watch

_LONGEST_PAUSE = 60
"""Seconds between two attempts at a node that keeps failing."""

_PATIENCE = 3
"""How many looks in a row find a node behind before that is said."""

_KINDS = (
    "proposed",
    "opened",
    "voted",
    "quorum",
    "extended",
    "succeeded",
    "defeated",
    "queued",
    "executed",
    "canceled",
    "expired",
)


def _words(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    try:
        words = tuple(shlex.split(value))
    except ValueError as error:
        raise click.BadParameter(f"{error}: {value}") from None
    if not words or shutil.which(words[0]) is None:
        raise click.BadParameter(f"there is no program {words[0] if words else value!r}")
    return words


@click.command(
    "watch",
    epilog="Example: dao proposal watch --cursor .dao/watch.json --exec 'notify-send --app-name=dao \"New proposal\"'",
)
@click.option(
    "--since", type=click.IntRange(0), metavar="BLOCK", help="Begin with this block; with the next if not given."
)
@click.option(
    "--cursor",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that keeps how far it came; where it exists, go on from there.",
)
@click.option(
    "--exec",
    "command",
    metavar="COMMAND",
    callback=_words,
    help="Run this program with its arguments, without a shell; variables tell it what happened.",
)
@click.option(
    "--exec-timeout",
    "limit",
    type=click.IntRange(1, 3_600),
    default=30,
    show_default=True,
    help="Seconds after which that program is ended.",
)
@click.option("--bell/--no-bell", default=None, help="Ring the bell; only where it is a terminal if not given.")
@click.option(
    "--on",
    "kinds",
    type=click.Choice(_KINDS),
    multiple=True,
    default=("proposed",),
    show_default=True,
    help="For what to ring and run; may be given several times.",
)
@click.option("--interval", type=click.IntRange(1, 3_600), default=2, show_default=True, help="Seconds between looks.")
@click.option("--once", is_flag=True, help="Report what is new and end, as from a timer.")
@reading
def watch_command(
    options: Options,
    *,
    since: int | None,
    cursor: Path | None,
    command: tuple[str, ...] | None,
    limit: int,
    bell: bool | None,
    kinds: tuple[str, ...],
    interval: int,
    once: bool,
) -> None:
    """Watch the proposals, from the chain's logs, until interrupted: a line for everything that happens to one.

    New proposals, votes opened, ballots, quorums reached, votes extended, succeeded, defeated, queued, executed,
    canceled and expired. A lost connection is waited for, and whatever happened meanwhile is reported then. Where the
    chain was reorganised, what is no longer in it is withdrawn, and nothing is reported twice. With --cursor that
    holds across restarts as well; a crash between a report and the note of it repeats it.

    COMMAND finds in its environment DAO_EVENT (proposed, voted, …), DAO_EVENT_PROPOSAL_ID, DAO_EVENT_TITLE,
    DAO_EVENT_BLOCK, DAO_EVENT_TIMESTAMP, DAO_EVENT_TRANSACTION, and what the kind of event has besides, such as
    DAO_EVENT_PROPOSER. Titles and reasons are anybody's text: control characters in them are escaped, and a shell
    script is to quote them. What it leaves running in the background is ended with it.
    """
    from dao.lifecycle.watch import Watch, begin, load_cursor

    session = options.reading_session()
    found = None if cursor is None else load_cursor(cursor, session.deployment)
    watch = Watch(session, found or begin(session, since=since))
    reporter = _Reporter(
        options=options,
        session=session,
        watch=watch,
        cursor=cursor,
        command=command,
        limit=limit,
        bell=sys.stderr.isatty() if bell is None else bell,
        kinds=kinds,
    )
    with ending() as check:
        try:
            # Before anything is looked at: whether it can be written shows now.
            reporter.save()
            reporter.note("watching", block=watch.position.marks[-1].number + 1)
            _run(reporter, interval=interval, once=once, check=check)
        except KeyboardInterrupt:
            reporter.note("stopped", next=watch.position.marks[-1].number + 1)
        finally:
            reporter.save()


def _run(reporter: _Reporter, *, interval: int, once: bool, check: Callable[[], None]) -> None:
    """Looks again and again until `check` raises; with `once`, until a look succeeds or fails."""
    pause, failure = interval, ""
    while True:
        try:
            turn = reporter.watch.look()
        except DaoError as error:
            if once:
                raise
            if str(error) != failure:
                reporter.note("disconnected", why=str(error))
            failure, pause = str(error), min(2 * pause, max(interval, _LONGEST_PAUSE))
        else:
            if failure:
                reporter.note("reconnected")
            failure, pause = "", interval
            reporter.report(turn)
        check()
        if once:
            return
        time.sleep(pause)


@dataclass(kw_only=True)
class _Reporter:
    """Says what is found, to whom it was asked for."""

    options: Options
    session: Session
    watch: Watch
    cursor: Path | None
    command: tuple[str, ...] | None
    limit: int
    bell: bool
    kinds: tuple[str, ...]
    behind: int = 0

    def report(self, turn: Turn) -> None:
        """Everything in `turn`, and then that it was reported."""
        from dao.render.console import show_json_line, show_line
        from dao.render.watch import fact_json, fact_view, withdrawn_json, withdrawn_view

        # Of several nodes behind one address, some are a block behind the others.
        self.behind = self.behind + 1 if turn.behind else 0
        if self.behind == _PATIENCE:
            self.note("behind", blocks=turn.behind)
        if turn.replaced:
            self.note("reorganised", blocks=turn.replaced)
        for gone in turn.withdrawn:
            if self.options.json:
                show_json_line(withdrawn_json(gone))
            else:
                show_line(withdrawn_view(gone))
        for fact in turn.facts:
            if self.options.json:
                show_json_line(fact_json(fact))
            else:
                show_line(fact_view(fact, self.session.deployment))
            if fact.kind.value in self.kinds:
                self._alert(fact)
            self.watch.told(fact)
            if fact.kind.value in self.kinds:
                self.save()
        self.watch.settle(turn)
        if turn.blocks or turn.replaced:
            self.save()

    def note(self, event: str, **values: int | str) -> None:
        """Something about the watch itself."""
        from dao.render.console import err, show_json_line
        from dao.render.watch import note_view

        if self.options.json:
            show_json_line({"event": event, **values})
        else:
            err().print(note_view(event, values), soft_wrap=True)

    def save(self) -> None:
        """Keeps how far it came."""
        from dao.lifecycle.watch import save_cursor

        if self.cursor is not None:
            save_cursor(self.cursor, self.session.deployment, self.watch.position)

    def _alert(self, fact: Fact) -> None:
        from dao.lifecycle.watch.alert import run
        from dao.render.console import ring
        from dao.render.watch import fact_variables

        if self.bell:
            ring()
        if self.command is None:
            return
        problem = run(self.command, fact_variables(fact), timeout=self.limit)
        if problem is not None:
            if self.bell:
                ring()
            self.note("exec_failed", why=problem, proposal_id=str(fact.proposal_id))
