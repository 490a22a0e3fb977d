"""Payouts out of the distributor's events, within the policy as replayed: `RewardDistributor`, `Publications`.

The reporters' signatures stand in the transactions and not in the logs; what they may sign is what is replayed here.
"""

from __future__ import annotations

from dao.abi import encode
from dao.artifacts import load
from dao.errors import PolicyError
from dao.events.decode import Place
from dao.events.model import (
    DISTRIBUTOR,
    Claimed,
    DisputeAnswered,
    PayoutsDisputed,
    PayoutsLapsed,
    PayoutsPublished,
    PayoutsVoided,
)
from dao.replay.authority import require_call
from dao.replay.distributor_state import PayoutClaim, PayoutDispute, Publication, Revision
from dao.replay.funding import announce_claim, announce_draw, announce_return, decide_minted
from dao.replay.ledger import Rule
from dao.replay.state import GovernanceState
from dao.rewards.streams import stream_id
from dao.types import ZERO_ADDRESS

MAX_TEXT = 2_048
"""The longest address, reason or answer in bytes; `Publications.MAX_TEXT`."""

Condition = tuple[Rule, bool, object, object]
"""A rule, whether it holds, what it expects, and what was found."""

Payout = PayoutsPublished | PayoutsDisputed | DisputeAnswered | PayoutsVoided | PayoutsLapsed | Claimed
"""Every event that names a publication."""


def payouts_published(state: GovernanceState, event: PayoutsPublished, place: Place) -> None:
    """Publishes an epoch's payouts by the terms in force; `Publications.publish` and `_requireDue`."""
    decide_minted(state)
    payer, name = state.distributor, _name(state, event)
    path = _path(state, event.stream) or ""
    publication = payer.publications.get((path, event.epoch, event.series))
    publication = publication or Publication(stream=path, epoch=event.epoch, series=event.series)
    standing = publication.standing
    conditions: list[Condition] = [
        _short(Rule.PUBLICATION, event.data_uri),
        (Rule.PUBLICATION, standing is None, "nothing stands", "a publication stands"),
        (Rule.PUBLICATION, event.revision == publication.voids, f"revision {publication.voids}", event.revision),
        (Rule.PUBLICATION, any(event.root) and event.total != 0, "a root and a total", (event.root, event.total)),
        (Rule.PUBLICATION, payer.threshold != 0, "reporters who signed it", "no reporters"),
        _series_due(state, publication, place),
        *_within_policy(state, path, event, place),
    ]
    if not _all(state, name, conditions, place):
        return
    terms = payer.terms
    window_ends_at = place.timestamp + terms.challenge_window
    held_until = window_ends_at + terms.dispute_hold
    lapses_at = held_until + terms.claim_period
    state.ledger.compare(
        Rule.PUBLICATION_TIMES,
        name,
        expected=(window_ends_at, held_until, lapses_at),
        found=(event.opens_at, event.held_until, event.lapses_at),
        place=place,
    )
    publication.revisions.append(
        Revision(
            number=event.revision,
            root=event.root,
            total=event.total,
            data_hash=event.data_hash,
            data_uri=event.data_uri,
            published=place,
            window_ends_at=window_ends_at,
            opens_at=window_ends_at,
            held_until=held_until,
            lapses_at=lapses_at,
        )
    )
    publication.left = event.total
    payer.publications[path, event.epoch, event.series] = publication
    payer.last[path, event.epoch] = max(event.series, payer.last.get((path, event.epoch), 0))
    payer.committed[path, event.epoch] = payer.committed.get((path, event.epoch), 0) + event.total
    announce_draw(state, event.total, name, place)


def payouts_disputed(state: GovernanceState, event: PayoutsDisputed, place: Place) -> None:
    """Holds the claims of what stands; `Publications.dispute`."""
    decide_minted(state)
    known = _standing(state, event, Rule.DISPUTE, place)
    if known is None:
        return
    name, _, standing = known
    conditions: list[Condition] = [
        _short(Rule.DISPUTE, event.reason),
        _before(Rule.DISPUTE, place, standing.window_ends_at),
        (Rule.DISPUTE, event.revision == standing.number, f"revision {standing.number}", event.revision),
        (Rule.DISPUTE, event.account not in standing.disputes, "a first dispute", f"another one of {event.account}"),
    ]
    if not _all(state, name, conditions, place):
        return
    standing.disputes[event.account] = PayoutDispute(opened=place, reason=event.reason)
    standing.opens_at = standing.held_until


