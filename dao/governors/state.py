"""Everything that the logs of a governor, its token and its timelock say is so."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from dao.abi import ContractAbi
from dao.artifacts import load
from dao.events.decode import Place
from dao.events.model import GOVERNOR, TIMELOCK
from dao.governors.events import VoteReduced
from dao.governors.profile import GovernorDeployment, Profile
from dao.replay.checkpoints import Trace
from dao.replay.ledger import Ledger
from dao.replay.state import Ballot, Effect, Operation, Roles, TokenState
from dao.replay.tally import Tally
from dao.types import ZERO_ADDRESS, Address, Call


@dataclass(frozen=True, slots=True)
class Moment:
    """A block's number and timestamp (seconds): the governor counts by one of them, its timelock by the other."""

    block: int
    timestamp: int


@dataclass(slots=True)
class Settings:
    """What the governor is set to. Delays and periods are in the unit of its clock, those of the timelock in seconds.

    `grace_period` is Compound's `GRACE_PERIOD`; numerators keep their history, because a proposal keeps that of its
    snapshot; `whitelist` has the timestamp until which an account may propose below the threshold.
    """

    voting_delay: int = 0
    voting_period: int = 0
    proposal_threshold: int = 0
    late_quorum_extension: int = 0
    guardian: Address = ZERO_ADDRESS
    timelock: Address = ZERO_ADDRESS
    numerators: Trace = field(default_factory=Trace)
    super_numerators: Trace = field(default_factory=Trace)
    grace_period: int = 0
    whitelist: dict[Address, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True, eq=False)
class Proposal:
    """One proposal and what became of it.

    Args:
        id: Its id.
        proposer: Who made it.
        calls: What it does, in order, selector and arguments in one.
        signatures: Of each call, the function that Compound's timelock makes the selector of; empty where it is there.
        arguments: Of each call, what is beside `signatures`.
        description: Its text, as bytes.
        created: Where it was made.
        snapshot: Timepoint whose voting power counts.
        first_deadline: Last timepoint at which ballots count, before any extension.
        extended_deadline: The deadline that quorum gave it: zero until quorum is reached.
        tally: Votes by choice.
        used: Weight that each voter's own ballots used.
        choices: The choice of each voter's full ballot.
        overridden: Weight that delegators took back from each delegate before it voted.
        taken: Weight that they took back from each delegate's ballot after it.
        overriders: Who took it back.
        ballots: Ballots in order, as they counted when they were cast.
        overrides: Likewise the ballots with weight that was taken back; their power is the balance at the snapshot.
        eta: Timestamp from which its operation may be executed; zero until it is queued.
        operation: Timelock and id of its operation, once it is queued, where the timelock is OpenZeppelin's.
        queued: Where it was queued; likewise executed and cancelled, each by the governor.
    """

    id: int
    proposer: Address
    calls: tuple[Call, ...]
    signatures: tuple[bytes, ...]
    arguments: tuple[bytes, ...]
    description: bytes
    created: Place
    snapshot: int
    first_deadline: int
    extended_deadline: int = 0
    tally: Tally = field(default_factory=Tally)
    used: dict[Address, int] = field(default_factory=dict)
    choices: dict[Address, int] = field(default_factory=dict)
    overridden: dict[Address, int] = field(default_factory=dict)
    taken: dict[Address, int] = field(default_factory=dict)
    overriders: set[Address] = field(default_factory=set)
    ballots: list[Ballot] = field(default_factory=list)
    overrides: list[Ballot] = field(default_factory=list)
    eta: int = 0
    operation: tuple[Address, bytes] | None = None
    queued: Place | None = None
    executed: Place | None = None
    canceled: Place | None = None
    canceled_by: str | None = None
    """Who may have cancelled it, as far as logs say."""
    judged: bool = False
    """Whether it is noted that a later quorum numerator changed its outcome."""


@dataclass(slots=True)
class TransactionState:
    """What must be settled before the next transaction begins.

    Args:
        place: Where its first log stands.
        effects: Changes whose call was not seen yet.
        scheduled: Operations that were scheduled in it.
        finished: Operations that were executed or cancelled in it.
        queued: Proposals that the governor says it queued in it; likewise executed and cancelled.
        extensions: Proposals whose deadline must be said to be extended in it: id, new deadline, place of the ballot.
        reductions: Ballots that were said to lose weight, before the override that takes it.
    """

    place: Place | None = None
    effects: list[Effect] = field(default_factory=list)
    scheduled: list[Operation] = field(default_factory=list)
    finished: list[Operation] = field(default_factory=list)
    queued: list[Proposal] = field(default_factory=list)
    executed: list[Proposal] = field(default_factory=list)
    canceled: list[Proposal] = field(default_factory=list)
    extensions: deque[tuple[int, int, Place]] = field(default_factory=deque)
    reductions: deque[tuple[VoteReduced, Place]] = field(default_factory=deque)


@dataclass(slots=True)
class GovernorState:
    """The state of one deployment after the logs that were applied. The replay alone writes it."""

    deployment: GovernorDeployment
    token: TokenState = field(default_factory=TokenState)
    past_balances: dict[Address, Trace] = field(default_factory=dict)
    """Balances by timepoint, where ballots can be overridden; `VotesExtended`."""
    past_delegates: dict[Address, Trace] = field(default_factory=dict)
    """Delegates, as numbers, by timepoint; likewise."""
    settings: Settings = field(default_factory=Settings)
    proposals: dict[int, Proposal] = field(default_factory=dict)
    hashes: set[int] = field(default_factory=set)
    """Hashes of the contents of all proposals, where those are numbered."""
    operations: dict[tuple[Address, bytes], Operation] = field(default_factory=dict)
    min_delays: dict[Address, int] = field(default_factory=dict)
    """Least delay (seconds) of each timelock, where it is known."""
    roles: Roles = field(default_factory=Roles)
    ledger: Ledger = field(default_factory=Ledger)
    transaction: TransactionState = field(default_factory=TransactionState)
    constructions: dict[Address, bytes] = field(default_factory=dict)
    """Hash of the transaction that created each contract: the one of its first log."""
    initialisations: dict[Address, bytes] = field(default_factory=dict)
    """Hash of the transaction in which a contract behind a proxy was first initialised."""
    clock: int = 0
    """The timepoint of the latest log."""
    logs: int = 0
    trusted: dict[str, int] = field(default_factory=dict)
    """What the replay took from views because no log tells it, by name."""
    unknown: int = 0
    """How many logs were of events that deployments added."""

    @property
    def profile(self) -> Profile:
        """What kind of governor it is."""
        return self.deployment.profile

    def timepoint(self, moment: Moment | Place) -> int:
        """What the governor's clock says at a block; `Governor.clock`."""
        return moment.block if self.profile.clock == "blocknumber" else moment.timestamp

    def abi(self, contract: Address) -> ContractAbi:
        """The functions of a contract that must have been called: our own governor and timelock have the same."""
        return load(GOVERNOR if contract == self.deployment.governor else TIMELOCK).abi

    def constructing(self, contract: Address, place: Place) -> bool:
        """Whether `place` lies in the transaction that created `contract`, or initialised it behind its proxy."""
        return place.transaction in (self.constructions.get(contract), self.initialisations.get(contract))
