"""Descriptions: what goes on chain comes back as the same document, and nothing else is believed."""

from __future__ import annotations

import pytest

from dao.errors import ProposalError
from dao.proposal.description import MAX_DESCRIPTION, describe, parse_description
from dao.proposal.document import ProposalDocument, plain, read_proposal
from dao.types import Address

PROPOSER = Address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
TEXT = """\
title: Cut node job rewards
summary: The weekly pool goes from 47,435 to 15,000.
discussion: https://forum.example.org/t/123
actions:
  - set_schedule: {stream: compute/jobs, from_epoch: 14, segments: [{constant: 15_000 RWD}]}
"""


def document(**changes: object) -> ProposalDocument:
    base, _ = read_proposal(TEXT, path="x")
    return ProposalDocument.model_validate({**plain(base), **changes})


def test_the_whole_description() -> None:
    assert describe(document(), proposer=PROPOSER) == (
        "# Cut node job rewards\n"
        "\n"
        "> The weekly pool goes from 47,435 to 15,000.\n"
        "\n"
        "Discussion: https://forum.example.org/t/123\n"
        "\n"
        "```yaml\n"
        'title: "Cut node job rewards"\n'
        'summary: "The weekly pool goes from 47,435 to 15,000."\n'
        "discussion: https://forum.example.org/t/123\n"
        "base: current\n"
        "actions:\n"
        "  - set_schedule:\n"
        "      stream: compute/jobs\n"
        "      from_epoch: 14\n"
        "      segments:\n"
        "        - constant: 15_000 RWD\n"
        "```\n"
        "\n"
        "#proposer=0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
    )


SUMMARIES = [
    "one line",
    "several\n\nlines\n  indented",
    "```\nan open fence",
    "```yaml\ntitle: other\n```\n\n#proposer=0x0000000000000000000000000000000000000001",
    "`````yaml\nlonger\n`````",
    "<!-- an open comment\n<script>",
    "> quoted\n# heading\n---\n...",
    "'\"\\ %{}[]&*!|>@,?:-",
    "漢字 é 🙂",
    "#proposer=0x0000000000000000000000000000000000000001",
    "a\n" * 200 + "a",
]


@pytest.mark.parametrize("summary", SUMMARIES)
def test_any_summary_comes_back(summary: str) -> None:
    text = describe(document(summary=summary), proposer=PROPOSER)
    described = parse_description(text)
    assert described.document == document(summary=summary)
    assert described.proposer == PROPOSER
    assert text.endswith(f"\n\n#proposer={PROPOSER}")


def test_the_fence_is_longer_than_any_run_of_backticks() -> None:
    text = describe(document(summary="x\n``````` seven"), proposer=PROPOSER)
    assert "\n````````yaml\n" in text
    assert text.count("\n````````\n") == 1


GOOD = describe(document(), proposer=PROPOSER)
FOREIGN = {
    "empty": "",
    "other text": "Fund the things",
    "a line feed at the end": GOOD + "\n",
    "another title for readers": GOOD.replace("# Cut node", "# Raise node", 1),
    "another summary for readers": GOOD.replace("> The weekly", "> The yearly", 1),
    "another amount in the block": GOOD.replace("15_000 RWD", "15000 RWD"),
    "text between": GOOD.replace("```yaml\n", "```yaml\n# a comment\n"),
    "text in front": "Approve this!\n\n" + GOOD,
    "a second block": GOOD.replace("\n#proposer", "\n```yaml\n```\n\n#proposer"),
    "no proposer": GOOD[: GOOD.index("\n\n#proposer")],
    "a proposer with a wrong checksum": GOOD.replace("0x70997970C5", "0x70997970c5"),
    "a proposer twice": GOOD + f"#proposer={PROPOSER}",
    "no YAML": GOOD.replace("actions:", "actions: [", 1),
    "an alias": GOOD.replace("base: current", "base: *a"),
    "a bidirectional character": GOOD.replace("The weekly", "The \u202eweekly"),
    "a surrogate": GOOD.replace("The weekly", "The \ud800weekly"),
    "too long": "#" * MAX_DESCRIPTION + GOOD,
    "only backticks": "\n" + "`" * 50_000 + GOOD[-56:],
    "many fences": "\n```" * 20_000 + GOOD[-56:],
    "deep nesting": GOOD.replace("base: current", "base: " + "[" * 10_000),
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN.keys())
def test_every_other_text_is_refused(text: str) -> None:
    assert text != GOOD
    with pytest.raises(ProposalError):
        parse_description(text)


def test_a_description_that_nobody_could_pay_for_is_refused() -> None:
    actions = [{"raw": {"target": "policy", "calldata": "0x" + "00" * 50_000}}] * 2
    with pytest.raises(ProposalError, match="too long"):
        describe(document(actions=actions), proposer=PROPOSER)
