"""Characters that show something else than they are: invisible ones, and letters of one script within another's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from confusable_homoglyphs import categories, confusables

from dao.document.text import character_name, unsafe_at
from dao.lifecycle.decoded import decoded
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict

_WORD = re.compile(r"[^\W\d_]+")
_LATIN = "LATIN"
_BESIDE_OTHERS = frozenset({"COMMON", "INHERITED", "HAN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})
"""Scripts that stand within one word beside each other, and beside Latin letters, as a matter of course."""

MAX_TEXT = 50_000
"""How many characters of a text are looked at for mixed scripts; all are for invisible ones."""


def _run(facts: Facts) -> Iterator[CheckResult]:
    results = [result for where, text in _texts(facts) for result in _look(where, text)]
    yield from results or [CheckResult("text", Verdict.PASS, "every character is what it looks like")]


def _texts(facts: Facts) -> Iterator[tuple[str, str]]:
    examined = facts.examined
    yield "the title", examined.title
    yield "the text", examined.text
    if examined.chain is not None:
        yield "the description", examined.chain.text
    for index, one in enumerate(decoded(examined.calls, facts.session.deployment)):
        for text in _in(one.arguments):
            yield f"call {index}", text


def _in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, list)):
        for entry in value:
            yield from _in(entry)


def _look(where: str, text: str) -> Iterator[CheckResult]:
    at = unsafe_at(text)
    if at is not None:
        detail = f"{where} holds {character_name(text[at])}, which is invisible or moves what is around it"
        yield CheckResult("text", Verdict.FAILURE, detail)
    if len(text) > MAX_TEXT:
        detail = f"{where} has {len(text)} characters, and {MAX_TEXT} of them were looked at for mixed scripts"
        yield CheckResult("text", Verdict.WARNING, detail)
    words = list(dict.fromkeys(_WORD.findall(text[:MAX_TEXT])))
    is_latin = any(categories.unique_aliases(word) == {_LATIN} for word in words)
    odd = [word for word in words if not word.isascii() and _is_disguised(word, is_latin)]
    if odd:
        items = tuple(f"{word}: {' '.join(map(character_name, word[:40]))}" for word in odd[:20])
        detail = f"{where} has {len(odd)} words with letters that look like another script's"
        yield CheckResult("text", Verdict.WARNING, detail, items)


def _is_disguised(word: str, is_latin: bool) -> bool:
    """Whether `word` mixes scripts in letters that look alike, or looks Latin throughout in a Latin text and is not."""
    scripts = categories.unique_aliases(word) - _BESIDE_OTHERS
    if len(scripts) > 1:
        return bool(confusables.is_confusable(word, preferred_aliases=["latin"]))
    return is_latin and scripts != {_LATIN} and all(_looks_latin(letter) for letter in word)


def _looks_latin(letter: str) -> bool:
    alike = confusables.is_confusable(letter, preferred_aliases=[], greedy=True)
    return bool(alike) and any(
        len(other["c"]) == 1 and categories.alias(other["c"]) == _LATIN for other in alike[0]["homoglyphs"]
    )


CHECK = Check(name="text", looks="mixed scripts and invisible characters", run=_run)
