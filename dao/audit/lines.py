"""The parts of a report's file that every audit has alike: standings, findings, notices, votes, ballots, accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from dao.audit.document import (
    AccountEntry,
    BallotLine,
    FindingLine,
    NoticeLine,
    PatternLine,
    StandingLine,
    StandingWord,
    StateWord,
    Token,
    Votes,
)
from dao.audit.findings import Finding
from dao.audit.history import Proposed
from dao.audit.notice import Notice, PatternResult
from dao.document.quantities import Units
from dao.proving.verdict import Line, Standing
from dao.replay.state import Ballot, TokenState
from dao.replay.tally import Tally
from dao.types import ZERO_ADDRESS, Address, ProposalState

_STANDINGS: dict[Standing, StandingWord] = {
    Standing.PROVED: "proved",
    Standing.RECOMPUTED: "recomputed",
    Standing.TRUSTED: "trusted",
}
STATES: dict[ProposalState, StateWord] = {
    ProposalState.PENDING: "pending",
    ProposalState.ACTIVE: "active",
    ProposalState.CANCELED: "canceled",
    ProposalState.DEFEATED: "defeated",
    ProposalState.SUCCEEDED: "succeeded",
    ProposalState.QUEUED: "queued",
    ProposalState.EXPIRED: "expired",
    ProposalState.EXECUTED: "executed",
}
"""What each state is called."""


def clean(text: str) -> str:
    """`text` with what UTF-8 cannot hold written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def hexed(data: bytes | None) -> str | None:
    """`data` in hexadecimal after 0x; None of nothing."""
    return None if data is None else "0x" + data.hex()


def token_of(unit: Units) -> Token:
    """What amounts are shown in."""
    return Token(symbol=clean(unit.symbol), decimals=unit.decimals)


def standing_lines(lines: Iterable[Line]) -> tuple[StandingLine, ...]:
    """The verdict's lines."""
    return tuple(
        StandingLine(what=clean(line.what), standing=_STANDINGS[line.standing], detail=clean(line.detail))
        for line in lines
    )


def finding_lines(findings: Iterable[Finding]) -> tuple[FindingLine, ...]:
    """Every contradiction."""
    return tuple(
        FindingLine(
            check=finding.check,
            what=clean(finding.what),
            expected=clean(finding.expected),
            found=clean(finding.found),
            block=finding.block,
            transaction=hexed(finding.transaction),
        )
        for finding in findings
    )


def pattern_lines(patterns: Iterable[PatternResult]) -> tuple[PatternLine, ...]:
    """Every pattern that was looked for."""
    return tuple(PatternLine(**asdict(pattern)) for pattern in patterns)


def notice_lines(notices: Iterable[Notice]) -> tuple[NoticeLine, ...]:
    """Every pattern that was seen."""
    return tuple(
        NoticeLine(
            pattern=notice.pattern,
            what=clean(notice.what),
            detail=clean(notice.detail),
            block=notice.block,
            transaction=hexed(notice.transaction),
        )
        for notice in notices
    )


def votes_of(tally: Tally) -> Votes:
    """Votes by choice."""
    return Votes.model_validate(
        {"for": tally.for_votes, "against": tally.against_votes, "abstain": tally.abstain_votes}
    )


def ballot_line(ballot: Ballot, counted: Tally) -> BallotLine:
    """A ballot that counts `counted`."""
    return BallotLine(
        voter=ballot.voter,
        votes=votes_of(counted),
        power=ballot.power,
        block=ballot.place.block,
        transaction="0x" + ballot.place.transaction.hex(),
    )


def account_entries(
    token: TokenState, proposals: Sequence[Proposed], voters: Iterable[Address]
) -> tuple[AccountEntry, ...]:
    """The `voters`, and whoever proposed, delegated or has voting power, in the order of their addresses."""
    known = {made.proposer for made in proposals} | set(voters)
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
