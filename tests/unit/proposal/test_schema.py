"""The committed JSON Schema: current, and a fit for what the loader reads as an editor sees it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dao.proposal.schema import PATH, schema_text
from tests.support.written import WRITTEN

ROOT = Path(__file__).parents[3]
KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def errors(schema: dict[str, Any], value: Any, root: dict[str, Any], where: str = "") -> list[str]:
    """What `value` breaks of the keywords that the generated schema uses; an unknown keyword is an error too."""
    if "$ref" in schema:
        return errors(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, root, where)
    found = []
    for keyword, rule in schema.items():
        if keyword in ("title", "description", "default", "$schema", "$defs", "propertyNames"):
            continue
        if keyword == "type":
            kinds = rule if isinstance(rule, list) else [rule]
            if not any(type(value) in KINDS[kind] for kind in kinds):
                found.append(f"{where}: {value!r} is no {rule}")
        elif keyword == "pattern":
            if isinstance(value, str) and not re.search(rule, value):
                found.append(f"{where}: {value!r} does not match {rule}")
        elif keyword == "enum":
            if value not in rule:
                found.append(f"{where}: {value!r}")
        elif keyword == "required":
            found += [f"{where}: no {name}" for name in rule if isinstance(value, dict) and name not in value]
        elif keyword == "properties":
            for name, part in rule.items():
                if isinstance(value, dict) and name in value:
                    found += errors(part, value[name], root, f"{where}.{name}")
        elif keyword == "additionalProperties":
            if isinstance(value, dict):
                found += [f"{where}: {name}" for name in value if name not in schema["properties"]]
        elif keyword == "patternProperties":
            for pattern, part in rule.items():
                for name, item in value.items():
                    found += (
                        errors(part, item, root, f"{where}.{name}")
                        if re.search(pattern, name)
                        else [f"{where}: {name}"]
                    )
        elif keyword == "items":
            if isinstance(value, list):
                found += [e for i, item in enumerate(value) for e in errors(rule, item, root, f"{where}.{i}")]
        elif keyword == "oneOf":
            if sum(not errors(part, value, root, where) for part in rule) != 1:
                found.append(f"{where}: not exactly one of {rule}")
        elif keyword in ("minLength", "minItems"):
            if len(value) < rule:
                found.append(f"{where}: too short")
        elif keyword in ("maxLength", "maxItems"):
            if len(value) > rule:
                found.append(f"{where}: too long")
        else:
            found.append(f"unknown keyword {keyword}")
    return found


def test_the_committed_schema_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == schema_text()


def parameters(operator: str) -> Any:
    """A proposal with `operator`, as an editor sees it."""
    action = f"set_parameters: {{stream: a, from_epoch: 1, operators: [{operator}]}}"
    return yaml.safe_load(f"title: t\nsummary: s\nactions:\n  - {action}\n")


@pytest.mark.parametrize("operator", [text for text, _ in WRITTEN], ids=lambda text: text.split(":")[0])
def test_every_operator_fits_as_an_editor_sees_it(operator: str) -> None:
    root = json.loads(schema_text())
    assert errors(root, parameters(f"{{{operator}}}"), root) == []


@pytest.mark.parametrize(
    "operator",
    [
        "per_units: {rate: 1 RWD, per: 1}",
        "per_unit: {rate: 1, per: 1}",
        "cap: {scope: node, limit: 5%}",
        "score_root: {}",
    ],
)
def test_a_wrong_operator_does_not_fit(operator: str) -> None:
    root = json.loads(schema_text())
    assert errors(root, parameters(f"{{{operator}}}"), root) != []


@pytest.mark.parametrize("path", sorted((ROOT / "proposals").glob("*.yaml")), ids=lambda path: path.name)
def test_the_shipped_proposals_fit_as_an_editor_sees_them(path: Path) -> None:
    root = json.loads(schema_text())
    seen = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert errors(root, seen, root) == []


WHOLE = """
title: Everything
summary: s
discussion: https://forum.example.org
impact: issuance
base: current
actions:
  - add_stream: {path: compute/new}
  - set_schedule:
      stream: compute/jobs
      from_epoch: 14
      segments:
        - constant: 15_000 RWD
        - {from_epoch: 20, table: {every: 2, amounts: [1 RWD, 250 wei]}}
        - {from_epoch: 30, geometric: {amount: 1_000 RWD, ratio: 85/100, every: 52}}
  - set_split: {parent: compute, from_epoch: 14, parts: {compute/a: carve-out, compute/b: 27.5%, compute/c: residual}}
  - transfer: {to: treasury, amount: 1_000 RWD}
  - send_ether: {to: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", amount: 0.5 ETH}
  - set_parameter: {quorum: 4.5%}
  - set_parameter: {voting_delay: 2 days}
  - set_tier: {tier: issuance, approval: 60%, quorum: 5%}
  - set_selector_tier: {target: token, selector: "0xa9059cbb", tier: standard}
  - set_exclusions: {delegates: [token]}
  - call: {target: token, function: "f(address,uint8[],bool)", arguments: [treasury, [1], true], value: 1 wei}
  - raw: {target: policy, calldata: "0x1234"}
"""


def test_everything_fits() -> None:
    root = json.loads(schema_text())
    assert errors(root, yaml.safe_load(WHOLE), root) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("15_000 RWD", "15_000"),
        ("27.5%", "27.5"),
        ("2 days", "2"),
        ("impact: issuance", "impact: huge"),
        ("approval: 60%, ", ""),
        ("tier: standard", "tier: low"),
        ("delegates: [token]", "delegates: token"),
        ("path: compute/new", "path: Compute"),
        ("{quorum: 4.5%}", "{}"),
        ("{quorum: 4.5%}", "{quorum: 4.5%, voting_delay: 2 days}"),
        ("- constant: 15_000 RWD", "- {}"),
        ('"0x1234"', "0x1234"),
        ('"0x70997970C51812dc3A010C7d01b50e0d17dc79C8"', "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        ("title: Everything\n", ""),
        ("base: current", "basis: current"),
        ("discussion: https://forum.example.org", "discussion:"),
    ],
)
def test_what_the_loader_refuses_is_marked_by_the_editor(old: str, new: str) -> None:
    root = json.loads(schema_text())
    assert WHOLE.count(old) == 1
    assert errors(root, yaml.safe_load(WHOLE.replace(old, new)), root) != []
