"""Writes the beginning of a proposal file, for an author to fill in."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from dao.document.emitter import emit
from dao.errors import FileError, ProposalError
from dao.lifecycle.session import Session
from dao.lifecycle.wording import amount
from dao.proposal.schema import PATH
from dao.rewards.streams import ROOT

_NUMBERED = re.compile(r"(\d{4})-.*\.yaml\Z")
_NO_SLUG = re.compile(r"[^a-z0-9]+")
_WRITING = 86_400
"""Seconds that an author is given before the example's epoch is too near."""

_COMMENT = "# What is done, in order. Amounts carry their unit, shares are percentages; see the examples.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What the example action names: a stream, its first epoch, and an amount with its unit."""

    stream: str
    epoch: int
    amount: str


def example(
    session: Session | None, *, stream: str = ROOT, epoch: int | None = None, symbol: str | None = None
) -> Example:
    """An example action that passes the checks of the session's deployment, where there is one.

    Args:
        session: The deployment; None where there is none.
        stream: The stream it names.
        epoch: The epoch it begins in; if None, the first that begins after a vote that starts within a day.
        symbol: The token's symbol; the deployment's if None.
    """
    if session is None:
        return Example(stream=stream, epoch=epoch or 0, amount=f"0 {symbol or 'RWD'}")
    contracts = session.contracts
    settings, policy = contracts.governor.settings(), contracts.policy.read()
    if epoch is None:
        vote = settings.voting_delay + settings.voting_period + settings.late_quorum_extension
        lead = vote + contracts.timelock.min_delay() + _WRITING
        epoch = policy.first_open_epoch(session.connection.ahead().timestamp + lead)
    if symbol not in (None, session.deployment.symbol):
        return Example(stream=stream, epoch=epoch, amount=f"0 {symbol}")
    # What its schedule yields anyway: the draft as it is changes nothing.
    return Example(stream=stream, epoch=epoch, amount=amount(policy.scheduled(stream, epoch), session.deployment))


def draft(folder: Path, title: str, named: Example) -> Path:
    """Writes `NNNN-title.yaml` into `folder` with the next number, and returns where.

    Args:
        folder: Where the proposals lie; made if it does not exist.
        title: The proposal's title.
        named: What the example action names.

    Raises:
        ProposalError: The title has no letter or digit to name the file by.
        FileError: The file cannot be written.
    """
    slug = _NO_SLUG.sub("-", title.lower()).strip("-")[:60].rstrip("-")
    if not slug:
        raise ProposalError("the title cannot name a file", expected="letters a-z or digits", found=title)
    head = emit({"title": title, "summary": "Why this is decided, for those who vote."})
    action = {"stream": named.stream, "from_epoch": named.epoch, "segments": [{"constant": named.amount}]}
    body = _COMMENT + emit({"actions": [{"set_schedule": action}]})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        numbers = [int(found[1]) for path in folder.iterdir() if (found := _NUMBERED.match(path.name))]
        path = folder / f"{max(numbers, default=0) + 1:04d}-{slug}.yaml"
        # "x": a file that somebody made meanwhile is not overwritten.
        with path.open("x", encoding="utf-8") as file:
            file.write(f"# yaml-language-server: $schema={_schema_from(folder)}\n{head}{body}")
    except OSError as error:
        raise FileError(
            f"a proposal file cannot be written in {folder}",
            found=error.strerror or type(error).__name__,
            remedy="name another folder with --folder",
        ) from None
    return path


def _schema_from(folder: Path) -> str:
    """Where editors find the schema from `folder`: a relative path within a checkout, which others share."""
    if PATH.is_relative_to(Path.cwd()):
        return Path(os.path.relpath(PATH, folder.resolve())).as_posix()
    return PATH.as_posix()
