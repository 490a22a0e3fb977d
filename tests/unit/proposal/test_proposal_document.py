"""Proposal files: what they hold, and errors that name file, line and field."""

from __future__ import annotations

import dataclasses

import pytest
from pydantic import ValidationError

from dao.document.quantities import Amount
from dao.errors import DaoError, DocumentError, ProposalError
from dao.proposal.actions import Action, SetSplit, Transfer
from dao.proposal.calldata import Context, compile_proposal
from dao.proposal.document import ProposalDocument, actions_yaml, canonical_yaml, read_proposal
from dao.types import Address, Addresses

CONTEXT = Context(
    addresses=Addresses(
        token=Address("0x0000000000000000000000000000000000000001"),
        timelock=Address("0x0000000000000000000000000000000000000002"),
        governor=Address("0x0000000000000000000000000000000000000003"),
        policy=Address("0x0000000000000000000000000000000000000004"),
    ),
    symbol="RWD",
    decimals=6,
)

WHOLE = """\
title: Everything at once
summary: |
  First line.

  Third line: with `code`.
discussion: https://forum.example.org/t/123
impact: constitutional
base: current
actions:
  - add_stream: {path: compute/new}
  - set_schedule:
      stream: compute/jobs
      from_epoch: 14
      segments:
        - constant: 15_000 RWD
        - from_epoch: 20
          table: {every: 2, amounts: [1 RWD, 2.5 RWD, 250 wei]}
        - from_epoch: 30
          geometric: {amount: 1_000 RWD, ratio: 85/100, every: 52}
        - {from_epoch: 300, constant: 0 RWD}
  - set_split:
      parent: compute
      from_epoch: 14
      parts:
        compute/new: carve-out
        compute/jobs: 27.5%
        compute/reserve: residual
  - transfer: {to: 0x70997970C51812dc3A010C7d01b50e0d17dc79C8, amount: 1_000 RWD}
  - mint: {to: treasury, amount: 0.000001 RWD}
  - send_ether: {to: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", amount: 0.5 ETH}
  - set_parameter: {quorum: 4.5%}
  - call:
      target: token
      function: approve(address,uint256)
      arguments: [treasury, 5 RWD]
  - raw: {target: policy, calldata: 0x12345678}
  - set_tier: {tier: issuance, approval: 60%, quorum: 5%}
  - set_selector_tier: {target: token, function: "transfer(address,uint256)", tier: standard}
  - set_exclusions: {delegates: [token]}
"""


def test_a_whole_proposal_is_read_and_written() -> None:
    document, source = read_proposal(WHOLE, path="x.yaml")
    assert [action.kind for action in document.actions] == [
        "add_stream", "set_schedule", "set_split", "transfer", "mint", "send_ether", "set_parameter",
        "call", "raw", "set_tier", "set_selector_tier", "set_exclusions",
    ]  # fmt: skip
    assert document.summary == "First line.\n\nThird line: with `code`."
    assert read_proposal(canonical_yaml(document), path="y")[0] == document
    assert len(compile_proposal(document, CONTEXT, source=source)) == 12


