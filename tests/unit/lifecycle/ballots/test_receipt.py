"""Receipts of ballots: proven from a real block, checked without a node, and refused when a single field is another."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth_account import Account

from dao.abi import keccak
from dao.ballot.document import file_text
from dao.ballot.receipt import VoteReceipt, read_receipt
from dao.blocks.receipts import ReceiptProof, proven_logs
from dao.chain.proofs import prove
from dao.errors import CodecError, DocumentError, ProofError, RpcError, VoteRefused
from dao.lifecycle.ballots.receipt import receipt, verify_receipt
from dao.lifecycle.ballots.relay import relay
from dao.lifecycle.proposals import ChainProposal
from dao.lifecycle.vote import Split, cast
from dao.types import Support
from tests.support.ballots import SHARE, enfranchise, signed, voter, written
from tests.support.chain import ACCOUNTS, STRANGER, TOKEN, VOTING_DELAY, Dao, deployed, rewound

FOR, AGAINST = Support.FOR, Support.AGAINST
VOTERS = [voter(number) for number in range(20)]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(tmp_path_factory.mktemp("dao")) as dao:
        dao.delegate_all()
        enfranchise(dao, [each.address for each in VOTERS])
        yield dao


@pytest.fixture(scope="module")
def active(chain: Dao) -> ChainProposal:
    """A proposal that is voted on: one for all tests, because its submission is checked for long."""
    proposal = chain.submit()
    chain.advance(VOTING_DELAY + 1)
    return proposal


@pytest.fixture
def dao(chain: Dao, active: ChainProposal) -> Iterator[Dao]:
    with rewound(chain):
        yield chain


def weights(made: VoteReceipt) -> list[tuple[int, int, int]]:
    return [(b.weights.for_, b.weights.against, b.weights.abstain) for b in made.ballots]


def test_a_ballot_in_a_batch(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    relay(dao.session(STRANGER), [written(tmp_path, signed(dao, active, who)) for who in VOTERS])
    for place in (0, 7, len(VOTERS) - 1):
        made = receipt(dao.session(), active, VOTERS[place].address)
        assert weights(made) == [(SHARE, 0, 0)]
        assert made.ballots[0].log_index == place
        path = tmp_path / "receipt"
        path.write_text(file_text(made), encoding="utf-8")
        verify_receipt(read_receipt(path))


def test_a_reason_and_a_split(dao: Dao, active: ChainProposal) -> None:
    cast(dao.session(ACCOUNTS[1]), active, [Split(FOR, 2_500), Split(AGAINST, 7_500)], reason="“both”")
    made = receipt(dao.session(), active, ACCOUNTS[1])
    assert weights(made) == [(750_000 * TOKEN, 2_250_000 * TOKEN, 0)]
    assert made.ballots[0].reason == "“both”".encode()


def test_parts_that_are_alike(dao: Dao, active: ChainProposal) -> None:
    part = bytes(16) + (5).to_bytes(16, "big") + bytes(16)
    for _ in range(2):
        dao.call(ACCOUNTS[1], "governor", "castVoteWithReasonAndParams", active.proposal_id, 255, "", part)
    cast(dao.session(ACCOUNTS[1]), active, AGAINST)
    made = receipt(dao.session(), active, ACCOUNTS[1])
    assert weights(made) == [(5, 0, 0), (5, 0, 0), (0, 3_000_000 * TOKEN - 10, 0)]
    twice = made.model_copy(update={"ballots": made.ballots + made.ballots[:1]})
    with pytest.raises(ProofError, match="twice"):
        verify_receipt(twice)


def test_nobody_voted(dao: Dao, active: ChainProposal) -> None:
    with pytest.raises(VoteRefused, match="no ballot"):
        receipt(dao.session(), active, ACCOUNTS[1])


# ------------------------------------------------------------ blocks of every kind


def delegating(dao: Dao) -> bytes:
    """A signed transaction by which an account gives itself code."""
    account = Account.from_key(keccak(b"delegating"))
    dao.connection.rpc("anvil_setBalance", [account.address, hex(10**18)])
    authorization = account.sign_authorization({"chainId": 31337, "address": STRANGER, "nonce": 1})
    fields = {
        "type": 4,
        "chainId": 31337,
        "nonce": 0,
        "to": STRANGER,
        "value": 0,
        "gas": 100_000,
        "maxFeePerGas": 10**11,
        "maxPriorityFeePerGas": 1,
        "authorizationList": [authorization],
    }
    return bytes(account.sign_transaction(fields).raw_transaction)


def test_a_block_with_receipts_of_every_type(dao: Dao, active: ChainProposal) -> None:
    """Types 0, 1 (EIP-2930), 2 (EIP-1559) and 4 (EIP-7702), and enough of them for a trie of several levels."""
    rpc = dao.connection
    rpc.rpc("evm_setAutomine", [False])
    try:
        first = rpc.nonce(ACCOUNTS[3])
        price = hex(10**11)
        kinds: list[dict[str, Any]] = [
            {"gasPrice": price},
            {"gasPrice": price, "accessList": [{"address": STRANGER, "storageKeys": []}]},
            {"maxFeePerGas": price, "maxPriorityFeePerGas": "0x1"},
        ]
        hashes = []
        for number in range(140):
            fields = {"from": ACCOUNTS[3], "to": STRANGER, "value": "0x1", "nonce": hex(first + number)}
            hashes.append(rpc.rpc("eth_sendTransaction", [{**fields, "gas": "0x8000", **kinds[number % 3]}]))
        hashes.append(rpc.rpc("eth_sendRawTransaction", ["0x" + delegating(dao).hex()]))
        data = dao.session().contracts.governor.calldata("castVote", active.proposal_id, 1)
        call = {"from": ACCOUNTS[1], "to": dao.deployment.addresses.governor, "data": "0x" + data.hex()}
        hashes.append(rpc.rpc("eth_sendTransaction", [{**call, "gas": "0x40000", "maxFeePerGas": price}]))
        rpc.rpc("anvil_mine", ["0x1"])
    finally:
        rpc.rpc("evm_setAutomine", [True])
    receipts = rpc.batch([("eth_getTransactionReceipt", [digest]) for digest in hashes])
    assert len({entry["blockHash"] for entry in receipts}) == 1
    assert {int(entry["type"], 16) for entry in receipts} == {0, 1, 2, 4}
    made = receipt(dao.session(), active, ACCOUNTS[1])
    assert weights(made) == [(3_000_000 * TOKEN, 0, 0)]
    assert len(made.ballots[0].nodes) > 2
    block_hash = made.ballots[0].block_hash
    for place in (0, 1, 2, 127, 128, 139, 140):
        header, logs = proven_logs(prove(rpc, block_hash, place))
        assert (header.hash, logs) == (block_hash, ())
    with pytest.raises(CodecError):
        proven_logs(prove(rpc, block_hash, 142))


def test_a_node_that_gives_receipts_one_by_one(dao: Dao, active: ChainProposal, monkeypatch: Any) -> None:
    cast(dao.session(ACCOUNTS[1]), active, FOR)
    whole = receipt(dao.session(), active, ACCOUNTS[1])
    session, ask = dao.session(), dao.connection.rpc

    def without(method: str, params: Any = ()) -> Any:
        if method == "eth_getBlockReceipts":
            raise RpcError("there is no such method")
        return ask(method, params)

    monkeypatch.setattr(session.connection, "rpc", without)
    assert receipt(session, active, ACCOUNTS[1]) == whole


@pytest.mark.parametrize(
    ("method", "field"),
    [
        ("eth_getBlockByHash", "receiptsRoot"),
        ("eth_getBlockByHash", "timestamp"),
        ("eth_getBlockByHash", "requestsHash"),
        ("eth_getBlockReceipts", "cumulativeGasUsed"),
        ("eth_getBlockReceipts", "status"),
    ],
)
def test_a_node_that_lies(dao: Dao, active: ChainProposal, monkeypatch: Any, method: str, field: str) -> None:
    cast(dao.session(ACCOUNTS[1]), active, FOR)
    session, ask = dao.session(), dao.connection.rpc

    def lying(asked: str, params: Any = ()) -> Any:
        answer = ask(asked, params)
        if asked == method:
            target = answer[0] if isinstance(answer, list) else answer
            target[field] = None if field == "requestsHash" else "0x" + "2" * (len(target[field]) - 2)
        return answer

    monkeypatch.setattr(session.connection, "rpc", lying)
    with pytest.raises(RpcError, match=r"hash to its hash|not those that its header"):
        receipt(session, active, ACCOUNTS[1])


# ------------------------------------------------------------ what was tampered with


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value in a document."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from leaves(entry, (*path, key))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from leaves(entry, (*path, index))
    else:
        yield path


def changed(value: Any) -> Iterator[Any]:
    """Other values of the same form."""
    if isinstance(value, int):
        yield from (value + 1, value + 2**40)
    elif value.startswith("0x"):
        middle = len(value) // 2
        for place in {2, middle, len(value) - 1} if len(value) > 2 else set():
            digit = "0123456789abcdef"[(int(value[place], 16) + 1) % 16]
            yield value[:place] + digit + value[place + 1 :]
        yield from (value + "00", value[:-2] if len(value) > 2 else "0x01")
    else:
        yield str(int(value) + 1)


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def refused(tmp_path: Path, document: Any) -> bool:
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    try:
        verify_receipt(read_receipt(path))
    except (ProofError, DocumentError):
        return True
    return False


def test_every_field_is_proven_but_the_chain(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    files = [written(tmp_path, signed(dao, active, who)) for who in VOTERS[:3]]
    relay(dao.session(STRANGER), files)
    cast(dao.session(ACCOUNTS[1]), active, [Split(FOR, 2_500), Split(AGAINST, 7_500)], reason="both")
    for account in (VOTERS[1].address, ACCOUNTS[1]):
        document = json.loads(file_text(receipt(dao.session(), active, account)))
        assert not refused(tmp_path, document)
        accepted = set()
        count = 0
        for path in leaves(document):
            for other in changed(at(document, path)):
                tampered = copy.deepcopy(document)
                at(tampered, path[:-1])[path[-1]] = other
                count += 1
                if not refused(tmp_path, tampered):
                    accepted.add(path)
        assert count > 40
        # Whose the block is, its hash says to whoever knows the chain.
        assert accepted == {("chain_id",)}


def test_nodes_that_are_missing_added_or_moved(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    cast(dao.session(ACCOUNTS[1]), active, FOR)
    document = json.loads(file_text(receipt(dao.session(), active, ACCOUNTS[1])))
    nodes = document["ballots"][0]["nodes"]
    for other in (
        [],
        [*nodes, nodes[0]],
        [*nodes, "0xc0"],
        ["0x80"],
        ["0x"],
        ["0xff"],
        [document["ballots"][0]["header"]],
    ):
        document["ballots"][0]["nodes"] = other
        assert refused(tmp_path, document), other


def test_a_failed_transaction_proves_nothing() -> None:
    from trie import HexaryTrie

    body = rlp.encode([b"", 21_000, bytes(256), []])
    for data, words in ((b"\x02" + body, "failed"), (b"\x02\xc0", "no receipt"), (b"\x02\xff", "no RLP")):
        tree = HexaryTrie({})
        tree.set(rlp.encode(0), data)
        fields = [bytes(32)] * 15
        fields[5], fields[6], fields[8], fields[11] = tree.root_hash, bytes(256), b"", b""
        nodes = tuple(rlp.encode(node) for node in tree.get_proof(rlp.encode(0)))
        proof = ReceiptProof(header=rlp.encode(fields), transaction_index=0, nodes=nodes)
        with pytest.raises(CodecError, match=words):
            proven_logs(proof)
