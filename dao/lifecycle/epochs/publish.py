"""Publishes an epoch's payouts from its folder: every leaf stream that pays somebody, none of them twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dao.chain.distributor import Series
from dao.chain.transaction import Receipt
from dao.endorsement import Endorsement
from dao.errors import CallReverted, EpochError
from dao.lifecycle.epochs.endorse import ToPublish, enough_signatures, require_text
from dao.lifecycle.epochs.published import Publication, distributor_of, records
from dao.lifecycle.outgoing import Confirm, Step, transact, transact_all, unasked
from dao.lifecycle.policy import read_policy
from dao.lifecycle.session import Session
from dao.lifecycle.wording import amount, epoch as epoch_words
from dao.payouts.files import load_epoch
from dao.payouts.summary import EpochSummary
from dao.rewards.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One stream of an epoch's folder: what is to be published, and what stands of it on chain, if anything does."""

    to_publish: ToPublish
    standing: Publication | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What became of a stream: its publication and the receipt; None where the same stood already."""

    to_publish: ToPublish
    receipt: Receipt | None


def due(session: Session, folder: Path, *, uri: str, thorough: bool = True) -> tuple[EpochSummary, tuple[Due, ...]]:
    """What an epoch's folder has to be published, checked against the chain.

    Args:
        session: The deployment.
        folder: The epoch's folder.
        uri: Where the contributions are.
        thorough: Whether every file is hashed and every tree is made again.

    Raises:
        DocumentError: The folder is damaged.
        EpochError: It is for another distributor or policy, its epoch is not over, more is paid than the emission
            leaves, or another tree stands on chain.
    """
    require_text(uri, what="address of the contributions")
    distributor = distributor_of(session)
    summary = load_epoch(folder, thorough=thorough).summary
    here = (session.deployment.chain_id, distributor.address)
    if (summary.chain_id, summary.distributor) != here:
        raise EpochError(
            f"{folder} is for another distributor",
            expected=f"chain {here[0]}, {here[1]}",
            found=f"chain {summary.chain_id}, {summary.distributor}",
            remedy="compute the epoch for this deployment",
        )
    policy = read_policy(session)
    told = records(session, policy)
    _require_over(policy, summary, now=told.timestamp)
    made = []
    for stream in summary.streams:
        if stream.root is None:
            continue
        series = Series(stream.stream, summary.epoch, summary.series)
        standing = told.standing(series)
        if standing is not None and (standing.root, standing.total) != (stream.root, stream.total):
            raise EpochError(
                f"another tree stands for {series.stream} of epoch {series.epoch}",
                expected=f"root 0x{stream.root.hex()}",
                found=f"root 0x{standing.root.hex()}",
                remedy="compute the epoch from the contributions that were published, or have the guardian void it",
            )
        state = distributor.publication(series)
        left = policy.emission(series.stream, series.epoch) - distributor.committed(series.stream, series.epoch)
        if standing is None and stream.total > left:
            raise EpochError(
                f"{series.stream} of epoch {series.epoch} pays more than is left of its emission",
                expected=f"at most {amount(left, session.deployment)}",
                found=amount(stream.total, session.deployment),
                remedy="compute the epoch under the policy in force",
            )
        to_publish = ToPublish(
            series=series,
            revision=state.revision if standing is None else standing.revision,
            root=stream.root,
            total=stream.total,
            data_hash=summary.data_hash,
            data_uri=uri,
        )
        made.append(Due(to_publish=to_publish, standing=standing))
    if not made:
        raise EpochError(
            f"epoch {summary.epoch} pays nobody", expected="a payout", found="none", remedy="nothing to do"
        )
    return summary, tuple(made)


def publish(
    session: Session,
    dues: Sequence[Due],
    endorsements: Sequence[Endorsement],
    *,
    confirm: Confirm = unasked,
    told: Callable[[Published], None] = lambda published: None,
) -> tuple[Published, ...]:
    """Publishes what does not stand yet, one transaction each. An interrupted run is carried on by the next.

    The signatures for all of it are found before the first is sent.

    Args:
        session: The deployment and whoever pays.
        dues: Of `due`.
        endorsements: The reporters' signatures.
        confirm: Sees each transaction before it is sent.
        told: Hears of each as it is done.

    Raises:
        EpochError: Too few reporters signed, or the treasury does not cover what is drawn from it.
        CallReverted: The distributor refuses it.
        Unsent: The session writes transactions to a file, and has written all of them.
    """
    distributor = distributor_of(session)
    open_ = [each for each in dues if each.standing is None]
    signatures = [enough_signatures(session, each.to_publish, endorsements) for each in open_]
    done = [Published(to_publish=each.to_publish, receipt=None) for each in dues if each.standing is not None]
    if session.unsigned is not None and open_:
        calls = [(each.to_publish.arguments, list(signed)) for each, signed in zip(open_, signatures, strict=True)]
        with _funded():
            transact_all(session, [Step(distributor, "publish", arguments) for arguments in calls], confirm=confirm)
    for each, signed in zip(open_, signatures, strict=True):
        arguments = (each.to_publish.arguments, list(signed))
        with _funded():
            receipt = transact(session, distributor, "publish", *arguments, confirm=confirm)
        done.append(Published(to_publish=each.to_publish, receipt=receipt))
        told(done[-1])
    return tuple(done)


@contextmanager
def _funded() -> Iterator[None]:
    """Says what to do where the token refuses what the distributor draws."""
    try:
        yield
    except CallReverted as error:
        if error.values.get("error") not in ("ERC20InsufficientAllowance", "ERC20InsufficientBalance"):
            raise
        raise EpochError(
            "the treasury does not cover what is drawn from it when this is published",
            expected="the tokens in the treasury, and its allowance for the distributor",
            found=str(error),
            remedy="pass a proposal in which the treasury calls `approve` of the token for the distributor, then run "
            "this again",
        ) from error


def _require_over(policy: Policy, summary: EpochSummary, *, now: int) -> None:
    end = policy.start_of(summary.epoch + 1)
    if now < end:
        raise EpochError(
            f"epoch {summary.epoch} is not over",
            expected=f"after {epoch_words(summary.epoch + 1, policy, now=now)}",
            found=epoch_words(policy.epoch_at(now), policy, now=now),
            remedy="publish it when it is over",
        )
