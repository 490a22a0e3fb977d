"""Storage of the token: balances, supply, delegates, and every checkpoint with the lengths of their arrays."""

from __future__ import annotations

from collections.abc import Iterator

from dao.proving.layout import Layout, Slot, account_word, at_index, at_key, layout, number, packed
from dao.replay.checkpoints import Trace
from dao.replay.state import GovernanceState
from dao.types import Address

CHECKPOINT = "struct Checkpoints.Checkpoint208"


def token_slots(state: GovernanceState) -> Iterator[Slot]:
    """What `RewardToken` or `VotesWrapper` must hold.

    Of whoever held or delegated, and of the deployment's own contracts, balance and delegate, zero included; of whoever
    had votes, the whole history. Of accounts that no log names there is no slot: that they hold nothing follows from
    the total supply.
    """
    kind, token = state.addresses.token_contract, state.addresses.token
    where = layout(kind)
    yield Slot(token, number(where.slot("_totalSupply")), number(state.token.supply.latest()), "total supply")
    yield from trace_slots(where, token, where.slot("_totalCheckpoints"), state.token.supply, "total supply")
    balances, delegates = where.slot("_balances"), where.slot("_delegatee")
    addresses = state.addresses
    own = {token, addresses.timelock, addresses.governor, addresses.policy, *state.min_delays}
    own |= {addresses.distributor} if addresses.distributor is not None else set()
    accounts = sorted({*state.token.balances, *state.token.delegates, *own})
    for account in accounts:
        key = number(at_key(balances, account))
        yield Slot(token, key, number(state.token.balance(account)), f"balance of {account}")
        key = number(at_key(delegates, account))
        yield Slot(token, key, account_word(state.token.delegate(account)), f"delegate of {account}")
    votes = where.slot("_delegateCheckpoints")
    for account in sorted({*accounts, *state.token.powers}):
        trace = state.token.powers.get(account, Trace())
        yield from trace_slots(where, token, at_key(votes, account), trace, f"voting power of {account}")


def trace_slots(where: Layout, account: Address, slot: int, trace: Trace, what: str) -> Iterator[Slot]:
    """A `Checkpoints.Trace208` at `slot`: the length of its array, which says that none is left out, and each entry."""
    yield Slot(account, number(slot), number(len(trace.keys)), f"number of checkpoints: {what}")
    members = where.structs.get(CHECKPOINT, ())
    for index, (key, value) in enumerate(zip(trace.keys, trace.values, strict=True)):
        for _, word, mask in packed(members, {"_key": key, "_value": value}):
            yield Slot(account, number(at_index(slot, index)), word, f"checkpoint {index}: {what}", mask)
