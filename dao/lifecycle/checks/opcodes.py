"""Whether a target outside the deployment could destroy itself, or run code that others choose."""

from __future__ import annotations

from collections.abc import Iterator

from dao.blocks.bytecode import CALLCODE, DELEGATECALL, SELFDESTRUCT, instructions
from dao.lifecycle.decoded import contract_at
from dao.lifecycle.proxies import implementation
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict

_RISKS = {SELFDESTRUCT: "selfdestruct", DELEGATECALL: "delegatecall", CALLCODE: "callcode"}


def _run(facts: Facts) -> Iterator[CheckResult]:
    connection, deployment, block = facts.session.connection, facts.session.deployment, facts.block.number
    foreign = sorted({call.target for call in facts.examined.calls if not contract_at(call.target, deployment)})
    found = False
    for target in foreign:
        code = connection.code(target, block=block)
        behind = implementation(connection, target, code, block=block)
        body = code if behind is None else code + connection.code(behind, block=block)
        used = sorted(_RISKS[one] for one in set(instructions(body)) & set(_RISKS))
        if used:
            found = True
            through = "" if behind is None else f", through {behind}"
            yield CheckResult("opcodes", Verdict.WARNING, f"{target} can {' and '.join(used)}{through}")
    if not found:
        where = "no target outside the deployment" if not foreign else "no target outside the deployment that"
        detail = f"{where} can selfdestruct or delegatecall" if foreign else where
        yield CheckResult("opcodes", Verdict.PASS, detail)


CHECK = Check(name="opcodes", looks="whether a target can selfdestruct or delegatecall", run=_run)
