"""What made the policy on chain, write by write, as the policy file holds it."""

from __future__ import annotations

from dao.chain.logs import fetch
from dao.errors import PolicyError, ReplayError
from dao.events.decode import decode_log
from dao.events.model import Event, Reported as ReportedEvent
from dao.events.policy import written
from dao.lifecycle.session import Session
from dao.rewards.changes import AddStream
from dao.rewards.decoding import read_change
from dao.rewards.file import Reported, Write
from dao.rewards.streams import ROOT, stream_id


def policy_writes(session: Session, *, to_block: int) -> tuple[Write, ...]:
    """Every write up to the block `to_block`, in order, the creation of the root left out.

    Raises ReplayError when the logs cannot be those of a policy.
    """
    logs = fetch(
        session.connection,
        [session.deployment.addresses.policy],
        from_block=session.deployment.start_block,
        to_block=to_block,
    )
    paths = {stream_id(ROOT): ROOT}
    writes = []
    for log in logs:
        write = _write(decode_log(log, "RewardPolicy"), paths)
        if isinstance(write, AddStream):
            paths[stream_id(write.path)] = write.path
        if write is not None and write != AddStream(ROOT):
            writes.append(write)
    return tuple(writes)


def _write(event: Event, paths: dict[bytes, str]) -> Write | None:
    """The write that `event` tells of; None for an event that tells of none."""
    if isinstance(event, ReportedEvent):
        if event.stream not in paths:
            raise ReplayError("the logs name a stream that was never added", found="0x" + event.stream.hex())
        return Reported(paths[event.stream], event.epoch, event.value)
    call = written(event)
    if call is None:
        return None
    function, arguments = call
    if function == "addStream" and arguments == (bytes(32), ROOT):
        return AddStream(ROOT)
    try:
        return read_change(function, arguments, paths)
    except PolicyError as error:
        raise ReplayError("the logs tell of a change that cannot be", found=error) from error
