"""A proposal's actions to the calls that the timelock makes, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dao.abi import ContractAbi, encode, keccak
from dao.artifacts import load
from dao.document.loader import Source
from dao.document.model import locate
from dao.document.policy import read_classes, read_parts
from dao.document.quantities import ETHER, Amount, Units
from dao.document.where import at, field_of
from dao.errors import CodecError, DaoError, PolicyError, ProposalError
from dao.proposal.actions import (
    Action,
    AddStream,
    ContractCall,
    Mint,
    RawCall,
    RequireEmission,
    SendEther,
    SetBudget,
    SetExclusions,
    SetParameter,
    SetParameters,
    SetRail,
    SetReporter,
    SetSchedule,
    SetSelectorTier,
    SetSplit,
    SetTier,
    SetWeights,
    Transfer,
)
from dao.proposal.arguments import Names, parse_signature
from dao.proposal.document import ProposalDocument
from dao.rewards import changes as policy
from dao.rewards.encoding import call_of
from dao.rewards.policy import validate_parts
from dao.rewards.rails import validate_rail
from dao.rewards.schedule import Clock, Segment, validate_schedule
from dao.rewards.streams import stream_id
from dao.tiers import SELECTOR_LENGTH, Tier
from dao.types import ZERO_ADDRESS, Address, Addresses, Call

# Whether a shape fits the policy's own clock is found when it is applied to the policy; this one suits every shape.
_ANY_CLOCK = Clock(genesis=0, epoch_length=1)

ARTIFACTS = {
    "treasury": "TimelockController",
    "token": "RewardToken",
    "governor": "RewardGovernor",
    "policy": "RewardPolicy",
    "distributor": "RewardDistributor",
}
"""Names by which documents call contracts, and the artifacts that these are."""

AMOUNTS = {
    ("token", "transfer(address,uint256)"): 1,
    ("token", "transferFrom(address,address,uint256)"): 2,
    ("token", "approve(address,uint256)"): 1,
    ("token", "mint(address,uint256)"): 1,
    ("token", "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"): 2,
    ("token", "depositFor(address,uint256)"): 1,
    ("token", "withdrawTo(address,uint256)"): 1,
    ("governor", "setProposalThreshold(uint256)"): 0,
}
"""Which argument of a function is an amount of the token, and so must carry its unit."""

PARAMETERS = {
    "voting_delay": ("governor", "setVotingDelay"),
    "voting_period": ("governor", "setVotingPeriod"),
    "proposal_threshold": ("governor", "setProposalThreshold"),
    "quorum": ("governor", "updateQuorumNumerator"),
    "late_quorum_extension": ("governor", "setLateQuorumVoteExtension"),
    "grace_period": ("governor", "setGracePeriod"),
    "guardian": ("governor", "setProposalGuardian"),
    "min_delay": ("treasury", "updateDelay"),
}
"""Parameters of the governance: the contract, and the function that sets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a document means depends on: one deployment's contracts and its token's unit.

    Args:
        addresses: The contracts.
        symbol: The token's symbol.
        decimals: The token's decimals.
    """

    addresses: Addresses
    symbol: str
    decimals: int

    @property
    def units(self) -> Units:
        """The token's unit."""
        return Units(self.symbol, self.decimals)

    @property
    def names(self) -> Names:
        """How documents call this deployment's accounts and amounts."""
        return Names(self.addresses, self.units)


def abi_of(name: str, addresses: Addresses) -> ContractAbi:
    """The ABI of the contract that documents call `name`, in the deployment at `addresses`."""
    return load(addresses.token_contract if name == "token" else ARTIFACTS[name]).abi


def compile_proposal(document: ProposalDocument, context: Context, *, source: Source | None = None) -> tuple[Call, ...]:
    """The calls of `document`, in order.

    Args:
        document: The proposal.
        context: The deployment that it is for.
        source: Where the document was loaded from; with it, errors name file and line.

    Raises DocumentError with a source, ProposalError with `values["field"]` without one, when an action does not fit
    the deployment or the rules of the contracts.
    """
    calls = []
    try:
        for index, action in enumerate(document.actions):
            with at(f"actions.{index}"):
                calls.append(compile_action(action, context))
    except DaoError as error:
        if source is not None:
            raise locate(error, source, field_of(error)) from error
        raise ProposalError(
            error.what,
            expected=error.expected,
            found=error.found,
            remedy=error.remedy,
            values={**error.values, "field": field_of(error)},
        ) from error
    return tuple(calls)


