"""Proposals whose targets get other code before they are executed, played on a local chain, and honest ones beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_account import Account

from dao.abi import checksum, keccak
from dao.artifacts import load
from dao.chain.connection import Connection
from dao.lifecycle.proposals import ChainProposal, all_proposals
from dao.types import Address, Call
from tests.support.chain import ACCOUNTS, MIN_DELAY, STRANGER, TOKEN, VOTING_DELAY, VOTING_PERIOD, Dao
from tests.support.history import create_address

FACTORY = Address("0x4e59b44847b379578588920cA78FbF26c0B4956C")
"""The contract that creates what it is sent by CREATE2; the local chain has it from its first block on."""
OWNER = Account.from_key(b"\x07" * 32)
"""An account that lets another contract's code run by its signature (EIP-7702)."""
STOP, DESTROY = b"\x00", bytes.fromhex("33ff")
"""Runtime code that does nothing, and that destroys itself."""
DATA = b"\x01\x02\x03\x04"
GAS = hex(5_000_000)


def creation(runtime: bytes) -> bytes:
    """Code that creates a contract of `runtime`, which is short."""
    return bytes.fromhex(f"60{len(runtime):02x}80600b6000396000f3") + runtime


def born_at(runtime: bytes, salt: int) -> Address:
    """Where FACTORY creates `runtime`, whoever asks it, and whenever."""
    parts = b"\xff" + bytes.fromhex(FACTORY[2:]) + salt.to_bytes(32, "big") + keccak(creation(runtime))
    return checksum(keccak(parts)[12:])


def birth(runtime: bytes, salt: int) -> bytes:
    """What FACTORY is sent to create it."""
    return salt.to_bytes(32, "big") + creation(runtime)


def in_one(*calls: tuple[Address, bytes]) -> bytes:
    """Creation code that makes `calls` one after the other, and leaves no contract behind."""
    head = 9 + 36 * len(calls) + 1
    every = b"".join(data for _, data in calls)
    made = bytes.fromhex(f"61{len(every):04x}61{head:04x}600039")
    at = 0
    for to, data in calls:
        made += bytes.fromhex(f"6000600061{len(data):04x}61{at:04x}600073{to[2:]}5af150")
        at += len(data)
    return made + b"\x00" + every


EXCHANGED_CODES = {STOP, DESTROY, bytes.fromhex("ef0100" + born_at(STOP, 0)[2:])}
"""What code stands where there was another one, or none; the last is what OWNER has by its signature."""


@dataclass(frozen=True, kw_only=True)
class Exchanged:
    """The proposals, each by what becomes of its target."""

    honest: ChainProposal
    """Its targets have code all the while, or none and get ether."""
    waiting: ChainProposal
    """It is never executed."""
    paid: ChainProposal
    """It sends ether to OWNER, who lets other code run before it comes."""
    late: ChainProposal
    """It sends ether to an account without code, which has some when it comes."""
    reborn: ChainProposal
    """Its target destroyed itself in the transaction of the proposal, and is created again before the execution."""
    same_block: ChainProposal
    """The same, but it is created again in the block of the execution."""
    fleeting: ChainProposal
    """The same, but it is created again, called and destroyed in the transaction of the execution."""


HIDDEN = {"reborn": 3, "same_block": 4, "fleeting": 5}
"""Proposals whose target has code while they are made, as the governor wants it, and none after: the salt of each."""


