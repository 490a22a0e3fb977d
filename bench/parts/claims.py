"""The gas of publications and claims, beside that of the least contract that could pay one tree.

Every figure is that of a whole transaction, or of each claim its share, rounded up. All trees have 1,024 leaves of
accounts that delegate to nobody. The first claim of an account finds neither a balance nor a bit of its; a later one
finds both, as from an account's second epoch on. The minimum is `contracts/mocks/PlainDistributor.sol`, as
`make compile` built it: its bits are words of 256 leaves of one tree, so that a first claim finds the word used or not.

The token keeps a history of its supply and of all votes. A mint writes to it, and so does a claim of tokens that do not
circulate until they are claimed, which a treasury's do not: 32,000 gas of a transaction's first claim. The minimum is
measured without that, and with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from eth_account import Account

from dao import artifacts
from dao.abi import ContractAbi, checksum, encode, keccak
from dao.payouts.leaves import leaf_hashes
from dao.payouts.publication import Publication
from dao.payouts.tree import MerkleTree, build_tree
from dao.rewards.changes import Change, SetSchedule
from dao.rewards.schedule import Constant, Segment
from dao.rewards.streams import ROOT, stream_id
from dao.types import ZERO_ADDRESS, Address

BUILT = Path(__file__).resolve().parents[2] / "build" / "contracts" / "PlainDistributor.json"
CHAIN_ID = 31_337
LEAVES, BATCH, EPOCHS = 1_024, 100, 10
WORD = 256
"""How many leaves share a word of bits in the minimum."""
UNIT = 10**18
EMISSION = 10**6 * UNIT
SUPPLY = 10**9 * UNIT
TERMS = (0, 0, 365 * 86_400)
"""Claims open at once and live for a year (seconds)."""
URI = "ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"
REPORTERS = sorted((Account.from_key(keccak(b"reporter %d" % index)) for index in range(3)), key=lambda a: a.address)
ACCOUNTS = tuple(sorted(f"0x{keccak(b'contributor %d' % index)[:20].hex()}" for index in range(LEAVES)))
AMOUNTS = tuple(UNIT + int.from_bytes(keccak(b"amount %d" % index)[:7], "big") for index in range(LEAVES))

Row = Iterator[tuple[str, int]]
"""Circumstances, and gas."""


class Policy(Protocol):
    """A policy of hourly epochs, which the chain's one account owns."""

    address: Address
    owner: str

    def write(self, change: Change) -> int:
        """Makes a change."""


class Chain(Protocol):
    """The local chain of `bench/gas.py`."""

    def rpc(self, method: str, *params: Any) -> Any:
        """The node's answer to one JSON-RPC call."""

    def policy(self) -> AbstractContextManager[Policy]:
        """A new policy; what happens within the block is undone."""

    def deploy(self, code: bytes) -> Address:
        """The address of a new contract."""

    def gas(self, to: str, data: bytes) -> int:
        """The gas of a transaction."""


def measure(chain: Chain, genesis: int, epoch_length: int) -> dict[str, dict[str, int]]:
    """Every figure, for policies that begin at `genesis` with epochs of `epoch_length` (seconds)."""
    over = genesis + (EPOCHS + 1) * epoch_length
    figures = {}
    for minted in (True, False):
        with chain.policy() as policy:
            made = _distributor(chain, policy, minted, over)
            figures[f"RewardDistributor, {'minted' if minted else 'from the treasury'}"] = dict(_ours(made))
    for excluded in (False, True):
        with chain.policy() as policy:
            row = dict(_minimum(_Clock(chain, over), policy.owner, excluded))
            figures[f"PlainDistributor{', kept out of the circulating supply' * excluded}"] = row
    return figures


@dataclass
class _Clock:
    """Puts every transaction into a second of its own, so that no figure depends on how fast they follow."""

    chain: Chain
    now: int

    def gas(self, to: str, data: bytes) -> int:
        self.tick()
        return self.chain.gas(to, data)

    def deploy(self, code: bytes) -> Address:
        self.tick()
        return self.chain.deploy(code)

    def undone(self, measured: Callable[[], int]) -> int:
        """What `measured` returns; what it did is undone."""
        before = self.chain.rpc("evm_snapshot")
        gas = measured()
        self.chain.rpc("evm_revert", before)
        return gas

    def tick(self) -> None:
        self.now += 1
        self.chain.rpc("evm_setNextBlockTimestamp", hex(self.now))


@dataclass(frozen=True)
class _Published:
    """One epoch's tree at one distributor."""

    distributor: Address
    epoch: int

    @cached_property
    def tree(self) -> MerkleTree:
        publication = Publication(chain_id=CHAIN_ID, distributor=self.distributor, stream=ROOT, epoch=self.epoch)
        return build_tree(leaf_hashes(publication, ACCOUNTS, AMOUNTS))

    def signed(self) -> tuple[Any, ...]:
        """What `publish` takes, signed by the first two reporters."""
        fields = {
            "stream": "bytes32", "epoch": "uint32", "series": "uint32", "revision": "uint32", "root": "bytes32",
            "total": "uint128", "dataHash": "bytes32", "dataURI": "string",
        }  # fmt: skip
        values = (stream_id(ROOT), self.epoch, 0, 0, self.tree.root, sum(AMOUNTS), keccak(b"contributions"), URI)
        domain = {
            "name": "RewardDistributor", "version": "1", "chainId": CHAIN_ID, "verifyingContract": self.distributor,
        }  # fmt: skip
        types = {"Publication": [{"name": name, "type": kind} for name, kind in fields.items()]}
        message = dict(zip(fields, values, strict=True))
        signatures = [
            (reporter.address, bytes(reporter.sign_typed_data(domain, types, message).signature))
            for reporter in REPORTERS[:2]
        ]
        return values, signatures

    def claim(self, index: int) -> tuple[Any, ...]:
        """`RewardDistributor.Claim` of one account."""
        return stream_id(ROOT), self.epoch, 0, AMOUNTS[index], self.tree.proof(index)

    def batch(self, indices: Sequence[int]) -> tuple[Any, ...]:
        """What `claimBatch` takes."""
        proof = self.tree.multi_proof(indices)
        payouts = [(ACCOUNTS[index], AMOUNTS[index]) for index in proof.indices]
        return stream_id(ROOT), self.epoch, 0, payouts, proof.proof, proof.flags


