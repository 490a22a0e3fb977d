"""Whether another proposal has the same text and other calls: one of the two is not what its readers think."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from dao.lifecycle.examined import readable, title_of
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict


def _run(facts: Facts) -> Iterator[CheckResult]:
    examined = facts.examined
    mine = _plain(examined.title, examined.text)
    twins = [
        (proposal, standing)
        for proposal, standing in facts.others
        if proposal.calls != examined.calls and _plain(title_of(proposal), readable(proposal)) == mine
    ]
    if twins:
        items = tuple(f"proposal {one.proposal_id}, {standing.state.name.lower()}" for one, standing in twins)
        yield CheckResult("same-text", Verdict.WARNING, "the same text stands over other calls as well", items)
    else:
        yield CheckResult("same-text", Verdict.PASS, "no proposal has this text and other calls")


def _plain(title: str, text: str) -> str:
    """Title and text without what a reader would not see a difference in: case, spaces, compatible forms."""
    return " ".join(unicodedata.normalize("NFKC", f"{title} {text}").casefold().split())


CHECK = Check(name="same-text", looks="the same text over other calls", run=_run)
