"""Random actions of a distributor's people: published, disputed, answered, voided, claimed, lapsed."""

from __future__ import annotations

import random

from dao.errors import CallReverted
from dao.rewards.streams import ROOT, stream_id
from dao.types import ZERO_ADDRESS, Address, Call
from tests.support import paying
from tests.support.history import EPOCH, POLICY, START, Dao, Reverted
from tests.support.paying import Key

PAYING = ("publish", "publish", "dispute", "answer", "void", "claim", "claims", "claim to", "claim many", "lapse")
"""What may happen to payouts; `payouts` takes one of them a step further."""

STREAMS = (*["compute", "data"] * 4, "compute/jobs", ROOT)
"""Streams that are published; which of them are leaves changes."""


def random_settings(dao: Dao, rng: random.Random) -> list[Call]:
    """Calls of the distributor for proposals, most of which it accepts; none where there is no distributor."""
    if dao.addresses.distributor is None:
        return []
    count = rng.randrange(1, 5)
    chosen = sorted(rng.sample(paying.REPORTERS, count), key=str.lower)
    calls = [
        paying.call(dao, "setReporters", chosen, rng.randrange(0 if rng.random() < 0.1 else 1, count + 1)),
        paying.call(dao, "setTerms", (rng.choice([0, 60, 300]), rng.choice([0, 900]), rng.choice([86_400, 90_000]))),
        paying.call(dao, "setGuardian", rng.choice([dao.guardian, dao.addresses.timelock, ZERO_ADDRESS])),
        paying.call(dao, "transferOwnership", dao.addresses.timelock),
    ]
    if dao.trees:
        reason = rng.choice(["Wrong", "", "été"])
        calls.append(paying.call(dao, "void", *paying.arguments(rng.choice(list(dao.trees))), reason))
    return calls


def act_on_payouts(dao: Dao, action: str, rng: random.Random) -> None:
    """Tries one of PAYING, or `payouts`; raises Reverted where the contracts refuse it."""
    if dao.addresses.distributor is None:
        return
    someone, keys = rng.choice(dao.holders), list(dao.trees)
    if action == "publish" or not keys:
        publish(dao, someone, rng)
        return
    key = rng.choice(keys[-4:])
    if action == "payouts":
        further_payouts(dao, key, rng)
    elif action == "dispute":
        text = rng.choice(["I was left out", "", "x" * rng.choice([2_048, 2_049])])
        paying.send(dao, someone, paying.call(dao, "dispute", *paying.arguments(key), text))
    elif action == "answer":
        paying.send(dao, someone, paying.answered(dao, key, someone))
    elif action == "void":
        paying.send(dao, rng.choice([dao.guardian, someone]), paying.call(dao, "void", *paying.arguments(key), "Wrong"))
    elif action == "lapse":
        paying.send(dao, someone, paying.call(dao, "lapse", *paying.arguments(key)))
    elif action == "claim to" and rng.random() < 0.3:
        # Two calls in one transaction, whose movements of tokens must be told apart.
        dao.bundle([random_claim(dao, "claim to", key, rng), random_claim(dao, "claim", key, rng)])
    else:
        paying.send(dao, someone, random_claim(dao, action, key, rng))


def publish(dao: Dao, sender: Address, rng: random.Random) -> None:
    """Has `sender` submit a publication, often in a new epoch; its tree counts only where it is accepted."""
    if rng.random() < 0.4:
        dao.chain.advance(EPOCH)
    before = dict(dao.trees)
    try:
        paying.send(dao, sender, random_publication(dao, rng))
    except Reverted:
        dao.trees = before
        raise


def random_claim(dao: Dao, action: str, key: Key, rng: random.Random) -> Call:
    """A claim of one payout, of several of one account, to a receiver, or of many accounts."""
    tree, keys = dao.trees[key], list(dao.trees)
    if action == "claim":
        return paying.claimed(dao, key, rng.randrange(len(tree.payouts)))
    if action == "claim many":
        return paying.claimed_batch(dao, key, half=rng.random() < 0.5)
    account = rng.choice(tree.payouts)[0]
    chosen = rng.sample(keys, min(len(keys), rng.randrange(1, 4)))
    if action == "claims":
        return paying.call(dao, "claimMany", account, paying.claims_of(dao, account, chosen))
    receiver = rng.choice([*dao.holders, dao.addresses.timelock])
    return paying.claimed_to(dao, dao.holders.index(account), receiver, chosen)


def random_publication(dao: Dao, rng: random.Random) -> Call:
    """A publication of a recent epoch, or a supplement, within the emission, or about; some trees pay beyond it."""
    current = (dao.chain.timestamp - (START - 10 * EPOCH)) // EPOCH
    key = (rng.choice(STREAMS), max(0, current - rng.choice([0, 1, 1, 1, 2, 3])), rng.choice([0, 0, 0, 1]))
    if dao.trees and rng.random() < 0.3:
        stream, epoch, series = rng.choice(list(dao.trees))
        key = (stream, epoch, series + rng.choice([0, 1, 1]))
    identifier = stream_id(key[0])
    try:
        emission = dao.ask(dao.addresses.policy, POLICY, "emission", identifier, key[1])
    except CallReverted:
        emission = 0
    left = emission - paying.ask(dao, "committed", identifier, key[1])
    total = max(1, rng.choice([left, left // 2, left // 2, left // 3, left + 1]))
    accounts = rng.sample(dao.holders, rng.choice([1, 2, 4]))
    amounts = [total // len(accounts)] * len(accounts)
    amounts[0] += total - sum(amounts) + (rng.choice([0, 0, 0, 1, 10**18]))
    return paying.published(dao, key, list(zip(accounts, amounts, strict=True)), total)


def further_payouts(dao: Dao, key: Key, rng: random.Random) -> None:
    """Does what takes a publication one step further in its life, or lets the time pass that it waits for."""
    root, left, opens, lapses, *_, window, held, disputes = paying.ask(dao, "publication", *paying.arguments(key))
    now, someone = dao.chain.timestamp, rng.choice(dao.holders)
    if not any(root) or left == 0:
        publish(dao, someone, rng)
    elif disputes and rng.random() < 0.5:
        paying.send(dao, someone, paying.answered(dao, key, _disputer(dao, key) or someone))
    elif now < window and rng.random() < 0.3:
        paying.send(dao, someone, paying.call(dao, "dispute", *paying.arguments(key), "Count again"))
    elif now < opens:
        dao.chain.advance(max(0, rng.choice([window, opens, opens, held]) - now))
    elif now < lapses and rng.random() < 0.9:
        paying.send(
            dao, someone, random_claim(dao, rng.choice(["claim", "claims", "claim to", "claim many"]), key, rng)
        )
    elif now < lapses:
        dao.chain.advance(lapses - now - rng.choice([0, 0, 1]))
    else:
        paying.send(dao, someone, paying.call(dao, "lapse", *paying.arguments(key)))


def _disputer(dao: Dao, key: Key) -> Address | None:
    revision = paying.ask(dao, "publication", *paying.arguments(key))[4]
    disputes = (
        (paying.ask(dao, "disputeOf", *paying.arguments(key), revision, holder), holder) for holder in dao.holders
    )
    return next((holder for state, holder in disputes if state == 1), None)