def dispute_answered(state: GovernanceState, event: DisputeAnswered, place: Place) -> None:
    """Answers a dispute; with the last open one, claims open after the window; `Publications.answer`."""
    decide_minted(state)
    known = _standing(state, event, Rule.ANSWER, place)
    if known is None:
        return
    name, _, standing = known
    dispute = standing.disputes.get(event.account)
    pending = dispute is not None and dispute.answered is None
    conditions: list[Condition] = [
        _short(Rule.ANSWER, event.text),
        (Rule.ANSWER, event.revision == standing.number, f"revision {standing.number}", event.revision),
        (Rule.ANSWER, pending, f"an open dispute of {event.account}", "none"),
    ]
    if not _all(state, name, conditions, place) or dispute is None:
        return
    dispute.answered, dispute.text = place, event.text
    if standing.open_disputes == 0 and place.timestamp < standing.held_until:
        standing.opens_at = max(place.timestamp, standing.window_ends_at)
    state.ledger.compare(Rule.ANSWER, name, expected=standing.opens_at, found=event.opens_at, place=place)


def payouts_voided(state: GovernanceState, event: PayoutsVoided, place: Place) -> None:
    """Takes back what stands; what was claimed of it stays paid; `Publications.void`.

    The event does not say who called. Where the guardian is a timelock, its call must have been executed.
    """
    decide_minted(state)
    known = _standing(state, event, Rule.VOID, place)
    if known is None:
        return
    name, publication, standing = known
    guardian, left = state.distributor.guardian, publication.left
    conditions: list[Condition] = [
        _short(Rule.VOID, event.reason),
        _before(Rule.VOID, place, standing.lapses_at),
        (Rule.VOID, guardian != ZERO_ADDRESS, "a guardian", "none"),
        (Rule.VOID, event.revision == standing.number, f"revision {standing.number}", event.revision),
    ]
    if not _all(state, name, conditions, place):
        return
    state.ledger.compare(Rule.VOID, name, expected=left, found=event.left, place=place)
    if guardian in state.min_delays:
        selector = load(DISTRIBUTOR).abi.function("void").selector
        types, values = ("bytes32", "uint32", "uint32", "bytes"), (event.stream, event.epoch, event.series)
        calldata = selector + encode(types, (*values, event.reason))
        require_call(state, Rule.VOID, name, state.addresses.distributor or ZERO_ADDRESS, (calldata,), place)
    standing.voided, standing.voided_left, publication.left = place, left, 0
    state.distributor.committed[publication.stream, publication.epoch] -= left
    announce_return(state, left, name, place)


def payouts_lapsed(state: GovernanceState, event: PayoutsLapsed, place: Place) -> None:
    """Settles what was not claimed in time; the epoch's emission does not get it back; `Publications.lapse`."""
    decide_minted(state)
    known = _standing(state, event, Rule.LAPSE, place)
    if known is None:
        return
    name, publication, standing = known
    amount, due = publication.left, place.timestamp >= standing.lapses_at
    conditions: list[Condition] = [
        (Rule.LAPSE, due, f"{standing.lapses_at} or later", place.timestamp),
        (Rule.LAPSE, amount != 0, "something that is unclaimed", "nothing"),
    ]
    if not _all(state, name, conditions, place):
        return
    state.ledger.compare(Rule.LAPSE, name, expected=amount, found=event.amount, place=place)
    standing.lapsed, standing.lapsed_amount, publication.left = place, amount, 0
    announce_return(state, amount, name, place)


