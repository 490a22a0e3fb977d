"""Whether governor and token count time alike, and by the timestamp, as every period here does."""

from __future__ import annotations

from collections.abc import Iterator

from dao.chain.connection import Block
from dao.lifecycle.session import Session
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict

MODE = "mode=timestamp"


def _run(facts: Facts) -> Iterator[CheckResult]:
    moments = [("now", facts.session, facts.block)]
    simulation = facts.simulation
    if simulation is not None and simulation.succeeded:
        session = simulation.session
        moments.append(("after the execution", session, session.connection.block(simulation.after)))
    for when, session, block in moments:
        wrong = _wrong(session, block)
        if wrong:
            yield CheckResult("clock", Verdict.FAILURE, f"{when}, {wrong}")
            return
    yield CheckResult("clock", Verdict.PASS, "governor and token count seconds")


def _wrong(session: Session, block: Block) -> str:
    for name, contract in (("governor", session.contracts.governor), ("token", session.contracts.token)):
        views = [contract.view("CLOCK_MODE"), contract.view("clock")]
        (mode,), (clock,) = session.connection.views(views, block=block.number)
        if mode != MODE or int(clock) != block.timestamp:
            return f"the {name} counts by {mode} and says {clock}, at the timestamp {block.timestamp}"
    return ""


CHECK = Check(name="clock", looks="the clock mode of governor and token", run=_run)
