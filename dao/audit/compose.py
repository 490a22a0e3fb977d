"""Makes the report's file out of an audit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from dao.audit.concentration import moments, share, thinned
from dao.audit.document import (
    AccountEntry,
    BallotLine,
    ChangeEntry,
    CheckLine,
    Contracts,
    FindingLine,
    NoticeLine,
    Payouts,
    PolicyState,
    ProposalEntry,
    PublicationEntry,
    ReportDocument,
    StandingLine,
    StandingWord,
    StateWord,
    StreamTotal,
    TierWord,
    Token,
    Votes,
    sealed,
)
from dao.audit.emission import emission
from dao.audit.payouts import PayoutsSummary, PublicationSummary
from dao.audit.report import ProposalSummary
from dao.audit.run import Audited
from dao.document.quantities import Units
from dao.proving.verdict import Line, Standing
from dao.replay.proposal_state import proposal_deadline
from dao.replay.state import GovernanceState, PolicyChange
from dao.replay.tally import Tally
from dao.rewards.changes import Change, describe
from dao.rewards.values import to_plain
from dao.tiers import Tier
from dao.types import ZERO_ADDRESS, Address, ProposalState

_STANDINGS: dict[Standing, StandingWord] = {
    Standing.PROVED: "proved",
    Standing.RECOMPUTED: "recomputed",
    Standing.TRUSTED: "trusted",
}
_STATES: dict[ProposalState, StateWord] = {
    ProposalState.PENDING: "pending",
    ProposalState.ACTIVE: "active",
    ProposalState.CANCELED: "canceled",
    ProposalState.DEFEATED: "defeated",
    ProposalState.SUCCEEDED: "succeeded",
    ProposalState.QUEUED: "queued",
    ProposalState.EXPIRED: "expired",
    ProposalState.EXECUTED: "executed",
}
_TIERS: dict[Tier, TierWord] = {
    Tier.STANDARD: "standard",
    Tier.ISSUANCE: "issuance",
    Tier.CONSTITUTIONAL: "constitutional",
}


def compose(audited: Audited, lines: Sequence[Line], unit: Units) -> ReportDocument:
    """The report of `audited`, sealed with the hash of its content; the same input gives the same bytes.

    Args:
        audited: Of a node or of a bundle.
        lines: What was proved, recomputed and trusted.
        unit: The token's symbol and decimals.
    """
    report, state = audited.report, audited.state
    changes = _changes(state)
    snapshots = [made.snapshot for made in report.proposals]
    made_by: dict[int, list[int]] = {}
    for number, change in enumerate(changes):
        if change.proposal is not None:
            made_by.setdefault(change.proposal, []).append(number)
    return sealed(
        ReportDocument(
            content_hash="0" * 64,
            verdict=report.verdict,
            chain_id=report.chain_id,
            from_block=report.from_block,
            to_block=report.to_block,
            timepoint=report.timepoint,
            addresses=Contracts(**asdict(report.addresses)),
            token=Token(symbol=clean(unit.symbol), decimals=unit.decimals),
            logs=report.logs,
            asked_contracts=report.asked_contracts,
            compared=report.compared,
            standings=tuple(
                StandingLine(what=clean(line.what), standing=_STANDINGS[line.standing], detail=clean(line.detail))
                for line in lines
            ),
            checks=tuple(CheckLine(**asdict(check)) for check in report.checks),
            findings=tuple(
                FindingLine(
                    check=finding.check,
                    what=clean(finding.what),
                    expected=clean(finding.expected),
                    found=clean(finding.found),
                    block=finding.block,
                    transaction=_hex(finding.transaction),
                )
                for finding in report.findings
            ),
            notices=tuple(
                NoticeLine(
                    pattern=notice.pattern,
                    what=clean(notice.what),
                    detail=clean(notice.detail),
                    block=notice.block,
                    transaction=_hex(notice.transaction),
                )
                for notice in report.notices
            ),
            proposals=tuple(
                _proposal(state, made, made_by.get(made.id, ()), report.timepoint) for made in report.proposals
            ),
            policy=None
            if report.policy is None
            else PolicyState(
                hash="0x" + report.policy.hash.hex(),
                genesis=report.policy.genesis,
                epoch_length=report.policy.epoch_length,
                supply_cap=report.policy.supply_cap,
                streams=report.policy.streams,
            ),
            policy_changes=changes,
            emission=tuple(emission(report.policy, report.payouts, report.timepoint)),
            payouts=None if report.payouts is None else _payouts(report.payouts),
            moments=tuple(moments(state, audited.logs(), thinned(snapshots, report.timepoint))),
            accounts=_accounts(state),
        )
    )


def clean(text: str) -> str:
    """`text` with what UTF-8 cannot hold written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _changes(state: GovernanceState) -> tuple[ChangeEntry, ...]:
    by_operation = {made.operation: made.id for made in state.proposals.values() if made.operation is not None}
    return tuple(
        _change(change, by_operation)
        for change in state.policy_changes
        if not state.constructing(state.addresses.policy, change.place)
    )


