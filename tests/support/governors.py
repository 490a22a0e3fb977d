"""Governors of other people on an in-process EVM: OpenZeppelin's of every version, Compound's, and what people do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from dao.abi import ContractAbi, checksum, encode, keccak
from dao.audit.governor import GovernorReport, audit_logs, with_quorums
from dao.chain.connection import BlockRef, View
from dao.collecting.discovery import discover
from dao.errors import CallReverted
from dao.events.log import RawLog
from dao.governors.compound import transaction_ids
from dao.governors.profile import GovernorDeployment
from dao.governors.proposal_state import proposal_deadline, proposal_state, quorum_in_force
from dao.governors.replay import replay, timelocks
from dao.governors.state import GovernorState, Moment, Proposal
from dao.types import ZERO_ADDRESS, Address, Call
from tests.support.history import DEPLOYER, Chain, Reverted, create_address

ROOT = Path(__file__).parent.parent.parent
COMPILED = ROOT / ".toolchain" / "governors.json"
PACKAGES = ROOT / "node_modules" / "@uniswap" / "governance" / "build"
"""Compound's timelock and a token like COMP, as Uniswap published them."""

DAY = 86_400
PEOPLE = tuple(Address("0x" + f"{number:02x}" * 20) for number in (0x11, 0x22, 0x33, 0x44, 0x55))
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

    def override(self, voter: Address, proposal: int, support: int) -> None:
        self.send(voter, self.deployment.governor, "castOverrideVote", proposal, support, "mine")

    def call(self, address: Address, function: str, *arguments: Any) -> Call:
        return Call(address, 0, self.contracts[address].function(function).encode_call(*arguments))


def play(life: Foreign, random: Random, steps: int) -> None:
    """Something that people do, so many times; what the contracts refuse is part of it."""
    actions = [_move, _move, _delegate, _propose, _vote, _vote, _vote, _carry, _carry, _wait, _directly, _pass]
    for _ in range(steps):
        with suppress(Reverted):
            random.choice(actions)(life, random)
        if random.random() < 0.4:
            life.chain.advance(12)


def _move(life: Foreign, random: Random) -> None:
    token, person, other = life.deployment.token, random.choice(PEOPLE), random.choice(PEOPLE)
    if life.variant.token == "Collection":
        life.send(person, token, "transferFrom", person, other, random.randint(1, 14))
    elif life.variant.token != "Uni" and random.random() < 0.3:
        if random.random() < 0.5:
            life.send(DEPLOYER, token, "mint", person, random.randint(0, 300))
        else:
            life.send(person, token, "burn", random.randint(0, 100))
    else:
        life.send(person, token, "transfer", other, random.randint(0, 200))


def _delegate(life: Foreign, random: Random) -> None:
    life.send(random.choice(PEOPLE), life.deployment.token, "delegate", random.choice((*PEOPLE, ZERO_ADDRESS)))


def _payloads(life: Foreign, random: Random) -> Iterator[Call]:
    """What proposals do: mostly changes of what the next ones are judged by."""
    governor, timelock, unit = life.deployment.governor, life.deployment.timelock, 12 if life.variant.seconds else 1
    yield Call(STRANGER, 0, random.randbytes(random.choice((0, 4, 36))))
    if life.variant.governor == "Bravo":
        yield life.call(governor, "_setVotingDelay", random.randint(1, 4))
        yield life.call(governor, "_setVotingPeriod", random.randint(10, 25))
        yield life.call(governor, "_setProposalThreshold", random.randint(0, 400))
        yield life.call(governor, "_setWhitelistAccountExpiration", PEOPLE[4], 2_000_000_000)
    elif "setVotingDelay" in {s.name for s in life.contracts[governor].functions.values()}:
        yield life.call(governor, "setVotingDelay", random.randint(1, 4) * unit)
        yield life.call(governor, "setVotingPeriod", random.randint(10, 25) * unit)
        yield life.call(governor, "setProposalThreshold", random.randint(0, 400))
    for name, value in (
        ("updateQuorumNumerator", random.randint(0, 60)),
        ("updateSuperQuorumNumerator", random.randint(55, 90)),
        ("setLateQuorumVoteExtension", random.randint(0, 10) * unit),
        ("setProposalGuardian", PEOPLE[3]),
    ):
        if name in {s.name for s in life.contracts[governor].functions.values()}:
            yield life.call(governor, name, value)
    if timelock is not None and life.variant.timelock == "controller":
        yield life.call(timelock, "updateDelay", random.randint(0, 200))
        role = keccak(b"EXECUTOR_ROLE")
        yield life.call(timelock, "grantRole", role, STRANGER)
        yield life.call(timelock, "revokeRole", role, STRANGER)
    elif timelock is not None:
        yield life.call(timelock, "setDelay", random.randint(2, 5) * DAY)


