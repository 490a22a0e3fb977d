"""Whether a target's code is still what it was when the proposal was made."""

from __future__ import annotations

from collections.abc import Iterator

from dao.chain.connection import Connection
from dao.errors import RpcError
from dao.lifecycle.decoded import named
from dao.lifecycle.proxies import implementation
from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict
from dao.types import Address


def _run(facts: Facts) -> Iterator[CheckResult]:
    chain = facts.examined.chain
    if chain is None:
        return
    connection, deployment = facts.session.connection, facts.session.deployment
    targets = sorted({call.target for call in facts.examined.calls if call.calldata})
    try:
        before = [_code(connection, target, chain.block_number) for target in targets]
    except RpcError:
        detail = f"the node no longer has the state of block {chain.block_number}; ask an archive node with --rpc"
        yield CheckResult("code", Verdict.SKIPPED, detail)
        return
    now = [_code(connection, target, facts.block.number) for target in targets]
    changed = [target for target, old, new in zip(targets, before, now, strict=True) if old != new]
    if changed:
        names = ", ".join(named(target, deployment) for target in changed)
        yield CheckResult("code", Verdict.FAILURE, f"the code changed after the proposal was made: {names}")
    else:
        yield CheckResult("code", Verdict.PASS, "the targets' code is what it was when the proposal was made")


def _code(connection: Connection, target: Address, block: int) -> tuple[bytes, bytes]:
    """A target's code, and that of the implementation behind it if it is a proxy."""
    code = connection.code(target, block=block)
    behind = implementation(connection, target, code, block=block)
    return code, b"" if behind is None else connection.code(behind, block=block)


CHECK = Check(name="code", looks="whether a target's code changed since it was proposed", run=_run)
