"""RewardPolicy at an address: single answers, and the whole policy out of its views."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from dao.chain.connection import BlockRef
from dao.chain.contract import Contract
from dao.errors import PolicyError, RpcError
from dao.rewards.changes import Budget, Parameters, Rail, Reporter, Split, Weights
from dao.rewards.decoding import Paths, read_classes, read_parts, read_rail, read_reporter, read_segments
from dao.rewards.policy import Policy
from dao.rewards.reports import Reports
from dao.rewards.schedule import ReportState
from dao.rewards.streams import stream_id

_D = TypeVar("_D")


class RewardPolicyContract(Contract):
    """RewardPolicy. Streams are named by path, epochs by number, amounts in the smallest unit."""

    artifact = "RewardPolicy"

    def emission(self, stream: bytes, epoch: int, *, block: BlockRef = "latest") -> int:
        """`emission`. Raises CallReverted for an unknown stream."""
        return int(self.ask("emission", stream, epoch, block=block))

    def policy_hash(self, *, block: BlockRef = "latest") -> bytes:
        """`policyHash`."""
        return bytes(self.ask("policyHash", block=block))

    def read(self, *, block: BlockRef = "latest") -> Policy:
        """The whole policy as it stands at `block`: every past and planned epoch, everything that was reported.

        Raises RpcError where what the contract answers is no policy.
        """
        ask = self.connection.views
        names = ("genesis", "epochLength", "supplyCap", "policyHash", "streams")
        genesis, length, supply_cap, policy_hash, ids = (
            answer[0] for answer in ask([self.view(name) for name in names], block=block)
        )
        answers = iter(ask([self.view(name, identity) for identity in ids for name in _OF_STREAM], block=block))
        held = {identity: {name: next(answers) for name in _OF_STREAM} for identity in ids}
        paths = {identity: str(values["streamInfo"][1]) for identity, values in held.items()}
        try:
            policy = Policy(
                genesis=genesis,
                epoch_length=length,
                supply_cap=supply_cap,
                hash=bytes(policy_hash),
                streams=tuple(paths.values()),
                **{
                    field: {
                        paths[identity]: value
                        for identity, values in held.items()
                        if (value := read(values[name][0], paths))
                    }
                    for name, (field, read) in _FIELDS.items()
                },
            )
        except PolicyError as error:
            raise RpcError("the policy answers with something that it cannot hold", found=error) from error
        until = {paths[identity]: int(values["reportedUntil"][0]) for identity, values in held.items()}
        return replace(policy, reports=self._reports(policy, until, block))

    def _reports(self, policy: Policy, until: Mapping[str, int], block: BlockRef) -> dict[str, Reports]:
        found = {}
        for stream, end in until.items():
            reports = Reports()
            for first, last in policy.plan(stream).reported_ranges(end):
                pages = range(first, last, _PAGE)
                views = [self.view("reports", stream_id(stream), page, min(page + _PAGE, last)) for page in pages]
                made = (row for answer in self.connection.views(views, block=block) for row in answer[0])
                for epoch, (amount, carried, total) in zip(range(first, last), made, strict=True):
                    reports = reports.with_report(epoch, ReportState(amount=amount, carried=carried, sum=total))
            if reports.until:
                found[stream] = reports
        return found


_PAGE = 1_000
"""How many reports are asked for at once."""


def _dated(make: Callable[[int, Any], _D], read: Callable[[Any, Paths], Any]) -> Callable[[Any, Paths], tuple[_D, ...]]:
    return lambda rows, paths: tuple(make(from_epoch, read(value, paths)) for from_epoch, value in rows)


def _reporter(values: Any, _paths: Paths) -> Reporter | None:
    reporter = read_reporter(values)
    return None if reporter == Reporter() else reporter


def _rail(values: Any, _paths: Paths) -> Rail | None:
    rail = read_rail(values)
    return None if rail == Rail() else rail


_FIELDS: dict[str, tuple[str, Callable[[Any, Paths], Any]]] = {
    "schedule": ("schedules", lambda rows, _paths: read_segments(rows)),
    "splits": ("splits", _dated(Split, read_parts)),
    "budgets": ("budgets", _dated(Budget, lambda amount, _paths: amount)),
    "weights": ("weights", _dated(Weights, lambda rows, _paths: read_classes(rows))),
    "parameters": ("parameters", _dated(Parameters, lambda data, _paths: data)),
    "reporter": ("reporters", _reporter),
    "rail": ("rails", _rail),
}
"""What the policy answers of a stream, the field of `Policy` that it becomes, and how."""

_OF_STREAM = ("streamInfo", "reportedUntil", *_FIELDS)