def _some(life: Foreign, random: Random) -> tuple[Call, ...]:
    every = list(_payloads(life, random))
    return tuple(random.sample(every, min(len(every), random.randint(1, 2))))


def _propose(life: Foreign, random: Random) -> None:
    calls = _some(life, random)
    person = random.choice(PEOPLE)
    suffix = random.choice(("", "", f"#proposer={person}", f"#proposer={PEOPLE[0]}"))
    life.propose(person, calls, f"Proposal {random.randint(0, 30)}" + suffix)


def _vote(life: Foreign, random: Random) -> None:
    if not life.made:
        return
    proposal, voter = list(life.made)[-random.randint(1, min(3, len(life.made)))], random.choice(PEOPLE)
    support = random.choice((0, 1, 1, 1, 1, 2, 3))
    functions = {s.name for s in life.contracts[life.deployment.governor].functions.values()}
    if "castOverrideVote" in functions and random.random() < 0.4:
        life.override(voter, proposal, support)
    elif "castVoteWithReasonAndParams" in functions and random.random() < 0.4:
        if life.variant.governor == "Fractional":
            split = b"".join(random.randint(0, 300).to_bytes(16, "big") for _ in range(3))
            life.vote(voter, proposal, 255, split)
        else:
            life.vote(voter, proposal, support, random.choice((b"", b"\1\2")))
    else:
        life.vote(voter, proposal, support)


def _carry(life: Foreign, random: Random) -> None:
    if not life.made:
        return
    proposal = list(life.made)[-random.randint(1, min(4, len(life.made)))]
    verbs = ["queue", "execute"] if life.deployment.timelock is not None else ["execute"]
    if random.random() < 0.1:
        verbs = [verb for verb in ("cancel", "cancelAny") if life.can(verb)]
    if not verbs:
        return
    life.carry(proposal, random.choice(verbs), random.choice((DEPLOYER, *PEOPLE)))


def _pass(life: Foreign, random: Random) -> None:
    """A proposal that everybody is for, from beginning to end; something may come between."""
    life.chain.advance(12)
    calls = _some(life, random)
    proposal = life.propose(random.choice(PEOPLE[:4]), calls, f"Accepted {random.randint(0, 99)}")
    voters = list(PEOPLE)
    random.shuffle(voters)
    for _ in range(random.choice((5, 5, 21, 22, 23))):
        life.chain.advance(12)
    for voter in voters:
        with suppress(Reverted):
            if random.random() < 0.3 and life.variant.governor == "Overridable":
                life.override(voter, proposal, 1)
            else:
                life.vote(voter, proposal, 1)
        if random.random() < 0.4:
            _pause(life, random)
    for _ in range(36):
        life.chain.advance(12)
    if life.deployment.timelock is not None:
        life.carry(proposal, "queue")
        if random.random() < 0.2:
            return
        life.chain.advance(random.choice((90, 200)) if life.variant.timelock == "controller" else 6 * DAY)
    life.carry(proposal, "execute")


def _pause(life: Foreign, random: Random) -> None:
    if random.random() < 0.3:
        for _ in range(random.choice((1, 3))):
            life.chain.advance(12)
    with suppress(Reverted):
        random.choice((_move, _delegate, _directly))(life, random)


def _wait(life: Foreign, random: Random) -> None:
    far = life.variant.timelock == "compound" and random.random() < 0.3
    if far:
        life.chain.advance(random.choice((2, 3, 17)) * DAY)
    for _ in range(random.choice((1, 3, 20))):
        life.chain.advance(random.choice((1, 12, 24)))


def _directly(life: Foreign, random: Random) -> None:
    """Operations that the governor knows nothing of, and those of its proposals, on the timelock directly."""
    timelock = life.deployment.timelock
    if timelock is None or life.variant.timelock != "controller":
        return
    choice = random.random()
    if choice < 0.4 or not life.scheduled:
        made = Made((random.choice(list(_payloads(life, random))),), "")
        salt = random.choice((bytes(32), random.randbytes(32)))
        targets, values, datas = made.columns
        if random.random() < 0.5:
            life.send(DEPLOYER, timelock, "scheduleBatch", targets, values, datas, bytes(32), salt, 200)
            life.scheduled.append((made, salt))
        else:
            life.send(DEPLOYER, timelock, "schedule", targets[0], values[0], datas[0], bytes(32), salt, 200)
    elif choice < 0.7:
        made, salt = random.choice(life.scheduled)
        life.send(DEPLOYER, timelock, "executeBatch", *made.columns, bytes(32), salt)
    else:
        pending = [key for key, each in life.replay().operations.items() if each.pending]
        if pending:
            life.send(DEPLOYER, timelock, "cancel", random.choice(pending)[1])


