"""Account-level operators as documents write them: one text for each, exact, and errors that name their place."""

from __future__ import annotations

from typing import Any

import pytest

from dao.document.emitter import emit
from dao.document.forms import format_level, parse_cell, parse_level, parse_signed_fixed
from dao.document.loader import load
from dao.document.model import validate
from dao.document.operators import OperatorBody
from dao.document.parameters import Encoded, WrittenOperator, write_parameters
from dao.document.quantities import Amount
from dao.document.where import field_of
from dao.errors import AmountError, DaoError, DocumentError
from dao.rewards.accounts.caps import Cap, Scope
from dao.rewards.accounts.fixed import WAD
from dao.rewards.accounts.operators import Operator
from dao.rewards.accounts.rate import PerUnit
from dao.rewards.accounts.steps import StepWeights
from dao.rewards.accounts.take import TakeRates
from dao.rewards.parameters import KINDS, decode, encode
from dao.rewards.values import tag
from tests.support.written import RWD, WRITTEN


def read(text: str) -> Encoded:
    return validate(Encoded, load(text, path="p.yaml"))


@pytest.mark.parametrize(("text", "operator"), WRITTEN, ids=lambda value: value[:24] if isinstance(value, str) else "")
def test_every_operator_has_a_text(text: str, operator: Operator) -> None:
    data = read(f"operators:\n  - {text}\n").encoded(RWD)
    assert data == encode((operator,))
    again = Encoded.model_validate(write_parameters(data, RWD))
    assert again.encoded(RWD) == data
    # Written, loaded and written once more: one text.
    canonical = emit(again.model_dump(mode="json", exclude_none=True))
    assert read(canonical) == again
    assert emit(read(canonical).model_dump(mode="json", exclude_none=True)) == canonical


def test_every_operator_is_there() -> None:
    kinds = {tag(kind.operator) for kind in KINDS}
    assert kinds == set(WrittenOperator.model_fields) == {next(iter(text.split(":"))) for text, _ in WRITTEN}
    assert {body.makes for body in OperatorBody.__subclasses__()} == {kind.operator for kind in KINDS}


