"""What the replay compared on its way, and what did not agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum, unique

from dao.abi import keccak
from dao.events.decode import Place
from dao.types import Call

LONGEST_SHOWN = 256
"""How many bytes a finding prints in full."""


@unique
class Rule(Enum):
    """What the logs must keep to. Each value is one sentence that is true of an honest history."""

    LOG_ORDER = "logs stand once each, in the order of the chain, and time does not go back"
    LOG_FORM = "every log is the exact encoding of an event of its contract"
    LOG_KNOWN = "every log belongs to an event of its contract's ABI"
    BALANCE = "no account spends more than it has"
    DELEGATE = "a delegation names the delegate that the account had"
    POWER = "DelegateVotesChanged follows every movement of votes, with its values, and nothing else"
    PROPOSAL_ID = "a proposal's id is the hash of its contents, and new"
    PROPOSAL_NUMBER = "where proposals are numbered, each has the next number, and contents of its own"
    PROPOSAL_KNOWN = "governor events are about proposals that were made"
    PROPOSAL_FORM = "a proposal has as many values and calldatas as targets, at least one, and no signatures"
    SNAPSHOT = "a snapshot is the timepoint of the proposal and the voting delay then in force"
    DEADLINE = "a deadline is the snapshot and the voting period in force when the proposal was made"
    THRESHOLD = "just before it proposes, a proposer has the voting power that the threshold asks for"
    PROPOSER = "a description that names its proposer was submitted by that account"
    TIER = "a proposal has the highest tier of its calls, by the list in force when it was made"
    WINDOW = "ballots are cast after the snapshot, up to the deadline, on proposals that are active"
    BALLOT = "a ballot is valid, and its voter has weight left"
    WEIGHT = "a ballot counts what the voter's power at the snapshot leaves, or the split that it names"
    OVERRIDE = "a ballot that takes its weight back takes it from the delegate that it had at the snapshot"
    QUORUM_SNAPSHOT = "a vote's outcome hangs on the quorum of its snapshot, and on no later numerator"
    LATE_QUORUM = "the deadline is extended when quorum is first reached, once, by the extension then in force"
    QUEUE = "a proposal is queued only when it succeeded, and before it expired"
    ETA = "a queued proposal's eta is its timestamp and the timelock's minimum delay"
    QUEUED_OPERATION = "queueing schedules the operation of the proposal's own calls, at once"
    EXECUTE = "a proposal is executed only when it was queued and had succeeded"
    EXPIRY = "a proposal is executed before it expired"
    EXECUTED_OPERATION = "executing a proposal executes its own operation, at once"
    CANCEL = "a proposal is cancelled only before it is executed, cancelled or expired"
    CANCELLED_OPERATION = "cancelling a queued proposal cancels its operation, at once"
    PURGE = "a proposal is purged only when it expired, and its operation is cancelled at once"
    SCHEDULE = "calls are scheduled one after the other, once, for an operation that is not pending"
    OPERATION_ID = "an operation's id is the hash of its calls, predecessor and salt"
    DELAY = "an operation waits at least for the minimum delay then in force"
    SCHEDULED = "only scheduled operations are executed or cancelled, and only while they are pending"
    READY = "an operation is executed when its delay has passed"
    GRACE = "a call of Compound's timelock is made within the grace period"
    PREDECESSOR = "an operation is executed after its predecessor"
    EXECUTED_CALL = "the calls that are executed are those that were scheduled, in their order"
    GOVERNOR_ALONE = "operations are scheduled, executed and cancelled through the governor alone"
    SETTING = "a setting changes from the value that it had"
    SETTING_AUTHORITY = "after construction, settings change only as the call of an executed operation"
    ROLE_AUTHORITY = "roles are given and taken by those who administer them, the timelock by an executed operation"
    ROLE = "a role is given to those who lack it, and taken from those who have it"
    MINTING = "after construction, holders of the role mint: the timelock by an executed operation, or for a claim"
    POLICY_HASH = "the policy hash chains every change, in order"
    POLICY_CHANGE = "every policy change is one that the contract accepts, from an epoch that has not begun"
    POLICY_REPORT = "a reported epoch yields what its shape makes of the value, once, in order, once it has begun"
    POLICY_AUTHORITY = "after construction, the policy changes only as the call of an executed operation"
    PUBLICATION = "payouts are published of a leaf, for an epoch that is over, where none stand, series after series"
    PUBLICATION_TOTAL = "what is published of a stream's epoch stays within what the policy emits"
    PUBLICATION_TIMES = "a publication opens, is held and lapses by the terms in force when it was made"
    VOID = "what stands is voided before it lapses, with all that was not claimed of it, while there is a guardian"
    LAPSE = "what was not claimed lapses once, in full, when its time is over"
    DISPUTE = "what stands is disputed within its challenge window, once by each account and revision"
    ANSWER = "open disputes are answered, and the last answer opens the claims"
    CLAIM = "claims are paid of what stands, from its opening until it lapses"
    CLAIM_ONCE = "an account is paid once of a series"
    CLAIM_TOTAL = "claims never exceed the total of what stands"
    PAYOUT_FUNDING = "tokens are minted or moved by the distributor exactly as its events say"
    DISTRIBUTOR_SETTING = "the distributor's settings change from what they were, to what it accepts"
    DISTRIBUTOR_AUTHORITY = "after construction, the distributor is set only by the call of an executed operation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A log that breaks a rule.

    Args:
        rule: The rule.
        subject: What it is about, such as `proposal 12…`.
        expected: What the replay computed.
        found: What the log says.
        place: Where the log stands.
    """

    rule: Rule
    subject: str
    expected: str
    found: str
    place: Place


@dataclass(slots=True)
class Ledger:
    """Counts every comparison and keeps those that failed, in the order in which they were made."""

    compared: Counter[Rule] = field(default_factory=Counter)
    disagreements: list[Disagreement] = field(default_factory=list)

    def compare(self, rule: Rule, subject: str, *, expected: object, found: object, place: Place) -> bool:
        """Notes whether `found` equals `expected`, and returns it."""
        return self.require(rule, subject, expected == found, expected=expected, found=found, place=place)

    def require(self, rule: Rule, subject: str, holds: bool, *, expected: object, found: object, place: Place) -> bool:
        """Notes whether the rule `holds`, and returns it."""
        self.compared[rule] += 1
        if not holds:
            self.disagreements.append(
                Disagreement(rule=rule, subject=subject, expected=show(expected), found=show(found), place=place)
            )
        return holds


def show(value: object) -> str:
    """`value` as findings print it: bytes in hexadecimal, long ones by their hash, everything else as it is."""
    if isinstance(value, bytes):
        if len(value) > LONGEST_SHOWN:
            return f"{len(value)} bytes with keccak-256 0x{keccak(value).hex()}"
        return "0x" + value.hex()
    if isinstance(value, Call):
        return f"call of {value.target} with {value.value} wei and {show(value.calldata)}"
    if isinstance(value, (tuple, list)):
        return "(" + ", ".join(show(item) for item in value) + ")"
    return str(value)
