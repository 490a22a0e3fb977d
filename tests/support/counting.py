"""Two governors over one token in one EVM: the shipped one, and one that counts with OpenZeppelin's modules."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from dao.abi import ContractAbi, checksum, encode, keccak
from dao.artifacts import load
from dao.chain.connection import View
from dao.types import ZERO_ADDRESS, Address, ProposalState
from tests.support.compiled import compiled
from tests.support.history import DEPLOYER, GOVERNOR, TOKEN, Chain, Reverted, create_address

DELAY, LONG, SHORT, EXTENSION, NEVER = 60, 3_000, 400, 120, 10**9
SUPPLY = 2**128 - 1
"""The most that a proposal can count."""
POWERS = (0, 1, 2, 10**18, 2 * 10**18, 2**126, 2**127)
"""Of the voters, in their order; what is left of the supply goes to the whale."""
DOMAIN = "Twin"
BALLOT = {"proposalId": "uint256", "support": "uint8", "voter": "address", "nonce": "uint256"}
EXTENDED = {**BALLOT, "reason": "string", "params": "bytes"}
FULL = {"choice": "string", "proposalId": "uint256", "voter": "address"}
CHOICES = ("Against", "For", "Abstain")


def reference() -> tuple[bytes, ContractAbi]:
    """Bytecode and ABI of `ReferenceGovernor.sol`, beside this file."""
    made = compiled("ReferenceGovernor", "tests/support")
    return made.creation, made.abi


Log = tuple[tuple[bytes, ...], bytes]
"""Topics and data."""

EXTENDED_TOPIC = GOVERNOR.event("ProposalExtended").hash
SELECTORS = {error.name: error.selector for error in GOVERNOR.errors.values()}


def skipped(proposal: int, voter: LocalAccount, reason: bytes) -> Log:
    """The log of a ballot that a batch passed over."""
    topics = (GOVERNOR.event("BallotSkipped").hash, encode(("uint256",), (proposal,)))
    return (*topics, encode(("address",), (voter.address,))), reason.ljust(32, b"\0")


@dataclass(frozen=True)
class Side:
    """One governor and its timelock."""

    governor: Address
    timelock: Address


@dataclass(frozen=True)
class Outcome:
    """What a transaction did: the logs of the governor, or what it was refused with."""

    logs: tuple[Log, ...] = ()
    error: bytes | None = None


@dataclass
class Twins:
    """The two governors, `ours` and OpenZeppelin's, and everybody who votes; every act is done to both."""

    chain: Chain
    token: Address
    ours: Side
    theirs: Side
    voters: tuple[LocalAccount, ...]
    whale: Address
    proposals: list[tuple[int, tuple[Any, ...]]] = field(default_factory=list)

    @classmethod
    def deploy(cls, *, quorum: int) -> Twins:
        """Both governors with the same settings; `quorum` is in basis points of the circulating supply."""
        chain = Chain()
        voters = tuple(Account.from_key(keccak(b"twin %d" % index)) for index in range(len(POWERS)))
        whale = checksum(keccak(b"whale")[:20])
        nonce = chain.nonce(DEPLOYER)
        timelocks = tuple(create_address(DEPLOYER, nonce + i) for i in range(2))
        token = create_address(DEPLOYER, nonce + 2)
        governors = tuple(create_address(DEPLOYER, nonce + 3 + i) for i in range(2))
        for governor in governors:
            chain.deploy(load("TimelockController").creation_code(0, [governor], [governor], ZERO_ADDRESS))
        grants = [(voter.address, power) for voter, power in zip(voters, POWERS, strict=True)]
        grants.append((whale, SUPPLY - sum(POWERS)))
        chain.deploy(load("RewardToken").creation_code("Twin", "TWN", 18, SUPPLY, timelocks[0], [], grants))
        code, abi = reference()
        for timelock in timelocks:
            configuration = (
                DOMAIN, token, timelock, whale, DELAY, LONG, 0, [(5_000, quorum)] * 3, [], [token], EXTENSION, NEVER,
            )  # fmt: skip
            creation = (
                load("RewardGovernor").creation_code(configuration)
                if timelock == timelocks[0]
                else code + encode(abi.constructor_types, (configuration,))
            )
            chain.deploy(creation)
        for account in (*(voter.address for voter in voters), whale):
            chain.send(Address(account), token, TOKEN.function("delegate").encode_call(account))
        chain.advance(1)
        return cls(chain, token, Side(governors[0], timelocks[0]), Side(governors[1], timelocks[1]), voters, whale)

    # ------------------------------------------------------------ acting

    def send(self, side: Side, sender: str, name: str, *arguments: Any) -> Outcome:
        """Sends a transaction to one governor."""
        before = len(self.chain.logs)
        try:
            self.chain.send(Address(sender), side.governor, GOVERNOR.function(name).encode_call(*arguments))
        except Reverted as error:
            found = re.search(r"output: 0x([0-9a-f]*)", str(error))
            assert found, f"a refusal without data: {error}"
            return Outcome(error=bytes.fromhex(found[1]))
        return Outcome(logs=self._logs(side, before))

    def both(self, sender: str, name: str, *arguments: Any) -> Outcome:
        """Sends the same transaction to both governors, which do the same."""
        ours, theirs = (self.send(side, sender, name, *arguments) for side in (self.ours, self.theirs))
        assert ours == theirs, f"{name}{arguments} by {sender}"
        return ours

    def propose(self, number: int, calls: Sequence[tuple[Address, bytes]] = ()) -> None:
        """Makes a proposal, by default of a call to nobody."""
        calls = calls or ((self.whale, b""),)
        columns = ([to for to, _ in calls], [0] * len(calls), [data for _, data in calls])
        description = f"Proposal {number}"
        self.both(self.whale, "propose", *columns, description)
        hashed = (*columns, keccak(description.encode()))
        proposal = self.ask(self.ours, "hashProposal", *hashed)
        self.proposals.append((proposal, hashed))

    def open_one(self, number: int) -> None:
        """Sees to it that a proposal can be voted on."""
        if any(self.is_open(proposal) for proposal, _ in self.proposals[-3:]):
            return
        if int(self.ask(self.theirs, "state", self.proposals[-1][0])) != ProposalState.PENDING:
            self.propose(number)
        self.chain.advance(self.ask(self.theirs, "proposalSnapshot", self.proposals[-1][0]) + 1 - self.chain.timestamp)

    def set(self, number: int, period: int, extension: int) -> None:
        """Changes voting period and extension by a proposal; votes that are open then go on."""
        data = [
            GOVERNOR.function("setVotingPeriod").encode_call(period),
            GOVERNOR.function("setLateQuorumVoteExtension").encode_call(extension),
        ]
        description = f"Settings {number}"
        proposals = []
        for side in self.sides:
            columns = ([side.governor] * 2, [0] * 2, data)
            hashed = (*columns, keccak(description.encode()))
            self._must(side, "propose", *columns, description)
            proposals.append((side, self.ask(side, "hashProposal", *hashed), hashed))
        self.chain.advance(DELAY + 1)
        for side, proposal, _ in proposals:
            for account in (self.whale, *(voter.address for voter in self.voters[1:])):
                self._must(side, "castVote", proposal, 1, by=account)
        deadlines = [self.ask(side, "proposalDeadline", proposal) for side, proposal, _ in proposals]
        assert deadlines[0] == deadlines[1]
        self.chain.advance(deadlines[0] + 1 - self.chain.timestamp)
        for verb in ("queue", "execute"):
            for side, _, hashed in proposals:
                self._must(side, verb, *hashed)

    def sign(self, side: Side, voter: LocalAccount, fields: Mapping[str, str], **message: Any) -> bytes:
        """An EIP-712 signature for one of the governors, 65 bytes."""
        domain = {
            "name": DOMAIN,
            "version": "1",
            "chainId": self.chain.chain_id,
            "verifyingContract": side.governor,
        }
        name = {4: "Ballot", 6: "ExtendedBallot", 3: "FullBallot"}[len(fields)]
        types = {name: [{"name": name, "type": kind} for name, kind in fields.items()]}
        return bytes(voter.sign_typed_data(domain, types, {"voter": voter.address, **message}).signature)

    def full(self, voter: LocalAccount, proposal: int, support: int) -> tuple[Any, ...]:
        """A full ballot as `castVotesBySig` takes it."""
        choice = CHOICES[support] if support < len(CHOICES) else "Whatever"
        signature = self.sign(self.ours, voter, FULL, choice=choice, proposalId=proposal)
        return voter.address, support, *compact(signature)

    # ------------------------------------------------------------ asking

    def left(self, voter: LocalAccount, proposal: int) -> int:
        """The weight that OpenZeppelin's governor leaves the voter on a proposal whose snapshot is over."""
        snapshot = self.ask(self.theirs, "proposalSnapshot", proposal)
        power = self.ask(self.theirs, "getVotes", voter.address, snapshot)
        return int(power - self.ask(self.theirs, "usedVotes", proposal, voter.address))

    @property
    def sides(self) -> tuple[Side, Side]:
        """Ours first."""
        return self.ours, self.theirs

    def ask(self, side: Side, name: str, *arguments: Any) -> Any:
        """What a view of one governor answers; the value itself where it is one."""
        values = self.chain.views([View(side.governor, GOVERNOR.function(name), arguments)])[0]
        return values[0] if len(values) == 1 else values

    def nonce(self, voter: LocalAccount, proposal: int, *, keyed: bool) -> int:
        """The nonce that a ballot consumes, the same of both governors."""
        if keyed:
            return int(self.ask(self.ours, "nonces(address,uint192)", voter.address, proposal % 2**192))
        return int(self.ask(self.ours, "nonces(address)", voter.address))

    def differences(self) -> list[str]:
        """Every view about ballots in which the governors differ."""
        questions: list[tuple[Any, ...]] = [("COUNTING_MODE",), ("lateQuorumVoteExtension",), ("votingPeriod",)]
        accounts = [*(voter.address for voter in self.voters), self.whale]
        questions += [("nonces(address)", account) for account in accounts]
        for proposal in [*(identifier for identifier, _ in self.proposals), 1]:
            names = ("proposalVotes", "proposalDeadline", "proposalSnapshot")
            if proposal != 1:
                names += ("state", "proposalQuorum") if self.is_over(proposal) else ("state",)
            questions += [(name, proposal) for name in names]
            for account in accounts:
                questions += [(name, proposal, account) for name in ("usedVotes", "hasVoted")]
                questions.append(("nonces(address,uint192)", account, proposal % 2**192))
        answers = [
            self.chain.views([View(side.governor, GOVERNOR.function(name), rest) for name, *rest in questions])
            for side in self.sides
        ]
        return [
            f"{question}: {ours} here, {theirs} there"
            for question, ours, theirs in zip(questions, *answers, strict=True)
            if ours != theirs
        ]

    def is_open(self, proposal: int) -> bool:
        """Whether the proposal can be voted on."""
        return int(self.ask(self.theirs, "state", proposal)) == ProposalState.ACTIVE

    def is_over(self, proposal: int) -> bool:
        """Whether the proposal's snapshot is."""
        return bool(self.ask(self.theirs, "proposalSnapshot", proposal) < self.chain.timestamp)

    def _must(self, side: Side, name: str, *arguments: Any, by: str = "") -> None:
        outcome = self.send(side, by or self.whale, name, *arguments)
        assert outcome.error is None, f"{name}: {outcome.error.hex()}"

    def _logs(self, side: Side, before: int) -> tuple[Log, ...]:
        return tuple((log.topics, log.data) for log in self.chain.logs[before:] if log.address == side.governor)