def exchanged(dao: Dao) -> Exchanged:
    """Plays them all."""
    addresses, governor = dao.deployment.addresses, dao.session().contracts.governor
    dao.connection.rpc("anvil_setBalance", [addresses.timelock, hex(TOKEN)])
    mined(dao.connection, FACTORY, birth(STOP, 0))
    calls = {
        "honest": [Call(born_at(STOP, 0), 0, DATA), Call(ACCOUNTS[4], 1, b""), Call(addresses.timelock, 1, b"")],
        "waiting": [Call(born_at(STOP, 0), 0, DATA)],
        "paid": [Call(OWNER.address, 1, b"")],
        "late": [Call(born_at(STOP, 1), 1, b""), Call(born_at(STOP, 1), 1, b"")],
    }
    hidden = {name: [Call(born_at(DESTROY, salt), 0, DATA)] for name, salt in HIDDEN.items()}
    dao.call(ACCOUNTS[4], "token", "delegate", create_address(STRANGER, dao.connection.nonce(STRANGER)))
    dao.delegate_all()
    steps = [(FACTORY, birth(DESTROY, salt)) for salt in HIDDEN.values()]
    steps += [(addresses.governor, _proposing(entry, name)) for name, entry in hidden.items()]
    mined(dao.connection, None, in_one(*steps, *((entry[0].target, b"") for entry in hidden.values())))
    for name, entry in calls.items():
        dao.propose(entry, _text(name))
    made = {proposal.description: proposal for proposal in all_proposals(dao.session())}
    named = {name: made[_text(name)] for name in (*calls, *hidden)}
    dao.advance(VOTING_DELAY + 1)
    approved = [proposal for name, proposal in named.items() if name != "waiting"]
    for proposal in approved:
        for voter in ACCOUNTS[:3]:
            dao.call(voter, "governor", "castVote", proposal.proposal_id, 1)
    dao.advance(VOTING_PERIOD + 1)
    for proposal in approved:
        dao.call(STRANGER, "governor", "queue", *proposal.arguments)
    dao.advance(MIN_DELAY)
    mined(dao.connection, FACTORY, birth(STOP, 1))
    mined(dao.connection, FACTORY, birth(DESTROY, HIDDEN["reborn"]))
    _let_run(dao, born_at(STOP, 0))
    execute = {name: governor.calldata("execute", *proposal.arguments) for name, proposal in named.items()}
    for name in ("honest", "paid", "late", "reborn"):
        mined(dao.connection, governor.address, execute[name])
    reborn = {name: (FACTORY, birth(DESTROY, salt)) for name, salt in HIDDEN.items()}
    mined_together(dao.connection, reborn["same_block"], (governor.address, execute["same_block"]))
    mined(dao.connection, None, in_one(reborn["fleeting"], (governor.address, execute["fleeting"])))
    dao.advance(1)
    return Exchanged(**named)


def _text(name: str) -> bytes:
    return f"# {name}".encode()


def _proposing(calls: list[Call], name: str) -> bytes:
    columns = ([call.target for call in calls], [call.value for call in calls], [call.calldata for call in calls])
    return load("RewardGovernor").abi.function("propose").encode_call(*columns, f"# {name}")


def _let_run(dao: Dao, delegate: Address) -> None:
    """OWNER signs that its account runs the code of `delegate`; somebody else sends that (EIP-7702)."""
    signed = OWNER.sign_authorization({"chainId": dao.deployment.chain_id, "address": delegate, "nonce": 0})
    entry = {
        "chainId": hex(signed.chain_id),
        "address": delegate,
        "nonce": "0x0",
        "yParity": hex(signed.y_parity),
        "r": hex(signed.r),
        "s": hex(signed.s),
    }
    mined(dao.connection, STRANGER, b"", type="0x4", authorizationList=[entry])


def mined(connection: Connection, to: Address | None, data: bytes, **more: Any) -> None:
    """Sends a transaction of STRANGER in a block of its own."""
    digest = _sent(connection, to, data, **more)
    receipt = None
    while receipt is None:
        receipt = connection.rpc("eth_getTransactionReceipt", [digest])
    assert receipt["status"] == "0x1", receipt


def mined_together(connection: Connection, *calls: tuple[Address, bytes]) -> None:
    """Sends transactions of STRANGER into one block, in this order."""
    connection.rpc("evm_setAutomine", [False])
    for to, data in calls:
        _sent(connection, to, data)
    connection.rpc("evm_mine", [])
    connection.rpc("evm_setAutomine", [True])


def _sent(connection: Connection, to: Address | None, data: bytes, **more: Any) -> str:
    request = {"from": STRANGER, "data": "0x" + data.hex(), "gas": GAS, **more}
    return str(connection.rpc("eth_sendTransaction", [request if to is None else {**request, "to": to}]))
