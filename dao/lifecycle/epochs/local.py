"""Finds an account's payouts in the local epoch folders, each with its proof; nothing here asks a node."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from dao.chain.distributor import Series
from dao.errors import DaoError, DocumentError, EpochError, ProofError
from dao.payouts.libraries import require_extra
from dao.payouts.publication import Publication
from dao.types import Address

_NAME = re.compile(r"(0|[1-9][0-9]{0,9})(?:\.([1-9][0-9]{0,9}))?\Z")

Told = Callable[[str, int, int], None]
"""Called with the name of a step, how much of it is done and how much there is."""


def untold(step: str, done: int, total: int) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which publications are meant.

    Args:
        epochs: These epochs; all where none is named.
        streams: These leaf streams; all where none is named.
        series: This series; all if None.
    """

    epochs: tuple[int, ...] = ()
    streams: tuple[str, ...] = ()
    series: int | None = None


@dataclass(frozen=True, slots=True, order=True)
class EpochFolder:
    """A folder of one epoch and series, as it is called."""

    epoch: int
    series: int
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPayout:
    """A payout with its proof, verified against the root that its folder states.

    Args:
        publication: What its leaf is bound to: chain, distributor, stream, epoch, series.
        account: Who is paid.
        amount: How much (wei).
        leaf: The leaf, 32 bytes.
        proof: The nodes from the leaf up to the root, 32 bytes each.
        root: The root, 32 bytes.
    """

    publication: Publication
    account: Address
    amount: int
    leaf: bytes
    proof: tuple[bytes, ...]
    root: bytes

    @property
    def series(self) -> Series:
        """Stream, epoch and series."""
        return Series(self.publication.stream, self.publication.epoch, self.publication.series)

    @property
    def claim(self) -> tuple[bytes, int, int, int, tuple[bytes, ...]]:
        """`RewardDistributor.Claim`."""
        return (*self.series.arguments, self.amount, self.proof)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A folder, or a stream in it, that cannot be used, and why. `stream` is empty for all of the folder."""

    folder: EpochFolder
    stream: str
    error: DaoError


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """What the folders hold for one account: its payouts by epoch, series and stream, and what cannot be read."""

    account: Address
    payouts: tuple[LocalPayout, ...]
    unreadable: tuple[Unreadable, ...]


def folders(root: Path, selection: Selection) -> tuple[EpochFolder, ...]:
    """The folders of epochs in `root` that are meant, by epoch and series.

    Raises EpochError where there is no such folder, or none of an epoch that is named.
    """
    try:
        names = [path.name for path in root.iterdir() if path.is_dir()]
    except OSError as error:
        raise EpochError(
            "there are no epochs here",
            expected=f"a folder of epochs at {root}",
            found=error.strerror,
            remedy="fetch the folders from where they are published, or name another place with --epochs",
        ) from None
    matches = [(name, match) for name in names if (match := _NAME.match(name))]
    every = sorted(EpochFolder(int(match[1]), int(match[2] or 0), root / name) for name, match in matches)
    meant = [each for each in every if selection.series in (None, each.series)]
    for epoch in selection.epochs:
        if all(each.epoch != epoch for each in meant):
            series = "" if selection.series is None else f", series {selection.series}"
            raise EpochError(
                f"the payouts of epoch {epoch}{series} are not here",
                expected=", ".join(each.path.name for each in every[:50]) or "a folder of an epoch",
                found=f"no such folder in {root}",
                remedy="fetch the folder from where it is published, or compute the epoch",
            )
    return tuple(each for each in meant if not selection.epochs or each.epoch in selection.epochs)


def payouts_of(root: Path, account: Address, selection: Selection, *, told: Told = untold) -> Local:
    """The payouts of `account` in the folders of epochs in `root`.

    What cannot be read is listed and does not hold up the rest. Raises EpochError like `folders`, and where a stream
    that is named is in none of them; DaoError where what reads the files is not installed.
    """
    require_extra("payouts")
    payouts: list[LocalPayout] = []
    unreadable: list[Unreadable] = []
    meant = folders(root, selection)
    seen: set[str] = set()
    for done, folder in enumerate(meant, 1):
        try:
            streams = paying_streams(folder, selection.streams, seen)
        except DaoError as error:
            unreadable.append(Unreadable(folder, "", error))
            continue
        for stream in streams:
            found = _payout(folder, stream, account)
            if isinstance(found, LocalPayout):
                payouts.append(found)
            elif found is not None:
                unreadable.append(found)
        told("reading epochs", done, len(meant))
    require_streams(selection, seen, unreadable)
    return Local(account=account, payouts=tuple(payouts), unreadable=tuple(unreadable))


def paying_streams(folder: EpochFolder, wanted: Sequence[str], seen: set[str]) -> list[str]:
    """The streams of a folder that pay somebody and are `wanted`, all if none is; all of its leaves go into `seen`.

    Raises DocumentError where the folder cannot be read or holds another epoch than it is called by.
    """
    from dao.payouts.summary_file import read_summary

    summary = read_summary(folder.path)
    if (summary.epoch, summary.series) != (folder.epoch, folder.series):
        raise DocumentError(
            "the folder holds another epoch than it is called by",
            path=str(folder.path),
            expected=f"epoch {folder.epoch}, series {folder.series}",
            found=f"epoch {summary.epoch}, series {summary.series}",
            remedy="give the folder its own name back",
        )
    seen |= {each.stream for each in summary.streams}
    return [each.stream for each in summary.streams if each.root is not None and (not wanted or each.stream in wanted)]


def require_streams(selection: Selection, seen: Collection[str], unreadable: Sequence[Unreadable]) -> None:
    """Raises EpochError where a stream that is named is in no folder, unless one could not be read."""
    missing = [stream for stream in selection.streams if stream not in seen]
    if missing and not any(not each.stream for each in unreadable):
        raise EpochError(
            "no epoch here has this leaf stream",
            expected=" or ".join(sorted(seen)) or "a folder of an epoch",
            found=", ".join(missing),
        )


def _payout(folder: EpochFolder, stream: str, account: Address) -> LocalPayout | Unreadable | None:
    """What `stream` pays the account; None where it does not."""
    from dao.payouts.proofs import proof_of

    try:
        made = proof_of(folder.path, stream, account)
    except ProofError:
        return None
    except DaoError as error:
        return Unreadable(folder, stream, error)
    return LocalPayout(
        publication=made.publication,
        account=made.account,
        amount=made.amount,
        leaf=made.leaf,
        proof=made.proof,
        root=made.root,
    )
