"""Finds out what a governor is: its token, its timelock and everything that its replay differs by, from views alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol
from urllib.parse import parse_qs

from dao.abi import ContractAbi, Signature, keccak
from dao.chain.connection import BlockRef, View
from dao.errors import CallReverted, CodecError, DeploymentError, RpcError
from dao.governors.events import Kind, topic
from dao.governors.profile import GovernorDeployment, Profile
from dao.types import ZERO_ADDRESS, Address

IMPLEMENTATION = (int.from_bytes(keccak(b"eip1967.proxy.implementation"), "big") - 1).to_bytes(32, "big")
"""The storage slot in which a proxy names its implementation (EIP-1967)."""

ERC721 = bytes.fromhex("80ac58cd")
"""Interface id of ERC-721 (ERC-165)."""

LARGEST = 2**64 - 1
"""No delay, period or timestamp is longer."""

_REVERTED = (3, -32000, -32015, -32603)
"""Codes by which nodes say that a call failed, where they do not send what it reverted with."""


class Node(Protocol):
    """Whoever answers for contracts, as `dao.chain.connection.Connection` does."""

    def views(self, views: Sequence[View], *, block: BlockRef = "latest") -> list[tuple[Any, ...]]:
        """What the views return at `block`, in their order."""

    def code(self, address: Address, *, block: BlockRef = "latest") -> bytes:
        """The code at `address`."""

    def storage(self, address: Address, slot: bytes, *, block: BlockRef = "latest") -> bytes:
        """The word in a storage slot of `address`."""


def signature(text: str, *outputs: str) -> Signature:
    """The view `text`, such as `quorum(uint256)`, that returns values of the types `outputs`."""
    name, _, rest = text.partition("(")
    inputs = [{"type": kind} for kind in rest.removesuffix(")").split(",") if kind]
    entry = {"type": "function", "name": name, "inputs": inputs, "outputs": [{"type": kind} for kind in outputs]}
    return ContractAbi([entry]).function(name)


def discover(node: Node, governor: Address, *, block: BlockRef = "latest") -> GovernorDeployment:
    """The deployment behind the governor at `governor`, as its contracts answer at `block`.

    Values that only views know are kept in the profile as trusted. Every answer is somebody else's: what does not fit
    together is refused, and what an answer claims falsely about the past shows in the replay.

    Raises:
        DeploymentError: There is no governor, or one that cannot be replayed; with what was expected instead.
        ChainError: The node does not answer.
    """
    asked = _Asked(node, block)
    if not node.code(governor, block=block):
        raise DeploymentError("there is no contract at this address", expected="a governor", found=governor)
    mode = asked.one(governor, "COUNTING_MODE()", "string")
    if mode is not None:
        return _openzeppelin(asked, governor, str(mode))
    token = asked.one(governor, "comp()", "address")
    votes = asked.one(governor, "quorumVotes()", "uint256")
    if token is None or votes is None:
        raise DeploymentError(
            "this is no governor that can be replayed",
            expected="COUNTING_MODE() as OpenZeppelin's Governor since 4.3 answers, or comp() and quorumVotes() as "
            "Compound's GovernorBravo",
            found=f"a contract at {governor} that answers neither",
            remedy="give the address of the governor, not of its token, timelock or administrator",
        )
    return _bravo(asked, governor, token, votes)


class _Asked:
    """Views of foreign contracts: None where there is no such view."""

    def __init__(self, node: Node, block: BlockRef) -> None:
        self.node, self.block = node, block

    def one(self, address: Address, text: str, output: str, *arguments: Any) -> Any:
        """What one view answers; None where it reverts, or answers as no such view would."""
        try:
            return self.node.views([View(address, signature(text, output), arguments)], block=self.block)[0][0]
        except (CallReverted, CodecError):
            return None
        except RpcError as error:
            code = error.values.get("code")
            if code is None or code in _REVERTED:
                return None
            raise

    def number(self, address: Address, text: str, *arguments: Any, most: int = 2**256 - 1) -> int | None:
        """A number. Raises DeploymentError where it is larger than it can be."""
        found: int | None = self.one(address, text, "uint256", *arguments)
        if found is not None and found > most:
            raise DeploymentError(f"{text} of {address} answers nonsense", expected=f"at most {most}", found=found)
        return found

    def contract(self, address: Address, text: str) -> Address | None:
        """Another contract's address; None where there is no such view. Raises DeploymentError where it is none."""
        found = self.one(address, text, "address")
        if found is not None and (found == ZERO_ADDRESS or not self.node.code(found, block=self.block)):
            raise DeploymentError(f"{text} of {address} names no contract", expected="a contract", found=found)
        return None if found is None else Address(found)

    def has(self, address: Address, part: bytes) -> bool:
        """Whether `part` occurs in the code at `address`, or in that of the implementation behind it (EIP-1967)."""
        behind = self.node.storage(address, IMPLEMENTATION, block=self.block)[12:]
        code = self.node.code(address, block=self.block)
        if any(behind):
            code += self.node.code(Address("0x" + behind.hex()), block=self.block)
        return part in code


