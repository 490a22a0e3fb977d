"""Measures the gas of ballots, beside OpenZeppelin's; `--check` fails where one of ours is above `bench/votes.json`.

The shipped contracts and `contracts/mocks/PlainGovernor.sol`, as `make compile` built it, run on a local chain of their
own, so that every figure is exact and the same everywhere. A figure is that of a whole transaction; where it is a batch
of ballots, of each ballot its share, rounded up. Ballots say for, on a proposal that has votes, by accounts with one
checkpoint that voted on an earlier proposal, unless it is said that they never did. Every module of the governor takes
part; one exclusion, the token's own address, makes the circulating supply, as in a deployment.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from gas import differences

from dao import artifacts
from dao.abi import ContractAbi, checksum, encode, keccak
from dao.chain import node
from dao.chain.connection import Connection
from dao.types import ZERO_ADDRESS, Address

HERE = Path(__file__).resolve().parent
SNAPSHOT = HERE / "votes.json"
BUILD = HERE.parent / "build" / "contracts"

Figures = dict[str, dict[str, int]]
"""Gas, by contract and circumstances."""

OURS = "RewardGovernor"
GAS_LIMIT = 60_000_000
GAS_PRICE = 2 * 10**9
START = 1_800_000_000
DELAY, PERIOD, EXTENSION, GRACE = 60, 600_000, 6_000, 900
BLOCKS = 500
"""The plain governors' period."""
UNIT = 10**18
BATCH = 100
QUORUM = 5_000
"""Basis points of the supply: half of it, which the ballots measured before the quorum do not reach."""
SHARES = 1_000
"""Tokens of each voter."""
FOR = 1


@dataclass(frozen=True)
class Vote:
    """An open vote: the governor, its ABI, the proposal, and the name in its signing domain."""

    name: str
    governor: Address
    abi: ContractAbi
    proposal: int


