"""Signers behind an address of their own: as nodes speak, as clef speaks, and as nobody should."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from dao.chain import node, transaction
from dao.chain.connection import Connection
from dao.chain.outbox import Outbox
from dao.chain.remote import remote_signer
from dao.chain.transaction import Request
from dao.chain.typed import TypedData, signer_of
from dao.errors import AccountError, ConnectionFailed, RpcError
from dao.types import Address
from tests.support.chain import ACCOUNTS, DEPLOYER, ROOT
from tests.support.hostile import HostileNode, hostile

KEY = "0x" + "6d" * 32
HOLDER = Address(Account.from_key(KEY).address)
OTHER = Address(Account.from_key("0x" + "6e" * 32).address)
PAY = Request(to=ACCOUNTS[0], data=b"\x12\x34", value=7)


@pytest.fixture(scope="module")
def chain() -> Iterator[Connection]:
    with node.ephemeral(ROOT) as opened:
        opened.rpc("anvil_setBalance", [HOLDER, hex(10**20)])
        yield opened


@pytest.fixture(scope="module")
def wallet() -> Iterator[Connection]:
    """Another node with the same accounts, which signs and never hears of what became of it."""
    with node.ephemeral(ROOT) as opened:
        yield opened


def without(fake: HostileNode, *methods: str) -> None:
    """Lets the server refuse every method but these, as a signer that has no others."""

    def body(answer: Any) -> bytes:
        if fake.methods[-1] not in methods:
            error = {"code": -32601, "message": "the method does not exist/is not available"}
            answer = {"jsonrpc": "2.0", "id": answer["id"], "error": error}
        return json.dumps(answer).encode()

    fake.body = body


@pytest.fixture
def clef() -> Iterator[HostileNode]:
    """A signer with the methods of clef, and HOLDER's key."""
    with hostile() as server:
        without(server, "account_list", "account_signTransaction")

        def result(method: str, params: list[Any], real: Any) -> Any:
            if method == "account_list":
                return [HOLDER.lower()]
            fields = {key: value for key, value in params[0].items() if key != "from"} if params else {}
            return {"raw": sign(fields), "tx": {}} if method == "account_signTransaction" else None

        server.result = result
        yield server


def sign(fields: dict[str, Any], key: str = KEY) -> str:
    return "0x" + bytes(Account.sign_transaction(fields, key).raw_transaction).hex()


def test_a_signer_that_speaks_as_a_node(chain: Connection, wallet: Connection, tmp_path: Any) -> None:
    signer = remote_signer(wallet.url, account=DEPLOYER)
    before, outbox = chain.balance(ACCOUNTS[0]), Outbox(tmp_path / "outbox.json")
    receipt = transaction.send(chain, signer, PAY, chain_id=node.CHAIN_ID, outbox=outbox)
    assert chain.balance(ACCOUNTS[0]) == before + 7
    assert receipt.block_number == chain.block().number
    # It was sent through our node, and the wallet's own saw nothing of it.
    assert (chain.nonce(DEPLOYER), wallet.nonce(DEPLOYER)) == (1, 0)


def test_a_signer_that_speaks_as_clef(chain: Connection, clef: HostileNode) -> None:
    signer = remote_signer(clef.url)
    assert signer.address == HOLDER
    before = chain.nonce(HOLDER)
    transaction.send(chain, signer, PAY, chain_id=node.CHAIN_ID)
    assert chain.nonce(HOLDER) == before + 1
    assert clef.methods == ["eth_accounts", "account_list", "account_signTransaction"]


def test_a_wallet_that_signs_only_what_it_sends(chain: Connection) -> None:
    with hostile(chain.url) as frame:
        frame.body = lambda answer: json.dumps(
            answer
            if frame.methods[-1] != "eth_signTransaction"
            else {"jsonrpc": "2.0", "id": answer["id"], "error": {"code": -32601, "message": "Method not found"}}
        ).encode()
        signer = remote_signer(frame.url, account=ACCOUNTS[1])
        before = chain.nonce(ACCOUNTS[1])
        transaction.send(chain, signer, PAY, chain_id=node.CHAIN_ID)
        assert chain.nonce(ACCOUNTS[1]) == before + 1
        assert frame.methods[-2:] == ["eth_chainId", "eth_sendTransaction"]
        frame.result = lambda method, params, real: "0x1" if method == "eth_chainId" else real
        with pytest.raises(AccountError, match="on another chain"):
            transaction.send(chain, signer, PAY, chain_id=node.CHAIN_ID)
        assert chain.nonce(ACCOUNTS[1]) == before + 1


