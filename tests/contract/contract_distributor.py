"""RewardDistributor for tests: deployed over a policy of its own, signed for by its reporters, with trees to claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import brownie
from contract_evm import go_to, next_at, now, project
from contract_policy import RESIDUAL, ROOT, SHARE, constant, create, part, stream
from contract_system import UNIT, System
from eth_account import Account
from eth_account.signers.local import LocalAccount

from dao.abi import encode, keccak
from dao.payouts.tree import MerkleTree, build_tree

EPOCH = 1_000
"""Seconds; the distributor's policy is apart from the system's."""
WINDOW, HOLD, PERIOD = 1_000, 3_000, 100_000
"""Seconds of the challenge window, the longest hold and the claim period."""
JOBS, DATA, COMPUTE = stream("compute/jobs"), stream("data"), stream("compute")
EMISSION = 400 * UNIT
"""Of the jobs in each epoch from 1 on; `data` has 600 tokens."""
URI = "ipfs://contributions"
NONE, OPEN, ANSWERED = range(3)
"""`Publications.Dispute`."""

PUBLICATION = {
    "stream": "bytes32", "epoch": "uint32", "series": "uint32", "revision": "uint32", "root": "bytes32",
    "total": "uint128", "dataHash": "bytes32", "dataURI": "string",
}  # fmt: skip
ANSWER = {
    "stream": "bytes32", "epoch": "uint32", "series": "uint32", "revision": "uint32", "account": "address",
    "text": "string",
}  # fmt: skip
PAYOUT_KEY = {"stream": "bytes32", "epoch": "uint32", "series": "uint32"}
CLAIM_TO = {"account": "address", "receiver": "address", "deadline": "uint256", "payouts": "PayoutKey[]"}


def signer(name: str) -> LocalAccount:
    """The account whose key is the hash of a name."""
    return Account.from_key(keccak(name.encode()))


REPORTERS = sorted((signer(f"reporter {index}") for index in range(3)), key=lambda account: int(account.address, 16))
"""Ascending by address; two of them must sign."""
ACCOUNTS = tuple(signer(f"contributor {index}") for index in range(8))
"""Contributors, who sign and never send."""


@dataclass(frozen=True)
class Made:
    """A distributor, its policy and its token."""

    system: System
    contract: Any
    policy: Any
    token: Any

    def over(self, epoch: int) -> int:
        """The first second after `epoch`."""
        return int(self.policy.genesis()) + (epoch + 1) * EPOCH

    def standing(self, tree: Tree) -> Any:
        """What stands of the tree's series."""
        return self.contract.publication(*tree.key)

    def signed(self, signers: Sequence[LocalAccount], name: str, fields: Mapping[str, str], *values: Any) -> Any:
        """`Signature[]` of the message by each of `signers`."""
        return [(account.address, self.signature(account, name, fields, *values)) for account in signers]

    def signature(
        self, account: LocalAccount, name: str, fields: Mapping[str, str], /, *values: Any, **domain: Any
    ) -> bytes:
        """An EIP-712 signature in the contract's domain, of which some fields may be changed."""
        whole = {
            "name": "RewardDistributor",
            "version": "1",
            "chainId": brownie.web3.eth.chain_id,
            "verifyingContract": self.contract.address,
            **domain,
        }
        types = {name: [{"name": field, "type": kind} for field, kind in fields.items()]}
        if "PayoutKey[]" in fields.values():
            types["PayoutKey"] = [{"name": field, "type": kind} for field, kind in PAYOUT_KEY.items()]
        message = dict(zip(fields, values, strict=True))
        return bytes(account.sign_typed_data(whole, types, message).signature)

    def publication(self, tree: Tree, *, by: Sequence[LocalAccount] = REPORTERS[:2], **changes: Any) -> Any:
        """What `publish` takes: the tree's publication, some of its fields changed, signed by `by`."""
        values = {
            "stream": tree.stream, "epoch": tree.epoch, "series": tree.series, "revision": 0, "root": tree.root,
            "total": tree.total, "dataHash": keccak(b"contributions"), "dataURI": URI, **changes,
        }  # fmt: skip
        made = tuple(values.values())
        return made, self.signed(by, "Publication", PUBLICATION, *made)

    def publish(self, tree: Tree, *, at: int | None = None, **changes: Any) -> Any:
        """Publishes, at a timestamp or now, and returns the transaction."""
        if at is not None:
            next_at(at)
        return self.contract.publish(*self.publication(tree, **changes), {"from": self.system.outsider})

    def opened(self, tree: Tree, **changes: Any) -> Tree:
        """Publishes, and goes to the second in which claims open."""
        self.publish(tree, **changes)
        go_to(int(self.standing(tree)[2]))
        return tree

    def answer(self, tree: Tree, account: Any, text: str = "It is in row 7.", *, revision: int = 0, **how: Any) -> Any:
        """What `answer` takes, signed by two reporters or by those named as `by`."""
        made = (*tree.key, revision, str(account), text)
        return made, self.signed(how.get("by", REPORTERS[:2]), "Answer", ANSWER, *made)

    def claim_to(self, account: LocalAccount, receiver: Any, trees: Sequence[Tree], deadline: int, **how: Any) -> Any:
        """What `claimTo` takes for the account's payouts of `trees`, signed by it or by the account named as `by`."""
        keys = [dict(zip(PAYOUT_KEY, tree.key, strict=True)) for tree in trees]
        values = (account.address, str(receiver), deadline, keys)
        signature = self.signature(how.get("by", account), "ClaimTo", CLAIM_TO, *values)
        return account.address, str(receiver), [tree.claim(account) for tree in trees], deadline, signature

    def balance(self, account: Any) -> int:
        """Of the token."""
        return int(self.token.balanceOf(getattr(account, "address", account)))


