"""Epochs of a DAO on the local chain: payouts as files, published by its reporters, disputed and voided."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from eth_account import Account

from dao.abi import checksum
from dao.chain.accounts import KeySigner
from dao.chain.distributor import Distributor, Series
from dao.chain.transaction import Receipt
from dao.chain.typed import Fields, TypedData
from dao.lifecycle.epochs.published import distributor_of
from dao.payouts.files import write_epoch
from dao.payouts.names import folder_name
from dao.payouts.summary import EpochSummary
from dao.payouts.values import ContributionFile, EpochPayouts, Quarantine, StreamPayouts
from dao.rewards.streams import stream_id
from dao.types import Address
from tests.support.chain import ACCOUNTS, TOKEN, Dao

JOBS, RESERVE = "compute/jobs", "compute/reserve"
"""The leaf streams of deploy.yaml's policy."""

WINDOW, HOLD, PERIOD = 86_400, 3 * 86_400, 52 * 7 * 86_400
"""Challenge window, dispute hold and claim period of deploy.yaml, in seconds."""

URI = "https://example.org/contributions.csv"

_PHRASE = "test test test test test test test test test test test junk"
_PUBLICATION: Fields = (
    ("stream", "bytes32"),
    ("epoch", "uint32"),
    ("series", "uint32"),
    ("revision", "uint32"),
    ("root", "bytes32"),
    ("total", "uint128"),
    ("dataHash", "bytes32"),
    ("dataURI", "string"),
)
_ANSWER: Fields = (
    ("stream", "bytes32"),
    ("epoch", "uint32"),
    ("series", "uint32"),
    ("revision", "uint32"),
    ("account", "address"),
    ("text", "string"),
)

Payouts = Mapping[str, Mapping[Address, int]]
"""What each account is paid (wei), by stream."""


@cache
def reporter_keys() -> tuple[KeySigner, ...]:
    """The three reporters of deploy.yaml, by address; two must sign."""
    Account.enable_unaudited_hdwallet_features()
    keys = [Account.from_mnemonic(_PHRASE, account_path=f"m/44'/60'/0'/0/{number}") for number in (6, 7, 8)]
    return tuple(sorted(map(KeySigner, keys), key=lambda signer: signer.address.lower()))


def folder_of(dao: Dao) -> Path:
    """Where the epoch folders of a DAO lie, as the commands expect it."""
    return dao.folder / "epochs"


def pay_reserve(dao: Dao, *, from_epoch: int = 1) -> None:
    """Has jobs leave 7,435 tokens to the reserve, so that both leaves pay somebody; as a vote would."""
    timelock = dao.deployment.addresses.timelock
    dao.impersonate(timelock)
    dao.call(timelock, "policy", "setSchedule", stream_id(JOBS), [(from_epoch, 0, [40_000 * TOKEN])])


def until_over(dao: Dao, epoch: int) -> None:
    """Advances the clock until `epoch` is over."""
    policy = dao.session().contracts.policy.read()
    dao.advance(max(0, policy.start_of(epoch + 1) - dao.connection.block().timestamp))


def until_open(dao: Dao, series: Series) -> None:
    """Advances the clock until claims of a publication open."""
    opens_at = distributor_of(dao.session()).publication(series).opens_at
    dao.advance(max(0, opens_at - dao.connection.block().timestamp))


def write(
    dao: Dao,
    epoch: int,
    payouts: Payouts,
    *,
    series: int = 0,
    folder: Path | None = None,
    chain_id: int | None = None,
    distributor: Address | None = None,
) -> EpochSummary:
    """Writes the folder of an epoch, in `folder_of(dao)` if no `folder` of folders is named."""
    return write_epoch(
        (folder or folder_of(dao)) / folder_name(epoch, series),
        epoch_payouts(dao, epoch, payouts),
        chain_id=chain_id or dao.deployment.chain_id,
        distributor=distributor or _distributor(dao).address,
        series=series,
    )


