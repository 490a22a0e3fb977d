"""Every piece of YAML in the documentation is one that the product reads, and writes alike where it writes it back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from dao.document import loader
from dao.document.model import Strict, validate
from dao.document.policy import Parts, WrittenSegment, write_segment
from dao.document.quantities import Units
from dao.proposal.actions import Action
from dao.rewards.schedule import Clock, Segment, ShapeId, validate_schedule

DOCS = Path(__file__).parents[3] / "docs"
UNITS = Units("RENDER", 8)


class Segments(Strict):
    """A list of segments."""

    segments: tuple[WrittenSegment, ...]


class Actions(Strict):
    """A list of actions."""

    actions: tuple[Action, ...]


class Split(Strict):
    """Parts."""

    parts: Parts


KINDS: dict[str, type[Strict]] = {"segments": Segments, "actions": Actions, "parts": Split}
BLOCKS = re.findall(r"```yaml\n# (\w+)\n(.*?)```", (DOCS / "policy.md").read_text(encoding="utf-8"), re.DOTALL)


def read(tmp_path: Path, kind: str, text: str) -> Any:
    path = tmp_path / "block.yaml"
    path.write_text(f"{kind}:\n" + "".join(f"  {line}\n" for line in text.splitlines()), encoding="utf-8")
    return getattr(validate(KINDS[kind], loader.load_file(path)), kind)


@pytest.mark.parametrize(("kind", "text"), BLOCKS, ids=[kind for kind, _ in BLOCKS])
def test_a_block_is_read(tmp_path: Path, kind: str, text: str) -> None:
    assert read(tmp_path, kind, text)


def test_the_segments_show_every_shape_and_are_valid(tmp_path: Path) -> None:
    (text,) = (text for kind, text in BLOCKS if kind == "segments")
    written = read(tmp_path, "segments", text)
    segments = [Segment(made.from_epoch or 0, made.shape(UNITS)) for made in written]
    validate_schedule(segments, Clock(genesis=1_698_796_800, epoch_length=7 * 86_400))
    assert {segment.shape.number for segment in segments} == set(ShapeId)
    again = [write_segment(segment, UNITS) for segment in segments]
    assert [made.shape(UNITS) for made in again] == [segment.shape for segment in segments]