@dataclass(frozen=True)
class Tree:
    """The payouts of one publication. Leaves are encoded here from the definition, not by the code that ships."""

    distributor: str
    payouts: tuple[tuple[str, int], ...]
    stream: bytes = JOBS
    epoch: int = 1
    series: int = 0
    chain: int = 31_337

    @property
    def key(self) -> tuple[bytes, int, int]:
        """Stream, epoch and series."""
        return self.stream, self.epoch, self.series

    @property
    def total(self) -> int:
        return sum(amount for _, amount in self.payouts)

    @property
    def root(self) -> bytes:
        return self.made.root

    @cached_property
    def leaves(self) -> tuple[bytes, ...]:
        types = ("uint256", "address", "bytes32", "uint32", "uint32", "address", "uint256")
        constants = (self.chain, self.distributor, *self.key)
        return tuple(keccak(keccak(encode(types, (*constants, *payout)))) for payout in self.payouts)

    @cached_property
    def made(self) -> MerkleTree:
        return build_tree(b"".join(self.leaves))

    def claim(self, account: Any, **changes: Any) -> tuple[Any, ...]:
        """`Claim` of one account, with some of its fields changed."""
        index = self.index(account)
        fields = {
            "stream": self.stream, "epoch": self.epoch, "series": self.series, "amount": self.payouts[index][1],
            "proof": list(self.made.proof(index)),
        }  # fmt: skip
        assert changes.keys() <= fields.keys()
        return tuple({**fields, **changes}.values())

    def batch(self, accounts: Sequence[Any]) -> tuple[Any, ...]:
        """What `claimBatch` takes for these accounts."""
        proof = self.made.multi_proof([self.index(account) for account in accounts])
        payouts = [self.payouts[index] for index in proof.indices]
        return *self.key, payouts, list(proof.proof), list(proof.flags)

    def index(self, account: Any) -> int:
        """Where an account stands among the payouts."""
        return [found for found, _ in self.payouts].index(str(getattr(account, "address", account)))

    def other(self, **changes: Any) -> Tree:
        """The same payouts bound to something else."""
        return replace(self, **changes)


def settings(system: System, policy: Any, token: Any, **changes: Any) -> tuple[Any, ...]:
    """`RewardDistributor.Settings`, some of its fields changed."""
    fields = {
        "policy": str(policy), "token": str(token), "owner": str(system.timelock), "minted": True,
        "guardian": str(system.guardian), "terms": (WINDOW, HOLD, PERIOD),
        "reporters": [reporter.address for reporter in REPORTERS], "threshold": 2,
    }  # fmt: skip
    assert changes.keys() <= fields.keys()
    return tuple({**fields, **changes}.values())


def policy_of(system: System, genesis: int, supply_cap: int = 10**30) -> Any:
    """From epoch 1 on 1,000 tokens: 40 % for the jobs of `compute`, the rest for `data`; in epoch 0 nothing."""
    return create(
        system,
        genesis,
        [(ROOT, "compute"), (ROOT, "data"), (COMPUTE, "jobs")],
        [(ROOT, [constant(1, 1_000 * UNIT)])],
        [
            (ROOT, 1, [part("compute", SHARE, 4_000), part("data", RESIDUAL)]),
            (COMPUTE, 1, [part("compute/jobs", RESIDUAL)]),
        ],
        epoch_length=EPOCH,
        supply_cap=supply_cap,
    )


def distributor(system: System, *, token: Any = None, **changes: Any) -> Made:
    """A distributor over a policy whose epoch 3 has begun, able to pay: it mints, or the treasury allows it."""
    policy = policy_of(system, now() - 3 * EPOCH - 10)
    token = token or system.token
    contract = project()["RewardDistributor"].deploy(
        settings(system, policy, token, **changes), {"from": system.deployer}
    )
    by = {"from": system.as_timelock}
    if changes.get("minted", True):
        if token == system.token:
            token.grantRole(token.MINTER_ROLE(), contract, by)
    else:
        token.approve(contract, 2**255, by)
    return Made(system, contract, policy, token)


def tree(made: Made, *amounts: int, **bound: Any) -> Tree:
    """A tree that pays the first contributors these amounts; those of zero are left out."""
    payouts = tuple((account.address, amount) for account, amount in zip(ACCOUNTS, amounts, strict=False) if amount)
    return Tree(made.contract.address, payouts, **bound)


def pair(first: bytes, second: bytes) -> bytes:
    """The node above two nodes."""
    return keccak(min(first, second) + max(first, second))
