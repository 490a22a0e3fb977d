"""What is deployed, how it is set, and where the clock stands."""

from __future__ import annotations

from dataclasses import dataclass

from dao.chain.connection import Block
from dao.chain.contracts import Settings
from dao.errors import RpcError
from dao.lifecycle.journal import Deployment
from dao.lifecycle.session import Session
from dao.lifecycle.tiers import Function, listed
from dao.tiers import Tier
from dao.types import ProposalState


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A deployment at a block. Amounts are in the token's smallest unit, delays in seconds.

    `listed` has the functions below the highest tier, and `cap` is None for a wrapper, which has none.
    `epoch` is None before the policy's genesis. `proposals` counts the proposals in each state.
    """

    deployment: Deployment
    block: Block
    settings: Settings
    listed: dict[Function, Tier]
    min_delay: int
    supply: int
    cap: int | None
    treasury: int
    epoch: int | None
    policy_hash: bytes
    proposals: dict[ProposalState, int]


def status(session: Session, proposal_ids: list[int]) -> Status:
    """The status of the session's deployment at the latest block, with its proposals counted by state."""
    contracts, connection = session.contracts, session.connection
    block = connection.block()
    supply, treasury, delay, genesis, length, policy_hash = (
        answer[0]
        for answer in connection.views(
            [
                contracts.token.view("totalSupply"),
                contracts.token.view("balanceOf", contracts.timelock.address),
                contracts.timelock.view("getMinDelay"),
                contracts.policy.view("genesis"),
                contracts.policy.view("epochLength"),
                contracts.policy.view("policyHash"),
            ],
            block=block.number,
        )
    )
    if not length:
        raise RpcError("the policy answers with epochs of no length", expected="at least 1 s", found=length)
    standings = contracts.governor.standings(proposal_ids, block=block.number)
    counts = {state: sum(s.state is state for s in standings) for state in ProposalState}
    return Status(
        deployment=session.deployment,
        block=block,
        settings=contracts.governor.settings(block=block.number),
        listed=listed(session, block),
        min_delay=delay,
        supply=supply,
        cap=_cap(session, block),
        treasury=treasury,
        epoch=(block.timestamp - genesis) // length if block.timestamp >= genesis else None,
        policy_hash=bytes(policy_hash),
        proposals={state: count for state, count in counts.items() if count},
    )


def _cap(session: Session, block: Block) -> int | None:
    wrapper = session.deployment.wraps is not None
    return None if wrapper else int(session.contracts.token.ask("cap", block=block.number))
