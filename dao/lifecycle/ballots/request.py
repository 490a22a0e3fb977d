"""Asks for a ballot: everything that its voter needs to sign it without a network."""

from __future__ import annotations

from dao.ballot.document import Request
from dao.lifecycle.proposals import ChainProposal, standing
from dao.lifecycle.session import Session
from dao.lifecycle.vote import remaining_weight
from dao.types import Address

EIP_7702 = b"\xef\x01\x00"
"""What the code of an account begins with whose owner still signs with the account's own key."""

_KEYS = 2**192


def request(session: Session, proposal: ChainProposal, voter: Address) -> Request:
    """The request for the ballot of `voter` on `proposal`, with the weight that is left to it.

    Raises VoteRefused when voting is not open, or no weight is left.
    """
    contracts, deployment = session.contracts, session.deployment
    power = remaining_weight(session, proposal, voter)
    block = session.connection.ahead().ref
    code = session.connection.code(voter, block=block)
    return Request(
        chain_id=deployment.chain_id,
        governor=deployment.addresses.governor,
        governor_name=contracts.governor.ask("name", block=block),
        proposal_id=proposal.proposal_id,
        title=proposal.title,
        voter=voter,
        contract=bool(code) and not code.startswith(EIP_7702),
        nonce=int(
            contracts.governor.ask("nonces(address,uint192)", voter, nonce_key(proposal.proposal_id), block=block)
        ),
        power=power,
        symbol=deployment.symbol,
        decimals=deployment.decimals,
        deadline=standing(session, proposal, block=block).deadline,
    )


def nonce_key(proposal_id: int) -> int:
    """`GovernorNoncesKeyed`: the key of a proposal's nonces is its low 192 bits."""
    return proposal_id % _KEYS
