"""What a set-up is, and what can be said of one thing in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from dao.chain.transport import Patience
from dao.errors import DaoError
from dao.types import Address


class Verdict(Enum):
    """Whether something is as it should be."""

    GOOD = "ok"
    WARNING = "warning"
    FAILURE = "failure"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What somebody works with, as options, variables and `dao.yaml` say it.

    Args:
        url: The node's address.
        patience: How long to wait for it.
        now: The time by this computer's clock (seconds).
        chain_id: The chain that is expected, where one is named.
        deployment: The deployment file; None where it follows from the chain.
        folder: Where deployment files lie by the chain's id.
        account: Who signs; None where nobody is named, or only the key says so.
        keystore: The keystore that signs, if one does.
        password_file: The file with its password, if there is one.
        signer: The address of another signer, if one signs.
    """

    url: str
    patience: Patience
    now: int
    chain_id: int | None = None
    deployment: Path | None = None
    folder: Path = Path("deployments")
    account: Address | None = None
    keystore: Path | None = None
    password_file: Path | None = None
    signer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One thing that was looked at: what was found, and what to do about it where something is to be done."""

    check: str
    verdict: Verdict
    found: str
    fix: str | None = None


def good(check: str, found: str) -> Symptom:
    """Something that is as it should be."""
    return Symptom(check=check, verdict=Verdict.GOOD, found=found)


def warning(check: str, found: str, fix: str) -> Symptom:
    """Something that may be meant so."""
    return Symptom(check=check, verdict=Verdict.WARNING, found=found, fix=fix)


def failure(check: str, found: str, fix: str) -> Symptom:
    """Something with which commands fail."""
    return Symptom(check=check, verdict=Verdict.FAILURE, found=found, fix=fix)


def skipped(check: str, why: str) -> Symptom:
    """Something that could not be looked at."""
    return Symptom(check=check, verdict=Verdict.SKIPPED, found=why)


def refused(check: str, error: DaoError, fix: str) -> Symptom:
    """What `error` says, with its own remedy where it has one."""
    parts = [error.what]
    if error.expected is not None:
        parts.append(f"expected {error.expected}")
    if error.found is not None:
        parts.append(f"found {error.found}")
    return failure(check, "; ".join(parts), error.remedy or fix)