@dataclass(frozen=True)
class _Distributor:
    """A deployed distributor whose epochs are over."""

    clock: _Clock
    address: Address

    def call(self, name: str, *arguments: Any) -> int:
        """The gas of a transaction to one of its functions."""
        abi = artifacts.load("RewardDistributor").abi
        return self.clock.gas(self.address, abi.function(name).encode_call(*arguments))

    def published(self, epoch: int) -> _Published:
        return _Published(self.address, epoch)


def _distributor(chain: Chain, policy: Policy, minted: bool, over: int) -> _Distributor:
    """The policy's one account is timelock, treasury and submitter."""
    policy.write(SetSchedule(ROOT, (Segment(0, Constant(EMISSION)),)))
    clock = _Clock(chain, over)
    token_abi = artifacts.load("RewardToken").abi
    token = clock.deploy(_token(policy.owner))
    reporters = [reporter.address for reporter in REPORTERS]
    settings = (policy.address, token, policy.owner, minted, ZERO_ADDRESS, TERMS, reporters, 2)
    address = clock.deploy(artifacts.load("RewardDistributor").creation_code(settings))
    if minted:
        clock.gas(token, token_abi.function("grantRole").encode_call(keccak(b"MINTER_ROLE"), address))
    else:
        clock.gas(token, token_abi.function("approve").encode_call(address, SUPPLY))
    return _Distributor(clock, address)


def _token(owner: str) -> bytes:
    return artifacts.load("RewardToken").creation_code(
        "Reward", "RWD", 18, 2 * SUPPLY, checksum(owner), [], [(checksum(owner), SUPPLY)]
    )


def _ours(made: _Distributor) -> Row:
    epochs = [made.published(epoch) for epoch in range(EPOCHS)]
    first, second = epochs[:2]
    yield "publish, 2 of 3 reporters", made.call("publish", *first.signed())
    # Somebody else was paid, so that nothing is the distributor's first.
    made.call("claim", ACCOUNTS[-1], first.claim(LEAVES - 1))
    for published in epochs[1:]:
        made.call("publish", *published.signed())
    indices = range(BATCH)
    many = [published.claim(0) for published in epochs]
    undone = made.clock.undone
    yield "claim, first of an account", undone(lambda: made.call("claim", ACCOUNTS[0], first.claim(0)))
    yield (
        f"per claim of {BATCH} in claimBatch, first",
        undone(lambda: -(-made.call("claimBatch", *first.batch(indices)) // BATCH)),
    )
    yield (
        f"per claim of {EPOCHS} in claimMany, first",
        undone(lambda: -(-made.call("claimMany", ACCOUNTS[0], many) // EPOCHS)),
    )
    made.call("claimBatch", *first.batch(indices))
    yield "claim, later of an account", undone(lambda: made.call("claim", ACCOUNTS[0], second.claim(0)))
    yield (
        f"per claim of {BATCH} in claimBatch, later",
        undone(lambda: -(-made.call("claimBatch", *second.batch(indices)) // BATCH)),
    )
    yield (
        f"per claim of {EPOCHS - 1} in claimMany, later",
        undone(lambda: -(-made.call("claimMany", ACCOUNTS[0], many[1:]) // (EPOCHS - 1))),
    )


def _minimum(clock: _Clock, owner: str, excluded: bool) -> Row:
    """Two trees at two contracts, as two epochs would take."""
    if not BUILT.exists():
        raise SystemExit(f"{BUILT.name} is missing; run `make compile`")
    build = json.loads(BUILT.read_text(encoding="utf-8"))
    abi = ContractAbi(build["abi"])
    types = ("uint256", "address", "uint256")
    tree = build_tree(
        b"".join(
            # abi.encodePacked
            keccak(encode(types[:1], (index,)) + bytes.fromhex(account[2:]) + encode(types[2:], (amount,)))
            for index, (account, amount) in enumerate(zip(ACCOUNTS, AMOUNTS, strict=True))
        )
    )
    token = clock.deploy(_token(owner))
    code = bytes.fromhex(build["bytecode"].removeprefix("0x"))
    contracts = [clock.deploy(code + encode(abi.constructor_types, (token, tree.root, excluded))) for _ in range(2)]
    transfer = artifacts.load("RewardToken").abi.function("transfer")
    for contract in contracts:
        clock.gas(token, transfer.encode_call(contract, SUPPLY // 2))

    def claim(contract: Address, index: int) -> int:
        call = abi.function("claim").encode_call(index, ACCOUNTS[index], AMOUNTS[index], tree.proof(index))
        return clock.gas(contract, call)

    first, second = contracts
    yield "claim, first of an account, first of its word", clock.undone(lambda: claim(first, 0))
    claim(first, WORD - 1)
    yield "claim, first of an account", clock.undone(lambda: claim(first, 0))
    claim(first, 0)
    claim(second, WORD - 1)
    yield "claim, later of an account", clock.undone(lambda: claim(second, 0))
