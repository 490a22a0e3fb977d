"""A proposal file made into the bytes of this deployment: calls, and with a proposer description and identity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dao.document.loader import Source
from dao.document.quantities import Units
from dao.errors import CodecError, PolicyError
from dao.lifecycle.effect import Effect, effect_of
from dao.lifecycle.refusal import locate_refusal
from dao.lifecycle.session import Session
from dao.lifecycle.tiers import tier_of
from dao.proposal.calldata import Context, compile_proposal
from dao.proposal.description import describe
from dao.proposal.document import ProposalDocument, load_proposal
from dao.proposal.identity import Identity, identify
from dao.rewards.policy import Policy
from dao.tiers import Tier, TierRules
from dao.types import Address, Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A proposal whose proposer is not known: what it does, without the text and the id that depend on who submits it.

    Args:
        document: The file.
        calls: What it compiles to.
        block: The block at which everything was read.
        base_hash: `RewardPolicy.policyHash` at that block.
        effect: What the calls do to the policy.
        tier: The impact tier that the governor gives it.
        rules: What that tier needs now.
    """

    document: ProposalDocument
    calls: tuple[Call, ...]
    block: int
    base_hash: bytes
    effect: Effect
    tier: Tier
    rules: TierRules

    @property
    def title(self) -> str:
        """The file's title."""
        return self.document.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(Compiled):
    """A proposal ready to be submitted.

    Args:
        description: The text that goes on chain.
        identity: Its id and hashes.
        proposer: The only account that can submit these bytes.
    """

    description: str
    identity: Identity
    proposer: Address


def compile_file(session: Session, path: Path) -> Compiled:
    """Compiles the proposal file at `path` for the session's deployment.

    Raises DocumentError, naming file, line and field, when the file is no proposal, does not compile, or asks for what
    the policy contract would refuse.
    """
    document, source = load_proposal(path)
    calls = compile_proposal(document, context_of(session), source=source)
    block = session.connection.block()
    policy = session.contracts.policy.read(block=block.number)
    now = max(block.timestamp, session.connection.ahead().timestamp)
    tier = tier_of(session, calls, block)
    return Compiled(
        document=document,
        calls=calls,
        block=block.number,
        base_hash=policy.hash,
        effect=_effect(calls, document, source, policy, context=context_of(session), now=now),
        tier=tier,
        rules=session.contracts.governor.settings(block=block.number).tiers[tier],
    )


def prepare(session: Session, path: Path, *, proposer: Address) -> Prepared:
    """Compiles the proposal file at `path` for a submission by `proposer`. Raises like `compile_file`."""
    compiled = compile_file(session, path)
    description = describe(compiled.document, proposer=proposer)
    return Prepared(
        document=compiled.document,
        calls=compiled.calls,
        block=compiled.block,
        base_hash=compiled.base_hash,
        effect=compiled.effect,
        tier=compiled.tier,
        rules=compiled.rules,
        description=description,
        identity=identify(compiled.calls, description, governor=session.deployment.addresses.governor),
        proposer=proposer,
    )


def context_of(session: Session) -> Context:
    """What the documents of the session's deployment depend on."""
    deployment = session.deployment
    return Context(addresses=deployment.addresses, symbol=deployment.symbol, decimals=deployment.decimals)


def _effect(
    calls: Sequence[Call], document: ProposalDocument, source: Source, policy: Policy, *, context: Context, now: int
) -> Effect:
    first_open = policy.first_open_epoch(now)
    contract, units = context.addresses.policy, Units(context.symbol, context.decimals)
    effect = effect_of((), policy, contract=contract, first_open=first_open)
    for count, action in enumerate(document.actions, 1):
        before = effect.after
        try:
            effect = effect_of(calls[:count], policy, contract=contract, first_open=first_open)
        except (CodecError, PolicyError) as error:
            raise locate_refusal(error, action, count - 1, source, policy=before, units=units, now=now) from error
    return effect