class Chain:
    """A local chain on which one account pays for everything and others are impersonated."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sent = 0
        self.owner: str = connection.rpc("eth_accounts")[0]
        self.chain_id = connection.chain_id
        self.rpc("evm_setBlockGasLimit", hex(GAS_LIMIT))
        self.rpc("anvil_autoImpersonateAccount", True)

    def rpc(self, method: str, *params: Any) -> Any:
        """The node's answer to one JSON-RPC call."""
        return self._connection.rpc(method, params)

    def undone(self, measured: Callable[[], int]) -> int:
        """What `measured` returns; what it did is undone."""
        before = self.rpc("evm_snapshot")
        try:
            return measured()
        finally:
            self.rpc("evm_revert", before)

    def deploy(self, code: bytes) -> Address:
        """The address of a new contract."""
        return checksum(self.send(self.owner, None, code)["contractAddress"])

    def call(self, sender: str, to: Address, abi: ContractAbi, name: str, *arguments: Any) -> int:
        """The gas of a transaction to a function."""
        return int(self.send(sender, to, abi.function(name).encode_call(*arguments))["gasUsed"], 16)

    def ask(self, to: Address, abi: ContractAbi, name: str, *arguments: Any) -> Any:
        """What a view answers."""
        signature = abi.function(name)
        call = {"to": to, "data": f"0x{signature.encode_call(*arguments).hex()}"}
        return signature.decode_output(bytes.fromhex(self.rpc("eth_call", call, "latest")[2:]))[0]

    def send(self, sender: str, to: str | None, data: bytes) -> dict[str, Any]:
        """The receipt of a transaction, mined in a block of its own."""
        # The node remembers what a revert undid: nonces are given to it, and no two transactions are alike.
        self._sent += 1
        nonce = self.rpc("eth_getTransactionCount", sender, "latest")
        request = {"from": sender, "data": f"0x{data.hex()}", "gas": hex(GAS_LIMIT), "nonce": nonce}
        request["gasPrice"] = hex(GAS_PRICE + self._sent)
        # Answers once the transaction is mined (EIP-7966).
        receipt: dict[str, Any] = self.rpc("eth_sendTransactionSync", request if to is None else request | {"to": to})
        if receipt["status"] != "0x1":
            raise SystemExit(f"a transaction reverted: {receipt}")
        return receipt

    def advance(self, *, seconds: int = 1, blocks: int = 1) -> None:
        """Mines `blocks`, the first of them after `seconds`."""
        now = int(self.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        self.rpc("evm_setNextBlockTimestamp", hex(now + seconds))
        self.rpc("anvil_mine", hex(blocks))

    def fund(self, account: str) -> None:
        """Gives `account` ether for gas."""
        self.rpc("anvil_setBalance", account, hex(10**20))


# ---------------------------------------------------------------- what is measured


def voters() -> list[LocalAccount]:
    """Who votes: the first two vote alone, the others in batches."""
    return [Account.from_key(keccak(b"voter %d" % index)) for index in range(BATCH + 2)]


def measure(chain: Chain) -> Figures:
    """Every figure."""
    people = voters()
    for person in people:
        chain.fund(person.address)
    return {
        **{name: dict(_plain(chain, name, people)) for name in ("PlainGovernor", "PlainLateGovernor")},
        OURS: dict(_ours(chain, people)),
    }


def _plain(chain: Chain, name: str, people: Sequence[LocalAccount]) -> Iterator[tuple[str, int]]:
    votes_code, votes_abi = _built("PlainVotes")
    token = chain.deploy(_with(votes_code, votes_abi, 2 * SHARES * UNIT * (len(people) + 1)))
    _delegate(chain, token, votes_abi, people)
    code, abi = _built(name)
    governor = chain.deploy(_with(code, abi, token, BLOCKS, QUORUM // 100))
    first = _propose(chain, "Plain", governor, abi, 1)
    chain.advance(blocks=2)
    yield from _before_any(chain, first, people, _multicall)
    _vote_all(chain, first, people)
    second = _propose(chain, "Plain", governor, abi, 2)
    chain.advance(blocks=2)
    yield from _later(chain, second, people, _multicall)


def _ours(chain: Chain, people: Sequence[LocalAccount]) -> Iterator[tuple[str, int]]:
    governor = _deployment(chain, people)
    abi = artifacts.load(OURS).abi
    first = _propose(chain, "Reward", governor, abi, 1)
    chain.advance(seconds=DELAY + 1)
    yield from _before_any(chain, first, people, _batch)
    _vote_all(chain, first, people)
    second = _propose(chain, "Reward", governor, abi, 2)
    third = _propose(chain, "Reward", governor, abi, 3)
    chain.advance(seconds=DELAY + 1)
    yield from _later(chain, second, people, _batch)
    whale = chain.owner
    for account in (people[1].address, whale):
        chain.call(account, governor, abi, "castVote", third.proposal, FOR)
    chain.advance(seconds=PERIOD - EXTENSION // 2)
    yield from _in_window(chain, second, third, people)


def _in_window(chain: Chain, late: Vote, early: Vote, people: Sequence[LocalAccount]) -> Iterator[tuple[str, int]]:
    """What ballots cost where quorum would extend the vote: `late` has not reached it, `early` did before."""
    voter, other, whale = people[0].address, people[2].address, chain.owner

    def cast(vote: Vote, account: str) -> int:
        return chain.call(account, vote.governor, vote.abi, "castVote", vote.proposal, FOR)

    yield "castVote, in the window before quorum, first there", chain.undone(lambda: cast(late, voter))
    cast(late, other)
    yield "castVote, in the window before quorum", chain.undone(lambda: cast(late, voter))
    batch = _batch(chain, late, people[3:])
    yield "per ballot of 99, in the window before quorum", chain.undone(lambda: -(-batch() // (BATCH - 1)))
    yield "castVote, in the window, reaching quorum", cast(late, whale)
    yield "castVote, in the window after late quorum", chain.undone(lambda: cast(late, voter))
    yield "castVote, in the window after early quorum, first there", chain.undone(lambda: cast(early, voter))
    cast(early, other)
    yield "castVote, in the window after early quorum", chain.undone(lambda: cast(early, voter))


def _before_any(
    chain: Chain, vote: Vote, people: Sequence[LocalAccount], batch: Callable[..., Callable[[], int]]
) -> Iterator[tuple[str, int]]:
    """What accounts pay that have never voted."""
    chain.call(people[1].address, vote.governor, vote.abi, "castVote", vote.proposal, FOR)
    yield "castVote, first-ever", chain.undone(lambda: _cast(chain, vote, people[0]))
    yield "per ballot of 100, first-ever", chain.undone(lambda: -(-batch(chain, vote, people[2:])() // BATCH))


def _later(
    chain: Chain, vote: Vote, people: Sequence[LocalAccount], batch: Callable[..., Callable[[], int]]
) -> Iterator[tuple[str, int]]:
    """What accounts pay that voted on an earlier proposal, those in batches by signature."""
    chain.call(people[1].address, vote.governor, vote.abi, "castVote", vote.proposal, FOR)
    yield "castVote", chain.undone(lambda: _cast(chain, vote, people[0]))
    yield "per ballot of 100", chain.undone(lambda: -(-batch(chain, vote, people[2:])() // BATCH))


def _cast(chain: Chain, vote: Vote, voter: LocalAccount) -> int:
    return chain.call(voter.address, vote.governor, vote.abi, "castVote", vote.proposal, FOR)


def _vote_all(chain: Chain, vote: Vote, people: Sequence[LocalAccount]) -> None:
    """Everybody who has not voted yet does: the first two and the whale alone, the others by signature."""
    for account in (people[0].address, chain.owner):
        chain.call(account, vote.governor, vote.abi, "castVote", vote.proposal, FOR)
    (_batch if vote.name == "Reward" else _multicall)(chain, vote, people[2:])()


def _multicall(chain: Chain, vote: Vote, people: Sequence[LocalAccount]) -> Callable[[], int]:
    """OpenZeppelin's way: `castVoteBySig` for each in a `multicall`."""
    fields = {"proposalId": "uint256", "support": "uint8", "voter": "address", "nonce": "uint256"}
    calls = []
    for voter in people:
        nonce = chain.ask(vote.governor, vote.abi, "nonces", voter.address)
        message = {"proposalId": vote.proposal, "support": FOR, "voter": voter.address, "nonce": nonce}
        signature = _sign(chain, vote, voter, "Ballot", fields, message)
        function = vote.abi.function("castVoteBySig")
        calls.append(function.encode_call(vote.proposal, FOR, voter.address, signature))
    return lambda: chain.call(chain.owner, vote.governor, vote.abi, "multicall", calls)


def _batch(chain: Chain, vote: Vote, people: Sequence[LocalAccount]) -> Callable[[], int]:
    """Ours: `castVotesBySig`."""
    fields = {"choice": "string", "proposalId": "uint256", "voter": "address"}
    ballots = []
    for voter in people:
        message = {"choice": "For", "proposalId": vote.proposal, "voter": voter.address}
        signature = _sign(chain, vote, voter, "FullBallot", fields, message)
        half = int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255
        ballots.append((voter.address, FOR, signature[:32], half.to_bytes(32, "big")))
    return lambda: chain.call(chain.owner, vote.governor, vote.abi, "castVotesBySig", vote.proposal, ballots)


def _sign(
    chain: Chain, vote: Vote, voter: LocalAccount, name: str, fields: Mapping[str, str], message: Mapping[str, Any]
) -> bytes:
    domain = {"name": vote.name, "version": "1", "chainId": chain.chain_id, "verifyingContract": vote.governor}
    types = {name: [{"name": field, "type": kind} for field, kind in fields.items()]}
    return bytes(voter.sign_typed_data(domain, types, dict(message)).signature)


def _propose(chain: Chain, name: str, governor: Address, abi: ContractAbi, number: int) -> Vote:
    contents = ([chain.owner], [0], [b""])
    description = f"Proposal {number}"
    chain.call(chain.owner, governor, abi, "propose", *contents, description)
    proposal = chain.ask(governor, abi, "hashProposal", *contents, keccak(description.encode()))
    return Vote(name, governor, abi, proposal)


def _deployment(chain: Chain, people: Sequence[LocalAccount]) -> Address:
    """The shipped governor with its token, whose own address is excluded."""
    nonce = int(chain.rpc("eth_getTransactionCount", chain.owner, "latest"), 16)
    governor_to_be = _create_address(chain.owner, nonce + 2)
    timelock = chain.deploy(
        artifacts.load("TimelockController").creation_code(300, [governor_to_be], [governor_to_be], ZERO_ADDRESS)
    )
    supply = 2 * SHARES * UNIT * (len(people) + 1)
    token = chain.deploy(
        artifacts.load("RewardToken").creation_code(
            "Reward", "RWD", 18, supply, timelock, [timelock], [(chain.owner, supply)]
        )
    )
    configuration = (
        "Reward", token, timelock, people[0].address, DELAY, PERIOD, 0, [(5_000, QUORUM)] * 3, [], [token],
        EXTENSION, GRACE,
    )  # fmt: skip
    governor = chain.deploy(artifacts.load(OURS).creation_code(configuration))
    if governor != governor_to_be:
        raise SystemExit(f"the governor is at {governor}, not at {governor_to_be}")
    _delegate(chain, token, artifacts.load("RewardToken").abi, people)
    return governor


def _delegate(chain: Chain, token: Address, abi: ContractAbi, people: Sequence[LocalAccount]) -> None:
    """Half of the supply to the voters, evenly; everybody votes with what they have, the owner with the other half."""
    for person in people:
        chain.call(chain.owner, token, abi, "transfer", person.address, SHARES * UNIT)
        chain.call(person.address, token, abi, "delegate", person.address)
    chain.call(chain.owner, token, abi, "delegate", chain.owner)


def _create_address(deployer: str, nonce: int) -> Address:
    """The address of the contract that `deployer` creates with `nonce` (RLP; Yellow Paper, section 7)."""
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    encoded = number if 0 < nonce < 0x80 else bytes([0x80 + len(number)]) + number
    body = b"\x94" + bytes.fromhex(deployer[2:]) + encoded
    return checksum(keccak(bytes([0xC0 + len(body)]) + body)[12:])


def _built(name: str) -> tuple[bytes, ContractAbi]:
    path = BUILD / f"{name}.json"
    if not path.exists():
        raise SystemExit(f"{path.relative_to(HERE.parent)} is missing; run `make compile`")
    build = json.loads(path.read_text(encoding="utf-8"))
    return bytes.fromhex(build["bytecode"].removeprefix("0x")), ContractAbi(build["abi"])


def _with(code: bytes, abi: ContractAbi, *arguments: Any) -> bytes:
    return code + encode(abi.constructor_types, arguments)


# ---------------------------------------------------------------- what is printed


def table(figures: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """The figures, a line each circumstance, the plain governors' beside ours."""
    names = [*(name for name in figures if name != OURS), OURS]
    yield f"{'':58}" + "".join(f"{name:>20}" for name in names)
    for circumstance in figures[OURS]:
        cells = (figures[name].get(circumstance) for name in names)
        yield f"{circumstance:58}" + "".join(f"{'' if gas is None else format(gas, ','):>20}" for gas in cells)


def main(arguments: Sequence[str] | None = None) -> int:
    """0; or with `--check` 1, naming each figure of ours that rose, is new or is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="fail where a figure of ours is above the committed one")
    mode.add_argument("--write", action="store_true", help="commit to today's figures")
    options = parser.parse_args(arguments)
    with node.ephemeral(HERE.parent, timestamp=START) as connection:
        figures = measure(Chain(connection))
    if options.write:
        SNAPSHOT.write_text(json.dumps({OURS: figures[OURS]}, indent=1) + "\n", encoding="utf-8")
    print("\n".join(table(figures)))
    if not options.check:
        return 0
    worse, better = differences({OURS: figures[OURS]}, json.loads(SNAPSHOT.read_text(encoding="utf-8")))
    for line in worse:
        print(f"rose: {line}")
    for line in better:
        print(f"fell: {line}")
    advice = "; where that is meant, run `python bench/votes.py --write`" if worse or better else ""
    print(f"votes: {len(worse)} figures rose, {len(better)} fell{advice}")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
