"""Fails on a compiler warning in the project's contracts, a slither finding without an answer, or an idle answer.

Usage: `python tests/contract/slither_check.py`. Answers stand in `contracts/slither-triage.yaml`, one reason per
detector and place. Slither's Brownie reader does not find OpenZeppelin's files without contracts, so the compiler is
called here with the settings of `brownie-config.yaml`. It stops after its analysis: slither reads no bytecode, and
making it takes ten times as long. What the compiler warns of while it makes code fails `make compile`.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml
from crytic_compile import CryticCompile
from crytic_compile.compilation_unit import CompilationUnit
from crytic_compile.compiler.compiler import CompilerVersion
from crytic_compile.platform.exceptions import InvalidCompilation
from crytic_compile.platform.solc_standard_json import (
    SolcStandardJson,
    parse_standard_json_output,
    run_solc_standard_json,
)
from slither import Slither
from slither.__main__ import get_detectors_and_printers

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = ROOT / "contracts" / "slither-triage.yaml"
OURS = ("contracts/governance/", "contracts/rewards/", "contracts/token/")

_NO_CODE = {"object": "", "sourceMap": ""}

Finding = tuple[str, str]
"""Detector, and the function, variable or contract that it points at."""


def compile_input() -> dict[str, Any]:
    """Solc's standard JSON input for the shipped contracts, with the settings that Brownie compiles them with."""
    solc = yaml.safe_load((ROOT / "brownie-config.yaml").read_text(encoding="utf-8"))["compiler"]
    sources = [str(path.relative_to(ROOT)) for prefix in OURS for path in sorted((ROOT / prefix).rglob("*.sol"))]
    return {
        "sources": {path: {"urls": [path]} for path in sources},
        "settings": {
            "evmVersion": solc["evm_version"],
            "viaIR": solc["solc"]["viaIR"],
            "optimizer": solc["solc"]["optimizer"],
            "remappings": solc["solc"]["remappings"],
            "outputSelection": {"*": {"*": ["abi", "devdoc", "userdoc"], "": ["ast"]}},
        },
    }


class Analysed(SolcStandardJson):
    """The sources as the compiler's analysis leaves them. Where slither's reader asks for code, there is none."""

    def compile(self, crytic_compile: CryticCompile, **kwargs: Any) -> None:
        """Adds the one unit of compilation to `crytic_compile`. Raises InvalidCompilation."""
        document = self.to_dict()
        settings = document["settings"]
        unit = CompilationUnit(crytic_compile, "standard_json")
        unit.compiler_version = CompilerVersion(
            "solc",
            version=kwargs["version"],
            optimized=settings["optimizer"]["enabled"],
            optimize_runs=settings["optimizer"]["runs"],
            via_ir=settings["viaIR"],
        )
        output = run_solc_standard_json(
            document,
            unit.compiler_version,
            solc=str(ROOT / ".toolchain" / "solcx" / f"solc-v{kwargs['version']}"),
            working_dir=str(ROOT),
            solc_disable_warnings=True,  # of libraries; toolchain/solc.cjs makes errors of our own
        )
        for contracts in output["contracts"].values():
            for contract in contracts.values():
                contract["evm"] = {"bytecode": _NO_CODE, "deployedBytecode": _NO_CODE}
        parse_standard_json_output(output, unit, solc_working_dir=str(ROOT))


def place(result: dict[str, Any]) -> str:
    """What a finding points at, by name and without line numbers, so that an answer outlives edits elsewhere."""
    for part in result["elements"]:
        local = part["type"] == "variable" and part["type_specific_fields"]["parent"]["type"] == "function"
        element = part["type_specific_fields"]["parent"] if local else part
        fields = element.get("type_specific_fields", {})
        owner = fields.get("parent", {}).get("name", "")
        if element["type"] == "function":
            return f"{owner}.{fields['signature']}"
        if element["type"] in ("variable", "event", "struct", "enum"):
            return f"{owner}.{element['name']}"
        if element["type"] == "contract":
            return str(element["name"])
    return str(result["elements"][0]["source_mapping"]["filename_relative"]) if result["elements"] else ""


def findings() -> list[tuple[Finding, str]]:
    """Every finding in the project's own files, with slither's description."""
    version = yaml.safe_load((ROOT / "brownie-config.yaml").read_text(encoding="utf-8"))["compiler"]["solc"]["version"]
    try:
        crytic = CryticCompile(Analysed(compile_input()), version=version)
    except InvalidCompilation as error:
        raise SystemExit(f"the contracts do not compile without a warning:\n{error}") from error
    slither = Slither(crytic, filter_paths=["node_modules"])
    if not slither.contracts:
        raise SystemExit("slither read no contract")
    for detector in get_detectors_and_printers()[0]:
        slither.register_detector(detector)
    results = [result for found in slither.run_detectors() for result in found]
    return [((result["check"], place(result)), result["description"].strip()) for result in results]


def main() -> int:
    """0 where findings and answers agree; 1 with each difference printed."""
    answers: Counter[Finding] = Counter()
    for answer in yaml.safe_load(ANSWERS.read_text(encoding="utf-8")):
        if len(answer["reason"]) < 20:
            raise SystemExit(f"the answer for {answer['where']} gives no reason")
        answers[(answer["detector"], answer["where"])] += answer["findings"]
    found = findings()
    counted = Counter(finding for finding, _ in found)
    for detector, where in counted - answers:
        print(f"unanswered: {detector} at {where}")
        print("\n".join(f"    {text}" for finding, text in found if finding == (detector, where)))
    for (detector, where), number in (answers - counted).items():
        print(f"idle answer: {detector} at {where}, {number} more than slither finds")
    print(f"slither: {len(found)} findings, {sum(answers.values())} answered")
    return 0 if counted == answers else 1


if __name__ == "__main__":
    sys.exit(main())