def epoch_payouts(dao: Dao, epoch: int, payouts: Payouts) -> EpochPayouts:
    """Payouts of an epoch as if computed from a contribution file, out of the pools of the policy in force."""
    policy = dao.session().contracts.policy.read()
    text = f"of epoch {epoch}\n".encode()
    return EpochPayouts(
        epoch=epoch,
        policy_hash=policy.hash,
        files=(ContributionFile("contributions.csv", hashlib.sha256(text).digest(), len(text), 1),),
        quarantine=Quarantine(),
        streams=tuple(
            stream_payouts(stream, payouts.get(stream, {}), policy.emission(stream, epoch))
            for stream in (JOBS, RESERVE)
        ),
    )


def stream_payouts(stream: str, paid: Mapping[Address, int], pool: int) -> StreamPayouts:
    """What one stream pays out of `pool` (wei)."""
    accounts = sorted(paid, key=str.lower)
    return StreamPayouts(
        stream=stream,
        pool=pool,
        residual=pool - sum(paid.values()),
        accounts=[account.lower() for account in accounts],
        amounts=[paid[account] for account in accounts],
        classes=(),
        contributors=len(accounts),
    )


def publish(dao: Dao, summary: EpochSummary, stream: str = JOBS, **changed: Any) -> Series:
    """Publishes a stream of an epoch as a stranger, with two reporters' signatures; `changed` are other values."""
    made = publication(summary, stream, **changed)
    dao.call(ACCOUNTS[0], "distributor", "publish", tuple(made.values()), signatures(dao, "Publication", made))
    return Series(stream, summary.epoch, summary.series)


def publication(summary: EpochSummary, stream: str, **changed: Any) -> dict[str, Any]:
    """The publication of a stream by the names in the contract; `changed` are other values of some."""
    of = summary.of(stream)
    return {
        "stream": stream_id(stream),
        "epoch": summary.epoch,
        "series": summary.series,
        "revision": 0,
        "root": of.root,
        "total": of.total,
        "dataHash": summary.data_hash,
        "dataURI": URI,
        **changed,
    }


def signatures(
    dao: Dao, kind: str, message: Mapping[str, Any], signers: Sequence[KeySigner] | None = None
) -> list[tuple[Address, bytes]]:
    """The reporters' signatures of a Publication or an Answer; the first two sign if no `signers` are named."""
    typed = TypedData(
        name="RewardDistributor",
        version="1",
        chain_id=dao.deployment.chain_id,
        contract=_distributor(dao).address,
        kind=kind,
        fields=_PUBLICATION if kind == "Publication" else _ANSWER,
        message=message,
    )
    return [(signer.address, signer.sign_typed(typed)) for signer in signers or reporter_keys()[:2]]


def opened(dao: Dao, epoch: int, payouts: Payouts, *, series: int = 0, folder: Path | None = None) -> EpochSummary:
    """An epoch that is over, written, published in every stream that pays somebody, and open for claims."""
    until_over(dao, epoch)
    summary = write(dao, epoch, payouts, series=series, folder=folder)
    for stream in summary.streams:
        if stream.root is not None:
            until_open(dao, publish(dao, summary, stream.stream))
    return summary


def dispute(dao: Dao, series: Series, account: Address, reason: str = "my job is missing") -> Receipt:
    """Disputes a publication."""
    return dao.call(account, "distributor", "dispute", *series.arguments, reason)


def answer(dao: Dao, series: Series, account: Address, text: str = "it was not", *, revision: int = 0) -> Receipt:
    """Answers a dispute, with two reporters' signatures."""
    identity, epoch, number = series.arguments
    made = {
        "stream": identity,
        "epoch": epoch,
        "series": number,
        "revision": revision,
        "account": account,
        "text": text,
    }
    return dao.call(ACCOUNTS[0], "distributor", "answer", tuple(made.values()), signatures(dao, "Answer", made))


def void(dao: Dao, series: Series, reason: str = "wrong file") -> Receipt:
    """Voids a publication as the guardian, which is the treasury."""
    guardian = _distributor(dao).guardian()
    dao.impersonate(guardian)
    return dao.call(guardian, "distributor", "void", *series.arguments, reason)


def balances(dao: Dao, accounts: Sequence[str]) -> list[int]:
    """What each of `accounts` holds of the token (wei)."""
    token = dao.session().contracts.token
    return [token.balance(checksum(account)) for account in accounts]


def _distributor(dao: Dao) -> Distributor:
    return distributor_of(dao.session())
