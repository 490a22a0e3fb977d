"""Checks signed ballots before anybody pays for them: which can be sent, and why the others cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from dao.ballot.document import Ballot, read_ballot
from dao.chain.connection import Ahead
from dao.chain.contracts import Standing
from dao.chain.signatures import accepted_by
from dao.chain.typed import expanded, signer_of
from dao.document.moments import moment
from dao.errors import DocumentError
from dao.lifecycle.ballots.request import nonce_key
from dao.lifecycle.ballots.sign import typed_of
from dao.lifecycle.session import Session
from dao.lifecycle.wording import amount
from dao.types import Address, ProposalState

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is."""


class Verdict(Enum):
    """What becomes of a ballot."""

    READY = "ready to be sent"
    RELAYED = "sent and counted"
    VOTED = "voted already"
    REFUSED = "refused"
    SKIPPED = "sent and passed over"
    FAILED = "not counted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A ballot file as it was found.

    Args:
        path: The file.
        ballot: What is in it; None where it is no ballot.
        verdict: Whether it can be sent, its voter has cast all weight already, or it is refused.
        reason: Why it is not sent; hostile like the file.
        weight: What it casts, or was cast before it, in the token's smallest unit.
    """

    path: Path
    ballot: Ballot | None
    verdict: Verdict
    reason: str | None = None
    weight: int = 0


@dataclass(slots=True)
class _Voter:
    """What a voter has on one proposal, in the token's smallest unit, and the file whose ballot of it comes first."""

    power: int
    used: int
    keyed_nonce: int
    plain_nonce: int
    code: bool
    first: Path | None = None


def check(session: Session, paths: Sequence[Path], *, progress: Progress = lambda done, total: None) -> list[Checked]:
    """Every file of `paths` in order, checked against the chain as the next block will find it.

    Of several ballots of one voter on one proposal the first that is valid is ready, and the others wait for the next
    run.
    """
    found = [_read(path) for path in paths]
    ahead = session.connection.ahead()
    chain = _Chain(session, ahead, [entry.ballot for entry in found if entry.ballot is not None])
    checked = []
    for index, entry in enumerate(found):
        progress(index, len(found))
        checked.append(entry if entry.ballot is None else chain.judge(entry, entry.ballot))
    progress(len(found), len(found))
    return checked


def _read(path: Path) -> Checked:
    try:
        return Checked(path=path, ballot=read_ballot(path), verdict=Verdict.READY)
    except DocumentError as error:
        field = f" {error.field}" if error.field else ""
        return Checked(path=path, ballot=None, verdict=Verdict.REFUSED, reason=f"it is no ballot:{field} {error}")


