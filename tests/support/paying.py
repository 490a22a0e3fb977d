"""A distributor's people on the in-process EVM: reporters who sign, contributors who claim out of small trees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from eth_account import Account
from eth_account.messages import encode_typed_data

from dao.abi import checksum, encode, keccak
from dao.artifacts import load
from dao.rewards.streams import stream_id
from dao.types import Address, Call

if TYPE_CHECKING:
    from tests.support.history import Dao

DISTRIBUTOR = load("RewardDistributor").abi

Funding = Literal["mint", "treasury"]
WINDOW, HOLD, CLAIM_PERIOD = 300, 900, 86_400
TREASURY = 100_000 * 10**18
"""What the treasury has to draw from (wei)."""

KEYS = {checksum(Account.from_key(key).address): key for key in (keccak(b"reporter %d" % i) for i in range(5))}
REPORTERS = tuple(sorted(KEYS, key=str.lower))
"""Whoever may become a reporter, ascending; the first three are, and two of them sign."""

Key = tuple[str, int, int]
"""Stream, epoch and series."""

Kinds = Mapping[str, Mapping[str, str]]
_PUBLICATION = {
    "Publication": {
        "stream": "bytes32",
        "epoch": "uint32",
        "series": "uint32",
        "revision": "uint32",
        "root": "bytes32",
        "total": "uint128",
        "dataHash": "bytes32",
        "dataURI": "string",
    }
}
_ANSWER = {
    "Answer": {
        "stream": "bytes32",
        "epoch": "uint32",
        "series": "uint32",
        "revision": "uint32",
        "account": "address",
        "text": "string",
    }
}
_CLAIM_TO = {
    "ClaimTo": {"account": "address", "receiver": "address", "deadline": "uint256", "payouts": "PayoutKey[]"},
    "PayoutKey": {"stream": "bytes32", "epoch": "uint32", "series": "uint32"},
}


@dataclass(frozen=True)
class Tree:
    """The payouts of one publication, one, two or four, in the order of their leaves."""

    payouts: tuple[tuple[Address, int], ...]
    leaves: tuple[bytes, ...]

    @property
    def root(self) -> bytes:
        level = list(self.leaves)
        while len(level) > 1:
            level = [_pair(*level[i : i + 2]) for i in range(0, len(level), 2)]
        return level[0]

    def proof(self, index: int) -> list[bytes]:
        """The proof of one leaf."""
        level, proof = list(self.leaves), []
        while len(level) > 1:
            proof.append(level[index ^ 1])
            level = [_pair(*level[i : i + 2]) for i in range(0, len(level), 2)]
            index //= 2
        return proof

    def batch(self, half: bool) -> tuple[tuple[tuple[Address, int], ...], list[bytes], list[bool]]:
        """Payouts, proof and flags of all leaves, or of the first half of four, as `claimBatch` takes them."""
        if half and len(self.leaves) == 4:
            return self.payouts[:2], [_pair(*self.leaves[2:])], [True, False]
        return self.payouts, [], [True] * (len(self.leaves) - 1)


def tree_of(dao: Dao, key: Key, payouts: Sequence[tuple[Address, int]]) -> Tree:
    """The tree of `payouts` (account and wei) as the contract reads it."""
    assert len(payouts) in (1, 2, 4)
    return Tree(tuple(payouts), tuple(_leaf(dao, key, account, amount) for account, amount in payouts))


def deployed(dao_token: Address, timelock: Address, policy: Address, guardian: Address, funding: Funding) -> bytes:
    """The distributor's creation code."""
    terms = (WINDOW, HOLD, CLAIM_PERIOD)
    settings = (policy, dao_token, timelock, funding == "mint", guardian, terms, list(REPORTERS[:3]), 2)
    return load("RewardDistributor").creation_code(settings)


def distributor(dao: Dao) -> Address:
    """Where it is."""
    assert dao.addresses.distributor is not None
    return dao.addresses.distributor


def ask(dao: Dao, function: str, *arguments: Any) -> Any:
    """What a view of the distributor answers now."""
    return dao.ask(distributor(dao), DISTRIBUTOR, function, *arguments)


def send(dao: Dao, sender: Address, call: Call) -> None:
    """Has `sender` make a call."""
    dao.chain.send(sender, call.target, call.calldata)


def call(dao: Dao, function: str, *arguments: Any) -> Call:
    """A call of the distributor."""
    return Call(distributor(dao), 0, DISTRIBUTOR.function(function).encode_call(*arguments))


