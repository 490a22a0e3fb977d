"""Property: whatever happens in whatever order, RewardDistributor takes what its rules, written here anew, allow.

It pays nobody twice and nothing above a total or an emission, and loses no token.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from eth_account import Account
from hypothesis import HealthCheck, event, given, settings, strategies as st

from dao.abi import checksum, keccak
from dao.artifacts import load
from dao.chain.connection import View
from dao.payouts.publication import Publication
from dao.payouts.tree import MerkleTree, build_tree
from dao.rewards.changes import AddStream, Allocation, Change, Part, SetSchedule, SetSplit, Split
from dao.rewards.schedule import Constant, Segment
from dao.rewards.streams import ROOT, stream_id
from dao.types import Address
from tests.support.history import DEPLOYER, Chain, Reverted
from tests.support.policy import policy_code

EXAMPLES = int(os.environ.get("TWIN_EXAMPLES", "50"))
"""How many sequences are tried; set TWIN_EXAMPLES to try more."""

LENGTH, WINDOW, HOLD, PERIOD = 1_000, 500, 1_500, 86_400
"""Seconds of an epoch, and the distributor's terms."""
EMISSIONS = {"a": 600, "b": 400}
TREASURY = 1_500
"""Less than what all epochs could draw."""
TIMELOCK, GUARDIAN = Address("0x" + "11" * 20), Address("0x" + "22" * 20)
ACCOUNTS = tuple(Address(checksum(bytes([0xA0 + index]) * 20)) for index in range(4))
REPORTER = Account.from_key(keccak(b"reporter"))
DISTRIBUTOR, TOKEN = load("RewardDistributor").abi, load("RewardToken").abi
CHANGES: tuple[Change, ...] = (
    AddStream("a"),
    AddStream("b"),
    SetSchedule(ROOT, (Segment(0, Constant(1_000)),)),
    SetSplit(ROOT, Split(0, (Part("a", Allocation.SHARE, 6_000), Part("b", Allocation.RESIDUAL)))),
)
TYPES = {
    "Publication": (
        "bytes32 stream, uint32 epoch, uint32 series, uint32 revision, bytes32 root, uint128 total, bytes32 dataHash, "
        "string dataURI"
    ),
    "Answer": "bytes32 stream, uint32 epoch, uint32 series, uint32 revision, address account, string text",
}

Key = tuple[str, int, int]
"""Stream, epoch, series."""
Payouts = tuple[tuple[Address, int], ...]


@dataclass
class Series:
    """What the rules say stands of a series."""

    payouts: Payouts | None = None
    total: int = 0
    left: int = 0
    revision: int = 0
    window_ends: int = 0
    opens: int = 0
    held: int = 0
    lapses: int = 0
    disputes: dict[Address, bool] = field(default_factory=dict)
    """Whether each is open, of this revision."""