# What is replaced, by what, and the line and field that the error names.
WRONG = [
    ("title: Everything at once", "title: ''", 1, "title"),
    ("title: Everything at once", "title: " + "x" * 121, 1, "title"),
    ("title: Everything at once\n", "", 1, "title"),
    ("impact: constitutional", "impact: huge", 7, "impact"),
    ("discussion: https", "discussion: javascript", 6, "discussion"),
    ("base: current", "base: newest", 8, "base"),
    ("base: current", "basis: current", 8, "basis"),
    ("path: compute/new", "path: Compute", 10, "actions.0.add_stream.path"),
    ("path: compute/new", "path: root/compute", 10, "actions.0.add_stream.path"),
    ("path: compute/new", "path: root", 10, "actions.0.add_stream.path"),
    ("from_epoch: 14\n      segments", "from_epoch: 4294967296\n      segments", 13,
     "actions.1.set_schedule.from_epoch"),
    ("from_epoch: 14\n      segments", "from_epoch: -1\n      segments", 13, "actions.1.set_schedule.from_epoch"),
    ("- constant: 15_000 RWD", "- constant: 15_000", 15, "actions.1.set_schedule.segments.0.constant"),
    ("- constant: 15_000 RWD", "- constant: 15_000 ETH", 15, "actions.1.set_schedule.segments.0.constant"),
    ("- constant: 15_000 RWD", "- constant: 0.0000001 RWD", 15, "actions.1.set_schedule.segments.0.constant"),
    ("- constant: 15_000 RWD", "- {constant: 1 RWD, from_epoch: 14}", 15, "actions.1.set_schedule.segments.0"),
    ("- constant: 15_000 RWD", "- {}", 15, "actions.1.set_schedule.segments.0"),
    ("- from_epoch: 20", "- from_epoch: 14", 14, "actions.1.set_schedule.segments"),
    ("2.5 RWD, 250 wei", "2.5 RWX", 17, "actions.1.set_schedule.segments.1.table.amounts.1"),
    ("ratio: 85/100", "ratio: 0.85", 19, "actions.1.set_schedule.segments.2.geometric.ratio"),
    ("ratio: 85/100", "ratio: 85/0", 19, "actions.1.set_schedule.segments.2.geometric.ratio"),
    ("{from_epoch: 300, constant", "{constant", 20, "actions.1.set_schedule.segments.3"),
    ("27.5%", "27.555%", 26, "actions.2.set_split.parts.compute/jobs"),
    ("27.5%", "0%", 26, "actions.2.set_split.parts.compute/jobs"),
    ("compute/reserve: residual", "compute/reserve: 10%", 24, "actions.2.set_split.parts"),
    ("compute/reserve: residual", "data/reserve: residual", 24, "actions.2.set_split.parts"),
    ("to: 0x70997970C5", "to: 0x70997970c5", 28, "actions.3.transfer.to"),
    ("to: 0x70997970C5", "to: 0x7099797", 28, "actions.3.transfer.to"),
    ("amount: 1_000 RWD}", "amount: 1_000}", 28, "actions.3.transfer.amount"),
    ("amount: 0.5 ETH", "amount: 0.5 RWD", 30, "actions.5.send_ether.amount"),
    ("quorum: 4.5%", "quorum: 4.5", 31, "actions.6.set_parameter.quorum"),
    ("{quorum: 4.5%}", "{quorum: 4.5%, voting_delay: 1 day}", 31, "actions.6.set_parameter"),
    ("{quorum: 4.5%}", "{quorums: 4.5%}", 31, "actions.6.set_parameter.quorums"),
    ("arguments: [treasury, 5 RWD]", "arguments: [treasury, 5]", 35, "actions.7.call.arguments.1"),
    ("arguments: [treasury, 5 RWD]", "arguments: [treasury]", 35, "actions.7.call.arguments"),
    ("arguments: [treasury, 5 RWD]", "arguments: [0xnone, 5 RWD]", 35, "actions.7.call.arguments.0"),
    ("approve(address,uint256)", "aprove(address,uint256)", 34, "actions.7.call.function"),
    ("approve(address,uint256)", "balanceOf(address)", 34, "actions.7.call.function"),
    ("arguments: [treasury, 5 RWD]", "arguments: [treasury, 5 RWD]\n      value: 1 wei", 34, "actions.7.call.function"),
    ("0x12345678", "0x1234567", 36, "actions.8.raw.calldata"),
    ("- raw: {", "- rwa: {", 36, "actions.8.rwa"),
    ("- raw: {", "- mint: {to: policy, amount: 1 RWD}\n    raw: {", 36, "actions.8"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "field"), WRONG)
def test_errors_name_line_and_field(old: str, new: str, line: int, field: str) -> None:
    assert WHOLE.count(old) == 1
    with pytest.raises(DocumentError) as caught:
        document, source = read_proposal(WHOLE.replace(old, new), path="x.yaml")
        compile_proposal(document, CONTEXT, source=source)
    assert (caught.value.path, caught.value.line, caught.value.field) == ("x.yaml", line, field)


