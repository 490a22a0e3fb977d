"""Links and words that an author meant to replace."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict

_PLACEHOLDERS = re.compile(
    r"https?://(?:[\w.-]+\.)?(?:example\.(?:com|org|net)|localhost|127\.0\.0\.1|0\.0\.0\.0|yoursite\.\w+)[^\s)>\]]*"
    r"|https?://(?=[\s)>\].…]|$)[.…]*"
    r"|\[(?:link|url|todo|tbd|insert[^\]]{0,40})\](?!\()|\]\(\s{0,20}(?:#|todo|tbd|link|url)?\s{0,20}\)"
    r"|<(?:link|url|todo|tbd|insert[^>]{0,40}|your[^>]{0,40})>"
    r"|\{\{[^}]{0,40}\}\}"
    r"|\b(?:TODO|TBD|FIXME|XXX)\b|\blorem ipsum\b",
    re.IGNORECASE,
)
MAX_TEXT = 50_000
"""How many characters of a text are looked at."""


def _run(facts: Facts) -> Iterator[CheckResult]:
    examined = facts.examined
    text = f"{examined.title}\n{examined.text}"[:MAX_TEXT]
    found = tuple(dict.fromkeys(match.group()[:100] for match in _PLACEHOLDERS.finditer(text)))[:20]
    if found:
        yield CheckResult("placeholders", Verdict.WARNING, "the text holds what was meant to be replaced", found)
    else:
        yield CheckResult("placeholders", Verdict.PASS, "no placeholder links")


CHECK = Check(name="placeholders", looks="links that were never filled in", run=_run)
