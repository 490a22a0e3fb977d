"""Says before anybody votes whether a proposal can be executed, and by when it must be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from dao.abi import encode, keccak
from dao.chain.connection import Block
from dao.chain.contracts import Settings
from dao.document.quantities import format_amount, format_share
from dao.errors import CallReverted, DaoError, RpcError
from dao.lifecycle.effect import effect_of
from dao.lifecycle.prepare import Prepared
from dao.lifecycle.proposals import all_proposals
from dao.lifecycle.session import Session
from dao.proposal.identity import columns, operation_id
from dao.types import Address, Call, ProposalState

_DESIGNATOR = bytes.fromhex("ef0100")
_DESIGNATOR_LENGTH = 23


class Verdict(Enum):
    """What a check found."""

    PASS = "pass"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check: its name, its verdict, and what it saw."""

    name: str
    verdict: Verdict
    detail: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks look at."""

    session: Session
    prepared: Prepared
    block: Block
    settings: Settings
    min_delay: int


def check(session: Session, prepared: Prepared) -> list[CheckResult]:
    """Every check over `prepared`, in a fixed order."""
    block = session.connection.block()
    facts = Facts(
        session=session,
        prepared=prepared,
        block=block,
        settings=session.contracts.governor.settings(block=block.number),
        min_delay=session.contracts.timelock.min_delay(block=block.number),
    )
    return [result for one in _CHECKS for result in one(facts)]


def _unused_id(facts: Facts) -> Iterator[CheckResult]:
    identity = facts.prepared.identity.proposal_id
    if facts.session.contracts.governor.snapshot(identity) == 0:
        yield CheckResult("new", Verdict.PASS, "no proposal has these calls and this text")
    else:
        state = facts.session.contracts.governor.state(identity)
        yield CheckResult("new", Verdict.FAILURE, f"this very proposal exists already; it is {state.name.lower()}")


def _threshold(facts: Facts) -> Iterator[CheckResult]:
    needed, proposer = facts.settings.proposal_threshold, facts.prepared.proposer
    units = {"symbol": facts.session.deployment.symbol, "decimals": facts.session.deployment.decimals}
    votes = facts.session.contracts.token.votes(proposer)
    enough = votes >= needed
    detail = f"{proposer} has {_amount(votes, units)}, and {_amount(needed, units)} are needed to propose"
    yield CheckResult("threshold", Verdict.PASS if enough else Verdict.FAILURE, detail)


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
    earliest = facts.block.timestamp + facts.settings.voting_delay + facts.settings.voting_period + facts.min_delay
    begins = policy.start_of(first)
    open_then = policy.first_open_epoch(earliest + 2)
    if first < open_then:
        yield CheckResult(
            "timing",
            Verdict.FAILURE,
            f"epoch {first} will have begun when this can be executed; the earliest possible is epoch {open_then}",
        )
        return
    spare = begins - earliest
    late = facts.settings.late_quorum_extension
    if spare < late:
        yield CheckResult(
            "timing",
            Verdict.WARNING,
            f"must be executed before epoch {first} begins, {spare} s after it first can be; "
            f"a late quorum may add {late} s",
        )
    else:
        yield CheckResult("timing", Verdict.PASS, f"{spare} s to execute it before epoch {first} begins")


def _simulation(facts: Facts) -> Iterator[CheckResult]:
    calls, addresses = facts.prepared.calls, facts.session.deployment.addresses
    if any(call.target == addresses.governor for call in calls):
        yield CheckResult(
            "simulation", Verdict.WARNING, "not run: calls to the governor succeed only within an executed proposal"
        )
        return
    try:
        _run_batch(facts, calls)
    except (CallReverted, RpcError) as error:
        yield CheckResult("simulation", Verdict.FAILURE, f"executed now, it would fail: {error.what}")
    else:
        yield CheckResult("simulation", Verdict.PASS, "executed now by the timelock, every call succeeds")


def _conflicts(facts: Facts) -> Iterator[CheckResult]:
    touched = _touched(facts.prepared.effect.changes)
    if not touched:
        return
    governor, policy = facts.session.contracts.governor, facts.prepared.effect.before
    alive = {ProposalState.PENDING, ProposalState.ACTIVE, ProposalState.SUCCEEDED, ProposalState.QUEUED}
    proposals = all_proposals(facts.session)
    found = False
    for proposal, now in zip(proposals, governor.standings([p.proposal_id for p in proposals]), strict=True):
        if now.state not in alive or now.proposal_id == facts.prepared.identity.proposal_id:
            continue
        try:
            other = effect_of(proposal.calls, policy, contract=facts.session.deployment.addresses.policy, first_open=0)
        except DaoError:
            # What another proposal's bytes cannot do changes nothing here.
            continue
        common = touched & _touched(other.changes)
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


def _touched(changes: tuple[object, ...]) -> set[str]:
    return {getattr(change, "stream", None) or getattr(change, "parent", None) or "" for change in changes} - {""}


def _has_code(session: Session, target: Address) -> bool:
    code = session.connection.code(target)
    return bool(code) and not (len(code) == _DESIGNATOR_LENGTH and code.startswith(_DESIGNATOR))


def _run_batch(facts: Facts, calls: tuple[Call, ...]) -> None:
    """Lets the timelock execute `calls` in an eth_call, with the operation marked as ready for the length of it.

    TimelockController keeps the timestamp at which an operation is ready in `_timestamps`, slot 1.
    """
    timelock = facts.session.contracts.timelock
    salt = facts.prepared.identity.salt
    operation = operation_id(calls, salt=salt)
    slot = keccak(encode(("bytes32", "uint256"), (operation, 1)))
    ready = (2).to_bytes(32, "big")
    targets, values, calldatas = columns(calls)
    data = timelock.calldata("executeBatch", targets, values, calldatas, bytes(32), salt)
    call = {"from": facts.session.deployment.addresses.governor, "to": timelock.address, "data": "0x" + data.hex()}
    override = {timelock.address: {"stateDiff": {"0x" + slot.hex(): "0x" + ready.hex()}}}
    facts.session.connection.rpc("eth_call", [call, "latest", override])


def _amount(value: int, units: dict[str, object]) -> str:
    return format_amount(value, symbol=str(units["symbol"]), decimals=int(str(units["decimals"])))


_CHECKS: tuple[Callable[[Facts], Iterator[CheckResult]], ...] = (
    _unused_id,
    _threshold,
    _tier,
    _targets,
    _timing,
    _simulation,
    _conflicts,
)