def differences(life: Foreign, state: GovernorState) -> list[str]:
    """Where the contracts answer something else than the replay computed."""
    found = []
    for what, expected, address, function, arguments in _questions(life, state):
        try:
            answer = life.ask(address, function, *arguments)
        except CallReverted as error:
            answer = error
        if answer != expected:
            found.append(f"{what}: {function}{arguments}: replayed {expected}, answered {answer}")
    return found


def _questions(life: Foreign, state: GovernorState) -> Iterator[tuple[str, Any, Address, str, tuple[Any, ...]]]:
    token, governor = life.deployment.token, life.deployment.governor
    comp = life.variant.token == "Uni"
    now, past = ("getCurrentVotes", "getPriorVotes") if comp else ("getVotes", "getPastVotes")
    keys = sorted({key for trace in state.token.powers.values() for key in trace.keys})
    points = sorted({key + off for key in keys[-6:] + keys[:3] for off in (-1, 0) if 0 < key + off < life.clock})
    for person in (*PEOPLE, STRANGER, checksum(DEPLOYER)):
        yield person, state.token.balance(person), token, "balanceOf", (person,)
        yield person, state.token.delegate(person), token, "delegates", (person,)
        yield person, state.token.votes(person), token, now, (person,)
        for point in points:
            yield person, state.token.past_votes(person, point), token, past, (person, point)
    if life.variant.token in ("Token", "ExtendedToken"):
        for point in points:
            yield "supply", state.token.supply.upper_lookup(point), token, "getPastTotalSupply", (point,)
    for proposal in state.proposals.values():
        yield from _about(life, state, proposal)
    timelock = life.deployment.timelock
    for (_, identifier), operation in state.operations.items():
        assert timelock is not None
        if life.variant.timelock == "controller":
            yield "operation", operation.timestamp, timelock, "getTimestamp", (identifier,)
        else:
            yield "transaction", operation.pending, timelock, "queuedTransactions", (identifier,)
    for name in ("votingDelay", "votingPeriod", "proposalThreshold", "lateQuorumVoteExtension", "proposalGuardian"):
        if name in {s.name for s in life.contracts[governor].functions.values()}:
            own = {"lateQuorumVoteExtension": "late_quorum_extension", "proposalGuardian": "guardian"}
            snake = "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)
            yield "setting", getattr(state.settings, own.get(name, snake)), governor, name, ()


def _about(life: Foreign, state: GovernorState, proposal: Proposal) -> Iterator[Any]:
    governor, what = life.deployment.governor, f"proposal {proposal.id}"
    yield what, int(proposal_state(state, proposal, life.moment)), governor, "state", (proposal.id,)
    tally = proposal.tally
    if life.variant.governor in ("Bravo", "Compatible"):
        found = life.governor("proposals", proposal.id)
        votes = (found[5], found[6], found[7], found[3], found[4])
        mine = (
            tally.for_votes,
            tally.against_votes,
            tally.abstain_votes,
            proposal.snapshot,
            proposal_deadline(proposal),
        )
        assert votes == mine, (what, votes, mine)
        for voter in PEOPLE:
            receipt = life.governor("getReceipt", proposal.id, voter)
            assert receipt[0] is (voter in proposal.choices) and receipt[2] == proposal.used.get(voter, 0)
    else:
        votes = (tally.against_votes, tally.for_votes, tally.abstain_votes)
        yield what, votes, governor, "proposalVotes", (proposal.id,)
        yield what, proposal.snapshot, governor, "proposalSnapshot", (proposal.id,)
        yield what, proposal_deadline(proposal), governor, "proposalDeadline", (proposal.id,)
        if proposal.snapshot < life.clock:
            yield what, quorum_in_force(state, proposal.snapshot), governor, "quorum", (proposal.snapshot,)
        for voter in PEOPLE:
            if life.variant.governor == "Fractional":
                yield what, proposal.used.get(voter, 0), governor, "usedVotes", (proposal.id, voter)
            else:
                yield what, voter in proposal.choices, governor, "hasVoted", (proposal.id, voter)
            if life.variant.governor == "Overridable":
                yield what, voter in proposal.overriders, governor, "hasVotedOverride", (proposal.id, voter)
    if not life.variant.old and proposal.eta and life.variant.governor != "Bravo":
        yield what, proposal.eta, governor, "proposalEta", (proposal.id,)
    if life.variant.timelock == "compound" and proposal.eta and proposal.executed is not None:
        for identifier in transaction_ids(proposal):
            yield what, False, life.deployment.timelock, "queuedTransactions", (identifier,)