def test_the_canonical_text() -> None:
    operators: tuple[Operator, ...] = (
        StepWeights(column="progress", steps=((0, WAD), (7 * WAD // 10, 3 * WAD // 2))),
        Cap(scope=Scope.STREAM_NODES, limit=7_500, column="nodes"),
        TakeRates(rates=(("uakt", 200),), default=50),
    )
    written = Encoded.model_validate(write_parameters(encode(operators), RWD))
    assert (
        emit(written.model_dump(mode="json", exclude_none=True))
        == """\
operators:
  - step_weights:
      column: progress
      steps:
        - at: 0
          weight: 1
        - at: 70%
          weight: 1.5
  - cap:
      scope: stream-nodes
      limit: 75 RWD
      column: nodes
  - take_rates:
      rates:
        uakt: 2%
      default: 0.5%
""".replace("weight: 1.5", 'weight: "1.5"')
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"\xff" * 40, encode(()), encode((PerUnit(rate=1, per=1),)) + b"\x00" * 32, b"\x00" * 9_000],
)
def test_bytes_that_are_no_operators_stay_bytes(data: bytes) -> None:
    assert write_parameters(data, RWD) == {"data": data}
    assert Encoded(data=data).encoded(RWD) == data


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("operators: []", 1, "operators"),
        ("operators:\n  - per_unit: {rate: 1 RWD, per: 1}\ndata: 0x00", 1, ""),
        ("{}", 1, ""),
        ("data: 0x0", 1, "data"),
        ("operators:\n  - per_units: {rate: 1 RWD, per: 1}", 2, "operators.0.per_units"),
        ("operators:\n  - per_unit:\n      rate: 1\n      per: 1", 3, "operators.0.per_unit.rate"),
        ("operators:\n  - cap: {scope: node, limit: 1 RWD}", 2, "operators.0.cap.scope"),
        ("operators:\n  - spreads: {mint: 0.001%, settle: 1%}", 2, "operators.0.spreads.mint"),
        ("operators:\n  - full_at: {column: Coverage, full: 15%}", 2, "operators.0.full_at.column"),
        ("operators:\n  - full_at: {column: x, full: -1}", 2, "operators.0.full_at.full"),
        ("operators:\n  - step_weights:\n      column: x\n      steps:\n      - {at: 0, weight: 1}\n      - {at: 1}",
         6, "operators.0.step_weights.steps.1.weight"),
        ("operators:\n  - label_weights: {column: x, weights: {A: 1}}", 2, "operators.0.label_weights.weights.A"),
    ],
)  # fmt: skip
def test_a_wrong_text_names_its_place(text: str, line: int, field: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(text)
    assert (caught.value.line, caught.value.field.removesuffix(".[key]")) == (line, field)


@pytest.mark.parametrize(
    ("operators", "field"),
    [
        (["per_unit: {rate: 1.001 RWD, per: 1}"], "operators.0.per_unit.rate"),
        (["spreads: {mint: 1%, settle: 1%}", "per_unit: {rate: 1 ETH, per: 1}"], "operators.1.per_unit.rate"),
        (["per_unit: {rate: 1 RWD, per: 0}"], "operators.0.per_unit"),
        (["cap: {scope: stream-month, limit: 5%}"], "operators.0.cap.limit"),
        (["cap: {scope: account-share, limit: 5 RWD}"], "operators.0.cap.limit"),
        (["per_unit: {rate: 1 RWD, per: 1}", "full_at: {column: x, full: 1}"], "operators"),
        (
            ["lock_weights: {amount_column: a, duration_column: d, steps: [{amount: 0 ETH, duration: 0, weight: 0}]}"],
            "operators.0.lock_weights.steps.0.amount",
        ),
    ],
)
def test_what_cannot_be_encoded_names_its_place(operators: list[str], field: str) -> None:
    made = read("operators:\n" + "".join(f"  - {text}\n" for text in operators))
    with pytest.raises(DaoError) as caught:
        made.encoded(RWD)
    assert field_of(caught.value) == field


@pytest.mark.parametrize(
    ("text", "value", "canonical"),
    [
        ("0", 0, "0"),
        ("36", 36, "36"),
        ("1_000", 1_000, "1000"),
        ("70%", 7 * WAD // 10, "70%"),
        ("0.01%", 10**14, "0.01%"),
        ("133 %", 133 * WAD // 100, "133%"),
        ("0.0000000000000001%", 1, "1"),
        (str(2**128 - 1), 2**128 - 1, str(2**128 - 1)),
        ("0%", 0, "0"),
    ],
)
def test_levels(text: str, value: int, canonical: str) -> None:
    assert parse_level(text) == value
    assert format_level(value) == canonical
    assert parse_level(canonical) == value


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1.5 RWD", "0.00000000000000001%", "%", str(2**128), "0x10"])
def test_what_is_no_level(text: str) -> None:
    with pytest.raises(AmountError):
        parse_level(text)


@pytest.mark.parametrize(("text", "value"), [("-0.0485", -485 * 10**14), ("2", 2 * WAD), ("0", 0)])
def test_signed_numbers(text: str, value: int) -> None:
    made = parse_signed_fixed(text)
    assert made.value == value
    assert parse_signed_fixed(str(made)) == made


@pytest.mark.parametrize("text", ["-0", "--1", "+1", "- 1", "1e3", ""])
def test_what_is_no_signed_number(text: str) -> None:
    with pytest.raises(AmountError):
        parse_signed_fixed(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("h200", "h200"),
        ("RTX4090", "RTX4090"),
        ("100", 100),
        ("99.5%", 995 * 10**15),
        ("500 RWD", Amount(500, 0, "RWD")),
    ],
)
def test_cells(text: str, value: Any) -> None:
    assert parse_cell(text) == value


def test_decode_is_what_a_document_was_written_from() -> None:
    operators = decode(
        read("operators:\n" + "".join(f"  - {WRITTEN[index][0]}\n" for index in (0, 1, 16, 17))).encoded(RWD)
    )
    assert operators == tuple(WRITTEN[index][1] for index in (0, 1, 16, 17))
