"""What the token's own events do: balances, delegates, voting power."""

from __future__ import annotations

from dao.events.decode import Place
from dao.events.model import DelegateChanged, DelegateVotesChanged, Transfer
from dao.replay.authority import require_effect
from dao.replay.checkpoints import move_delegate_votes
from dao.replay.funding import moved
from dao.replay.ledger import Rule
from dao.replay.roles import MINTER
from dao.replay.state import GovernanceState
from dao.types import ZERO_ADDRESS


def transfer(state: GovernanceState, event: Transfer, place: Place) -> None:
    """Moves tokens, and the votes of whoever the owners delegate to; `ERC20Votes._update`."""
    settle_announced(state, place)
    issue(state, event, place)
    token = state.token
    if event.source != ZERO_ADDRESS:
        state.ledger.require(
            Rule.BALANCE,
            f"balance of {event.source}",
            token.balance(event.source) >= event.value,
            expected=f"at least {event.value}",
            found=token.balance(event.source),
            place=place,
        )
        token.balances[event.source] = token.balance(event.source) - event.value
    if event.to != ZERO_ADDRESS:
        token.balances[event.to] = token.balance(event.to) + event.value
    token.announced.extend(
        move_delegate_votes(
            token.powers,
            source=token.delegate(event.source),
            to=token.delegate(event.to),
            amount=event.value,
            clock=state.clock,
        )
    )


def issue(state: GovernanceState, event: Transfer, place: Place) -> None:
    """What a transfer does beside moving a balance: it pays what was earned, and changes the supply."""
    announced = state.addresses.wraps is None and moved(state, event, place)
    supply = state.token.supply
    if event.source == ZERO_ADDRESS:
        _mint(state, event, place, announced=announced)
        supply.push(state.clock, supply.latest() + event.value)
    if event.to == ZERO_ADDRESS:
        supply.push(state.clock, supply.latest() - event.value)


def delegate_changed(state: GovernanceState, event: DelegateChanged, place: Place) -> None:
    """Moves all votes of an account from its old delegate to its new one; `Votes._delegate`."""
    settle_announced(state, place)
    token = state.token
    old = token.delegate(event.delegator)
    subject = f"delegation of {event.delegator}"
    state.ledger.compare(Rule.DELEGATE, subject, expected=old, found=event.from_delegate, place=place)
    token.delegates[event.delegator] = event.to_delegate
    token.announced.extend(
        move_delegate_votes(
            token.powers,
            source=old,
            to=event.to_delegate,
            amount=token.balance(event.delegator),
            clock=state.clock,
        )
    )


def delegate_votes_changed(state: GovernanceState, event: DelegateVotesChanged, place: Place) -> None:
    """Compares the token's claim with the movement that the replay computed; it changes nothing."""
    announced = state.token.announced.popleft() if state.token.announced else None
    state.ledger.compare(
        Rule.POWER,
        f"voting power of {event.delegate}",
        expected=(announced.delegate, announced.old, announced.new) if announced else "no change",
        found=(event.delegate, event.previous_votes, event.new_votes),
        place=place,
    )


def settle_announced(state: GovernanceState, place: Place) -> None:
    """Notes every computed movement of votes that the token did not tell of before `place`."""
    for change in state.token.announced:
        state.ledger.compare(
            Rule.POWER,
            f"voting power of {change.delegate}",
            expected=(change.delegate, change.old, change.new),
            found="no DelegateVotesChanged",
            place=place,
        )
    state.token.announced.clear()


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