class World:
    """A distributor in an EVM, and beside it what the rules say of it."""

    def __init__(self, minted: bool) -> None:
        self.minted, self.chain = minted, Chain()
        genesis = self.chain.timestamp - 2 * LENGTH
        code = policy_code(self.chain.deploy, TIMELOCK, genesis, LENGTH, CHANGES)
        policy, self.genesis = self.chain.deploy(code), genesis
        self.token = self.chain.deploy(
            load("RewardToken").creation_code(
                "Twin", "TWN", 18, 10**9, TIMELOCK, [TIMELOCK], [] if minted else [(TIMELOCK, TREASURY)]
            )
        )
        terms = (WINDOW, HOLD, PERIOD)
        fields = (policy, self.token, TIMELOCK, minted, GUARDIAN, terms, [REPORTER.address], 1)
        self.address = self.chain.deploy(load("RewardDistributor").creation_code(fields))
        how = ("grantRole", keccak(b"MINTER_ROLE")) if minted else ("approve",)
        self.chain.send(TIMELOCK, self.token, TOKEN.function(how[0]).encode_call(*how[1:], *self._how()))
        self.series: dict[Key, Series] = {}
        self.last: dict[tuple[str, int], int] = {}
        self.trees: list[tuple[Key, Payouts]] = []
        self.committed: Counter[tuple[str, int]] = Counter()
        self.paid: Counter[Address] = Counter()
        self.claimed: dict[tuple[Key, Address], int] = {}
        self.treasury = 0 if minted else TREASURY

    def _how(self) -> tuple[Any, ...]:
        return (self.address,) if self.minted else (self.address, 2**255)

    @property
    def now(self) -> int:
        return self.chain.timestamp

    def at(self, key: Key) -> Series:
        return self.series.setdefault(key, Series())

    # ------------------------------------------------------------ acting

    def act(self, allowed: bool, sender: Address, name: str, *arguments: Any) -> bool:
        """Sends a call, which the contract takes exactly if it is allowed."""
        try:
            self.chain.send(sender, self.address, DISTRIBUTOR.function(name).encode_call(*arguments))
            taken = True
        except Reverted:
            taken = False
        event(f"{name} {'taken' if taken else 'refused'}")
        assert taken == allowed, f"the contract {'takes' if taken else 'refuses'} {name}{arguments}"
        return taken

    def publish(self, key: Key, payouts: Payouts, total: int, revision: int) -> None:
        stands, last = self.at(key), self.last.get(key[:2])
        allowed = (
            self.now >= self.genesis + (key[1] + 1) * LENGTH
            and stands.payouts is None
            and stands.revision == revision
            and total > 0
            and total + self.committed[key[:2]] <= EMISSIONS[key[0]]
            and (self.minted or total <= self.treasury)
        )
        if last is not None and not stands.revision:
            allowed = allowed and key[2] > last and self.now >= self.at((*key[:2], last)).opens
        self.trees.append((key, payouts))
        root = self.tree(key, payouts).root
        values = (stream_id(key[0]), *key[1:], revision, root, total, bytes(32), "")
        if not self.act(allowed, DEPLOYER, "publish", values, self.signed("Publication", values)):
            return
        ends = self.now + WINDOW
        self.series[key] = Series(payouts, total, total, revision, ends, ends, ends + HOLD, ends + HOLD + PERIOD)
        self.committed[key[:2]] += total
        self.last[key[:2]] = max(key[2], last or 0)
        self.treasury -= 0 if self.minted else total

    def dispute(self, key: Key, account: Address) -> None:
        stands = self.at(key)
        allowed = stands.payouts is not None and self.now < stands.window_ends and account not in stands.disputes
        if self.act(allowed, account, "dispute", stream_id(key[0]), *key[1:], ""):
            stands.disputes[account], stands.opens = True, stands.held

    def answer(self, key: Key, account: Address, revision: int) -> None:
        stands = self.at(key)
        allowed = stands.payouts is not None and stands.revision == revision and stands.disputes.get(account, False)
        values = (stream_id(key[0]), *key[1:], revision, account, "")
        if self.act(allowed, DEPLOYER, "answer", values, self.signed("Answer", values)):
            stands.disputes[account] = False
            if not any(stands.disputes.values()) and self.now < stands.held:
                stands.opens = max(self.now, stands.window_ends)

    def void(self, key: Key, by: Address) -> None:
        stands = self.at(key)
        allowed = stands.payouts is not None and by == GUARDIAN and self.now < stands.lapses
        if self.act(allowed, by, "void", stream_id(key[0]), *key[1:], ""):
            self.committed[key[:2]] -= stands.left
            self.treasury += 0 if self.minted else stands.left
            opens, revision = stands.opens, stands.revision + 1
            self.series[key] = Series(revision=revision, opens=opens)

    def lapse(self, key: Key) -> None:
        stands = self.at(key)
        allowed = stands.payouts is not None and self.now >= stands.lapses and stands.left > 0
        if self.act(allowed, DEPLOYER, "lapse", stream_id(key[0]), *key[1:]):
            self.treasury += 0 if self.minted else stands.left
            stands.left = 0

    def pays(self, series: Series) -> bool:
        """Whether claims are open."""
        return series.payouts is not None and series.opens <= self.now < series.lapses

    def claim(self, made: Sequence[tuple[Key, Payouts, int]], receiver: Address) -> None:
        """All in one transaction: claims of one account, each by the proof of its payout in a tree."""
        account = made[0][1][made[0][2]][0]
        claims, allowed, due = [], True, Counter[Key]()
        for index, (key, payouts, place) in enumerate(made):
            payout = payouts[place]
            claims.append((stream_id(key[0]), *key[1:], payout[1], self.tree(key, payouts).proof(place)))
            due[key] += payout[1]
            repeated = key in [other for other, _, _ in made[:index]]
            allowed = allowed and not repeated and (key, account) not in self.claimed
            allowed = allowed and payout[0] == account and self.proves(key, payouts, [payout])
        allowed = allowed and all(amount <= self.at(key).left for key, amount in due.items())
        if receiver != account:
            taken = self.act(allowed, account, "claimTo", account, receiver, claims, 0, b"")
        elif len(claims) == 1:
            taken = self.act(allowed, DEPLOYER, "claim", account, claims[0])
        else:
            taken = self.act(allowed, DEPLOYER, "claimMany", account, claims)
        if taken:
            for key, payouts, place in made:
                self.pay(key, account, receiver, payouts[place][1])

    def claim_batch(self, key: Key, payouts: Payouts, places: Sequence[int]) -> None:
        proof = self.tree(key, payouts).multi_proof(places)
        wanted = [payouts[place] for place in proof.indices]
        due = [payout for payout in wanted if (key, payout[0]) not in self.claimed]
        total = sum(amount for _, amount in due)
        allowed = self.proves(key, payouts, wanted) and 0 < total <= self.at(key).left
        arguments = (stream_id(key[0]), *key[1:], wanted, proof.proof, proof.flags)
        if self.act(allowed, DEPLOYER, "claimBatch", *arguments):
            for account, amount in due:
                self.pay(key, account, account, amount)

    def proves(self, key: Key, payouts: Payouts, wanted: Sequence[tuple[Address, int]]) -> bool:
        """Whether proofs from the tree of `payouts` count: that tree stands, and claims are open."""
        return self.at(key).payouts == payouts and self.pays(self.at(key)) and set(wanted) <= set(payouts)

    def pay(self, key: Key, account: Address, receiver: Address, amount: int) -> None:
        assert (key, account) not in self.claimed
        self.claimed[key, account] = amount
        self.at(key).left -= amount
        self.paid[receiver] += amount

    # ------------------------------------------------------------ asking

    def tree(self, key: Key, payouts: Payouts) -> MerkleTree:
        return _tree(self.address, key, payouts)

    def signed(self, name: str, values: tuple[Any, ...]) -> list[tuple[str, bytes]]:
        return [(REPORTER.address, _signature(self.address, name, values))]

    def ask(self, abi: Any, address: Address, name: str, *arguments: Any) -> Any:
        return self.chain.views([View(address, abi.function(name), arguments)])[0][0]

    def check(self) -> None:
        """What holds whatever happened."""
        held = 0
        for key, stands in self.series.items():
            found = self.ask(DISTRIBUTOR, self.address, "publication", stream_id(key[0]), *key[1:])
            root = bytes(32) if stands.payouts is None else self.tree(key, stands.payouts).root
            assert found[:5] == (root, stands.left, stands.opens, found[3], stands.revision)
            if stands.payouts is not None:
                assert found[5:] == (
                    stands.total, stands.window_ends, stands.held, sum(stands.disputes.values())
                )  # fmt: skip
                assert 0 <= stands.left <= stands.total
            held += stands.left
            for account in ACCOUNTS:
                claimed = self.ask(DISTRIBUTOR, self.address, "isClaimed", stream_id(key[0]), *key[1:], account)
                assert claimed == ((key, account) in self.claimed)
        spent: Counter[tuple[str, int]] = Counter()
        for (key, _), amount in self.claimed.items():
            spent[key[:2]] += amount
        for (stream, epoch), amount in self.committed.items():
            assert self.ask(DISTRIBUTOR, self.address, "committed", stream_id(stream), epoch) == amount
            assert spent[stream, epoch] <= amount <= EMISSIONS[stream]
        balances = {account: self.ask(TOKEN, self.token, "balanceOf", account) for account in ACCOUNTS}
        assert balances == {account: self.paid[account] for account in ACCOUNTS}
        assert self.ask(TOKEN, self.token, "balanceOf", TIMELOCK) == self.treasury
        assert self.ask(TOKEN, self.token, "balanceOf", self.address) == (0 if self.minted else held)
        supply = self.ask(TOKEN, self.token, "totalSupply")
        assert supply == (sum(self.paid.values()) if self.minted else TREASURY)
        assert sum(self.paid.values()) == sum(self.claimed.values())


