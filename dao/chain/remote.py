"""A signer behind a JSON-RPC address of its own, such as clef, Frame or a hardware wallet's bridge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import rlp  # type: ignore[import-untyped]  # rlp ships no types
from eth_account import Account

from dao.abi import checksum
from dao.chain.accounts import addresses_of
from dao.chain.connection import Connection, hex_bytes, quantity
from dao.chain.transport import Patience, Transport, shown_url
from dao.chain.typed import TypedData, normal, signer_of
from dao.errors import AccountError, ConnectionFailed, RpcError
from dao.types import Address

APPROVAL = Patience(timeout=300, attempts=1)
"""A person looks at what is signed, perhaps on a device: that takes its time, and is not asked for twice."""

_DYNAMIC_FEE = 0x02
_FIELDS = 12
_NO_METHOD = -32601
_CLEF_METHOD = "account_signTransaction"


class RemoteSigner:
    """An account of a signer that is no node. Made by `remote_signer`."""

    def __init__(self, signer: Connection, address: Address, method: str) -> None:
        self._signer = signer
        self._address = address
        self._method = method

    @property
    def address(self) -> Address:
        """The sender."""
        return self._address

    def sign(self, transaction: Mapping[str, Any]) -> bytes | None:
        """Has the signer sign; None where it signs only what it sends itself, as browser wallets do.

        Raises:
            AccountError: It signed something else than it was asked for.
            RpcError: It refused.
        """
        try:
            answer = self._signer.rpc(self._method, [dict(transaction)])
        except RpcError as error:
            if not _unknown_method(error):
                raise
            return None
        raw = hex_bytes(answer.get("raw") if isinstance(answer, dict) else answer, self._method)
        self._require_same(raw, transaction)
        return raw

    def send(self, connection: Connection, transaction: Mapping[str, Any]) -> str:
        """Has the signer sign and send through the node that it knows (`eth_sendTransaction`)."""
        chain_id = quantity(self._signer.rpc("eth_chainId"), "eth_chainId")
        if chain_id != connection.chain_id:
            raise AccountError(
                f"the signer at {shown_url(self._signer.url)} is on another chain",
                expected=f"chain {connection.chain_id}",
                found=f"chain {chain_id}",
                remedy="switch the wallet to the deployment's network",
            )
        return str(self._signer.rpc("eth_sendTransaction", [dict(transaction)]))

    def sign_typed(self, data: TypedData) -> bytes:
        """Has the signer sign typed data; 65 bytes. Raises AccountError when it signed something else."""
        document = data.document()
        if self._method == _CLEF_METHOD:
            answer = self._signer.rpc("account_signTypedData", [self._address, document])
        else:
            answer = self._signer.rpc("eth_signTypedData_v4", [self._address, json.dumps(document)])
        signature = normal(hex_bytes(answer, "eth_signTypedData_v4"))
        if signer_of(data, signature) != self._address:
            raise AccountError(
                "the signer signed something else than it was asked for",
                expected=f"a signature by {self._address} of what is shown",
                found=signer_of(data, signature) or "no signature",
                remedy="do not trust this signer",
            )
        return signature

    def _require_same(self, raw: bytes, transaction: Mapping[str, Any]) -> None:
        """Raises AccountError unless `raw` does what `transaction` asks for; gas and fees are the signer's to set."""
        same = _decoded(raw) == _asked(transaction)
        sender = _sender(raw) if same else None
        if sender != self._address:
            raise AccountError(
                "the signer signed another transaction than it was asked for",
                expected=f"type 2, from {self._address}, chain, nonce, target, value and data as shown",
                found=f"from {sender}" if same else "other contents",
                remedy="nothing was sent; do not trust this signer",
            )


def remote_signer(url: str, *, account: Address | None = None, patience: Patience = APPROVAL) -> RemoteSigner:
    """The account `account` of the signer at `url`; its only one where none is named.

    Args:
        url: Its address, http or https.
        account: Who signs.
        patience: How long to wait for a person to approve.

    Raises:
        ConnectionFailed: It does not answer.
        AccountError: It does not sign for `account`, or for several and none was named.
    """
    if not url.startswith(("http://", "https://")):
        raise ConnectionFailed("the signer's address is no URL", expected="http://… or https://…", found=shown_url(url))
    signer = Connection(url, Transport(url, patience), 0)
    # clef has words of its own and no others; everybody else speaks as a node does.
    listing, method = "eth_accounts", "eth_signTransaction"
    try:
        answer = signer.rpc(listing)
    except RpcError as error:
        if not _unknown_method(error):
            raise
        listing, method = "account_list", _CLEF_METHOD
        answer = signer.rpc(listing)
    managed = addresses_of(listing, answer)
    if account is None and len(managed) == 1:
        account = managed[0]
    if account is None or account not in managed:
        raise AccountError(
            f"the signer at {shown_url(url)} does not sign for {account}" if account else "who signs is not said",
            expected=f"one of {', '.join(managed[:10])}" if managed else "an account; it has none",
            remedy="name one with --from",
        )
    return RemoteSigner(signer, account, method)


def _unknown_method(error: RpcError) -> bool:
    text = str(error.found).lower()
    return error.values.get("code") == _NO_METHOD or ("method" in text and ("not" in text or "unsupported" in text))


def _decoded(raw: bytes) -> tuple[int, int, bytes, int, bytes] | None:
    """Chain id, nonce, target, value and data of a signed transaction of type 2 (EIP-1559); None for anything else."""
    if raw[:1] != bytes([_DYNAMIC_FEE]):
        return None
    try:
        fields = rlp.decode(raw[1:])
        if len(fields) != _FIELDS or fields[8]:
            return None
        chain_id, nonce, value = (int.from_bytes(fields[index], "big") for index in (0, 1, 6))
        return chain_id, nonce, bytes(fields[5]), value, bytes(fields[7])
    except (rlp.exceptions.DecodingError, TypeError, ValueError):
        return None


def _sender(raw: bytes) -> Address | None:
    """Who signed `raw`; None where its signature is none."""
    try:
        return checksum(Account.recover_transaction(raw))
    except Exception:
        # eth-account and eth-keys each have errors of their own for each way in which a signature can be wrong.
        return None


def _asked(transaction: Mapping[str, Any]) -> tuple[int, int, bytes, int, bytes]:
    return (
        quantity(transaction["chainId"], "chainId"),
        quantity(transaction["nonce"], "nonce"),
        bytes.fromhex(str(transaction.get("to", "0x"))[2:]),
        quantity(transaction["value"], "value"),
        bytes.fromhex(str(transaction["data"])[2:]),
    )
