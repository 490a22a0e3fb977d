"""What moves the token, and who may mint it."""

from __future__ import annotations

from dao.events.decode import Place
from dao.events.model import Transfer
from dao.replay import votes
from dao.replay.authority import require_effect
from dao.replay.funding import moved
from dao.replay.ledger import Rule
from dao.replay.roles import MINTER
from dao.replay.state import GovernanceState
from dao.types import ZERO_ADDRESS


def transfer(state: GovernanceState, event: Transfer, place: Place) -> None:
    """Moves tokens and votes, and does what belongs to it beside."""
    votes.settle_announced(state, place)
    issue(state, event, place)
    votes.move(state, event, place)


def issue(state: GovernanceState, event: Transfer, place: Place) -> None:
    """What a transfer does beside moving a balance: it pays what was earned, and changes the supply."""
    announced = state.addresses.wraps is None and moved(state, event, place)
    if event.source == ZERO_ADDRESS:
        _mint(state, event, place, announced=announced)
    votes.change_supply(state, event)


def _mint(state: GovernanceState, event: Transfer, place: Place, *, announced: bool) -> None:
    """Requires a minter. Where timelock and distributor alone are, their own logs explain every mint."""
    token = state.addresses.token
    if state.addresses.wraps is not None or state.constructing(token, place):
        # A wrapper mints to whoever deposits; that the deposits are there is asked of the token that it wraps.
        return
    minters = state.roles.holders(token, MINTER)
    subject = f"mint of {event.value} to {event.to}"
    if announced:
        distributor = state.addresses.distributor
        held = distributor in minters
        state.ledger.require(
            Rule.MINTING, subject, held, expected="a holder of the role", found=f"{distributor} without it", place=place
        )
        return
    state.ledger.require(
        Rule.MINTING, subject, bool(minters), expected="a holder of the role", found="nobody holds it", place=place
    )
    if minters <= {state.settings.timelock, state.addresses.distributor}:
        require_effect(state, Rule.MINTING, subject, token, [("mint", (event.to, event.value))], place)
