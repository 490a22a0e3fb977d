"""Whether the proposal says in a line what it is."""

from __future__ import annotations

from collections.abc import Iterator

from dao.document.text import is_safe
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict

LONGEST = 120
"""The longest title that a list shows whole, in characters."""

_EMPTY = frozenset({"title", "untitled", "no title", "proposal", "test", "tbd", "todo"})


def _run(facts: Facts) -> Iterator[CheckResult]:
    title = facts.examined.title.strip()
    if not any(character.isalnum() and is_safe(character) for character in title):
        yield CheckResult("title", Verdict.FAILURE, "the proposal has no title")
    elif title.casefold() in _EMPTY:
        yield CheckResult("title", Verdict.WARNING, f"the title says nothing: {title}")
    elif len(title) > LONGEST:
        yield CheckResult("title", Verdict.WARNING, f"the title has {len(title)} characters; lists cut it off")
    else:
        yield CheckResult("title", Verdict.PASS, "the proposal has a title")


CHECK = Check(name="title", looks="an empty title", run=_run)
