"""What the policy refuses, in the words and units of the file that asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dao.errors import DocumentError
from dao.lifecycle.prepare import compile_file
from tests.support.chain import Dao


@pytest.mark.parametrize(
    ("rail", "crossing", "what", "expected", "found"),
    [
        (
            "{stream: compute/jobs, cap: 50_000 RENDER, period: 4, max_change: 10%}",
            "set_schedule: {stream: compute/jobs, from_epoch: 2, segments: [{constant: 15_000 RENDER}]}",
            "decrease",
            "at least 42_691.5 RENDER",
            "15_000 RENDER",
        ),
        (
            "{stream: compute/reserve, share_floor: 25%, share_cap: 100%}",
            "set_split: {parent: compute, from_epoch: 2, parts: {compute/jobs: 80%, compute/reserve: residual}}",
            "share floor",
            "at least 25%",
            "20%",
        ),
    ],
)
def test_a_crossed_rail_is_told_in_tokens_and_percent(
    dao: Dao, tmp_path: Path, rail: str, crossing: str, what: str, expected: str, found: str
) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(f"title: T\nsummary: S.\nactions:\n  - set_rail: {rail}\n  - {crossing}\n", encoding="utf-8")
    with pytest.raises(DocumentError, match=f"crosses the rail of .*: {what}") as refused:
        compile_file(dao.session(), path)
    error = refused.value
    assert (error.line, error.expected, error.found) == (5, expected, found)