def arguments(key: Key) -> tuple[bytes, int, int]:
    """Stream id, epoch and series."""
    return stream_id(key[0]), key[1], key[2]


def published(dao: Dao, key: Key, payouts: Sequence[tuple[Address, int]], total: int | None = None) -> Call:
    """The call that publishes `payouts`, signed by as many reporters as must; the sum is the total unless given."""
    tree = tree_of(dao, key, payouts)
    dao.trees[key] = tree
    message = {
        "stream": stream_id(key[0]),
        "epoch": key[1],
        "series": key[2],
        "revision": ask(dao, "publication", *arguments(key))[4],
        "root": tree.root,
        "total": sum(amount for _, amount in payouts) if total is None else total,
        "dataHash": keccak(repr(payouts).encode()),
        "dataURI": f"ipfs://{key[0]}/{key[1]}",
    }
    return call(dao, "publish", tuple(message.values()), _signatures(dao, _PUBLICATION, message))


def answered(dao: Dao, key: Key, account: Address, text: str = "It was counted.") -> Call:
    """The call that answers the dispute of `account`."""
    message = {
        "stream": stream_id(key[0]),
        "epoch": key[1],
        "series": key[2],
        "revision": ask(dao, "publication", *arguments(key))[4],
        "account": account,
        "text": text,
    }
    return call(dao, "answer", tuple(message.values()), _signatures(dao, _ANSWER, message))


def claim(dao: Dao, key: Key, index: int) -> tuple[Any, ...]:
    """`RewardDistributor.Claim` of one leaf."""
    tree = dao.trees[key]
    return *arguments(key), tree.payouts[index][1], tree.proof(index)


def claimed(dao: Dao, key: Key, index: int) -> Call:
    """The call that claims one leaf for its account."""
    return call(dao, "claim", dao.trees[key].payouts[index][0], claim(dao, key, index))


def claims_of(dao: Dao, account: Address, keys: Sequence[Key]) -> list[tuple[Any, ...]]:
    """The claims of `account` in the publications that pay it."""
    found = []
    for key in keys:
        accounts = [paid for paid, _ in dao.trees[key].payouts]
        if account in accounts:
            found.append(claim(dao, key, accounts.index(account)))
    return found


def claimed_to(dao: Dao, holder: int, receiver: Address, keys: Sequence[Key]) -> Call:
    """The call that pays what holder number `holder` has in `keys` to `receiver`, as it signed."""
    account = dao.holders[holder]
    claims = claims_of(dao, account, keys)
    deadline = dao.chain.timestamp + 60
    payouts = [{"stream": made[0], "epoch": made[1], "series": made[2]} for made in claims]
    message = {"account": account, "receiver": receiver, "deadline": deadline, "payouts": payouts}
    signature = _signed(dao, keccak(b"holder %d" % holder), _CLAIM_TO, message)
    return call(dao, "claimTo", account, receiver, claims, deadline, signature)


def claimed_batch(dao: Dao, key: Key, *, half: bool = False) -> Call:
    """The call that claims many leaves of one publication for their accounts."""
    return call(dao, "claimBatch", *arguments(key), *dao.trees[key].batch(half))


def _leaf(dao: Dao, key: Key, account: Address, amount: int) -> bytes:
    types = ("uint256", "address", "bytes32", "uint32", "uint32", "address", "uint256")
    values = (dao.chain.chain_id, distributor(dao), *arguments(key), account, amount)
    return keccak(keccak(encode(types, values)))


def _pair(one: bytes, other: bytes) -> bytes:
    return keccak(min(one, other) + max(one, other))


def _signatures(dao: Dao, kinds: Kinds, message: Mapping[str, Any]) -> list[tuple[Address, bytes]]:
    signers = sorted(ask(dao, "reporters"), key=str.lower)[: ask(dao, "threshold")]
    return [(signer, _signed(dao, KEYS[signer], kinds, message)) for signer in signers]


def _signed(dao: Dao, key: bytes, kinds: Kinds, message: Mapping[str, Any]) -> bytes:
    domain = {
        "name": "RewardDistributor",
        "version": "1",
        "chainId": dao.chain.chain_id,
        "verifyingContract": distributor(dao),
    }
    types = {name: [{"name": field, "type": kind} for field, kind in fields.items()] for name, fields in kinds.items()}
    return bytes(Account.sign_message(encode_typed_data(domain, types, dict(message)), key).signature)
