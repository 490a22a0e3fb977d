"""A policy by any name that a person gives it: the chain's, a file's, a preset's, or what a proposal would make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from functools import cached_property
from pathlib import Path

from dao.abi import checksum
from dao.deployment.document import load_deployment
from dao.document import loader
from dao.document.forms import parse_reading
from dao.document.preset import load_preset
from dao.document.quantities import Units
from dao.document.shapes import resolve
from dao.errors import PolicyError
from dao.lifecycle.effect import effect_of
from dao.lifecycle.presets import preset_path
from dao.lifecycle.proposals import find
from dao.lifecycle.session import Session
from dao.proposal.calldata import Context, compile_proposal
from dao.proposal.document import load_proposal
from dao.rewards.assume import assume
from dao.rewards.file import load
from dao.rewards.policy import Policy
from dao.types import Addresses, Call

CURRENT = "current"
"""The name of the policy that the deployment's contract holds."""

WEI = Units("wei", 0)
"""The unit of a policy that nothing names another for."""


class Kind(Enum):
    """What a name turned out to name."""

    CHAIN = "the policy on chain"
    FILE = "a policy file"
    PRESET = "a preset"
    DEPLOYMENT = "a deployment file"
    DOCUMENT = "a proposal file"
    PROPOSAL = "a proposal on chain"

    @property
    def is_proposal(self) -> bool:
        """Whether it changes a policy instead of being one."""
        return self in (Kind.DOCUMENT, Kind.PROPOSAL)

    @property
    def is_on_chain(self) -> bool:
        """Whether only a node can tell."""
        return self in (Kind.CHAIN, Kind.PROPOSAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A policy and how to speak of it.

    Args:
        name: What the person called it.
        policy: The policy.
        units: What its amounts are in; None where nothing says so.
        dated: Whether its genesis is a moment; else it begins when somebody deploys it, and its epochs have no dates.
        now: Timestamp of the block at which it was read (seconds); None off the chain.
    """

    name: str
    policy: Policy
    units: Units | None
    dated: bool
    now: int | None = None

    @property
    def first_epoch(self) -> int:
        """The epoch of the block at which it was read; 0 off the chain and before the genesis."""
        return self.policy.epoch_at(self.now) if self.now is not None and self.now >= self.policy.genesis else 0

    def assuming(self, reports: Mapping[str, str], *, last: int) -> Subject:
        """The same, had the reporters of the streams in `reports` said the same for every missing epoch up to `last`.

        Values are written as in documents: `0.5`, `1_000 RWD`. Raises AmountError or PolicyError for what cannot be
        reported.
        """
        units = self.units or WEI
        values = {stream: int(resolve(parse_reading(text), units)) for stream, text in reports.items()}
        return replace(self, policy=assume(self.policy, values, last=last))


@dataclass(frozen=True)
class Subjects:
    """Finds policies, and asks for the chain only where a name needs it.

    Args:
        open_session: Opens the deployment on its chain.
        presets: The folder that presets are found in by name.
        units: What the amounts of documents and files are in, where the person says so.
    """

    open_session: Callable[[], Session]
    presets: Path
    units: Units | None = None

    @cached_property
    def session(self) -> Session:
        """The deployment on its chain, opened once."""
        return self.open_session()

    def pair(self, before: str, after: str | None) -> tuple[Subject, Subject]:
        """The policies to compare; a proposal alone is compared with the policy that it changes.

        Raises DocumentError, PolicyError, ProposalError or ChainError where a name leads nowhere, and PolicyError where
        the two policies are in different units.
        """
        if after is None:
            before, after = CURRENT, before
        # Both are looked up before the chain is asked, so that a misspelt file is told first.
        on_chain = any(self.kind(name).is_on_chain for name in (before, after)) or self.kind(before).is_proposal
        first = self.one(before, units=self._current().units if on_chain else self._written_units(after))
        second = self.one(after, base=first, units=first.units)
        if first.units and second.units and first.units != second.units:
            raise PolicyError(
                "the policies are in different units",
                expected=f"{first.units.symbol} with {first.units.decimals} decimals",
                found=f"{second.units.symbol} with {second.units.decimals} decimals",
            )
        return first, second

    def one(self, name: str, *, base: Subject | None = None, units: Units | None = None) -> Subject:
        """The policy called `name`; if that is a proposal, the one that it makes of `base`, else of the chain's."""
        kind = self.kind(name)
        path = Path(name)
        units = self.units or units
        if kind is Kind.CHAIN:
            return self._current()
        if kind is Kind.FILE:
            return Subject(name=name, policy=load(path).policy, units=units, dated=True)
        if kind is Kind.PRESET:
            preset, _ = load_preset(path if path.is_file() else preset_path(self.presets, name))
            units = units or preset.units
            genesis = preset.policy.genesis if isinstance(preset.policy.genesis, int) else None
            policy = preset.policy.policy(units, genesis=genesis or 0)
            return Subject(name=name, policy=policy, units=units, dated=genesis is not None)
        if kind is Kind.DEPLOYMENT:
            document = load_deployment(path, presets=self.presets)
            policy = document.policy(genesis=document.genesis or 0)
            return Subject(name=name, policy=policy, units=document.units, dated=document.genesis is not None)
        return self._after(name, kind, base or self._current())

    def kind(self, name: str) -> Kind:
        """What `name` names. Files come before presets, and presets before proposals on chain."""
        path = Path(name)
        if name == CURRENT:
            return Kind.CHAIN
        if path.is_file():
            if path.suffix == ".json":
                return Kind.FILE
            plain = loader.load_file(path).plain()
            keys = set(plain) if isinstance(plain, dict) else set()
            if "actions" in keys:
                return Kind.DOCUMENT
            return Kind.DEPLOYMENT if "token" in keys else Kind.PRESET
        if preset_path(self.presets, name).is_file():
            return Kind.PRESET
        if path.suffix:
            raise PolicyError("there is no such file", found=name)
        return Kind.PROPOSAL

    def _written_units(self, name: str) -> Units | None:
        """The unit that the document called `name` is in, where it says so."""
        return self.one(name).units if self.kind(name) in (Kind.PRESET, Kind.DEPLOYMENT) else None

    def _current(self) -> Subject:
        block = self.session.connection.block()
        deployment = self.session.deployment
        return Subject(
            name=CURRENT,
            policy=self.session.contracts.policy.read(block=block.number),
            units=Units(deployment.symbol, deployment.decimals),
            dated=True,
            now=block.timestamp,
        )

    def _after(self, name: str, kind: Kind, base: Subject) -> Subject:
        """The policy that a proposal makes of `base`, executed now."""
        if kind is Kind.PROPOSAL:
            addresses = self.session.deployment.addresses
            calls = find(self.session, name).calls
        else:
            addresses = self.session.deployment.addresses if base.now is not None else _PLACEHOLDERS
            calls = self._compiled(Path(name), base, addresses)
        first_open = 0 if base.now is None else base.policy.first_open_epoch(base.now)
        effect = effect_of(calls, base.policy, contract=addresses.policy, first_open=first_open)
        return Subject(name=name, policy=effect.after, units=base.units, dated=base.dated, now=base.now)

    def _compiled(self, path: Path, base: Subject, addresses: Addresses) -> tuple[Call, ...]:
        document, source = load_proposal(path)
        units = self.units or base.units or WEI
        context = Context(addresses=addresses, symbol=units.symbol, decimals=units.decimals)
        return tuple(compile_proposal(document, context, source=source))


_PLACEHOLDERS = Addresses(
    **{entry.name: checksum(f"0x{index:040x}") for index, entry in enumerate(fields(Addresses), 1)}
)
"""Stand for the contracts of a policy that is not deployed; what a proposal changes of it depends on none of them."""
