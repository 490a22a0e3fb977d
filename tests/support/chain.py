"""A DAO on an ephemeral local chain, deployed by the library, for tests that drive it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from dao import artifacts
from dao.abi import checksum, encode
from dao.chain import node, transaction
from dao.chain.accounts import NodeSigner
from dao.chain.connection import Connection
from dao.chain.transaction import Receipt, Request
from dao.deployment.document import DeploymentDocument, load_deployment
from dao.lifecycle.deploy import deploy
from dao.lifecycle.journal import Deployment
from dao.lifecycle.proposals import ChainProposal, find
from dao.lifecycle.session import Session
from dao.lifecycle.submit import submit
from dao.types import Address, Call

ROOT = Path(__file__).resolve().parents[2]
ACCOUNTS = tuple(
    Address(account)
    for account in (
        "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
        "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
        "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
    )
)
"""The five accounts that deploy.yaml grants 4, 3, 2, 1.5 and 0.5 million tokens; the local chain signs for them."""
DEPLOYER = Address("0xa0Ee7A142d267C1f36714E4a8F75612F20a79720")
"""The local chain's last account."""
STRANGER = Address("0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f")
"""An account of the local chain without tokens."""
VOTING_DELAY, VOTING_PERIOD, MIN_DELAY, GRACE = 60, 3_600, 3_600, 172_800
ORDER = ("TimelockController", "RewardToken", "RewardGovernor", "Schedules", "RewardPolicy", "RewardDistributor")
"""The contracts of deploy.yaml in the order of their creation."""
CUT = "0001-cut-node-job-rewards.yaml"
RAISE = "0002-raise-node-rewards-year-2.yaml"
TOKEN = 10**18


def checkout(folder: Path) -> Path:
    """Copies into `folder` what a user takes from the repository, and links the local chain's packages."""
    shutil.copy(ROOT / "deploy.yaml", folder)
    shutil.copytree(ROOT / "proposals", folder / "proposals")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder


@dataclass
class Dao:
    """One deployment, and what a test does with it."""

    connection: Connection
    deployment: Deployment
    document: DeploymentDocument
    folder: Path

    def session(self, who: Address | None = None) -> Session:
        """The deployment seen by `who`."""
        return Session.of(self.connection, self.deployment, signer=NodeSigner(who) if who else None)

    def advance(self, seconds: int) -> None:
        """Moves the clock and mines a block."""
        node.advance(self.connection, seconds)

    def nonces(self) -> int:
        """How many transactions the known accounts have sent in all."""
        return sum(self.connection.nonce(account) for account in (*ACCOUNTS, DEPLOYER, STRANGER))

    def delegate_all(self) -> None:
        """Holders 1 to 4 delegate to themselves; the fifth never does."""
        for holder in ACCOUNTS[:4]:
            self.call(holder, "token", "delegate", holder)
        self.advance(1)

    def call(self, sender: Address, contract: str, function: str, *arguments: Any) -> Receipt:
        """Sends a call of one of the contracts past the lifecycle, as another tool would."""
        target = getattr(self.session().contracts, contract)
        return self.send(sender, target.address, target.calldata(function, *arguments))

    def send(self, sender: Address, to: Address | None, data: bytes, value: int = 0) -> Receipt:
        """Sends any transaction of an account of the node."""
        request = Request(to=to, data=data, value=value)
        return transaction.send(
            self.connection, NodeSigner(sender), request, chain_id=self.deployment.chain_id, timeout=30
        )

    def impersonate(self, account: Address) -> None:
        """Lets the node sign for any account, with ether to pay for it."""
        self.connection.rpc("anvil_setBalance", [account, hex(10**20)])
        self.connection.rpc("anvil_impersonateAccount", [account])

    def submit(self, name: str = CUT, *, proposer: Address = ACCOUNTS[0]) -> ChainProposal:
        """Submits a copy of a proposal of the repository in a folder of its own."""
        path = Path(mkdtemp(dir=self.folder)) / name
        shutil.copy(ROOT / "proposals" / name, path)
        session = self.session(proposer)
        return find(session, str(submit(session, path).prepared.identity.proposal_id))

    def propose(self, calls: list[Call], description: bytes, *, proposer: Address = ACCOUNTS[0]) -> ChainProposal:
        """Makes a proposal of any bytes by a raw call of `propose`, as a hostile tool would."""
        types = ("address[]", "uint256[]", "bytes[]", "bytes")
        columns = ([c.target for c in calls], [c.value for c in calls], [c.calldata for c in calls])
        selector = artifacts.load("RewardGovernor").abi.function("propose").selector
        governor = self.deployment.addresses.governor
        self.send(proposer, governor, selector + encode(types, (*columns, description)))
        return find(self.session(), "latest")


@contextmanager
def deployed(folder: Path) -> Iterator[Dao]:
    """A fresh local chain with the deployment of deploy.yaml; it ends with the block."""
    with node.ephemeral(ROOT) as connection:
        document = load_deployment(ROOT / "deploy.yaml")
        assert checksum(connection.rpc("eth_accounts")[-1]) == DEPLOYER
        deployment = deploy(connection, NodeSigner(DEPLOYER), document, journal_path=folder / "deployment.json")
        yield Dao(connection, deployment, document, folder)


@contextmanager
def rewound(dao: Dao) -> Iterator[Dao]:
    """Takes back whatever happens to the chain within the block."""
    snapshot = dao.connection.rpc("evm_snapshot")
    try:
        yield dao
    finally:
        assert dao.connection.rpc("evm_revert", [snapshot]) is True
