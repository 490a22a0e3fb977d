"""The report of an audit as a file: its fields, its content hash, and how it is read back."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dao.document.json_file import read_json
from dao.document.signed import LetterText, Natural, Number
from dao.errors import ProofError
from dao.types import BASIS_POINTS

FORMAT: Literal["reward-dao audit report 2"] = "reward-dao audit report 2"

MAX_BYTES = 1 << 30
"""The longest file, in bytes."""

Account = Annotated[str, Field(strict=True, pattern="^0x[0-9a-fA-F]{40}$")]
Hash = Annotated[str, Field(strict=True, pattern="^0x[0-9a-f]{64}$")]
Truth = Annotated[bool, Field(strict=True)]
Share = Annotated[Natural, Field(le=BASIS_POINTS)]
"""Basis points, rounded down."""

StateWord = Literal["pending", "active", "canceled", "defeated", "succeeded", "queued", "expired", "executed"]
StandingWord = Literal["proved", "recomputed", "trusted"]
TierWord = Literal["standard", "issuance", "constitutional"]
ClockWord = Literal["timestamp", "blocknumber"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Contracts(_Frozen):
    """Where the deployment's contracts are."""

    token: Account
    timelock: Account | None = Field(description="Null where the governor makes its calls itself.")
    governor: Account
    policy: Account | None = Field(description="Null where another project's governor was audited.")
    wraps: Account | None = Field(description="The token that the votes token wraps; null where it is no wrapper.")
    distributor: Account | None = Field(description="What pays; null where there is none.")


class NamedNumber(_Frozen):
    """A number under its name."""

    name: LetterText
    value: Number


class GovernorKind(_Frozen):
    """How another project's governor works, as its views say."""

    family: Literal["openzeppelin", "bravo"]
    counting: Literal["simple", "fractional", "overridable", "bravo"]
    token_kind: Literal["erc20", "erc721"]
    quorum: Literal["fraction", "views"] = Field(description="Of the supply at the snapshot, or what a view answers.")
    timelock_kind: Literal["controller", "compound", "none"]
    trusted: tuple[NamedNumber, ...] = Field(description="What views answered because no log tells it.")


class Token(_Frozen):
    """What amounts are shown in. Amounts themselves are in the token's smallest unit throughout."""

    symbol: LetterText
    decimals: Annotated[int, Field(strict=True, ge=0, le=255)]


class StandingLine(_Frozen):
    """One line of the verdict."""

    what: LetterText
    standing: StandingWord = Field(
        description="Follows from the anchor's hash; compares logs with what they claim; is taken from the node."
    )
    detail: LetterText


class CheckLine(_Frozen):
    """One check: what is true where it finds nothing, and how much was compared."""

    name: LetterText
    proves: LetterText
    compared: Natural
    findings: Natural


class FindingLine(_Frozen):
    """One contradiction. Its texts may come from the chain: hostile."""

    check: LetterText
    what: LetterText
    expected: LetterText
    found: LetterText
    block: Natural
    transaction: Hash | None


class NoticeLine(_Frozen):
    """One pattern that is worth a look. Its texts may come from the chain: hostile."""

    pattern: LetterText
    what: LetterText
    detail: LetterText
    block: Natural
    transaction: Hash | None


class PatternLine(_Frozen):
    """One pattern that was looked for, and how often it was seen."""

    name: LetterText
    looks_for: LetterText
    notices: Natural | None = Field(description="Null where the evidence does not allow to look.")


class Votes(_Frozen):
    """Votes by choice, in the token's smallest unit."""

    for_: Number = Field(alias="for")
    against: Number
    abstain: Number

    @property
    def total(self) -> int:
        """All of them together."""
        return self.for_ + self.against + self.abstain


class BallotLine(_Frozen):
    """One ballot: what it counts at the end, and the voter's power at the snapshot.

    Where delegators can vote past their delegate, the power of such a ballot is the balance that it takes back, and the
    delegate's ballot counts so much less.
    """

    voter: Account
    votes: Votes
    power: Number
    block: Natural
    transaction: Hash


class ProposalEntry(_Frozen):
    """One proposal at the end of the audit."""

    id: Number
    title: LetterText = Field(description="First line of the description: hostile.")
    proposer: Account
    state: StateWord
    tier: TierWord | None = Field(description="Null where the governor has no tiers.")
    block: Natural = Field(description="In which it was made.")
    transaction: Hash
    snapshot: Natural = Field(description="Timepoint whose voting power counts.")
    deadline: Natural = Field(description="Last timepoint at which ballots count.")
    votes: Votes
    approval: Share = Field(description="Of the votes for and against, that those for must exceed.")
    quorum: Number | None = Field(
        description="What for and abstain must reach, or for alone as Compound counts; null where nobody knows yet."
    )
    supply: Number | None = Field(description="Of the token at the snapshot; null until it is over.")
    turnout: Share | None = Field(description="Votes cast, of the supply at the snapshot.")
    execution: Hash | None = Field(description="The transaction that executed it.")
    changes: tuple[Natural, ...] = Field(description="What it changed: places in `policy_changes`.")
    ballots: tuple[BallotLine, ...]


class PolicyState(_Frozen):
    """The policy at the end of the audit."""

    hash: Hash
    genesis: Natural
    epoch_length: Natural
    supply_cap: Number
    streams: tuple[LetterText, ...]


