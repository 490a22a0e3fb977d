"""A proposal file made into the bytes of this deployment: calls, description, identity."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dao.lifecycle.effect import Effect, effect_of
from dao.lifecycle.session import Session
from dao.lifecycle.tiers import tier_of
from dao.proposal.calldata import Context, compile_proposal
from dao.proposal.description import describe
from dao.proposal.document import ProposalDocument, load_proposal
from dao.proposal.identity import Identity, identify
from dao.tiers import Tier, TierRules
from dao.types import Address, Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A proposal ready to be submitted.

    Args:
        document: The file.
        calls: What it compiles to.
        description: The text that goes on chain.
        identity: Its id and hashes.
        proposer: The only account that can submit these bytes.
        block: The block at which everything was read.
        base_hash: `RewardPolicy.policyHash` at that block.
        effect: What the calls do to the policy.
        tier: The impact tier that the governor gives it.
        rules: What that tier needs now.
    """

    document: ProposalDocument
    calls: tuple[Call, ...]
    description: str
    identity: Identity
    proposer: Address
    block: int
    base_hash: bytes
    effect: Effect
    tier: Tier
    rules: TierRules


def prepare(session: Session, path: Path, *, proposer: Address) -> Prepared:
    """Compiles the proposal file at `path` for the session's deployment and a submission by `proposer`.

    Raises:
        DocumentError: The file is no proposal, or does not compile; names file, line and field.
        PolicyError: The policy contract would refuse it.
    """
    document, source = load_proposal(path)
    calls = compile_proposal(document, context_of(session), source=source)
    description = describe(document, proposer=proposer)
    block = session.connection.block()
    policy = session.contracts.policy.read(block=block.number)
    addresses = session.deployment.addresses
    effect = effect_of(calls, policy, contract=addresses.policy, first_open=policy.first_open_epoch(block.timestamp))
    tier = tier_of(session, calls, block)
    return Prepared(
        document=document,
        calls=calls,
        description=description,
        identity=identify(calls, description, governor=addresses.governor),
        proposer=proposer,
        block=block.number,
        base_hash=policy.hash,
        effect=effect,
        tier=tier,
        rules=session.contracts.governor.settings(block=block.number).tiers[tier],
    )


def context_of(session: Session) -> Context:
    """What the documents of the session's deployment depend on."""
    deployment = session.deployment
    return Context(addresses=deployment.addresses, symbol=deployment.symbol, decimals=deployment.decimals)