@cache
def _tree(address: Address, key: Key, payouts: Payouts) -> MerkleTree:
    made = Publication(chain_id=Chain.chain_id, distributor=address, stream=key[0], epoch=key[1], series=key[2])
    return build_tree(b"".join(made.leaf(*payout) for payout in payouts))


@cache
def _signature(address: Address, name: str, values: tuple[Any, ...]) -> bytes:
    fields = [field.split() for field in TYPES[name].split(", ")]
    domain = {"name": "RewardDistributor", "version": "1", "chainId": Chain.chain_id, "verifyingContract": address}
    types = {name: [{"name": label, "type": kind} for kind, label in fields]}
    message = {label: value for (_, label), value in zip(fields, values, strict=True)}
    return bytes(REPORTER.sign_typed_data(domain, types, message).signature)


# ---------------------------------------------------------------- what happens


def publish(world: World, random: Random) -> None:
    """Mostly what can be published now."""
    key = (random.choice("aab"), random.choice([0, 0, 0, 1, 1, 2]), random.choice([0, 0, 0, 1, 2]))
    for _ in range(4):
        if world.at(key).payouts is not None and random.random() < 0.8:
            key = (random.choice("aab"), random.choice([0, 0, 0, 1, 1, 2]), random.choice([0, 0, 0, 1, 2]))
    accounts = sorted(random.sample(ACCOUNTS, random.randint(1, 4)))
    payouts = tuple((account, random.choice([1, 50, 50, 100, 200, 300])) for account in accounts)
    total = sum(amount for _, amount in payouts)
    # Sometimes less than the payouts are, as of a wrong tree, or all of the emission, or nothing.
    total = random.choice([total] * 6 + [total // 2, EMISSIONS[key[0]], EMISSIONS[key[0]] + 1, 0])
    world.publish(key, payouts, total, near(world, key, random))


def dispute(world: World, random: Random) -> None:
    world.dispute(known(world, random, lambda s: world.now < s.window_ends)[0], random.choice(ACCOUNTS))


def answer(world: World, random: Random) -> None:
    key = known(world, random, lambda s: any(s.disputes.values()))[0]
    disputed = [account for account, is_open in world.at(key).disputes.items() if is_open]
    account = random.choice(disputed) if disputed and random.random() < 0.9 else random.choice(ACCOUNTS)
    world.answer(key, account, near(world, key, random))


def void(world: World, random: Random) -> None:
    world.void(known(world, random, lambda s: world.now < s.lapses)[0], random.choice([GUARDIAN] * 4 + [TIMELOCK]))


def lapse(world: World, random: Random) -> None:
    world.lapse(known(world, random, lambda s: s.lapses <= world.now)[0])


def claim(world: World, random: Random) -> None:
    """What is due to an account, one to three of it; or what is not, or by the proof of another publication."""
    account = random.choice(ACCOUNTS)
    due = [
        (key, series.payouts, place)
        for key, series in world.series.items()
        if world.pays(series) and series.payouts and (key, account) not in world.claimed
        for place, (owner, _) in enumerate(series.payouts)
        if owner == account
    ]
    made = random.sample(due, min(len(due), random.randint(1, 3)))
    if not made and random.random() < 0.7:
        return wait(world, random)
    if not made or random.random() < 0.15:
        key, payouts = known(world, random, world.pays)
        made.append((key, payouts, random.randrange(len(payouts))))
    if random.random() < 0.1:
        made[-1] = (known(world, random, world.pays)[0], *made[-1][1:])
    account = made[0][1][made[0][2]][0]
    return world.claim(made, random.choice([account, account, random.choice(ACCOUNTS)]))


def batch(world: World, random: Random) -> None:
    key, payouts = known(world, random, world.pays)
    world.claim_batch(key, payouts, random.sample(range(len(payouts)), random.randint(1, len(payouts))))


def wait(world: World, random: Random) -> None:
    """Mostly until something of a publication changes, or the second before; until something lapses, seldom."""
    ends = {end for s in world.series.values() for end in (s.window_ends, s.opens, s.held)}
    if random.random() < 0.1 or not ends:
        ends = {s.lapses for s in world.series.values()} or {world.now + 200}
    due = min((end - world.now for end in ends if end > world.now), default=1)
    world.chain.advance(max(1, due - random.choice([0, 0, 0, 1])))


def known(world: World, random: Random, fits: Callable[[Series], bool]) -> tuple[Key, Payouts]:
    """Mostly what stands and fits; else anything that was once signed."""
    standing = [(key, series.payouts, fits(series)) for key, series in world.series.items() if series.payouts]
    fitting = [(key, payouts) for key, payouts, does in standing if does]
    if fitting and random.random() < 0.9:
        return random.choice(fitting)
    return random.choice(world.trees) if world.trees else (("a", 0, 0), ((ACCOUNTS[0], 1),))


def near(world: World, key: Key, random: Random) -> int:
    """Mostly the right revision."""
    return max(0, world.at(key).revision + random.choice([0] * 8 + [1, -1]))


STEPS = (publish,) * 4 + (claim,) * 6 + (batch,) * 2 + (wait,) * 3 + (dispute,) * 2 + (answer, void, lapse)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=HealthCheck.all())
@given(seed=st.integers(0, 2**64), minted=st.booleans())
def test_whatever_happens_nothing_is_paid_twice_or_lost(seed: int, minted: bool) -> None:
    """Drawn from a seed, so that what can happen does: sequences made choice by choice are refused nearly always."""
    random, world = Random(seed), World(minted)
    for _ in range(random.randint(20, 80)):
        random.choice(STEPS)(world, random)
    world.check()
