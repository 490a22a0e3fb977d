"""What proposals call, and whether the code that ran there is the code that was there when they were made.

A proposal promises calls. Whoever owns a target can keep the calls and change what they do: an address without code
gets some after the vote, or a contract destroys itself and another one is created in its place (CREATE2). So the code
at the end of the block of the proposal, the first that voters could look at, is compared with that at the ends of two
other blocks: the one before the execution, and that of the execution itself. Code that came in the block of the
execution shows in the latter alone, and code that removed itself when it had run, in the former alone. What came and
went within the block of the execution shows in neither. There is a trace of it where data was sent to an account that
had no code at any of the three: this project's governor refuses such a call, so that there was code when it was made,
and other governors call into nothing, so that nobody can say what ran.

A difference is one whoever made it, and for whatever reason: a proposal that deploys a contract and calls it, or that
has its target destroy itself, is told of as well. One case is none: an account without code whose owner lets it run
another contract's code (EIP-7702), or no longer does, and that only gets ether. Whoever has its key decides over that
ether either way. If the call carries data, what it does has changed, and it is a difference.

The code of a proxy stays as it is while that behind it is exchanged, and targets may call others in turn; neither is
followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dao.abi import checksum
from dao.blocks.bytecode import NO_CODE, cloned, delegated
from dao.events.decode import Place
from dao.replay.state import GovernanceState
from dao.types import Address

if TYPE_CHECKING:
    from dao.governors.state import GovernorState


@dataclass(frozen=True, slots=True)
class Target:
    """An account that a proposal calls, and whether with data: otherwise it gets plain ether."""

    account: Address
    called: bool


@dataclass(frozen=True, slots=True, order=True)
class Sight:
    """An account at the end of a block."""

    block: int
    account: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A proposal as far as the code of its targets goes.

    Args:
        id: Its id.
        targets: What it calls, each account once, in the order of the calls.
        created: Where it was made.
        executed: Where its calls were made, by the governor or on the timelock directly; None where they were not.
        guarded: Whether whoever made them refuses to send data to an account without code.
    """

    id: int
    targets: tuple[Target, ...]
    created: Place
    executed: Place | None
    guarded: bool = False

    def sights(self, target: Target) -> tuple[Sight, ...]:
        """When the code of `target` matters: after the proposal, before the execution, after the execution."""
        blocks = [self.created.block]
        if self.executed is not None:
            blocks += [max(self.executed.block - 1, self.created.block), self.executed.block]
        return tuple(Sight(block, target.account) for block in blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The code of one target of an executed proposal, in words: as it was, and as it was at execution.

    Args:
        proposal: Id of the proposal.
        account: The target.
        place: Where the calls were made.
        expected: The code after the proposal.
        found: The code at execution; the same text where nothing changed.
        empty: Whether data was sent to an account without code at any of the three blocks, and nothing refuses that.
        delegated: Whether what changed was which code its owner lets it run (EIP-7702), and it only got ether.
    """

    proposal: int
    account: Address
    place: Place
    expected: str
    found: str
    empty: bool
    delegated: bool

    @property
    def what(self) -> str:
        """What it is about, for a finding."""
        return f"code of {self.account}, which proposal {self.proposal} calls"


def decisions(state: GovernanceState | GovernorState) -> tuple[Decision, ...]:
    """Every proposal of a replayed state, in the order in which they were made."""
    found = []
    for proposal in state.proposals.values():
        operation = None if proposal.operation is None else state.operations.get(proposal.operation)
        made = proposal.executed if operation is None or operation.done is None else operation.done
        called: dict[Address, bool] = {}
        for call in proposal.calls:
            called[call.target] = called.get(call.target, False) or bool(call.calldata)
        targets = tuple(Target(account, data) for account, data in called.items())
        # `RewardGovernor._requireCode` looks when a proposal is made, and when the governor executes it.
        guarded = isinstance(state, GovernanceState) and proposal.executed is not None
        found.append(
            Decision(id=proposal.id, targets=targets, created=proposal.created, executed=made, guarded=guarded)
        )
    return tuple(found)


def sights(decided: Iterable[Decision]) -> tuple[Sight, ...]:
    """Everything of which the code must be known, by block, each once."""
    return tuple(sorted({sight for one in decided for target in one.targets for sight in one.sights(target)}))


def compare(
    decided: Iterable[Decision],
    hashes: Callable[[Sight], bytes | None],
    codes: Callable[[bytes], bytes | None],
) -> Iterator[Comparison]:
    """Each target of each executed proposal, as far as its code is known.

    Args:
        decided: The proposals.
        hashes: The hash of the code of an account at the end of a block, 32 bytes; None where nobody knows it.
        codes: The code with a hash; None where nobody has it.
    """
    for one in decided:
        if one.executed is None:
            continue
        for target in one.targets:
            made, before, after = (hashes(sight) for sight in one.sights(target))
            if made is not None and (before, after) != (None, None):
                yield _compared(one, one.executed, target, (made, before, after), codes)


def _compared(
    one: Decision,
    place: Place,
    target: Target,
    digests: tuple[bytes, bytes | None, bytes | None],
    codes: Callable[[bytes], bytes | None],
) -> Comparison:
    made, before, after = digests
    changed = any(digest not in (made, None) for digest in digests)
    owned = all(digest == NO_CODE or delegated(codes(digest) or b"") for digest in digests if digest is not None)
    excused = changed and owned and not target.called
    empty = target.called and set(digests) == {NO_CODE}
    expected = f"{_shown(made, codes)}, as at the end of block {one.created.block}, in which it was proposed"
    found = expected
    if changed and not excused:
        found = _found(before, after, place.block, codes)
    elif empty and one.guarded:
        found = f"code that came and went within block {place.block}: the governor sends no data where there is none"
    return Comparison(
        proposal=one.id,
        account=target.account,
        place=place,
        expected=expected,
        found=found,
        empty=empty and not one.guarded,
        delegated=excused,
    )


def kind_of(code: bytes) -> str | None:
    """What code is that only runs another contract's; None for other code."""
    target = cloned(code)
    if target is not None:
        return f"a minimal proxy (EIP-1167) of {checksum(target)}"
    delegate = delegated(code)
    return None if delegate is None else f"an account that delegates to {checksum(delegate)} (EIP-7702)"


def _found(before: bytes | None, after: bytes | None, block: int, codes: Callable[[bytes], bytes | None]) -> str:
    if before == after and after is not None:
        return f"{_shown(after, codes)} at the ends of blocks {block - 1} and {block}, in which it was executed"
    there = f"{_shown(after, codes)} at the end of block {block}, in which it was executed"
    return f"{_shown(before, codes)} at the end of block {block - 1}, {there}"


def _shown(digest: bytes | None, codes: Callable[[bytes], bytes | None]) -> str:
    if digest is None:
        return "unknown code"
    if digest == NO_CODE:
        return "no code"
    code = codes(digest)
    words = "" if code is None else f", {kind_of(code) or f'length {len(code)}'}"
    return f"code with hash 0x{digest.hex()}{words}"