def _change(made: PolicyChange, by_operation: Mapping[tuple[Address, bytes], int]) -> ChangeEntry:
    return ChangeEntry(
        what=clean(describe(made.change)),
        values=json.dumps(to_plain(made.change, Change), sort_keys=True),
        hash="0x" + made.hash.hex(),
        block=made.place.block,
        timestamp=made.place.timestamp,
        transaction="0x" + made.place.transaction.hex(),
        proposal=None if made.operation is None else by_operation.get(made.operation),
    )


def _proposal(
    state: GovernanceState, summary: ProposalSummary, changes: Sequence[int], timepoint: int
) -> ProposalEntry:
    made = state.proposals[summary.id]
    supply = state.token.supply.upper_lookup(made.snapshot) if made.snapshot < timepoint else None
    return ProposalEntry(
        id=summary.id,
        title=clean(summary.title),
        proposer=summary.proposer,
        state=_STATES[summary.state],
        tier=_TIERS[summary.tier],
        block=summary.block,
        transaction="0x" + made.created.transaction.hex(),
        snapshot=summary.snapshot,
        deadline=proposal_deadline(made),
        votes=_votes(summary.tally),
        approval=summary.approval,
        quorum=summary.quorum,
        supply=supply,
        turnout=None if supply is None else share(summary.tally.total, supply),
        execution=_hex(summary.execution),
        changes=tuple(changes),
        ballots=tuple(
            BallotLine(
                voter=ballot.voter,
                votes=_votes(ballot.counted),
                power=ballot.power,
                block=ballot.place.block,
                transaction="0x" + ballot.place.transaction.hex(),
            )
            for ballot in made.ballots
        ),
    )


def _votes(tally: Tally) -> Votes:
    return Votes.model_validate(
        {"for": tally.for_votes, "against": tally.against_votes, "abstain": tally.abstain_votes}
    )


def _payouts(payouts: PayoutsSummary) -> Payouts:
    return Payouts(
        minted=payouts.minted,
        streams=tuple(StreamTotal(**asdict(stream)) for stream in payouts.streams),
        publications=tuple(_publication(made) for made in payouts.publications),
    )


def _publication(made: PublicationSummary) -> PublicationEntry:
    values = {**asdict(made), "root": _hex(made.root), "transaction": _hex(made.transaction)}
    return PublicationEntry.model_validate(values)


def _accounts(state: GovernanceState) -> tuple[AccountEntry, ...]:
    token = state.token
    known = {made.proposer for made in state.proposals.values()}
    known |= {ballot.voter for made in state.proposals.values() for ballot in made.ballots}
    known |= {delegate for delegate, trace in token.powers.items() if trace.latest()}
    known |= {account for account, delegate in token.delegates.items() if delegate != ZERO_ADDRESS}
    return tuple(
        AccountEntry(
            account=account,
            balance=token.balance(account),
            power=token.votes(account),
            delegate=None if token.delegate(account) == ZERO_ADDRESS else token.delegate(account),
        )
        for account in sorted(known, key=str.lower)
    )


def _hex(data: bytes | None) -> str | None:
    return None if data is None else "0x" + data.hex()
