"""Governors of other people on an in-process EVM: OpenZeppelin's of every version, and Compound's."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data

from dao.abi import ContractAbi, checksum, encode, keccak
from dao.audit.governor import AuditedGovernor, audit_logs, with_quorums
from dao.audit.governor_report import GovernorReport
from dao.chain.connection import BlockRef, View
from dao.collecting.discovery import discover
from dao.events.log import RawLog
from dao.governors.profile import GovernorDeployment
from dao.governors.replay import replay, timelocks
from dao.governors.state import GovernorState, Moment
from dao.types import ZERO_ADDRESS, Address, Call
from tests.support.history import DEPLOYER, Chain, create_address

ROOT = Path(__file__).parent.parent.parent
COMPILED = ROOT / ".toolchain" / "governors.json"
PACKAGES = ROOT / "node_modules" / "@uniswap" / "governance" / "build"
"""Compound's timelock and a token like COMP, as Uniswap published them."""

DAY = 86_400
KEYS = tuple(keccak(b"person %d" % number) for number in range(5))
PEOPLE = tuple(checksum(Account.from_key(key).address) for key in KEYS)
STRANGER = Address("0x" + "66" * 20)


@dataclass(frozen=True)
class Compiled:
    """One compiled contract."""

    abi: ContractAbi
    bytecode: bytes

    def creation_code(self, *arguments: Any) -> bytes:
        return self.bytecode + encode(self.abi.constructor_types, arguments)


@cache
def compiled(version: str, name: str) -> Compiled:
    """A contract of `tests/governors`, or of the timelock, with one version of OpenZeppelin Contracts."""
    entry = _all()[version][name]
    return Compiled(ContractAbi(entry["abi"]), bytes.fromhex(entry["bytecode"]))


@cache
def published(name: str) -> Compiled:
    """A contract of `@uniswap/governance`."""
    entry = json.loads((PACKAGES / f"{name}.json").read_text(encoding="utf-8"))
    return Compiled(ContractAbi(entry["abi"]), bytes.fromhex(entry["bytecode"]))


@cache
def _all() -> Any:
    """Everything that `make pytest` compiled; it must be of the sources as they are, as `compile.cjs` hashes them."""
    files = [*sorted((ROOT / "tests" / "governors").iterdir()), ROOT / "package-lock.json"]
    key = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    found = json.loads(COMPILED.read_text(encoding="utf-8")) if COMPILED.exists() else {}
    assert found.get("key") == key, "the governors are not compiled: make .toolchain/governors.json"
    return found


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What is deployed: a governor of a version, with a token and a timelock."""

    version: str
    governor: str
    token: str = "Token"
    seconds: bool = False
    timelock: str = "controller"

    @property
    def name(self) -> str:
        return f"{self.version}-{self.governor}-{'seconds' if self.seconds else 'blocks'}"

    @property
    def old(self) -> bool:
        """Whether the version is OpenZeppelin's 4."""
        return self.version.startswith("4")


VARIANTS = (
    *(Variant(version=f"4.{minor}", governor="Controlled") for minor in (3, 4, 5, 6, 7, 8)),
    Variant(version="4.9", governor="Controlled", seconds=True),
    Variant(version="5.0", governor="Controlled", seconds=True),
    Variant(version="5.4", governor="Controlled"),
    Variant(version="5.7", governor="Controlled", seconds=True),
    Variant(version="4.5", governor="Compatible", token="Uni", timelock="compound"),
    Variant(version="4.9", governor="Compatible", token="Uni", timelock="compound"),
    Variant(version="5.1", governor="Fractional", timelock="compound"),
    Variant(version="5.7", governor="Fractional", seconds=True, timelock="compound"),
    Variant(version="5.2", governor="Overridable", token="ExtendedToken", seconds=True, timelock="none"),
    Variant(version="5.5", governor="Overridable", token="ExtendedToken", timelock="none"),
    Variant(version="5.7", governor="Overridable", token="ExtendedToken", seconds=True, timelock="none"),
    Variant(version="5.3", governor="Super", seconds=True),
    Variant(version="5.6", governor="Super"),
    Variant(version="5.7", governor="Super", seconds=True),
    Variant(version="5.7", governor="Constant", token="Collection", timelock="none"),
    Variant(version="5.7", governor="Bravo", token="Uni", timelock="compound"),
)


