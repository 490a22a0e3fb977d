"""Finds what is wrong with somebody's set-up: one symptom after the other, each with its fix."""

from __future__ import annotations

from collections.abc import Iterator

from dao.lifecycle.doctor import account, deployment, node
from dao.lifecycle.doctor.symptom import Setup, Symptom, Verdict

__all__ = ["Setup", "Symptom", "Verdict", "examine"]


def examine(setup: Setup) -> Iterator[Symptom]:
    """Everything that was looked at, in order. What hangs on something that failed is left out as skipped.

    Never raises a DaoError: what a check cannot find out is a symptom.
    """
    connection = yield from node.examine(setup)
    session = yield from deployment.examine(setup, connection)
    yield from account.examine(setup, connection, session)