def _openzeppelin(asked: _Asked, governor: Address, mode: str) -> GovernorDeployment:
    token = asked.contract(governor, "token()")
    if token is None:
        raise DeploymentError(
            "this governor has no token that is replayed", expected="GovernorVotes or GovernorVotesComp", found=governor
        )
    clock = asked.one(governor, "CLOCK_MODE()", "string")
    timelock = asked.contract(governor, "timelock()")
    kind = _timelock_kind(asked, timelock)
    denominator = asked.number(governor, "quorumDenominator()")
    numerator = asked.number(governor, "quorumNumerator()")
    fraction = denominator is not None and numerator is not None
    if not fraction and asked.one(governor, "superQuorum(uint256)", "uint256", 0) is not None:
        raise DeploymentError("this governor's super quorum is no fraction", expected="superQuorumNumerator()")
    settings = {
        "voting_delay": asked.number(governor, "votingDelay()", most=LARGEST),
        "voting_period": asked.number(governor, "votingPeriod()", most=LARGEST),
        "proposal_threshold": asked.number(governor, "proposalThreshold()"),
        "late_quorum_extension": asked.number(governor, "lateQuorumVoteExtension()", most=LARGEST),
        "numerators": numerator if fraction else None,
        "super_numerators": asked.number(governor, "superQuorumNumerator()"),
        **_timelock_settings(asked, timelock, kind),
    }
    relay = signature("relay(address,uint256,bytes)").selector
    return GovernorDeployment(
        governor=governor,
        token=token,
        timelock=timelock,
        profile=Profile(
            family="openzeppelin",
            clock=_clock(clock),
            counting=_counting(mode),
            token_kind="erc721" if asked.one(token, "supportsInterface(bytes4)", "bool", ERC721) else "erc20",
            token_votes=_token_votes(asked, token),
            quorum="fraction" if fraction else "views",
            denominator=100 if denominator is None else denominator,
            timelock_kind=kind,
            ids="hash" if asked.number(governor, "latestProposalId()") is None else "sequential",
            checkpointed=asked.number(governor, "quorumNumerator(uint256)", 0) is not None,
            restricted=clock is not None,
            salted=timelock is not None and asked.has(timelock, topic("CallSalt", Kind.CONTROLLER)),
            follows_timelock=asked.has(governor, relay),
            keeps_eta=asked.one(governor, "proposalNeedsQueuing(uint256)", "bool", 0) is not None,
            early=settings["proposal_threshold"] is None,
            super_quorum=settings["super_numerators"] is not None,
            late_quorum=settings["late_quorum_extension"] is not None,
            trusted=_known(settings.items()),
        ),
    )


def _bravo(asked: _Asked, governor: Address, token: Address, votes: int) -> GovernorDeployment:
    timelock = asked.contract(governor, "timelock()")
    if timelock is None or _timelock_kind(asked, timelock) != "compound":
        raise DeploymentError("this GovernorBravo has no timelock of Compound's", expected="one", found=timelock)
    first = asked.number(governor, "initialProposalId()")
    settings = {
        "voting_delay": asked.number(governor, "votingDelay()", most=LARGEST),
        "voting_period": asked.number(governor, "votingPeriod()", most=LARGEST),
        "proposal_threshold": asked.number(governor, "proposalThreshold()"),
        "quorum_votes": votes,
        "first_id": None if first is None else first + 1,
        **_timelock_settings(asked, timelock, "compound"),
    }
    profile = Profile(
        family="bravo",
        counting="bravo",
        token_votes=_token_votes(asked, token),
        quorum="views",
        timelock_kind="compound",
        ids="sequential",
        restricted=False,
        salted=False,
        trusted=_known(settings.items()),
    )
    return GovernorDeployment(governor=governor, token=token, timelock=timelock, profile=profile)


def _known(settings: Iterable[tuple[str, int | None]]) -> tuple[tuple[str, int], ...]:
    return tuple((name, value) for name, value in settings if value is not None)


def _timelock_kind(asked: _Asked, timelock: Address | None) -> str:
    if timelock is None:
        return "none"
    if asked.number(timelock, "getMinDelay()") is not None:
        return "controller"
    if asked.number(timelock, "GRACE_PERIOD()") is not None:
        return "compound"
    raise DeploymentError(
        "this governor's timelock is none that is replayed",
        expected="OpenZeppelin's TimelockController or Compound's Timelock",
        found=timelock,
    )


def _timelock_settings(asked: _Asked, timelock: Address | None, kind: str) -> dict[str, int | None]:
    if timelock is None:
        return {}
    if kind == "controller":
        return {"min_delay": asked.number(timelock, "getMinDelay()", most=LARGEST)}
    return {
        "min_delay": asked.number(timelock, "delay()", most=LARGEST),
        "grace_period": asked.number(timelock, "GRACE_PERIOD()", most=LARGEST),
    }


def _token_votes(asked: _Asked, token: Address) -> str:
    """How the token answers for votes. Raises DeploymentError where it has none."""
    for name, output in (("getVotes", "uint256"), ("getCurrentVotes", "uint96")):
        if asked.one(token, f"{name}(address)", output, token) is not None:
            return name
    raise DeploymentError(
        "this governor's token has no votes", expected="ERC20Votes, ERC721Votes or COMP", found=f"a contract at {token}"
    )


def _clock(mode: object) -> str:
    """ERC-6372; without it a governor counts blocks."""
    if mode is None:
        return "blocknumber"
    found = parse_qs(str(mode)).get("mode", [""])[0]
    if found not in ("blocknumber", "timestamp"):
        raise DeploymentError("this governor counts time in another way", expected="blocks or seconds", found=mode)
    return found


def _counting(mode: str) -> str:
    """`IGovernor.COUNTING_MODE`: parameters as in a URL."""
    said = {name: values[0] for name, values in parse_qs(mode).items()}
    support, quorum = said.get("support", "").split(","), said.get("quorum")
    if support == ["bravo"] and quorum == "bravo":
        return "bravo"
    if quorum == "for,abstain" and "bravo" in support:
        if said.get("overridable") == "true":
            return "overridable"
        if said.get("params") == "fractional":
            return "fractional"
        if support == ["bravo"] and "params" not in said:
            return "simple"
    raise DeploymentError(
        "this governor counts ballots in another way",
        expected="the modes of OpenZeppelin's Simple, Fractional, Overridable and CompatibilityBravo",
        found=mode,
    )
