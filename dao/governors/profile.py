"""What kind of governor a deployment is, as far as its replay differs by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from dao.errors import ReplayError
from dao.governors.events import Kind
from dao.types import Address, is_hex_address

CHOICES: dict[str, tuple[str, ...]] = {
    "family": ("openzeppelin", "bravo"),
    "clock": ("blocknumber", "timestamp"),
    "counting": ("simple", "fractional", "overridable", "bravo"),
    "token_kind": ("erc20", "erc721"),
    "token_votes": ("getVotes", "getCurrentVotes"),
    "quorum": ("fraction", "views"),
    "timelock_kind": ("controller", "compound", "none"),
    "ids": ("hash", "sequential"),
}
"""What each field may say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How a governor works.

    Args:
        family: `openzeppelin`, or `bravo` for Compound's.
        clock: How governor and token count time: `blocknumber` or `timestamp` (ERC-6372).
        counting: How ballots count; `bravo` is Compound's way, by which those who abstain are no part of the quorum.
        token_kind: `erc20`, or `erc721` where each token is one vote.
        token_votes: The view of the token that answers for votes now; COMP and its kin have another one.
        quorum: `fraction` of the supply at the snapshot, or `views` where only the contract knows it.
        denominator: What numerators of a fraction are parts of.
        timelock_kind: OpenZeppelin's `controller`, `compound`, or `none`.
        ids: Proposals are known by the `hash` of their contents, or numbered: `sequential`.
        checkpointed: Whether the numerator of the snapshot counts. Before OpenZeppelin 4.7.2 the latest one does.
        restricted: Whether a description can name the only account that may submit it; since 4.9.
        salted: Whether the timelock tells the salts of its operations; since 4.9.
        follows_timelock: Whether a proposal is cancelled whose operation was, on the timelock directly; since 4.5.
        keeps_eta: Whether the governor itself keeps when a proposal may be executed; since 5.0.
        early: Whether windows begin and end one block before; 4.3 alone.
        super_quorum: Whether enough votes for end a vote early; `GovernorSuperQuorum`.
        late_quorum: Whether a late quorum extends the vote; `GovernorPreventLateQuorum`.
        trusted: Values that views answered and no log tells, by their names: settings in force at the end.
        quorums: Where `quorum` is `views`: votes needed by snapshot.
    """

    family: str = "openzeppelin"
    clock: str = "blocknumber"
    counting: str = "simple"
    token_kind: str = "erc20"
    token_votes: str = "getVotes"
    quorum: str = "fraction"
    denominator: int = 100
    timelock_kind: str = "none"
    ids: str = "hash"
    checkpointed: bool = True
    restricted: bool = True
    salted: bool = True
    follows_timelock: bool = True
    keeps_eta: bool = True
    early: bool = False
    super_quorum: bool = False
    late_quorum: bool = False
    trusted: tuple[tuple[str, int], ...] = ()
    quorums: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ReplayError(f"no such {name}", expected=", ".join(choices), found=getattr(self, name))
        if self.denominator <= 0:
            raise ReplayError("a quorum is no fraction", expected="a denominator above zero", found=self.denominator)

    @property
    def token(self) -> Kind:
        """What its token's events are."""
        return Kind(self.token_kind)

    @property
    def governor(self) -> Kind:
        """What its governor's events are."""
        return Kind(self.family)

    @property
    def timelock(self) -> Kind | None:
        """What its timelock's events are; None without one."""
        return None if self.timelock_kind == "none" else Kind(self.timelock_kind)

    def trusts(self, name: str) -> int | None:
        """The value that views answered for a setting; None where they were not asked."""
        return dict(self.trusted).get(name)

    def with_quorums(self, quorums: Mapping[int, int]) -> Profile:
        """The same with votes needed by snapshot."""
        return replace(self, quorums=tuple(sorted(quorums.items())))

    def to_dict(self) -> dict[str, Any]:
        """The profile as JSON holds it; numbers of votes are decimal strings, as they exceed what most readers keep."""
        return {
            **asdict(self),
            "trusted": {name: str(value) for name, value in self.trusted},
            "quorums": {str(snapshot): str(votes) for snapshot, votes in self.quorums},
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Profile:
        """The profile in `value`. Raises ReplayError where that is none."""
        known = {field.name: field for field in fields(cls)}
        if set(value) != set(known):
            raise ReplayError("a profile has other fields", expected=", ".join(known), found=", ".join(map(str, value)))
        for name, field in known.items():
            kind = {"bool": bool, "int": int, "str": str}.get(str(field.type), dict)
            if type(value[name]) is not kind:
                raise ReplayError(f"{name} of a profile", expected=kind.__name__, found=type(value[name]).__name__)
        try:
            trusted = tuple((str(name), int(number)) for name, number in value["trusted"].items())
            quorums = tuple((int(snapshot), int(votes)) for snapshot, votes in value["quorums"].items())
        except (TypeError, ValueError) as error:
            raise ReplayError("a profile has no numbers", expected="decimal strings", found=error) from error
        return cls(**{**value, "trusted": trusted, "quorums": quorums})


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernorDeployment:
    """A governor, its token, its timelock where it has one, and what kind it is."""

    governor: Address
    token: Address
    timelock: Address | None
    profile: Profile

    def to_dict(self) -> dict[str, Any]:
        """The deployment as JSON holds it."""
        return {
            "governor": self.governor,
            "token": self.token,
            "timelock": self.timelock,
            "profile": self.profile.to_dict(),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> GovernorDeployment:
        """The deployment in `value`. Raises ReplayError where that is none."""
        expected = ("governor", "token", "timelock", "profile")
        if set(value) != set(expected) or not isinstance(value["profile"], dict):
            raise ReplayError("a governor's deployment has other fields", expected=", ".join(expected))
        for name in expected[:3]:
            address = value[name]
            if not (name == "timelock" and address is None) and not is_hex_address(str(address)):
                raise ReplayError(f"{name} of a governor's deployment", expected="an address", found=address)
        profile = Profile.from_dict(value["profile"])
        if (value["timelock"] is None) != (profile.timelock is None):
            raise ReplayError("a timelock and its kind go together", found=value["timelock"])
        return cls(
            governor=Address(value["governor"]),
            token=Address(value["token"]),
            timelock=None if value["timelock"] is None else Address(value["timelock"]),
            profile=profile,
        )
