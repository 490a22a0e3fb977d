"""What a proposal can do, as a document writes it: one model per action."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema

from dao.document.fields import (
    Account,
    Duration,
    EpochNumber,
    EtherAmount,
    GraceDuration,
    Hash,
    HexBytes,
    NewStreamPath,
    Share,
    ShortDuration,
    StreamPath,
    TokenAmount,
)
from dao.document.model import OneOf, Strict, kind_of, refusal
from dao.document.parameters import Encoded
from dao.document.policy import Classes, Parts, WrittenRail, WrittenReporter, WrittenSegment
from dao.document.text import is_safe
from dao.tiers import MAX_EXCLUSIONS

Argument = Any
"""A text, or a tuple of arguments for an array or a tuple. `Any`, because mypy has no frozen recursive type here."""

_MAX_NESTING = 16


class AddStream(Strict):
    """Adds a stream to the tree; `RewardPolicy.addStream`. It gets nothing until a split names it."""

    path: NewStreamPath = Field(description="Path of the new stream; its parent must exist.")


class SetSchedule(Strict):
    """Sets a stream's schedule from an epoch on; `RewardPolicy.setSchedule`."""

    stream: StreamPath = Field(description="The stream.")
    from_epoch: EpochNumber = Field(description="The first epoch of the first segment: one that has not begun.")
    segments: tuple[WrittenSegment, ...] = Field(
        min_length=1, max_length=64, description="Shapes in order; every one but the first says its from_epoch."
    )


class SetSplit(Strict):
    """Sets how a stream's emission is split from an epoch on; `RewardPolicy.setSplit`."""

    parent: StreamPath = Field(description="The stream that is split.")
    from_epoch: EpochNumber = Field(description="The first epoch of this split: one that has not begun.")
    parts: Parts = Field(description="Children and their allotments in order, exactly one residual; {} for a leaf.")


class SetBudget(Strict):
    """Bounds what a stream's schedule yields over its whole life; `RewardPolicy.setBudget`."""

    stream: StreamPath = Field(description="The stream.")
    from_epoch: EpochNumber = Field(description="The first epoch that it binds: one that has not begun.")
    amount: TokenAmount = Field(description="The most that all epochs together yield.")


class SetWeights(Strict):
    """Sets a stream's resource classes from an epoch on; `RewardPolicy.setWeights`."""

    stream: StreamPath = Field(description="The stream.")
    from_epoch: EpochNumber = Field(description="The first epoch of these classes: one that has not begun.")
    classes: Classes = Field(description="Classes and the weight of a unit of each.")


class SetParameters(Encoded):
    """Sets a stream's account-level parameters from an epoch on; `RewardPolicy.setParameters`."""

    stream: StreamPath = Field(description="The stream.")
    from_epoch: EpochNumber = Field(description="The first epoch of these parameters: one that has not begun.")


class SetReporter(WrittenReporter):
    """Names who reports for a stream from now on; `RewardPolicy.setReporter`."""

    stream: StreamPath = Field(description="The stream.")


class SetRail(WrittenRail):
    """Sets a stream's rail from now on; `RewardPolicy.setRail`."""

    stream: StreamPath = Field(description="The stream.")


class RequireEmission(Strict):
    """Undoes the whole proposal unless a stream yields exactly this then; `RewardPolicy.requireEmission`."""

    stream: StreamPath = Field(description="The stream.")
    epoch: EpochNumber = Field(description="The epoch.")
    amount: TokenAmount = Field(description="What it must yield.")


class Transfer(Strict):
    """Sends tokens from the treasury; `RewardToken.transfer`."""

    to: Account = Field(description="Who receives them.")
    amount: TokenAmount = Field(description="How many.")


class SendEther(Strict):
    """Sends ether from the treasury, without calldata."""

    to: Account = Field(description="Who receives it.")
    amount: EtherAmount = Field(description="How much.")


class Mint(Strict):
    """Mints tokens within the cap; `RewardToken.mint`."""

    to: Account = Field(description="Who receives them.")
    amount: TokenAmount = Field(description="How many.")


class SetParameter(OneOf):
    """Changes one parameter of the governance."""

    voting_delay: Duration | None = Field(default=None, description="From proposal to snapshot; `setVotingDelay`.")
    voting_period: ShortDuration | None = Field(default=None, description="How long votes count; `setVotingPeriod`.")
    proposal_threshold: TokenAmount | None = Field(
        default=None, description="Voting power needed to propose; `setProposalThreshold`."
    )
    quorum: Share | None = Field(
        default=None, description="Quorum of constitutional proposals; `updateQuorumNumerator`."
    )
    late_quorum_extension: Duration | None = Field(
        default=None, description="Voting time left after a late quorum; `setLateQuorumVoteExtension`."
    )
    grace_period: GraceDuration | None = Field(
        default=None, description="How long a succeeded or queued proposal lives; `setGracePeriod`."
    )
    guardian: Account | None = Field(default=None, description="Who may cancel proposals; `setProposalGuardian`.")
    min_delay: Duration | None = Field(default=None, description="The timelock's delay; `updateDelay`.")


