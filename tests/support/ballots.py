"""Voters with keys of their own, and the ballots that they sign."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eth_account import Account

from dao import artifacts
from dao.abi import checksum, keccak
from dao.ballot.document import Ballot, Request, file_text
from dao.chain.accounts import KeySigner
from dao.lifecycle.ballots.request import request
from dao.lifecycle.ballots.sign import draft, sign
from dao.lifecycle.proposals import ChainProposal
from dao.lifecycle.vote import Split
from dao.types import Address, Support
from tests.support.chain import ACCOUNTS, Dao

SHARE = 1_001
"""What every such voter holds, in the smallest unit: odd, so that halves do not come out even."""


def voter(number: int) -> KeySigner:
    """A voter who has a key and no ether."""
    return KeySigner(Account.from_key(keccak(b"ballot voter %d" % number)))


def enfranchise(dao: Dao, accounts: Sequence[Address], share: int = SHARE) -> None:
    """Gives each of `accounts` the token and has it delegate to itself; a second later it counts."""
    rpc, abi = dao.connection, artifacts.load("RewardToken").abi
    rpc.rpc("anvil_autoImpersonateAccount", [True])
    rpc.batch([("anvil_setBalance", [account, hex(10**18)]) for account in accounts])

    def call(sender: Address, nonce: int, function: str, *arguments: Any) -> tuple[str, list[Any]]:
        data = "0x" + abi.function(function).encode_call(*arguments).hex()
        fields = {"from": sender, "to": dao.deployment.addresses.token, "data": data, "nonce": hex(nonce)}
        return "eth_sendTransaction", [fields | {"gas": hex(200_000)}]

    # The node takes the requests of a batch in any order: nonces say which comes first.
    first = rpc.nonce(ACCOUNTS[0])
    transfers = [call(ACCOUNTS[0], first + place, "transfer", who, share) for place, who in enumerate(accounts)]
    sent = rpc.batch(transfers) + rpc.batch([call(who, 0, "delegate", who) for who in accounts])
    dao.advance(1)
    mined = rpc.batch([("eth_getTransactionReceipt", [digest]) for digest in sent])
    assert all(receipt and receipt["status"] == "0x1" for receipt in mined)
    rpc.batch([("anvil_setBalance", [account, "0x0"]) for account in accounts])
    rpc.rpc("anvil_autoImpersonateAccount", [False])
    dao.advance(1)


def asked(dao: Dao, proposal: ChainProposal, account: Address) -> Request:
    """The request for somebody's ballot."""
    return request(dao.session(), proposal, account)


def signed(
    dao: Dao,
    proposal: ChainProposal,
    who: KeySigner,
    choice: Support | Sequence[Split] = Support.FOR,
    *,
    reason: str = "",
    account: Address | None = None,
) -> Ballot:
    """The ballot that `who` signs, for the contract `account` where one is named."""
    return sign(draft(asked(dao, proposal, account or who.address), choice, reason=reason), who)


def written(folder: Path, ballot: Ballot, name: str = "") -> Path:
    """The file of a ballot."""
    path = folder / f"{name or ballot.voter}.json"
    path.write_text(file_text(ballot), encoding="utf-8")
    return path


def standing_in(dao: Dao, code: bytes) -> Address:
    """The address of a new contract."""
    contract = dao.send(ACCOUNTS[0], None, code).contract
    assert contract is not None
    return checksum(contract)


def tally(dao: Dao, proposal: ChainProposal) -> tuple[int, int, int]:
    """For, against and abstain as the governor counts them."""
    against, for_, abstain = dao.session().contracts.governor.ask("proposalVotes", proposal.proposal_id)
    return for_, against, abstain