TAMPERED: dict[str, Callable[[dict[str, Any]], str]] = {
    "another target": lambda fields: sign({**fields, "to": OTHER}),
    "more value": lambda fields: sign({**fields, "value": "0x8"}),
    "other data": lambda fields: sign({**fields, "data": "0x1235"}),
    "another nonce": lambda fields: sign({**fields, "nonce": "0x9"}),
    "another chain": lambda fields: sign({**fields, "chainId": "0x1"}),
    "a creation": lambda fields: sign({key: value for key, value in fields.items() if key != "to"}),
    "another account": lambda fields: sign(fields, "0x" + "6e" * 32),
    "an access list": lambda fields: sign({**fields, "accessList": [{"address": OTHER, "storageKeys": []}]}),
    "an older kind": lambda fields: sign(
        {key: fields[key] for key in ("to", "value", "data", "nonce", "gas", "chainId")} | {"gasPrice": "0x3b9aca00"}
    ),
    "nothing": lambda fields: "0x",
    "noise": lambda fields: "0x02" + "ff" * 40,
    "a broken signature": lambda fields: sign(fields)[:-2] + "00",
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED)
def test_a_signer_that_signs_something_else(
    chain: Connection, clef: HostileNode, tamper: Callable[[dict[str, Any]], str]
) -> None:
    signer, honest = remote_signer(clef.url), clef.result

    def result(method: str, params: list[Any], real: Any) -> Any:
        if method != "account_signTransaction":
            return honest(method, params, real)
        return {"raw": tamper({key: value for key, value in params[0].items() if key != "from"})}

    clef.result = result
    before = chain.nonce(HOLDER)
    with pytest.raises(AccountError, match="another transaction than it was asked for"):
        transaction.send(chain, signer, PAY, chain_id=node.CHAIN_ID)
    assert chain.nonce(HOLDER) == before


def test_a_person_who_raises_the_fee_may(chain: Connection, clef: HostileNode) -> None:
    signer, honest = remote_signer(clef.url), clef.result

    def result(method: str, params: list[Any], real: Any) -> Any:
        if method == "account_signTransaction":
            params = [{**params[0], "maxFeePerGas": hex(2 * int(params[0]["maxFeePerGas"], 16)), "gas": "0x30000"}]
        return honest(method, params, real)

    clef.result = result
    assert transaction.send(chain, signer, PAY, chain_id=node.CHAIN_ID).gas_used > 0


@pytest.mark.parametrize("answer", [None, 5, {}, {"raw": None}, {"raw": 5}, "raw", [], {"raw": "0xzz"}])
def test_a_malformed_signature(chain: Connection, clef: HostileNode, answer: Any) -> None:
    signer, honest = remote_signer(clef.url), clef.result
    clef.result = lambda method, params, real: (
        answer if method == "account_signTransaction" else honest(method, params, real)
    )
    with pytest.raises(RpcError, match="malformed"):
        transaction.send(chain, signer, PAY, chain_id=node.CHAIN_ID)


def test_who_signs(clef: HostileNode, wallet: Connection) -> None:
    with pytest.raises(AccountError, match="does not sign for") as error:
        remote_signer(clef.url, account=OTHER)
    assert HOLDER in str(error.value.expected)
    with pytest.raises(AccountError, match="who signs is not said"):
        remote_signer(wallet.url)
    clef.result = lambda method, params, real: []
    with pytest.raises(AccountError, match="who signs is not said") as nobody:
        remote_signer(clef.url)
    assert nobody.value.expected == "an account; it has none"


def test_no_signer() -> None:
    with pytest.raises(ConnectionFailed, match="no URL"):
        remote_signer("ipc:///var/run/clef.ipc")
    with pytest.raises(ConnectionFailed, match="does not answer"):
        remote_signer(f"http://127.0.0.1:{node.free_port()}")


def test_a_person_who_says_no_is_asked_once(chain: Connection, clef: HostileNode) -> None:
    signer = remote_signer(clef.url)
    clef.methods.clear()
    clef.body = lambda answer: json.dumps(
        {"jsonrpc": "2.0", "id": answer["id"], "error": {"code": -32000, "message": "request denied"}}
    ).encode()
    with pytest.raises(RpcError, match="refused") as error:
        transaction.send(chain, signer, PAY, chain_id=node.CHAIN_ID)
    assert error.value.found == "request denied"
    assert clef.methods == ["account_signTransaction"]


# ------------------------------------------------------------ typed data


def typed(account: Address = HOLDER) -> TypedData:
    return TypedData(
        name="Reward DAO",
        version="1",
        chain_id=31337,
        contract=ACCOUNTS[0],
        kind="Ballot",
        fields=(("proposalId", "uint256"), ("voter", "address"), ("params", "bytes")),
        message={"proposalId": 2**255 + 1, "voter": account, "params": b"\x01\x02"},
    )


def test_typed_data_by_a_signer_that_speaks_as_a_node(wallet: Connection) -> None:
    data = typed(DEPLOYER)
    assert signer_of(data, remote_signer(wallet.url, account=DEPLOYER).sign_typed(data)) == DEPLOYER


@pytest.mark.parametrize(("key", "trusted"), [(KEY, True), ("0x" + "6e" * 32, False)], ids=["its own", "another"])
def test_typed_data_by_a_signer_that_speaks_as_clef(key: str, trusted: bool) -> None:
    with hostile() as server:
        without(server, "account_list", "account_signTypedData")

        def result(method: str, params: list[Any], real: Any) -> Any:
            if method == "account_list":
                return [HOLDER.lower()]
            if method != "account_signTypedData":
                return None
            account, document = params
            assert account == HOLDER
            signature = bytes(Account.sign_message(encode_typed_data(full_message=document), key).signature)
            # clef counts from zero.
            return "0x" + (signature[:-1] + bytes([signature[-1] - 27])).hex()

        server.result = result
        signer = remote_signer(server.url)
        if trusted:
            assert signer_of(typed(), signer.sign_typed(typed())) == HOLDER
        else:
            with pytest.raises(AccountError, match="something else"):
                signer.sign_typed(typed())
