"""Storage of the distributor: its settings, every publication, what was disputed, and who was paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from dao.abi import encode, keccak
from dao.proving.layout import Layout, Slot, account_word, at_index, at_key, layout, number, packed
from dao.replay.distributor_state import Publication
from dao.replay.state import GovernanceState
from dao.rewards.streams import stream_id
from dao.types import Address

_STANDING, _COMMITMENT = "struct Publications.Standing", "struct Publications.Commitment"
_TERMS, _SET = "struct DistributorTerms.Terms", "struct EnumerableSet.Set"
_EPOCHS = 256
_NAMES = ("root", "what is left, opening, end, revision", "total, window, disputes")
_OPEN, _ANSWERED = 1, 2

MOST_EPOCHS = 20_000
"""The most epochs, those of each stream counted, that are asked for without a log that names them."""


def distributor_slots(state: GovernanceState, timestamp: int) -> Iterator[Slot]:
    """What `RewardDistributor` must hold at `timestamp` (seconds); nothing where the deployment has none.

    What is committed of a stream's epoch says that no publication of it was left out, and what is left of a
    publication that no claim was. No slot lists the epochs that have any, so that all up to now are asked for, as long
    as they are not too many.
    """
    address, payer = state.addresses.distributor, state.distributor
    if address is None:
        return
    where = layout("RewardDistributor")
    yield from _settings(state, where, address)
    for stream, epoch in dict.fromkeys([*payer.committed, *_epochs(state, timestamp)]):
        base = at_key(at_key(where.slot("_commitments"), stream_id(stream)), epoch)
        values = {
            "amount": payer.committed.get((stream, epoch), 0),
            "last": payer.last.get((stream, epoch), 0),
            "any": (stream, epoch) in payer.committed,
        }
        for slot, word, mask in packed(where.structs.get(_COMMITMENT, ()), values):
            yield Slot(address, number(base + slot), word, f"committed of {stream}, epoch {epoch}", mask)
    bits: dict[tuple[str, int, Address], int] = defaultdict(int)
    for publication in payer.publications.values():
        yield from _publication(where, address, publication)
        place = publication.series << 24 | publication.epoch // _EPOCHS
        for account in publication.claims:
            bits[publication.stream, place, account] |= 1 << publication.epoch % _EPOCHS
    for (stream, place, account), claimed in sorted(bits.items()):
        base = at_key(at_key(where.slot("_claimed"), stream_id(stream)), place)
        what = f"claims of {account}: {stream}, epochs from {place % 2**24 * _EPOCHS}, series {place >> 24}"
        yield Slot(address, number(at_key(base, account)), number(claimed), what)


def all_epochs(state: GovernanceState, timestamp: int) -> bool:
    """Whether every stream and epoch up to `timestamp` (seconds) is few enough to be asked for."""
    return len(state.policy.streams) * _current(state, timestamp) <= MOST_EPOCHS if state.policy else True


def _epochs(state: GovernanceState, timestamp: int) -> Iterator[tuple[str, int]]:
    if state.policy is not None and all_epochs(state, timestamp):
        for stream in state.policy.streams:
            for epoch in range(_current(state, timestamp)):
                yield stream, epoch


def _current(state: GovernanceState, timestamp: int) -> int:
    """The epoch of `timestamp`; only those before it can have payouts."""
    policy = state.policy
    return max(timestamp - policy.genesis, 0) // policy.epoch_length if policy else 0


def _settings(state: GovernanceState, where: Layout, address: Address) -> Iterator[Slot]:
    payer = state.distributor
    yield Slot(address, number(where.slot("_owner")), account_word(payer.owner), "owner of the distributor")
    yield Slot(address, number(where.slot("guardian")), account_word(payer.guardian), "guardian of payouts")
    yield Slot(address, number(where.slot("threshold")), number(payer.threshold), "threshold of reporters")
    terms = {
        "challengeWindow": payer.terms.challenge_window,
        "disputeHold": payer.terms.dispute_hold,
        "claimPeriod": payer.terms.claim_period,
    }
    for slot, word, mask in packed(where.structs.get(_TERMS, ()), terms):
        yield Slot(address, number(where.slot("_terms") + slot), word, "terms of payouts", mask)
    values = where.slot("_reporters") + where.member(_SET, "_values").slot
    yield Slot(address, number(values), number(len(payer.reporters)), "number of reporters")
    for index, account in enumerate(payer.reporters):
        yield Slot(address, number(at_index(values, index)), account_word(account), f"reporter {index}")


def _publication(where: Layout, address: Address, publication: Publication) -> Iterator[Slot]:
    if not publication.revisions:
        return
    name = f"payouts of {publication.stream}, epoch {publication.epoch}, series {publication.series}"
    last, standing = publication.revisions[-1], publication.standing
    values: Mapping[str, int] = {
        "root": int.from_bytes(last.root, "big") if standing else 0,
        "left": publication.left if standing else 0,
        "opensAt": last.opens_at,
        "lapsesAt": last.lapses_at,
        "revision": publication.voids,
        "total": publication.total,
        "windowEndsAt": last.window_ends_at,
        "heldUntil": last.held_until,
        "openDisputes": last.open_disputes,
    }
    stream = stream_id(publication.stream)
    base = at_key(at_key(where.slot("_standings"), stream), publication.epoch << 32 | publication.series)
    for slot, word, mask in packed(where.structs.get(_STANDING, ()), values):
        yield Slot(address, number(base + slot), word, f"{name}: {_NAMES[slot]}", mask)
    for revision in publication.revisions:
        place = (stream, publication.epoch, publication.series, revision.number)
        key = keccak(encode(("bytes32", "uint32", "uint32", "uint32"), place))
        table = at_key(where.slot("_disputes"), key)
        for account, dispute in revision.disputes.items():
            word = number(_OPEN if dispute.answered is None else _ANSWERED)
            what = f"{name}: dispute of {account}, revision {revision.number}"
            yield Slot(address, number(at_key(table, account)), word, what)