class Evm(Chain):
    """A chain that answers for code and storage too, as discovery asks."""

    def code(self, address: Address, *, block: BlockRef = "latest") -> bytes:
        return bytes(self.evm.get_code(address) or b"")

    def storage(self, address: Address, slot: bytes, *, block: BlockRef = "latest") -> bytes:
        return int(self.evm.storage(address, int.from_bytes(slot, "big"))).to_bytes(32, "big")


@dataclass
class Made:
    """What a proposal was made of."""

    calls: tuple[Call, ...]
    description: str

    @property
    def columns(self) -> tuple[list[str], list[int], list[bytes]]:
        return [c.target for c in self.calls], [c.value for c in self.calls], [c.calldata for c in self.calls]


@dataclass
class Foreign:
    """One deployment, and everything that its people can do."""

    variant: Variant
    chain: Evm
    deployment: GovernorDeployment
    contracts: dict[Address, ContractAbi]
    made: dict[int, Made] = field(default_factory=dict)
    scheduled: list[tuple[Made, bytes]] = field(default_factory=list)
    """Operations that somebody scheduled on the timelock directly, and their salts."""

    @classmethod
    def deploy(cls, variant: Variant) -> Foreign:
        chain = Evm()
        nonce = chain.nonce(DEPLOYER)
        token_to_be, timelock_to_be = create_address(DEPLOYER, nonce), create_address(DEPLOYER, nonce + 1)
        bare = variant.timelock == "none"
        governor_to_be = timelock_to_be if bare else create_address(DEPLOYER, nonce + 2)
        token = published("Uni") if variant.token == "Uni" else compiled(variant.version, variant.token)
        arguments = [DEPLOYER, DEPLOYER, chain.timestamp + 30 * DAY] if variant.token == "Uni" else [variant.seconds]
        assert chain.deploy(token.creation_code(*arguments)) == token_to_be
        contracts = {token_to_be: token.abi}
        if variant.timelock == "controller":
            timelock = compiled(variant.version, "TimelockController")
            writers = [governor_to_be, DEPLOYER]
            admin = [ZERO_ADDRESS] if len(timelock.abi.constructor_types) == 4 else []
            chain.deploy(timelock.creation_code(100, writers, writers, *admin))
            contracts[timelock_to_be] = timelock.abi
        elif variant.timelock == "compound":
            timelock = published("Timelock")
            chain.deploy(timelock.creation_code(governor_to_be, 2 * DAY))
            contracts[timelock_to_be] = timelock.abi
        governor = compiled(variant.version, variant.governor)
        both = [token_to_be] if bare else [token_to_be, timelock_to_be]
        unit = 12 if variant.seconds else 1
        last = {"Super": 60, "Controlled": 5 * unit, "Overridable": 5 * unit, "Fractional": 0}.get(variant.governor)
        rest: list[int]
        if variant.governor == "Bravo":
            rest = [2, 20, 100, 7]
        elif variant.governor == "Compatible":
            rest = [2, 20, 100]
        elif variant.governor == "Constant":
            rest = []
        else:
            rest = [2 * unit, 20 * unit, 100, 10, *([] if last is None else [last])]
        assert chain.deploy(governor.creation_code(*both, *rest)) == governor_to_be
        contracts[governor_to_be] = governor.abi
        chain.advance(12)
        life = cls(variant, chain, None, contracts)  # type: ignore[arg-type]
        for index, person in enumerate(PEOPLE[:4]):
            if variant.token == "Collection":
                for _ in range(index + 2):
                    life.send(DEPLOYER, token_to_be, "mint", person)
            elif variant.token == "Uni":
                life.send(DEPLOYER, token_to_be, "transfer", person, 300 * (index + 1))
            else:
                life.send(DEPLOYER, token_to_be, "mint", person, 300 * (index + 1))
            life.send(person, token_to_be, "delegate", person)
        chain.advance(12)
        life.deployment = discover(chain, governor_to_be)
        return life

    @property
    def logs(self) -> list[RawLog]:
        known = {self.deployment.token, self.deployment.governor, *timelocks(self.chain.logs, self.deployment)}
        return [log for log in self.chain.logs if log.address in known]

    @property
    def moment(self) -> Moment:
        return Moment(self.chain.number, self.chain.timestamp)

    @property
    def clock(self) -> int:
        return self.chain.timestamp if self.variant.seconds else self.chain.number

    def replay(self, logs: list[RawLog] | None = None) -> GovernorState:
        return replay(self.logs if logs is None else logs, self.known_quorums())

    def audit(self, logs: list[RawLog] | None = None) -> GovernorReport:
        """The report of `examine`."""
        return self.examine(logs).report

    def examine(self, logs: list[RawLog] | None = None) -> AuditedGovernor:
        """The audit of some logs, of all if not given, the contracts asked now."""
        logs = self.logs if logs is None else logs
        return audit_logs(logs, self.deployment, self.chain, chain_id=1, from_block=0, end=self.moment)

    def known_quorums(self) -> GovernorDeployment:
        """The deployment with the quorums that only views know."""
        return with_quorums(self.chain, self.deployment, self.logs, clock=self.clock, block="latest")

    # ------------------------------------------------------------ asking

    def ask(self, address: Address, function: str, *arguments: Any) -> Any:
        view = View(address, self.contracts[address].function(function), arguments)
        values = self.chain.views([view])[0]
        return values[0] if len(values) == 1 else values

    def governor(self, function: str, *arguments: Any) -> Any:
        return self.ask(self.deployment.governor, function, *arguments)

    def can(self, function: str) -> bool:
        """Whether the governor has a function of that name, or of that name and a proposal's columns."""
        texts = {signature.text for signature in self.contracts[self.deployment.governor].functions.values()}
        columns = f"{function}(address[],uint256[],bytes[],bytes32)"
        return columns in texts or (self.variant.governor == "Bravo" and f"{function}(uint256)" in texts)

    # ------------------------------------------------------------ acting

    def send(self, sender: Address, to: Address, function: str, *arguments: Any) -> bytes:
        return self.chain.send(sender, to, self.contracts[to].function(function).encode_call(*arguments))

    def propose(self, proposer: Address, calls: tuple[Call, ...], description: str) -> int:
        made = Made(calls, description)
        governor = self.deployment.governor
        if self.variant.governor == "Bravo":
            targets, values, datas = made.columns
            output = self.send(proposer, governor, "propose", targets, values, [""] * len(calls), datas, description)
        else:
            text = "propose(address[],uint256[],bytes[],string)"
            output = self.send(proposer, governor, text, *made.columns, description)
        identifier = int.from_bytes(output, "big")
        self.made[identifier] = made
        return identifier

    def carry(self, proposal: int, verb: str, sender: Address = DEPLOYER) -> None:
        """Queues, executes or cancels a proposal."""
        governor, made = self.deployment.governor, self.made[proposal]
        if self.variant.governor == "Bravo":
            self.send(sender, governor, verb, proposal)
            return
        text = f"{verb}(address[],uint256[],bytes[],bytes32)"
        self.send(sender, governor, text, *made.columns, keccak(made.description.encode()))

    def vote(self, voter: Address, proposal: int, support: int, params: bytes | None = None) -> None:
        governor = self.deployment.governor
        if params is None:
            self.send(voter, governor, "castVote", proposal, support)
        else:
            self.send(voter, governor, "castVoteWithReasonAndParams", proposal, support, "because", params)

    def vote_by_signature(self, index: int, proposal: int, support: int) -> None:
        """A ballot that person number `index` signed and another sends (EIP-712); since 5.0 it names the voter."""
        voter, governor = PEOPLE[index], self.deployment.governor
        message = {"proposalId": proposal, "support": support}
        kinds = {"proposalId": "uint256", "support": "uint8"}
        if not self.variant.old:
            message |= {"voter": voter, "nonce": self.governor("nonces", voter)}
            kinds |= {"voter": "address", "nonce": "uint256"}
        domain = {"name": "Governor", "version": "1", "chainId": 1, "verifyingContract": governor}
        types = {"Ballot": [{"name": field, "type": kind} for field, kind in kinds.items()]}
        signed = Account.sign_message(encode_typed_data(domain, types, message), KEYS[index])
        split = (signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"))
        arguments = split if self.variant.old else (voter, bytes(signed.signature))
        self.send(DEPLOYER, governor, "castVoteBySig", proposal, support, *arguments)

    def override(self, voter: Address, proposal: int, support: int) -> None:
        self.send(voter, self.deployment.governor, "castOverrideVote", proposal, support, "mine")

    def call(self, address: Address, function: str, *arguments: Any) -> Call:
        return Call(address, 0, self.contracts[address].function(function).encode_call(*arguments))
