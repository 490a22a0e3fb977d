"""Compares two reports of audits: what one says and the other does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dao.audit.document import ReportDocument

_SINGLE = (
    "verdict",
    "chain_id",
    "from_block",
    "to_block",
    "timestamp",
    "clock",
    "logs",
    "asked_contracts",
    "compared",
)
_GROUPS = ("governor", "addresses", "token", "policy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that differs; `before` or `after` is None where only the other report has it.

    Texts are those of the reports, hostile as they are there.

    Args:
        part: Which part of the report: `verdict`, `standings`, `findings`, `proposals`, …
        subject: What of it, such as a proposal's id or a stream.
        field: Which field of that; empty where all of it appeared or disappeared.
        before: What the first report says.
        after: What the second one says.
    """

    part: str
    subject: str
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDiff:
    """Two reports beside each other: their content hashes, and what differs in the order of a report."""

    before: str
    after: str
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        """Whether both say the same."""
        return self.before == self.after

    def as_dict(self) -> dict[str, object]:
        """The comparison as JSON holds it."""
        return {
            "equal": self.equal,
            "before": self.before,
            "after": self.after,
            "differences": [asdict(difference) for difference in self.differences],
        }


def compare(before: ReportDocument, after: ReportDocument) -> ReportDiff:
    """What differs between two reports whose hashes are right; see `read_report`."""
    return ReportDiff(
        before=before.content_hash,
        after=after.content_hash,
        differences=() if before.content_hash == after.content_hash else tuple(_differences(before, after)),
    )


def _differences(before: ReportDocument, after: ReportDocument) -> Iterator[Difference]:
    one, two = (document.model_dump(mode="json", by_alias=True) for document in (before, after))
    yield from _fields("report", "", {name: one[name] for name in _SINGLE}, {name: two[name] for name in _SINGLE})
    kind_one, kind_two = one["governor"] or {}, two["governor"] or {}
    yield from _by_key("trusted", kind_one, kind_two, lambda line: (line["name"],))
    for name in _GROUPS:
        yield from _fields(name, "", _single(one[name]), _single(two[name]))
    yield from _by_key("standings", one, two, lambda line: (line["what"],))
    yield from _by_key("checks", one, two, lambda line: (line["name"],))
    yield from _multiset("findings", one["findings"], two["findings"])
    yield from _by_key("patterns", one, two, lambda line: (line["name"],))
    yield from _multiset("notices", one["notices"], two["notices"])
    yield from _by_key("proposals", one, two, lambda line: (line["id"],))
    yield from _by_key("policy_changes", one, two, lambda line: (line["hash"],))
    yield from _by_key("emission", one, two, lambda line: ("epoch", line["epoch"]))
    paid_one, paid_two = one["payouts"] or {}, two["payouts"] or {}
    yield from _fields("payouts", "", {"minted": paid_one.get("minted")}, {"minted": paid_two.get("minted")})
    yield from _by_key("streams", paid_one, paid_two, lambda line: (line["stream"],))
    yield from _by_key("publications", paid_one, paid_two, lambda line: (line["stream"], line["epoch"], line["series"]))
    yield from _by_key("moments", one, two, lambda line: (line["timepoint"],))
    yield from _by_key("accounts", one, two, lambda line: (line["account"],))


def _single(group: Mapping[str, Any] | None) -> dict[str, Any]:
    """A group without what was trusted, which has a part of its own."""
    return {name: value for name, value in (group or {}).items() if name != "trusted"}


def _by_key(
    part: str, one: Mapping[str, Any], two: Mapping[str, Any], key: Callable[[Mapping[str, Any]], tuple[object, ...]]
) -> Iterator[Difference]:
    """Entries that appeared, disappeared or changed; of equal keys, the first belongs to the first."""
    before, after = (_keyed(document.get(part, ()), key) for document in (one, two))
    for name in dict.fromkeys([*before, *after]):
        subject = " ".join(map(str, name[0])) + (f" #{name[1] + 1}" if name[1] else "")
        if name not in after:
            yield Difference(part=part, subject=subject, field="", before=_told(before[name]), after=None)
        elif name not in before:
            yield Difference(part=part, subject=subject, field="", before=None, after=_told(after[name]))
        else:
            yield from _fields(part, subject, before[name], after[name])


def _keyed(
    entries: Sequence[Mapping[str, Any]], key: Callable[[Mapping[str, Any]], tuple[object, ...]]
) -> dict[tuple[tuple[object, ...], int], Mapping[str, Any]]:
    """Entries by key and by how many of the same key come before them."""
    seen: Counter[tuple[object, ...]] = Counter()
    keyed = {}
    for entry in entries:
        name = key(entry)
        keyed[name, seen[name]] = entry
        seen[name] += 1
    return keyed


def _multiset(
    part: str, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> Iterator[Difference]:
    """Entries that only one report has, each as often as it has it more."""
    texts = {_told(entry): entry for entry in (*before, *after)}
    left, right = (Counter(map(_told, entries)) for entries in (before, after))
    for text in texts:
        subject = str(texts[text]["what"])
        for _ in range(left[text] - right[text]):
            yield Difference(part=part, subject=subject, field="", before=text, after=None)
        for _ in range(right[text] - left[text]):
            yield Difference(part=part, subject=subject, field="", before=None, after=text)


def _fields(part: str, subject: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *after]):
        one, two = before.get(name), after.get(name)
        if one == two:
            continue
        if isinstance(one, dict) and isinstance(two, dict):
            yield from _fields(part, f"{subject} {name}".strip(), one, two)
        elif isinstance(one, list) and isinstance(two, list):
            yield Difference(
                part=part, subject=subject, field=name, before=_counted(one, two), after=_counted(two, one)
            )
        else:
            yield Difference(part=part, subject=subject, field=name, before=_told(one), after=_told(two))


def _told(value: object) -> str:
    """A value in a line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_told(inner)}" for name, inner in value.items() if inner is not None)
    if isinstance(value, list):
        return f"{len(value)} entries"
    if value is None:
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _counted(values: list[Any], others: list[Any]) -> str:
    """How long a list is, and how much of it the other one lacks."""
    alone = Counter(map(repr, values)) - Counter(map(repr, others))
    return f"{len(values)} entries, {alone.total()} of them only here"