class ChangeEntry(_Frozen):
    """One change of the policy after its creation, and the proposal that made it; null where none did."""

    what: LetterText
    values: LetterText = Field(description="The change as JSON, as files of policies hold it.")
    hash: Hash = Field(description="Of the policy after it.")
    block: Natural
    timestamp: Natural
    transaction: Hash
    proposal: Number | None


class StreamEpoch(_Frozen):
    """One leaf stream in one epoch."""

    stream: LetterText
    voted: Number | None = Field(description="Its emission by the policy; null while it waits for a report.")
    published: Number
    claimed: Number
    lapsed: Number


class EpochEntry(_Frozen):
    """One epoch: what the policy emits in it, and what was paid for it."""

    epoch: Natural
    start: Natural
    voted: Number | None = Field(description="The whole emission by the policy; null while it waits for a report.")
    published: Number
    claimed: Number
    lapsed: Number
    streams: tuple[StreamEpoch, ...]


class StreamTotal(_Frozen):
    """The payouts of one stream over all epochs."""

    stream: LetterText
    published: Number
    claimed: Number
    lapsed: Number
    open: Number


class PublicationEntry(_Frozen):
    """One series of a stream's epoch at the end of the audit, and what its amount goes back to."""

    stream: LetterText
    epoch: Natural
    series: Natural
    voids: Natural
    stands: Truth
    root: Hash
    total: Number
    claimed: Number
    accounts: Natural
    lapsed: Number
    left: Number
    disputes: Natural
    opens_at: Natural
    lapses_at: Natural
    transaction: Hash
    block: Natural
    authority: Literal["proposal", "deployment", "nobody"]
    proposal: Number | None


class Payouts(_Frozen):
    """What the distributor did; `minted` is null before the first publication."""

    minted: Truth | None
    streams: tuple[StreamTotal, ...]
    publications: tuple[PublicationEntry, ...]


class HolderLine(_Frozen):
    """An account and what it has."""

    account: Account
    amount: Number


class Concentration(_Frozen):
    """How many accounts hold how much, and how unevenly."""

    accounts: Natural
    total: Number
    gini: Annotated[Natural, Field(le=1_000_000)] = Field(description="Gini coefficient in millionths, rounded down.")
    nakamoto: Natural = Field(description="The fewest accounts that hold more than half together.")
    top_share: Share = Field(description="What the ten largest hold of the total.")
    top: tuple[HolderLine, ...] = Field(description="The ten largest, descending.")


class Moment(_Frozen):
    """Supply, delegation and concentration at one timepoint: a proposal's snapshot, or the end of the audit."""

    timepoint: Natural
    supply: Number
    delegated: Number = Field(description="Voting power that somebody has.")
    delegated_share: Share
    power: Concentration
    balances: Concentration


class AccountEntry(_Frozen):
    """An account that voted, proposed, delegated or has voting power, at the end of the audit."""

    account: Account
    balance: Number
    power: Number
    delegate: Account | None


class ReportDocument(_Frozen):
    """A whole report. Ids and amounts are decimal texts, as they exceed what most readers of JSON keep exactly."""

    format: Literal["reward-dao audit report 2"] = FORMAT
    content_hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] = Field(
        description="SHA-256 of the report without this field, as JSON with sorted keys, in ASCII, without spaces."
    )
    verdict: Literal["agrees", "disagrees"]
    chain_id: Natural
    from_block: Natural
    to_block: Natural
    timestamp: Natural = Field(description="Of the last block, in seconds.")
    clock: ClockWord = Field(description="What timepoints are: seconds, or numbers of blocks.")
    governor: GovernorKind | None = Field(description="Null for this project's own governor.")
    addresses: Contracts
    token: Token
    logs: Natural
    asked_contracts: Truth
    compared: Natural
    standings: tuple[StandingLine, ...]
    checks: tuple[CheckLine, ...]
    findings: tuple[FindingLine, ...]
    patterns: tuple[PatternLine, ...]
    notices: tuple[NoticeLine, ...]
    proposals: tuple[ProposalEntry, ...]
    policy: PolicyState | None
    policy_changes: tuple[ChangeEntry, ...]
    emission: tuple[EpochEntry, ...]
    payouts: Payouts | None
    moments: tuple[Moment, ...]
    accounts: tuple[AccountEntry, ...]

    def text(self) -> str:
        """The file, in ASCII with a line feed at its end; the same report gives the same bytes."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), indent=1) + "\n"


def content_hash(document: ReportDocument) -> str:
    """The hash that `document` must carry."""
    plain = document.model_dump(mode="json", by_alias=True, exclude={"content_hash"})
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def sealed(document: ReportDocument) -> ReportDocument:
    """`document` with the hash of its content."""
    return document.model_copy(update={"content_hash": content_hash(document)})


def read_report(path: Path) -> ReportDocument:
    """The report at `path`.

    Raises DocumentError when it is none, ProofError when its content is not what its hash says.
    """
    document = read_json(path, ReportDocument, what="report", max_bytes=MAX_BYTES)
    actual = content_hash(document)
    if actual != document.content_hash:
        raise ProofError(
            f"the report {path} was changed after it was written",
            expected=f"content hash {document.content_hash}",
            found=actual,
            remedy="write it again with `dao audit report`",
        )
    return document
