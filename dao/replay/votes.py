"""How balances, delegates and voting power move: OpenZeppelin's `ERC20Votes`, as Compound's `Comp` before it."""

from __future__ import annotations

from dao.events.decode import Place
from dao.events.model import DelegateChanged, DelegateVotesChanged, Transfer
from dao.replay.checkpoints import move_delegate_votes
from dao.replay.ledger import Rule
from dao.replay.parts import Votes
from dao.types import ZERO_ADDRESS


def change_supply(state: Votes, event: Transfer) -> None:
    """What a transfer does to the supply: from zero it mints, to zero it burns; `ERC20Votes._update`."""
    supply = state.token.supply
    if event.source == ZERO_ADDRESS:
        supply.push(state.clock, supply.latest() + event.value)
    if event.to == ZERO_ADDRESS:
        supply.push(state.clock, supply.latest() - event.value)


def move(state: Votes, event: Transfer, place: Place) -> None:
    """Moves tokens, and the votes of whoever the owners delegate to; `ERC20Votes._update`."""
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


def delegate_changed(state: Votes, event: DelegateChanged, place: Place) -> None:
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


def delegate_votes_changed(state: Votes, event: DelegateVotesChanged, place: Place) -> None:
    """Compares the token's claim with the movement that the replay computed; it changes nothing."""
    announced = state.token.announced.popleft() if state.token.announced else None
    state.ledger.compare(
        Rule.POWER,
        f"voting power of {event.delegate}",
        expected=(announced.delegate, announced.old, announced.new) if announced else "no change",
        found=(event.delegate, event.previous_votes, event.new_votes),
        place=place,
    )


def settle_announced(state: Votes, place: Place) -> None:
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
