"""Revert data, as nodes hand it over, to a CallReverted with the custom error's values and a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from dao import artifacts
from dao.abi import ContractAbi, Signature
from dao.errors import CallReverted, CodecError
from dao.types import ProposalState

_STANDARD = ContractAbi(
    [
        {"type": "error", "name": "Error", "inputs": [{"name": "reason", "type": "string"}]},
        {"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
    ]
)

_PANICS = {
    0x01: "an assertion failed",
    0x11: "arithmetic overflow",
    0x12: "division by zero",
    0x21: "no such enum value",
    0x31: "pop of an empty array",
    0x32: "index out of bounds",
    0x41: "out of memory",
}

# Sentence and what to do next, by the error's name; the braces are filled with the error's own values.
_SENTENCES: dict[str, tuple[str, str | None]] = {
    "Error": ("{reason}", None),
    "AccessControlUnauthorizedAccount": ("{account} lacks the role {neededRole}", None),
    "ERC20InsufficientBalance": ("{sender} holds {balance}, and {needed} are needed", None),
    "ERC20ExceededSafeSupply": ("the supply would be {increasedSupply}, above the cap of {cap}", None),
    "ERC5805FutureLookup": (
        "timepoint {timepoint} is not over yet at {clock}",
        "wait for the next block and try again",
    ),
    "GovernorAlreadyCastVote": (
        "{voter} has no weight left on this proposal: it voted, or had no voting power at the snapshot",
        None,
    ),
    "GovernorClockNotTimestamp": (
        "the token's clock says {clock}, not the time {timestamp}",
        "take a token by timestamp",
    ),
    "GovernorExceedRemainingWeight": (
        "the ballot of {voter} uses {usedVotes}, and only {remainingWeight} are left",
        None,
    ),
    "GovernorInsufficientProposerVotes": (
        "{proposer} has voting power of {votes}, and the proposal threshold is {threshold}",
        "have more voting power delegated to the proposer, in a block before the one that proposes",
    ),
    "GovernorExclusionsNotAscending": (
        "the exclusions do not ascend at {exclusion}",
        "name each once, in the order of their addresses",
    ),
    "GovernorInvalidSignature": ("the ballot is not signed by {voter}", None),
    "GovernorInvalidTierRules": (
        "tier {tier} cannot need an approval of {approval} and a quorum of {quorum} basis points",
        "approvals are 5000 to 9999, and no tier may need more than the one above it",
    ),
    "GovernorInvalidVoteParams": ("the parameters of the ballot do not fit its support", None),
    "GovernorNonexistentProposal": ("there is no proposal {proposalId}", "see `dao proposal list`"),
    "GovernorOnlyExecutor": ("only the timelock may do this, through a proposal; {account} is not it", None),
    "GovernorRelayToTimelock": ("`relay` does not reach the timelock {timelock}", None),
    "GovernorRestrictedProposer": ("the description reserves this proposal for another proposer than {proposer}", None),
    "GovernorTargetNotListable": ("calls to {target}, governor or timelock, are always constitutional", None),
    "GovernorTooManyExclusions": ("{exclusions} exclusions are more than {maximum}", None),
    "GovernorTargetWithoutCode": (
        "{target} has no code of its own to receive the call {selector}",
        "calldata needs a contract; create it by an earlier proposal",
    ),
    "GovernorUnableToCancel": (
        "{account} may not cancel proposal {proposalId}",
        "the proposer can while it is pending, the guardian until it is executed",
    ),
    "OwnableUnauthorizedAccount": ("only the timelock may do this, through a proposal; {account} is not it", None),
    "RewardPolicyEpochNotOpen": (
        "a change may begin in epoch {firstOpenEpoch} at the earliest, and this one begins in epoch {epoch}",
        "propose it again with a later from_epoch",
    ),
    "RewardPolicyResidualCount": ("a split needs exactly one residual, and this one has {residuals}", None),
    "RewardPolicySharesExceedWhole": ("the shares sum to {sum} basis points, more than {maximum}", None),
    "RewardPolicyUnknownStream": ("there is no stream with the id {stream}", "see `dao policy show`"),
    "RewardTokenInvalidAdmin": ("{admin} cannot administer the token's roles", None),
    "VotesWrapperInexactDeposit": (
        "the wrapped token moved {received} instead of {value}",
        "a token that takes a fee cannot be deposited",
    ),
    "TimelockUnexpectedOperationState": (
        "the timelock operation {operationId} is in another state",
        "it is ready once the timelock's delay is over; see `dao proposal show`",
    ),
}


def revert_data(error: Any) -> bytes | None:
    """The revert data in the `error` of a JSON-RPC answer; None when the answer is about something else.

    Nodes differ: the data is a hexadecimal string, or an object with one under `data`, or is missing where the
    contract gave none.
    """
    if not isinstance(error, dict):
        return None
    data = error.get("data")
    for _ in range(3):
        if not isinstance(data, dict):
            break
        data = data.get("data", data.get("result"))
    if isinstance(data, str):
        text = data.removeprefix("Reverted ").strip()
        if text.startswith("0x"):
            try:
                return bytes.fromhex(text[2:])
            except ValueError:
                return None
    message = error.get("message")
    if isinstance(message, str) and "revert" in message.lower():
        return b""
    return None


def to_error(data: bytes) -> CallReverted:
    """The error for `data`, with values by their names in the contract."""
    signature = _known().get(data[:4])
    if signature is None:
        what = (
            f"the call reverted with unknown data 0x{data[:64].hex()}" if data else "the call reverted without a reason"
        )
        return CallReverted(what, error="", arguments={}, data=data)
    try:
        values = signature.decode_call(data)
    except CodecError:
        return CallReverted(f"the call reverted with a malformed {signature.name}", error="", arguments={}, data=data)
    arguments = {
        parameter.name or str(index): _plain(value)
        for index, (parameter, value) in enumerate(zip(signature.inputs, values, strict=True))
    }
    what, remedy = _sentence(signature, arguments)
    return CallReverted(what, error=signature.name, arguments=arguments, data=data, remedy=remedy)


def reworded(error: CallReverted, shown: Mapping[str, str]) -> CallReverted:
    """`error` with the values named in `shown` written as there; its `arguments` stay the contract's own.

    For whoever knows what the numbers are: the token's unit is not in the revert data.
    """
    signature = _known().get(error.data[:4])
    if signature is None:
        return error
    what, remedy = _sentence(signature, {**error.arguments, **shown})
    return CallReverted(what, error=error.error, arguments=error.arguments, data=error.data, remedy=remedy)


def _sentence(signature: Signature, arguments: dict[str, Any]) -> tuple[str, str | None]:
    if signature.name == "Panic":
        return f"the contract stopped: {_PANICS.get(arguments['code'], hex(arguments['code']))}", None
    if signature.name == "GovernorUnexpectedProposalState":
        return _unexpected_state(arguments)
    if signature.name in _SENTENCES:
        sentence, remedy = _SENTENCES[signature.name]
        try:
            return sentence.format_map(arguments), remedy
        except KeyError:
            pass
    listed = ", ".join(f"{name} {value}" for name, value in arguments.items())
    return f"{signature.name}: {listed}" if listed else signature.name, None


def _unexpected_state(arguments: dict[str, Any]) -> tuple[str, str | None]:
    current = _state_name(arguments["current"])
    bitmap = int(arguments["expectedStates"], 16)
    expected = [state.name.lower() for state in ProposalState if bitmap >> state & 1]
    if not expected:
        return f"proposal {arguments['proposalId']} exists already; it is {current}", "see `dao proposal show`"
    return (
        f"proposal {arguments['proposalId']} is {current}, and this needs it {' or '.join(expected)}",
        "see `dao proposal show` for when it can be",
    )


def _state_name(number: int) -> str:
    return ProposalState(number).name.lower() if number in ProposalState.__members__.values() else f"state {number}"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    return value


@cache
def _known() -> dict[bytes, Signature]:
    known = dict(_STANDARD.errors)
    for name in artifacts.CONTRACTS:
        known |= artifacts.load(name).abi.errors
    return known