TierName = Literal["standard", "issuance", "constitutional"]


class SetTier(Strict):
    """Changes what proposals of an impact tier need; `RewardGovernor.setTier`."""

    tier: TierName = Field(description="The tier.")
    approval: Share = Field(description="Part of the votes for and against that the votes for must exceed.")
    quorum: Share = Field(description="Part of the circulating supply that must vote for or abstain.")


class SetExclusions(Strict):
    """Replaces the delegates whose votes do not circulate; `RewardGovernor.setExclusions`."""

    delegates: tuple[Account, ...] = Field(
        max_length=MAX_EXCLUSIONS, description="Delegates of those who do not vote; their order does not matter."
    )


def _signature(text: Any) -> str:
    if not isinstance(text, str) or not is_safe(text, lines=False) or not 3 <= len(text) <= 500 or " " in text:
        raise refusal("this is no function", expected="a signature such as `transfer(address,uint256)`", found=text)
    return text


def _arguments(value: Any, depth: int = 0) -> Argument:
    if depth and isinstance(value, str):
        if not is_safe(value):
            raise refusal("an argument holds a control or invisible character", expected="visible text")
        return value
    if not isinstance(value, (list, tuple)) or depth > _MAX_NESTING:
        raise refusal("a list of texts belongs here", expected="texts and lists of texts", found=kind_of(value))
    return tuple(_arguments(item, depth + 1) for item in value)


def _plain_arguments(value: Argument) -> Any:
    return value if isinstance(value, str) else [_plain_arguments(item) for item in value]


Arguments = Annotated[
    tuple[Argument, ...],
    PlainValidator(_arguments),
    PlainSerializer(_plain_arguments, when_used="json"),
    WithJsonSchema({"type": "array", "items": {"type": ["string", "integer", "boolean", "array"]}}),
]
FunctionText = Annotated[
    str, PlainValidator(_signature), WithJsonSchema({"type": "string", "pattern": r"^[A-Za-z_$][\w$]*\(.*\)$"})
]


class ContractCall(Strict):
    """Calls a function by its signature, with typed arguments."""

    target: Account = Field(description="The contract; by its name if it belongs to the deployment.")
    function: FunctionText = Field(description="The canonical signature, such as transfer(address,uint256).")
    arguments: Arguments = Field(default=(), description="Arguments in order; amounts of the token carry their unit.")
    value: EtherAmount | None = Field(default=None, description="Ether sent along.")


class SetSelectorTier(Strict):
    """Puts a function into an impact tier; `RewardGovernor.setSelectorTier`."""

    target: Account = Field(description="The contract; by its name if it belongs to the deployment.")
    function: FunctionText | None = Field(default=None, description="The canonical signature of the function.")
    selector: HexBytes | None = Field(default=None, description="Its four bytes, where nobody knows the signature.")
    tier: TierName = Field(description="The tier; constitutional is off the list.")


class RawCall(Strict):
    """Calls with bytes that nothing here explains."""

    target: Account = Field(description="The account that is called.")
    calldata: HexBytes = Field(description="The bytes.")
    value: EtherAmount | None = Field(default=None, description="Ether sent along.")


class Action(OneOf):
    """One thing that the proposal does: exactly one of the fields is present."""

    add_stream: AddStream | None = None
    set_schedule: SetSchedule | None = None
    set_split: SetSplit | None = None
    set_budget: SetBudget | None = None
    set_weights: SetWeights | None = None
    set_parameters: SetParameters | None = None
    set_reporter: SetReporter | None = None
    set_rail: SetRail | None = None
    require_hash: Hash | None = Field(
        default=None, description="Undoes the whole proposal unless this is the policy hash then."
    )
    require_emission: RequireEmission | None = None
    transfer: Transfer | None = None
    send_ether: SendEther | None = None
    mint: Mint | None = None
    set_parameter: SetParameter | None = None
    set_tier: SetTier | None = None
    set_selector_tier: SetSelectorTier | None = None
    set_exclusions: SetExclusions | None = None
    call: ContractCall | None = None
    raw: RawCall | None = None


__all__ = [
    "Action",
    "AddStream",
    "Argument",
    "ContractCall",
    "Mint",
    "RawCall",
    "RequireEmission",
    "SendEther",
    "SetBudget",
    "SetExclusions",
    "SetParameter",
    "SetParameters",
    "SetRail",
    "SetReporter",
    "SetSchedule",
    "SetSelectorTier",
    "SetSplit",
    "SetTier",
    "SetWeights",
    "TierName",
    "Transfer",
]
