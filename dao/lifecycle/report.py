"""Reports what a stream's schedule waits for: a metric, an issued supply, a burn; `RewardPolicy.report`."""

from __future__ import annotations

from dataclasses import dataclass

from dao.chain.transaction import Receipt
from dao.document.forms import parse_reading
from dao.document.quantities import Units
from dao.document.shapes import resolve
from dao.errors import TransactionFailed
from dao.events.decode import decode_log
from dao.events.model import Reported
from dao.lifecycle.outgoing import Confirm, transact, unasked
from dao.lifecycle.session import Session
from dao.rewards.streams import stream_id


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeReport:
    """A report as the policy took it: `amount` is what the schedule yields by it in `epoch`, in the smallest unit."""

    stream: str
    epoch: int
    value: int
    amount: int
    receipt: Receipt


def report(
    session: Session, stream: str, reading: str, *, epoch: int | None = None, confirm: Confirm = unasked
) -> MadeReport:
    """Reports `reading` for `stream` as the session's signer.

    Args:
        session: The deployment and the stream's reporter.
        stream: The stream's path.
        reading: What was measured, as documents write it: `0.5`, `1_000 RWD`.
        epoch: The epoch that it was measured in; the stream's next to be reported where none is given.
        confirm: Sees the decoded transaction before it is sent.

    Raises:
        AmountError: The reading is neither a number nor an amount of the deployment's token.
        CallReverted: The policy would refuse it: another reporter, out of bounds, out of order, or too early.
    """
    deployment, contract = session.deployment, session.contracts.policy
    value = int(resolve(parse_reading(reading), Units(deployment.symbol, deployment.decimals)))
    identity = stream_id(stream)
    due = int(contract.ask("nextReport", identity)) if epoch is None else epoch
    receipt = transact(session, contract, "report", identity, due, value, confirm=confirm)
    for log in receipt.logs:
        if log.address != contract.address:
            continue
        event = decode_log(log, contract.artifact)
        if isinstance(event, Reported) and (event.stream, event.epoch) == (identity, due):
            return MadeReport(stream=stream, epoch=due, value=event.value, amount=event.amount, receipt=receipt)
    raise TransactionFailed(
        "the transaction was mined, but the policy did not take the report",
        expected="a Reported event",
        found="0x" + receipt.hash.hex(),
    )
