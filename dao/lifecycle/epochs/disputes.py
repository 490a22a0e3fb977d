"""Disputes a publication, answers a dispute, voids a publication, and settles what lapsed."""

from __future__ import annotations

from collections.abc import Sequence

from dao.chain.distributor import Series
from dao.chain.transaction import Receipt
from dao.document.moments import moment
from dao.endorsement import Endorsement
from dao.errors import EpochError
from dao.lifecycle.epochs.endorse import ToAnswer, enough_signatures, require_text
from dao.lifecycle.epochs.published import Publication, distributor_of, records
from dao.lifecycle.outgoing import Confirm, transact, unasked
from dao.lifecycle.policy import read_policy
from dao.lifecycle.session import Session
from dao.types import Address


def standing(session: Session, series: Series) -> Publication:
    """What stands of `series`. Raises EpochError where nothing does, or the policy has no such stream."""
    policy = read_policy(session)
    if series.stream not in policy.streams:
        raise EpochError("there is no such stream", expected=", ".join(policy.streams), found=series.stream)
    found = records(session, policy).standing(series)
    if found is None:
        raise EpochError(
            f"nothing is published of {series.stream} in epoch {series.epoch}, series {series.series}",
            remedy="see `dao epoch status` for what is",
        )
    return found


def dispute(session: Session, series: Series, reason: str, *, confirm: Confirm = unasked) -> Receipt:
    """Disputes what stands of `series` as the session's signer; `Publications.dispute`.

    Raises EpochError where nothing stands, its challenge window is over, or the signer disputed it before.
    """
    require_text(reason, what="reason")
    distributor = distributor_of(session)
    found = standing(session, series)
    now = session.connection.ahead().timestamp
    ends = distributor.publication(series).window_ends_at
    if now >= ends:
        raise EpochError(
            "the challenge window is over",
            expected=f"a dispute before {moment(ends)}",
            found=moment(now),
            remedy="ask the guardian to void it, or the reporters for a supplementary publication",
        )
    if any(each.account == session.sender for each in found.disputes):
        raise EpochError(f"{session.sender} disputed this before", remedy="see `dao epoch status` for the answer")
    return transact(session, distributor, "dispute", *series.arguments, reason, confirm=confirm)


def to_answer(session: Session, series: Series, account: Address, text: str) -> ToAnswer:
    """The answer to the dispute of `account`, to be signed by reporters.

    Raises EpochError where it has no open dispute of what stands.
    """
    require_text(text, what="answer")
    found = standing(session, series)
    open_ = [each.account for each in found.disputes if each.answer is None]
    if account not in open_:
        raise EpochError(
            f"{account} has no open dispute of this publication", expected=", ".join(open_) or "none is open"
        )
    return ToAnswer(series=series, revision=found.revision, account=account, text=text)


def answer(
    session: Session, made: ToAnswer, endorsements: Sequence[Endorsement], *, confirm: Confirm = unasked
) -> Receipt:
    """Submits an answer that enough reporters signed; `Publications.answer`. Raises EpochError where too few did."""
    signed = enough_signatures(session, made, endorsements)
    return transact(session, distributor_of(session), "answer", made.arguments, list(signed), confirm=confirm)


def void(session: Session, series: Series, reason: str, *, confirm: Confirm = unasked) -> Receipt:
    """Voids what stands of `series`; `Publications.void`. Raises EpochError where the signer is not the guardian."""
    require_text(reason, what="reason")
    distributor = distributor_of(session)
    standing(session, series)
    guardian = distributor.guardian()
    if guardian != session.sender:
        by_vote = guardian == session.deployment.addresses.timelock
        raise EpochError(
            "only the guardian voids",
            expected=guardian,
            found=session.sender,
            remedy="propose a `call` of `void` on the distributor: the treasury is the guardian" if by_vote else None,
        )
    return transact(session, distributor, "void", *series.arguments, reason, confirm=confirm)


def lapse(session: Session, series: Series, *, confirm: Confirm = unasked) -> Receipt:
    """Settles what nobody claimed in time; `Publications.lapse`. Raises EpochError where nothing has lapsed yet."""
    found = standing(session, series)
    now = session.connection.ahead().timestamp
    if now < found.lapses_at:
        raise EpochError("nothing lapses yet", expected=f"a moment after {moment(found.lapses_at)}", found=moment(now))
    if found.left == 0:
        raise EpochError("nothing is left to lapse: all of it was claimed or settled")
    return transact(session, distributor_of(session), "lapse", *series.arguments, confirm=confirm)