class _Chain:
    """What the chain says about the ballots, asked in few requests."""

    def __init__(self, session: Session, ahead: Ahead, ballots: Sequence[Ballot]) -> None:
        self._session = session
        self._ahead = ahead
        governor = session.contracts.governor
        self._name = str(governor.ask("name", block=ahead.ref))
        own = [ballot for ballot in ballots if self._misplaced(ballot) is None]
        self._standings = dict(self._find({ballot.proposal_id for ballot in own}))
        open_ = {i for i, standing in self._standings.items() if standing.state is ProposalState.ACTIVE}
        pairs = sorted({(ballot.voter, ballot.proposal_id) for ballot in own if ballot.proposal_id in open_})
        self._voters = dict(zip(pairs, self._look_up(pairs), strict=True))

    def judge(self, entry: Checked, ballot: Ballot) -> Checked:
        """What becomes of `ballot`."""
        reason = self._misplaced(ballot) or self._closed(ballot.proposal_id)
        if reason is not None:
            return _refused(entry, reason)
        voter = self._voters[ballot.voter, ballot.proposal_id]
        if voter.power == 0:
            return _refused(entry, "its voter had no voting power at the snapshot")
        if voter.used >= voter.power:
            words = "all the weight of its voter is cast already"
            return replace(entry, verdict=Verdict.VOTED, reason=words, weight=voter.used)
        if voter.first is not None:
            return _refused(entry, f"another ballot of its voter comes first: {voter.first}")
        left = voter.power - voter.used
        weight = left if ballot.weights is None else ballot.weights.total
        if not 0 < weight <= left:
            deployment = self._session.deployment
            asked = amount(weight, deployment)
            return _refused(entry, f"its split is of {asked}, and {amount(left, deployment)} are left to its voter")
        reason = self._nonce(ballot, voter) or self._unsigned(ballot, voter)
        if reason is not None:
            return _refused(entry, reason)
        voter.first = entry.path
        return replace(entry, weight=weight)

    def _misplaced(self, ballot: Ballot) -> str | None:
        deployment = self._session.deployment
        if ballot.chain_id != deployment.chain_id:
            return f"it is for chain {ballot.chain_id}, not for {deployment.chain_id}"
        if ballot.governor != deployment.addresses.governor:
            return f"it is for the governor {ballot.governor}, not for {deployment.addresses.governor}"
        if ballot.governor_name != self._name:
            return f"it names the governor {ballot.governor_name}, which is {self._name}"
        return None

    def _closed(self, proposal_id: int) -> str | None:
        if proposal_id not in self._standings:
            return f"there is no proposal {proposal_id}"
        standing = self._standings[proposal_id]
        if standing.state is ProposalState.PENDING:
            return f"voting has not begun; it does after {moment(standing.snapshot)}"
        if standing.state is not ProposalState.ACTIVE:
            return f"voting is over: the proposal is {standing.state.name.lower()}"
        return None

    def _nonce(self, ballot: Ballot, voter: _Voter) -> str | None:
        if ballot.nonce is None or ballot.nonce in (voter.keyed_nonce, voter.plain_nonce):
            return None
        return f"its nonce is {ballot.nonce}, and the voter's next is {voter.keyed_nonce}: another one came first"

    def _unsigned(self, ballot: Ballot, voter: _Voter) -> str | None:
        """Why the signature is none, as `GovernorBallotBatch` and OpenZeppelin's SignatureChecker have it."""
        typed = typed_of(ballot)
        if voter.code and ballot.kind != "full":
            if accepted_by(
                self._session.connection, ballot.voter, typed.digest, ballot.signature, block=self._ahead.ref
            ):
                return None
            return "the contract of its voter does not accept the signature (ERC-1271)"
        signature = expanded(ballot.signature) if ballot.kind == "full" else ballot.signature
        signer = signer_of(typed, signature)
        if signer == ballot.voter:
            return None
        return f"it is signed by {signer}, not by its voter" if signer else "its signature is none"

    def _find(self, proposal_ids: set[int]) -> Iterator[tuple[int, Standing]]:
        governor = self._session.contracts.governor
        wanted = sorted(proposal_ids)
        views = [governor.view("proposalSnapshot", proposal_id) for proposal_id in wanted]
        if not wanted:
            return
        answers = self._session.connection.views(views, block=self._ahead.ref)
        known = [i for i, (snapshot,) in zip(wanted, answers, strict=True) if snapshot]
        if known:
            for standing in governor.standings(known, block=self._ahead.ref):
                yield standing.proposal_id, standing

    def _look_up(self, pairs: Sequence[tuple[Address, int]]) -> Iterator[_Voter]:
        if not pairs:
            return
        connection, contracts, ref = self._session.connection, self._session.contracts, self._ahead.ref
        governor, token = contracts.governor, contracts.token
        views = []
        for voter, proposal_id in pairs:
            views += [
                token.view("getPastVotes", voter, self._standings[proposal_id].snapshot),
                governor.view("usedVotes", proposal_id, voter),
                governor.view("nonces(address,uint192)", voter, nonce_key(proposal_id)),
                governor.view("nonces(address)", voter),
            ]
        answers = [answer[0] for answer in connection.views(views, block=ref)]
        codes = connection.codes([voter for voter, _ in pairs], block=ref)
        for index, code in enumerate(codes):
            power, used, keyed, plain = answers[4 * index : 4 * index + 4]
            yield _Voter(power=power, used=used, keyed_nonce=keyed, plain_nonce=plain, code=bool(code))


def _refused(entry: Checked, reason: str) -> Checked:
    return replace(entry, verdict=Verdict.REFUSED, reason=reason)