def compact(signature: bytes) -> tuple[bytes, bytes]:
    """The two words of a 65-byte signature by EIP-2098."""
    return signature[:32], (int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255).to_bytes(32, "big")


# ---------------------------------------------------------------- random acts

ACTS = (
    "propose", "whale", "cancel", "wait", "wait", "window", "window", "window", "deadline", "set",
    *["vote", "reason", "split", "rest", "sign", "extended", "batch"] * 3,
)  # fmt: skip
"""What may happen next; what is named twice happens twice as often."""
WEIGHTS = (0, 0, 1, 2, 10**18, 2**126, 2**127, 2**128 - 1)
SUPPORTS = (0, 1, 1, 1, 2, 3, 254)


def act(twins: Twins, action: str, seed: int) -> None:
    """Does one thing to both governors and asserts that both did the same."""
    rng = random.Random(seed)
    chain = twins.chain
    if action == "propose" or not twins.proposals:
        twins.propose(seed)
        return
    if rng.random() < 0.8:
        twins.open_one(seed)
    proposal, hashed = rng.choice([p for p in twins.proposals if twins.is_open(p[0])] or twins.proposals[-3:])
    voter = rng.choice(twins.voters)
    params = b"".join(rng.choice(WEIGHTS).to_bytes(16, "big") for _ in CHOICES)
    if action == "wait":
        chain.advance(rng.choice([1, 1, DELAY, DELAY + 1]))
    elif action in ("window", "deadline"):
        deadline = twins.ask(twins.ours, "proposalDeadline", proposal)
        extension = twins.ask(twins.ours, "lateQuorumVoteExtension")
        steps = [-extension - 1, -extension, 1 - extension, -extension // 2]
        target = deadline + rng.choice(steps if action == "window" else [-1, 0, 1])
        chain.advance(max(0, target - chain.timestamp))
    elif action == "set":
        twins.set(seed, rng.choice([SHORT, LONG]), rng.choice([0, 1, EXTENSION, SHORT]))
    elif action == "cancel":
        twins.both(twins.whale, "cancel", *hashed)
    elif action == "whale":
        twins.both(twins.whale, "castVote", proposal, rng.choice([0, 1, 1, 2]))
    elif action == "vote":
        twins.both(voter.address, "castVote", proposal, rng.choice(SUPPORTS))
    elif action == "reason":
        twins.both(voter.address, "castVoteWithReason", proposal, rng.choice(SUPPORTS), "because")
    elif action == "split":
        support = rng.choice([255, 255, 255, 255, 1, 9])
        data = rng.choice([params, params, params, bytes(48), params[:47], b""])
        twins.both(voter.address, "castVoteWithReasonAndParams", proposal, support, "split", data)
    elif action == "rest":
        twins.both(voter.address, "castVoteWithReasonAndParams", proposal, 255, "", everything(twins, voter, proposal))
    elif action == "sign":
        signed(twins, voter, proposal, rng)
    elif action == "extended":
        extended(twins, voter, proposal, rng.choice([params, everything(twins, voter, proposal)]), rng)
    else:
        batch(twins, proposal, rng)


def everything(twins: Twins, voter: LocalAccount, proposal: int) -> bytes:
    """Parameters that split all the weight that is left."""
    if not twins.is_over(proposal):
        return bytes(48)
    left = twins.left(voter, proposal)
    return b"".join(part.to_bytes(16, "big") for part in (left // 3, left - left // 3, 0))


def signed(twins: Twins, voter: LocalAccount, proposal: int, rng: random.Random) -> None:
    """A ballot of OpenZeppelin's type for either governor, sometimes with a nonce that is not next."""
    support, stale = rng.choice(SUPPORTS), rng.random() < 0.2
    nonce = twins.nonce(voter, proposal, keyed=rng.random() < 0.7) + stale
    outcomes = []
    for side in twins.sides:
        signature = twins.sign(side, voter, BALLOT, proposalId=proposal, support=support, nonce=nonce)
        arguments = (proposal, support, voter.address, signature)
        outcomes.append([twins.send(side, twins.whale, "castVoteBySig", *arguments) for _ in "twice"])
    assert outcomes[0] == outcomes[1]


def extended(twins: Twins, voter: LocalAccount, proposal: int, params: bytes, rng: random.Random) -> None:
    """A split ballot of OpenZeppelin's type for either governor, sent twice: a replay is refused by its nonce."""
    nonce = twins.nonce(voter, proposal, keyed=rng.random() < 0.7)
    outcomes = []
    for side in twins.sides:
        fields = {"proposalId": proposal, "support": 255, "nonce": nonce, "reason": "signed", "params": params}
        signature = twins.sign(side, voter, EXTENDED, **fields)
        arguments = (proposal, 255, voter.address, "signed", params, signature)
        outcomes.append([twins.send(side, twins.whale, "castVoteWithReasonAndParamsBySig", *arguments) for _ in "12"])
    assert outcomes[0] == outcomes[1]


def batch(twins: Twins, proposal: int, rng: random.Random) -> None:
    """Full ballots in one transaction here; there each voter votes, and what is refused must be what was skipped."""
    chosen = [(rng.choice(twins.voters), rng.choice([0, 1, 1, 2, 3])) for _ in range(rng.randrange(6))]
    ballots = [twins.full(voter, proposal, support) for voter, support in chosen]
    forged = [rng.random() < 0.1 for _ in chosen]
    ballots = [(*ballot[:3], ballot[2]) if forge else ballot for ballot, forge in zip(ballots, forged, strict=True)]
    ours = twins.send(twins.ours, twins.whale, "castVotesBySig", proposal, ballots)
    if ours.error is not None:
        theirs = twins.send(twins.theirs, twins.whale, "castVote", proposal, 1)
        assert theirs == ours
        return
    expected: list[Log] = []
    for (voter, support), forge in zip(chosen, forged, strict=True):
        if not forge:
            outcome = twins.send(twins.theirs, voter.address, "castVote", proposal, support)
            expected += outcome.logs
            refused = outcome.error and outcome.error[:4]
        elif twins.left(voter, proposal) == 0:
            refused = SELECTORS["GovernorAlreadyCastVote"]
        else:
            refused = SELECTORS["GovernorInvalidVoteType" if support > 2 else "GovernorInvalidSignature"]
        if refused:
            expected.append(skipped(proposal, voter, refused))
    extensions = [log for log in expected if log[0][0] == EXTENDED_TOPIC]
    assert list(ours.logs) == [log for log in expected if log not in extensions] + extensions
