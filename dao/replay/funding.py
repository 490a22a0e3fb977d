"""The tokens behind payouts: every movement that the distributor announces, against the token's own logs.

`RewardDistributor` emits its event first and moves the tokens right after it, in one transaction; so what it announced
comes next, in order. Payouts of one `claimMany` or `claimTo` come in one sum, those of a `claimBatch` one by one.
"""

from __future__ import annotations

from itertools import takewhile

from dao.events.decode import Place
from dao.events.model import Transfer
from dao.replay.distributor_state import Payment
from dao.replay.ledger import Rule
from dao.replay.state import GovernanceState
from dao.types import ZERO_ADDRESS, Address


def payment_token(state: GovernanceState) -> Address:
    """The token that payouts are paid in: the deployment's own, or the one that it wraps."""
    return state.addresses.wraps or state.addresses.token


def announce_draw(state: GovernanceState, total: int, subject: str, place: Place) -> None:
    """Notes that a publication draws its `total` (wei) from the treasury, unless payouts are minted.

    Whether they are is immutable: the first publication shows it. What is wrapped is never minted.
    """
    if state.addresses.wraps is not None:
        state.distributor.minted = False
    if state.distributor.minted is not True:
        _announce(state, state.addresses.timelock, _distributor(state), total, subject, place)


def announce_return(state: GovernanceState, amount: int, subject: str, place: Place) -> None:
    """Notes that `amount` (wei) of a voided or lapsed publication goes back to the treasury, where it was drawn."""
    if state.distributor.minted is False and amount != 0:
        _announce(state, _distributor(state), state.addresses.timelock, amount, subject, place)


def announce_claim(
    state: GovernanceState, account: Address, receiver: Address, amount: int, subject: str, place: Place
) -> None:
    """Notes that a claim of `account` is paid to `receiver`; `RewardDistributor._pay`."""
    source = ZERO_ADDRESS if state.distributor.minted else _distributor(state)
    _announce(state, source, receiver, amount, subject, place, account=account)


def moved(state: GovernanceState, event: Transfer, place: Place) -> bool:
    """Takes what `event` pays off the list; whether the distributor announced it.

    What leaves the distributor unannounced breaks the rule. Transfers of nothing are let pass: whoever likes can log
    one in another's name.
    """
    if state.addresses.distributor is None:
        return False
    group = _next(state)
    total = sum(payment.amount for payment in group)
    expected = (group[0].source, group[0].to, total) if group else "nothing announced"
    found = (event.source, event.to, event.value)
    if expected == found:
        for payment in group:
            state.transaction.payments.popleft()
            _compare(state, payment.subject, True, True, place)
        if state.distributor.minted is None:
            state.distributor.minted = False
        return True
    if event.source == state.addresses.distributor and event.value != 0:
        _compare(state, f"transfer to {event.to}", expected, found, place)
    return False


def decide_minted(state: GovernanceState) -> None:
    """Settles whether payouts are minted once the first publication could have drawn; each later event asks."""
    payments = state.transaction.payments
    if state.distributor.minted is None and payments:
        payments.popleft()
        state.distributor.minted = True


def settle_payments(state: GovernanceState) -> None:
    """Notes every announced movement that the transaction's logs do not have."""
    decide_minted(state)
    for payment in state.transaction.payments:
        expected = f"{payment.amount} wei from {payment.source} to {payment.to}"
        _compare(state, payment.subject, expected, "no such transfer", payment.place)
    state.transaction.payments.clear()


def _next(state: GovernanceState) -> list[Payment]:
    """The announced payments that the next transfer makes: the first, with other claims of its account behind it."""
    payments = state.transaction.payments
    if not payments or payments[0].account is None:
        return list(payments)[:1]
    key = (payments[0].account, payments[0].to)
    return list(takewhile(lambda payment: (payment.account, payment.to) == key, payments))


def _announce(
    state: GovernanceState,
    source: Address,
    to: Address,
    amount: int,
    subject: str,
    place: Place,
    *,
    account: Address | None = None,
) -> None:
    payment = Payment(source=source, to=to, amount=amount, account=account, subject=subject, place=place)
    state.transaction.payments.append(payment)


def _distributor(state: GovernanceState) -> Address:
    return state.addresses.distributor or ZERO_ADDRESS


def _compare(state: GovernanceState, subject: str, expected: object, found: object, place: Place) -> None:
    state.ledger.compare(Rule.PAYOUT_FUNDING, subject, expected=expected, found=found, place=place)
