"""Whether every call with calldata meets code of the target's own."""

from __future__ import annotations

from collections.abc import Iterator

from dao.lifecycle.verdict import Check, CheckResult, Facts, Verdict

_DESIGNATOR = bytes.fromhex("ef0100")
_DESIGNATOR_LENGTH = 23


def _run(facts: Facts) -> Iterator[CheckResult]:
    targets = sorted({call.target for call in facts.examined.calls if call.calldata})
    missing = [target for target in targets if not _is_own(facts.session.connection.code(target))]
    if missing:
        yield CheckResult("targets", Verdict.FAILURE, f"no code of its own at {', '.join(missing)}")
    else:
        yield CheckResult("targets", Verdict.PASS, "every call meets code")


def _is_own(code: bytes) -> bool:
    # An EIP-7702 account's code is whatever its owner makes it next.
    return bool(code) and not (len(code) == _DESIGNATOR_LENGTH and code.startswith(_DESIGNATOR))


CHECK = Check(name="targets", looks="whether every call meets code", run=_run)
