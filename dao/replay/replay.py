"""The whole replay: from raw logs alone to the state of a deployment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dao.artifacts import load
from dao.errors import CodecError, ReplayError
from dao.events.decode import decode_log, place_of
from dao.events.log import RawLog
from dao.events.model import DISTRIBUTOR, GOVERNOR, POLICY, TIMELOCK, TOKEN, TimelockChange
from dao.replay.ledger import Rule
from dao.replay.state import GovernanceState
from dao.replay.transition import apply, end_transaction
from dao.types import ZERO_ADDRESS, Address, Addresses


def replay(logs: Sequence[RawLog], addresses: Addresses) -> GovernanceState:
    """The state after `logs`, which are all logs of the deployment's contracts since they were created.

    Nothing is believed that can be computed: balances and voting power come from `Transfer` and `DelegateChanged`,
    weights from voting power, states from time and tallies. What the logs claim besides is compared, and
    `GovernanceState.ledger` says what was compared and what did not agree.

    Args:
        logs: Raw logs in the order of the chain. Another order is a disagreement, and is put right first. Where there
            is a distributor and a wrapped token, they include the latter's `Transfer`s from and to the distributor.
        addresses: The deployment. Timelocks that it moved to later are found in the logs.

    Raises ReplayError when a log comes from another contract.
    """
    state = GovernanceState(addresses)
    contracts = contract_names(addresses, timelocks(logs, addresses))
    previous: RawLog | None = None
    for log in logs:
        _require_order(state, previous, log)
        previous = log
    for log in sorted(logs, key=_position):
        step(state, log, contracts)
    end_transaction(state)
    return state


def step(state: GovernanceState, log: RawLog, contracts: Mapping[Address, str]) -> None:
    """Decodes one log and applies it.

    Args:
        state: The state before it, changed to that after it.
        log: The log.
        contracts: The deployment's contracts, as `contract_names` has them.

    Raises ReplayError when the log comes from another contract.
    """
    if log.address not in contracts:
        raise ReplayError("a log comes from another contract", expected=", ".join(contracts), found=log.address)
    place = place_of(log)
    state.logs += 1
    subject = f"log of {log.address}"
    try:
        event = decode_log(log, contracts[log.address])
    except CodecError as error:
        state.ledger.compare(Rule.LOG_FORM, subject, expected="an event", found=error, place=place)
        return
    state.ledger.compare(Rule.LOG_FORM, subject, expected=True, found=True, place=place)
    apply(state, event, log.address, place)


def contract_names(addresses: Addresses, timelocks: Iterable[Address]) -> dict[Address, str]:
    """The name of the contract behind each address that may log, its `timelocks` included."""
    contracts = {
        addresses.token: addresses.token_contract,
        addresses.governor: GOVERNOR,
        addresses.policy: POLICY,
        **dict.fromkeys(timelocks, TIMELOCK),
    }
    if addresses.distributor is not None:
        contracts[addresses.distributor] = DISTRIBUTOR
        if addresses.wraps is not None:
            contracts[addresses.wraps] = TOKEN
    return contracts


def timelocks(logs: Iterable[RawLog], addresses: Addresses) -> tuple[Address, ...]:
    """The deployment's timelock, and those that its governor moved to, in their order."""
    found = [addresses.timelock]
    topic = load(GOVERNOR).abi.event("TimelockChange").hash
    for log in logs:
        if log.address != addresses.governor or log.topics[:1] != (topic,):
            continue
        try:
            event = decode_log(log, GOVERNOR)
        except CodecError:
            continue
        if isinstance(event, TimelockChange) and event.new_timelock not in (*found, ZERO_ADDRESS):
            found.append(event.new_timelock)
    return tuple(found)


def _position(log: RawLog) -> tuple[int, int]:
    return log.block_number, log.log_index


def _require_order(state: GovernanceState, previous: RawLog | None, log: RawLog) -> None:
    if previous is None:
        return
    one_block = previous.block_number == log.block_number
    in_order = _position(previous) < _position(log) and previous.timestamp <= log.timestamp
    if one_block:
        in_order &= (previous.block_hash, previous.timestamp) == (log.block_hash, log.timestamp)
        in_order &= previous.transaction_index <= log.transaction_index
    state.ledger.require(
        Rule.LOG_ORDER,
        f"log {log.log_index} of block {log.block_number}",
        in_order,
        expected=f"a log after {_position(previous)} at {previous.timestamp} or later",
        found=f"{_position(log)} at {log.timestamp}",
        place=place_of(log),
    )