def compile_action(action: Action, context: Context) -> Call:
    """The call of one action. Raises AmountError, CodecError, DocumentError or PolicyError, which name their field."""
    compile_body: Callable[[Any, Context], Call] = _COMPILERS[action.kind]
    with at(action.kind):
        return compile_body(action.body, context)


def read_segments(body: SetSchedule, units: Units) -> tuple[Segment, ...]:
    """The schedule that a `set_schedule` sets. Raises AmountError or PolicyError, which name their field."""
    segments = []
    for index, written in enumerate(body.segments):
        with at(f"segments.{index}"):
            if index == 0 and written.from_epoch is not None:
                raise PolicyError(
                    "the first segment begins at the action's own from_epoch",
                    found=f"from_epoch {written.from_epoch}",
                    remedy="leave from_epoch out of the first segment",
                )
            begin = body.from_epoch if index == 0 else written.from_epoch
            if begin is None:
                raise PolicyError("a segment does not say where it begins", expected="from_epoch", found="nothing")
            segments.append(Segment(begin, written.shape(units)))
    with at("segments"):
        validate_schedule(segments, _ANY_CLOCK)
    return tuple(segments)


def _write(change: policy.Change, context: Context) -> Call:
    function, arguments = call_of(change)
    return _known("policy", function, context, *arguments)


def _add_stream(body: AddStream, context: Context) -> Call:
    return _write(policy.AddStream(body.path), context)


def _set_schedule(body: SetSchedule, context: Context) -> Call:
    return _write(policy.SetSchedule(body.stream, read_segments(body, context.units)), context)


def _set_split(body: SetSplit, context: Context) -> Call:
    parts = read_parts(body.parts)
    with at("parts"):
        validate_parts(body.parent, parts)
    return _write(policy.SetSplit(body.parent, policy.Split(body.from_epoch, parts)), context)


def _set_budget(body: SetBudget, context: Context) -> Call:
    with at("amount"):
        amount = context.units.resolve(body.amount)
    return _write(policy.SetBudget(body.stream, policy.Budget(body.from_epoch, amount)), context)


def _set_weights(body: SetWeights, context: Context) -> Call:
    weights = policy.Weights(body.from_epoch, read_classes(body.classes))
    return _write(policy.SetWeights(body.stream, weights), context)


def _set_parameters(body: SetParameters, context: Context) -> Call:
    parameters = policy.Parameters(body.from_epoch, body.encoded(context.units))
    return _write(policy.SetParameters(body.stream, parameters), context)


def _set_reporter(body: SetReporter, context: Context) -> Call:
    reporter = body.reporter(context.units, context.names.address)
    return _write(policy.SetReporter(body.stream, reporter), context)


def _set_rail(body: SetRail, context: Context) -> Call:
    rail = body.rail(context.units)
    validate_rail(body.stream, rail)
    return _write(policy.SetRail(body.stream, rail), context)


def _require_hash(expected: bytes, context: Context) -> Call:
    return _known("policy", "requireHash", context, expected)


def _require_emission(body: RequireEmission, context: Context) -> Call:
    with at("amount"):
        amount = context.units.resolve(body.amount)
    return _known("policy", "requireEmission", context, stream_id(body.stream), body.epoch, amount)


def _transfer(body: Transfer | Mint, context: Context, function: str = "transfer") -> Call:
    with at("amount"):
        amount = context.units.resolve(body.amount)
    return _known("token", function, context, context.names.address(body.to), amount)


def _mint(body: Mint, context: Context) -> Call:
    return _transfer(body, context, "mint")


def _send_ether(body: SendEther, context: Context) -> Call:
    with at("amount"):
        return Call(context.names.address(body.to), ETHER.resolve(body.amount), b"")


def _set_parameter(body: SetParameter, context: Context) -> Call:
    target, function = PARAMETERS[body.kind]
    value = body.body
    with at(body.kind):
        if isinstance(value, Amount):
            value = context.units.resolve(value)
        elif isinstance(value, str):
            value = context.names.address(value)
        return _known(target, function, context, value)