def test_all_errors_are_listed_and_the_first_is_raised() -> None:
    text = WHOLE.replace("impact: constitutional", "impact: huge").replace("27.5%", "half").replace("5 RWD]", "5]")
    with pytest.raises(DocumentError) as caught:
        read_proposal(text, path="x.yaml")
    assert caught.value.line == 7
    others = caught.value.values["others"]
    assert isinstance(others, list)
    assert [(other["line"], other["field"]) for other in others] == [(26, "actions.2.set_split.parts.compute/jobs")]


def test_the_one_wrong_action_is_named_and_not_the_list_that_it_leaves_empty() -> None:
    text = "title: t\nsummary: s\nactions:\n  - mint: {to: treasury, amount: 5}\n"
    with pytest.raises(DocumentError) as caught:
        read_proposal(text, path="x")
    assert (caught.value.line, caught.value.field, caught.value.values["others"]) == (4, "actions.0.mint.amount", [])


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(DocumentError) as caught:
        read_proposal(WHOLE.replace("constant: 15_000", "constnt: 15_000"), path="x.yaml")
    assert caught.value.remedy == "did you mean constant?"


@pytest.mark.parametrize("text", ["x", "[]", "[a]", "title: [a]\nsummary: {}\nactions: x", "actions: []"])
def test_another_shape_is_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        read_proposal(text, path="x.yaml")


def test_without_a_source_the_field_is_named_by_the_error() -> None:
    document, _ = read_proposal(WHOLE, path="x.yaml")
    with pytest.raises(ProposalError) as caught:
        compile_proposal(document, dataclasses.replace(CONTEXT, symbol="OTHER"))
    assert caught.value.values["field"] == "actions.1.set_schedule.segments.0.constant"


def test_programs_are_held_to_the_same_bounds() -> None:
    with pytest.raises(ValidationError):
        Transfer(to="0x70997970c51812dc3A010C7d01b50e0d17dc79C8", amount=Amount(1, 0, "RWD"))
    with pytest.raises(ValidationError):
        Transfer(to="treasury", amount=Amount(-1, 0, "RWD"))
    with pytest.raises(ValidationError):
        Action.model_validate({"set_parameter": {"quorum": 10_001}})
    with pytest.raises(ValidationError):
        Action.model_validate({"set_parameter": {"quorum": True}})
    action = Action(transfer=Transfer(to="treasury", amount=Amount(1, 0, "RWD")))
    with pytest.raises(ValidationError):
        action.transfer = None  # type: ignore[misc]


def test_the_order_of_a_split_matters() -> None:
    first = SetSplit.model_validate(
        {"parent": "a", "from_epoch": "1", "parts": {"a/b": "carve-out", "a/c": "residual"}}
    )
    second = SetSplit.model_validate(
        {"parent": "a", "from_epoch": "1", "parts": {"a/c": "residual", "a/b": "carve-out"}}
    )
    assert first != second


def test_actions_are_shown_as_a_file_would_hold_them() -> None:
    document, _ = read_proposal(WHOLE, path="x")
    shown = "".join(f"  {line}\n" for line in actions_yaml(document.actions).splitlines())
    assert canonical_yaml(document).endswith("actions:\n" + shown)


def test_an_empty_split_makes_a_leaf() -> None:
    text = "title: t\nsummary: s\nactions:\n  - set_split: {parent: compute, from_epoch: 1, parts: {}}\n"
    document, _ = read_proposal(text, path="x")
    assert "parts: {}" in canonical_yaml(document)
    assert len(compile_proposal(document, CONTEXT)) == 1


def test_hostile_text_never_leaves_the_tree_of_errors() -> None:
    for text in ('title: "\\ud800"', "title: a\nsummary: |\n  \u2067", "\x00", "actions: [[[[[[{"):
        with pytest.raises(DaoError):
            read_proposal(text, path="x")


def test_the_model_is_the_one_of_the_file() -> None:
    assert ProposalDocument.model_validate(
        {"title": "t", "summary": "s", "actions": [{"mint": {"to": "treasury", "amount": "1 RWD"}}]}
    )
