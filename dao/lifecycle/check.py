"""Says before anybody votes whether a proposal can be executed, and by when it must be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from dao.abi import encode, keccak
from dao.chain.connection import Ahead
from dao.chain.contracts import Settings
from dao.document.moments import moment, roughly
from dao.document.quantities import format_share
from dao.errors import CallReverted, PolicyError, RpcError
from dao.lifecycle.effect import changes_in, touched
from dao.lifecycle.prepare import Compiled, Prepared
from dao.lifecycle.proposals import all_proposals
from dao.lifecycle.session import Session
from dao.lifecycle.wording import amount, epoch, reverts_in_units
from dao.proposal.identity import columns, operation_id
from dao.rewards.parameters import decode
from dao.types import Address, Call, ProposalState

_DESIGNATOR = bytes.fromhex("ef0100")
_DESIGNATOR_LENGTH = 23
_NAME_IT = "name who will submit it with --proposer ADDRESS to have this checked"


class Verdict(Enum):
    """What a check found."""

    PASS = "pass"
    WARNING = "warning"
    SKIPPED = "skipped"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check: its name, its verdict, and what it saw."""

    name: str
    verdict: Verdict
    detail: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks look at. `ahead` is the block that a submission would be mined in."""

    session: Session
    prepared: Compiled
    ahead: Ahead
    settings: Settings
    min_delay: int


def check(session: Session, prepared: Compiled) -> list[CheckResult]:
    """Every check over `prepared`, in a fixed order; those that depend on the proposer only where it is known."""
    block = session.connection.block()
    facts = Facts(
        session=session,
        prepared=prepared,
        ahead=session.connection.ahead(),
        settings=session.contracts.governor.settings(block=block.number),
        min_delay=session.contracts.timelock.min_delay(block=block.number),
    )
    return [result for one in _CHECKS for result in one(facts)]


def _unused_id(facts: Facts) -> Iterator[CheckResult]:
    if not isinstance(facts.prepared, Prepared):
        yield CheckResult("new", Verdict.SKIPPED, f"the proposal's id depends on its proposer; {_NAME_IT}")
        return
    identity = facts.prepared.identity.proposal_id
    if facts.session.contracts.governor.snapshot(identity) == 0:
        yield CheckResult("new", Verdict.PASS, "no proposal has these calls and this text")
    else:
        state = facts.session.contracts.governor.state(identity)
        yield CheckResult("new", Verdict.FAILURE, f"this very proposal exists already; it is {state.name.lower()}")


def _threshold(facts: Facts) -> Iterator[CheckResult]:
    needed, deployment = facts.settings.proposal_threshold, facts.session.deployment
    if not isinstance(facts.prepared, Prepared):
        detail = f"{amount(needed, deployment)} are needed to propose; {_NAME_IT}"
        yield CheckResult("threshold", Verdict.SKIPPED, detail)
        return
    # As Governor.propose asks: getVotes at clock() - 1, by the clock of the block that the proposal is mined in.
    proposer, token, ref = facts.prepared.proposer, facts.session.contracts.token, facts.ahead.ref
    clock = int(facts.session.contracts.governor.ask("clock", block=ref))
    votes = token.past_votes(proposer, clock - 1, block=ref) if needed else token.votes(proposer, block=ref)
    detail = f"{proposer} has {amount(votes, deployment)}, and {amount(needed, deployment)} are needed to propose"
    if votes < needed <= token.votes(proposer, block=ref):
        detail = f"{proposer} has enough only from {moment(clock)}; a proposal must be mined after that: wait a block"
    yield CheckResult("threshold", Verdict.PASS if votes >= needed else Verdict.FAILURE, detail)


def _tier(facts: Facts) -> Iterator[CheckResult]:
    claimed, tier = facts.prepared.document.impact, facts.prepared.tier
    rules = facts.prepared.rules
    if claimed is not None and claimed != tier.word:
        yield CheckResult(
            "tier",
            Verdict.FAILURE,
            f"the file says that its impact is {claimed}, and the governor will make it {tier.word}",
        )
        return
    yield CheckResult(
        "tier",
        Verdict.PASS,
        f"{tier.word}: more than {format_share(rules.approval)} of for and against, "
        f"{format_share(rules.quorum)} of the circulating supply",
    )


def _targets(facts: Facts) -> Iterator[CheckResult]:
    missing = [
        call.target for call in facts.prepared.calls if call.calldata and not _has_code(facts.session, call.target)
    ]
    if missing:
        yield CheckResult("targets", Verdict.FAILURE, f"no code of its own at {', '.join(sorted(set(missing)))}")
    else:
        yield CheckResult("targets", Verdict.PASS, "every call meets code")


def _timing(facts: Facts) -> Iterator[CheckResult]:
    first = facts.prepared.effect.first_epoch
    if first is None:
        return
    policy = facts.prepared.effect.before
    now = facts.ahead.timestamp
    earliest = now + facts.settings.voting_delay + facts.settings.voting_period + facts.min_delay
    begins = policy.start_of(first)
    open_then = policy.first_open_epoch(earliest + 2)
    if first < open_then:
        yield CheckResult(
            "timing",
            Verdict.FAILURE,
            f"epoch {first} will have begun when this can be executed, at {moment(earliest)}; "
            f"the earliest possible is {epoch(open_then, policy, now=now)}",
        )
        return
    spare = begins - earliest
    late = facts.settings.late_quorum_extension
    if spare < late:
        yield CheckResult(
            "timing",
            Verdict.WARNING,
            f"must be executed before epoch {first} begins at {moment(begins)}, "
            f"{roughly(spare)} after it first can be; a late quorum may add {roughly(late)}",
        )
    else:
        detail = f"{roughly(spare)} to execute it before epoch {first} begins at {moment(begins)}"
        yield CheckResult("timing", Verdict.PASS, detail)


def _simulation(facts: Facts) -> Iterator[CheckResult]:
    calls, addresses = facts.prepared.calls, facts.session.deployment.addresses
    if any(call.target == addresses.governor for call in calls):
        yield CheckResult(
            "simulation", Verdict.WARNING, "not run: calls to the governor succeed only within an executed proposal"
        )
        return
    try:
        with reverts_in_units(facts.session.deployment):
            _run_batch(facts, calls)
    except (CallReverted, RpcError) as error:
        yield CheckResult("simulation", Verdict.FAILURE, f"executed now, it would fail: {error.what}")
    else:
        yield CheckResult("simulation", Verdict.PASS, "executed now by the timelock, every call succeeds")


def _conflicts(facts: Facts) -> Iterator[CheckResult]:
    own_changes, policy = facts.prepared.effect.changes, facts.prepared.effect.before
    mine = touched(own_changes, policy)
    if not mine:
        return
    governor, contract = facts.session.contracts.governor, facts.session.deployment.addresses.policy
    alive = {ProposalState.PENDING, ProposalState.ACTIVE, ProposalState.SUCCEEDED, ProposalState.QUEUED}
    own = facts.prepared.identity.proposal_id if isinstance(facts.prepared, Prepared) else None
    proposals = all_proposals(facts.session)
    found = False
    for proposal, now in zip(proposals, governor.standings([p.proposal_id for p in proposals]), strict=True):
        if now.state not in alive or now.proposal_id == own:
            continue
        # Not applied: what a rail or a begun epoch refuses today may be admitted when that proposal is executed.
        common = mine & touched(changes_in(proposal.calls, policy, contract=contract, known=mine), policy)
        if common:
            found = True
            yield CheckResult(
                "conflicts",
                Verdict.WARNING,
                f"proposal {str(now.proposal_id)[:12]}…, {now.state.name.lower()}, "
                f"also changes {', '.join(sorted(common))}",
            )
    if not found:
        yield CheckResult("conflicts", Verdict.PASS, "no open proposal changes the same streams")


def _parameters(facts: Facts) -> Iterator[CheckResult]:
    before, after = facts.prepared.effect.before, facts.prepared.effect.after
    written = False
    for stream, planned in after.parameters.items():
        for parameters in planned:
            if parameters in before.parameters.get(stream, ()):
                continue
            written = True
            try:
                decode(parameters.data)
            except PolicyError as error:
                yield CheckResult(
                    "parameters",
                    Verdict.FAILURE,
                    f"no payout of {stream} could be computed from epoch {parameters.from_epoch} on, and an epoch that "
                    f"has begun keeps its parameters: {error}",
                )
                return
    if written:
        yield CheckResult("parameters", Verdict.PASS, "payouts can be computed with the parameters")


def _has_code(session: Session, target: Address) -> bool:
    code = session.connection.code(target)
    return bool(code) and not (len(code) == _DESIGNATOR_LENGTH and code.startswith(_DESIGNATOR))


def _run_batch(facts: Facts, calls: tuple[Call, ...]) -> None:
    """Lets the timelock execute `calls` in an eth_call, with the operation marked as ready for the length of it.

    TimelockController keeps the timestamp at which an operation is ready in `_timestamps`, slot 1.
    """
    timelock = facts.session.contracts.timelock
    # Any salt will do where the proposer, who determines it, is not known.
    salt = facts.prepared.identity.salt if isinstance(facts.prepared, Prepared) else bytes(32)
    operation = operation_id(calls, salt=salt)
    slot = keccak(encode(("bytes32", "uint256"), (operation, 1)))
    ready = (2).to_bytes(32, "big")
    targets, values, calldatas = columns(calls)
    data = timelock.calldata("executeBatch", targets, values, calldatas, bytes(32), salt)
    call = {"from": facts.session.deployment.addresses.governor, "to": timelock.address, "data": "0x" + data.hex()}
    override = {timelock.address: {"stateDiff": {"0x" + slot.hex(): "0x" + ready.hex()}}}
    facts.session.connection.rpc("eth_call", [call, facts.ahead.ref, override])


_CHECKS: tuple[Callable[[Facts], Iterator[CheckResult]], ...] = (
    _unused_id,
    _threshold,
    _tier,
    _targets,
    _timing,
    _parameters,
    _simulation,
    _conflicts,
)