def _set_tier(body: SetTier, context: Context) -> Call:
    return _known("governor", "setTier", context, Tier[body.tier.upper()], (body.approval, body.quorum))


def _set_selector_tier(body: SetSelectorTier, context: Context) -> Call:
    target = context.names.address(body.target)
    known = context.names.account(target)
    if (body.function is None) == (body.selector is None):
        raise CodecError("exactly one of function and selector belongs here", found="both or none")
    if known in ("governor", "treasury"):
        with at("target"):
            raise CodecError("calls to governor and timelock are always constitutional", found=body.target)
    if body.function is not None:
        with at("function"):
            parse_signature(body.function)
            if known in ARTIFACTS:
                _check_function(known, body.function, context, payable=False)
        selector = keccak(body.function.encode())[:SELECTOR_LENGTH]
    else:
        selector = body.selector or b""
        with at("selector"):
            if len(selector) != SELECTOR_LENGTH:
                raise CodecError("a selector has four bytes", expected=SELECTOR_LENGTH, found=len(selector))
    return _known("governor", "setSelectorTier", context, target, selector, Tier[body.tier.upper()])


def _set_exclusions(body: SetExclusions, context: Context) -> Call:
    delegates = sorted({context.names.address(account) for account in body.delegates}, key=str.lower)
    with at("delegates"):
        if len(delegates) != len(body.delegates) or ZERO_ADDRESS in delegates:
            raise CodecError("a delegate stands twice, or is nobody", found=", ".join(body.delegates))
    return _known("governor", "setExclusions", context, delegates)


def _call(body: ContractCall, context: Context) -> Call:
    names = context.names
    target = names.address(body.target)
    known = names.account(target)
    with at("function"):
        name, kinds = parse_signature(body.function)
        if known in ARTIFACTS:
            paid = body.value is not None and body.value.digits != 0
            _check_function(known, body.function, context, payable=paid)
    if len(kinds) != len(body.arguments):
        with at("arguments"):
            raise CodecError(
                f"{name} takes another number of arguments", expected=len(kinds), found=len(body.arguments)
            )
    amount = AMOUNTS.get((known, body.function))
    values = []
    for index, (kind, argument) in enumerate(zip(kinds, body.arguments, strict=True)):
        with at(f"arguments.{index}"):
            values.append(names.value(kind, argument, amount=index == amount))
    calldata = keccak(body.function.encode())[:4] + encode([kind.text for kind in kinds], values)
    return Call(target, _ether(body.value), calldata)


def _raw(body: RawCall, context: Context) -> Call:
    return Call(context.names.address(body.target), _ether(body.value), body.calldata)


def _check_function(contract: str, function: str, context: Context, *, payable: bool) -> None:
    changing = {
        s.text: s
        for s in abi_of(contract, context.addresses).functions.values()
        if s.mutability not in ("view", "pure")
    }
    if function not in changing:
        raise CodecError(
            f"the {contract} has no such function that changes anything",
            expected=", ".join(sorted(changing)),
            found=function,
        )
    if payable and changing[function].mutability != "payable":
        raise CodecError(f"{function} takes no ether", expected="no value", found="a value")


def _ether(amount: Amount | None) -> int:
    if amount is None:
        return 0
    with at("value"):
        return ETHER.resolve(amount)


def _known(contract: str, function: str, context: Context, *arguments: Any) -> Call:
    target: Address = context.names.address(contract)
    return Call(target, 0, abi_of(contract, context.addresses).function(function).encode_call(*arguments))


_COMPILERS: dict[str, Callable[[Any, Context], Call]] = {
    "add_stream": _add_stream,
    "set_schedule": _set_schedule,
    "set_split": _set_split,
    "set_budget": _set_budget,
    "set_weights": _set_weights,
    "set_parameters": _set_parameters,
    "set_reporter": _set_reporter,
    "set_rail": _set_rail,
    "require_hash": _require_hash,
    "require_emission": _require_emission,
    "transfer": _transfer,
    "send_ether": _send_ether,
    "mint": _mint,
    "set_parameter": _set_parameter,
    "set_tier": _set_tier,
    "set_selector_tier": _set_selector_tier,
    "set_exclusions": _set_exclusions,
    "call": _call,
    "raw": _raw,
}
