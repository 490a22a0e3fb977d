"""`summary.json`: an epoch's summary as text, and back; one text for one summary.

Needs no library of the extra.
"""

from __future__ import annotations

import json
from pathlib import Path

from dao.errors import DaoError, DocumentError, PolicyError
from dao.payouts.names import PAYOUTS_CSV, PAYOUTS_PARQUET, STATE, SUMMARY, tree_names
from dao.payouts.summary import FORMAT, VERSION, EpochSummary
from dao.rewards.values import from_plain, to_plain
from dao.types import is_hex_address

MAX_BYTES = 64 * 2**20
"""The longest summary that is read, in bytes."""


def summary_text(summary: EpochSummary) -> str:
    """A summary as JSON, integers as their digits in strings, bytes as hexadecimal digits."""
    return json.dumps(to_plain(summary, EpochSummary), indent=2, ensure_ascii=False) + "\n"


def read_summary(folder: Path) -> EpochSummary:
    """The summary of an epoch's folder.

    Raises DocumentError where there is none, or it is not what `summary_text` writes.
    """
    path = folder.joinpath(SUMMARY)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DocumentError(
            "the folder has no summary that can be read",
            path=str(path),
            found=error.strerror,
            remedy="name a folder that `dao epoch compute` wrote",
        ) from error
    if len(data) > MAX_BYTES:
        raise DocumentError("the summary is too long", path=str(path), expected=f"at most {MAX_BYTES} bytes")
    try:
        summary: EpochSummary = from_plain(json.loads(data.decode("utf-8")), EpochSummary)
        _require_sound(summary)
        same = summary_text(summary).encode() == data
    except (ValueError, RecursionError) as error:
        raise DocumentError("the summary is no JSON", path=str(path), found=error) from error
    except DaoError as error:
        field = str(error.values.get("field", ""))
        raise DocumentError(
            f"the summary cannot be read: {error.what}",
            path=str(path),
            field=field,
            expected=error.expected,
            found=error.found,
        ) from error
    if not same:
        raise DocumentError("the summary was written by something else, or changed", path=str(path))
    return summary


def _require_sound(summary: EpochSummary) -> None:
    """Raises PolicyError or CodecError where the parts of a summary do not go together."""
    if (summary.format, summary.version) != (FORMAT, VERSION):
        raise PolicyError(
            "it is of another format", expected=f"{FORMAT} {VERSION}", found=f"{summary.format} {summary.version}"
        )
    hashes = [summary.policy_hash, summary.data_hash, *(made.root for made in summary.streams if made.root is not None)]
    hashes += [file.sha256 for file in summary.files]
    hashes += [file.sha256 for file in summary.contributions]
    if any(len(value) != 32 for value in hashes):
        raise PolicyError("a hash is not of 32 bytes")
    if not is_hex_address(summary.distributor):
        raise PolicyError("the distributor is no address", found=summary.distributor)
    streams = [made.stream for made in summary.streams]
    if streams != sorted(set(streams)):
        raise PolicyError("the streams are not in order, each once")
    for made in summary.streams:
        summary.publication(made.stream)
        paid = made.accounts > 0
        if made.total + made.residual != made.pool or min(made.total, made.residual, made.accounts) < 0:
            raise PolicyError(f"total and residual of {made.stream} are not the pool")
        if paid != (made.root is not None) or paid != (made.total > 0):
            raise PolicyError(f"root, accounts and total of {made.stream} do not go together")
    names = [file.name for file in summary.files]
    if sorted({*names, STATE}) != sorted({*expected_files(streams, summary), STATE}) or names != sorted(set(names)):
        raise PolicyError("these are not the files of an epoch", found=", ".join(names))


def expected_files(streams: list[str], summary: EpochSummary) -> set[str]:
    """What the folder holds beside the summary, a state left out."""
    made = tree_names(streams)
    trees = (made[stream.stream] for stream in summary.streams if stream.root is not None)
    return {PAYOUTS_PARQUET, PAYOUTS_CSV, *(name for tree in trees for name in (tree.json, tree.nodes))}
