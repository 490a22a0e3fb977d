"""Check: what ran when a proposal was executed is the code that was there when it was made."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Fact, Scene


def _facts(scene: Scene) -> Iterator[Fact]:
    """What is known of it depends on nodes that keep old states, and is not in the replayed state."""
    for one in scene.targets:
        yield Fact(what=one.what, expected=one.expected, found=one.found, place=one.place)


CHECK = Check(
    name="target-code",
    proves="the code that a proposal called is the code that was there when it was made, where that is known",
    facts=_facts,
)