def claimed(state: GovernanceState, event: Claimed, place: Place) -> None:
    """Pays one payout; `RewardDistributor._use`, `claimBatch` and `claimTo`."""
    decide_minted(state)
    known = _standing(state, event, Rule.CLAIM, place)
    if known is None:
        return
    name, publication, standing = known
    subject = f"claim of {event.account} on {name}"
    opens, before = standing.opens_at, publication.claims.get(event.account)
    own = event.receiver == event.account
    usable = event.receiver != ZERO_ADDRESS and (own or event.receiver != state.addresses.distributor)
    conditions: list[Condition] = [
        (Rule.CLAIM, place.timestamp >= opens, f"{opens} or later", place.timestamp),
        _before(Rule.CLAIM, place, standing.lapses_at),
        (Rule.CLAIM, usable, "a receiver who can use it", event.receiver),
        (Rule.CLAIM_ONCE, before is None, "a first claim", f"one after {before.amount if before else 0} wei"),
        (Rule.CLAIM_TOTAL, event.amount <= publication.left, f"at most {publication.left}", event.amount),
    ]
    if not _all(state, subject, conditions, place):
        return
    publication.claims[event.account] = PayoutClaim(
        receiver=event.receiver, amount=event.amount, revision=standing.number, place=place
    )
    publication.claimed += event.amount
    publication.left -= event.amount
    announce_claim(state, event.account, event.receiver, event.amount, subject, place)


def _within_policy(state: GovernanceState, path: str, event: PayoutsPublished, place: Place) -> list[Condition]:
    """That the epoch is over, the stream a leaf, and emission left, by the policy as it was replayed."""
    policy = state.policy
    if policy is None or not path:
        return [(Rule.PUBLICATION, False, "a stream of the policy", event.stream)]
    try:
        current = policy.epoch_at(place.timestamp)
        leaf = policy.is_leaf(path, event.epoch)
        left = policy.emission(path, event.epoch) - state.distributor.committed.get((path, event.epoch), 0)
    except PolicyError as error:
        return [(Rule.PUBLICATION, False, "an epoch that the policy answers for", error)]
    return [
        (Rule.PUBLICATION, event.epoch < current, f"an epoch before {current}", event.epoch),
        (Rule.PUBLICATION, leaf, "a leaf", f"{path}, which has children"),
        (Rule.PUBLICATION_TOTAL, event.total <= left, f"at most {left}", event.total),
    ]


def _series_due(state: GovernanceState, publication: Publication, place: Place) -> Condition:
    """That a new series comes after the last one, whose claims have opened; that need not stand any more."""
    stream, epoch, series = publication.stream, publication.epoch, publication.series
    last = state.distributor.last.get((stream, epoch))
    if last is None or publication.revisions:
        return Rule.PUBLICATION, True, None, None
    opens = state.distributor.publications[stream, epoch, last].revisions[-1].opens_at
    due = series > last and place.timestamp >= opens
    return Rule.PUBLICATION, due, f"a series after {last}, which opens at {opens}", f"{series} at {place.timestamp}"


def _standing(
    state: GovernanceState, event: Payout, rule: Rule, place: Place
) -> tuple[str, Publication, Revision] | None:
    """What `event` is about, by name, and what stands of it; None, and a disagreement, where nothing does."""
    name, path = _name(state, event), _path(state, event.stream)
    publication = state.distributor.publications.get((path, event.epoch, event.series)) if path else None
    standing = publication.standing if publication else None
    state.ledger.require(
        rule, name, standing is not None, expected="a publication that stands", found="none", place=place
    )
    return (name, publication, standing) if publication is not None and standing is not None else None


def _all(state: GovernanceState, subject: str, conditions: list[Condition], place: Place) -> bool:
    """Whether all hold; each that does not is a disagreement of its own."""
    noted = [
        state.ledger.require(rule, subject, holds, expected=expected, found=found, place=place)
        for rule, holds, expected, found in conditions
    ]
    return all(noted)


def _short(rule: Rule, text: bytes) -> Condition:
    return rule, len(text) <= MAX_TEXT, f"at most {MAX_TEXT} bytes of text", len(text)


def _before(rule: Rule, place: Place, end: int) -> Condition:
    return rule, place.timestamp < end, f"before {end}", place.timestamp


def _path(state: GovernanceState, stream: bytes) -> str | None:
    """Path of a stream by its id; None where the policy has none. Streams only ever join the tree."""
    paths = state.distributor.paths
    if stream not in paths and state.policy is not None:
        paths.update((stream_id(path), path) for path in state.policy.streams)
    return paths.get(stream)


def _name(state: GovernanceState, event: Payout) -> str:
    stream = _path(state, event.stream) or "0x" + event.stream.hex()
    return publication_name(stream, event.epoch, event.series)


def publication_name(stream: str, epoch: int, series: int) -> str:
    """What findings call a publication."""
    return f"payouts of {stream} for epoch {epoch}" + (f", series {series}" if series else "")
