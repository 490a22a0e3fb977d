"""What a verb works with: a connection, a deployment on its chain, and who signs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dao.chain.accounts import Signer
from dao.chain.connection import Connection
from dao.chain.contracts import Contracts
from dao.chain.outbox import Outbox
from dao.errors import AccountError, DeploymentError
from dao.lifecycle.journal import Deployment, load_complete
from dao.types import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A deployment on a chain, seen through one node.

    Args:
        connection: The node.
        deployment: What the deployment file says.
        contracts: Its contracts, on that node.
        signer: Who sends; None where nothing is sent.
        outbox: Where transactions are journaled until their receipts are seen; None for programs that do so themselves.
        unsigned: Where transactions are written instead of being sent, for a multisig; None where they are sent.
    """

    connection: Connection
    deployment: Deployment
    contracts: Contracts
    signer: Signer | None = None
    outbox: Outbox | None = None
    unsigned: Path | None = None

    @classmethod
    def open(cls, connection: Connection, deployment_path: Path, *, signer: Signer | None = None) -> Session:
        """The session for the deployment recorded in `deployment_path`.

        Raises:
            DeploymentError: There is none, it is unfinished, or its contracts are not on this chain.
            WrongChain: The node is on another chain than the deployment.
        """
        deployment = load_complete(deployment_path)
        return cls.of(connection, deployment, signer=signer)

    @classmethod
    def of(cls, connection: Connection, deployment: Deployment, *, signer: Signer | None = None) -> Session:
        """The session for `deployment`. Raises like `open`."""
        connection.require_chain(deployment.chain_id)
        governor = deployment.addresses.governor
        if not connection.code(governor):
            raise DeploymentError(
                "the deployment's contracts are not on this chain",
                expected=f"the governor's code at {governor}",
                found="no code",
                remedy="was the local node reset? remove the deployment file and deploy again",
            )
        contracts = Contracts.at(connection, deployment.addresses)
        return cls(connection=connection, deployment=deployment, contracts=contracts, signer=signer)

    @property
    def sender(self) -> Address:
        """The signer's address. Raises AccountError when there is no signer."""
        return self.require_signer().address

    def require_signer(self) -> Signer:
        """The signer. Raises AccountError when there is none."""
        if self.signer is None:
            raise AccountError(
                "nobody signs", expected="an account", remedy="give --account NAME, --keystore FILE or --from ADDRESS"
            )
        return self.signer
