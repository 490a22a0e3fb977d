"""Reads on from where it was, once a turn, across lost connections and reorganisations of the chain."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dao.chain.connection import Block
from dao.errors import RpcError
from dao.lifecycle.session import Session
from dao.lifecycle.watch.facts import Fact, Kind
from dao.lifecycle.watch.position import DEPTH, Position, Reported
from dao.lifecycle.watch.reading import Known, logged_facts, timed_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one look at the chain found.

    Args:
        facts: What happened and was not reported yet, oldest first.
        withdrawn: What was reported and did not happen in the chain as it is now.
        replaced: How many blocks that were read are no longer in the chain.
        behind: How many blocks the node is behind what was read; then it says nothing new.
        base: The newest block that was read before and is still in the chain.
        blocks: The newest blocks after it.
        found: All facts after it.
        known: What is remembered of the proposals now.
    """

    facts: tuple[Fact, ...] = ()
    withdrawn: tuple[Reported, ...] = ()
    replaced: int = 0
    behind: int = 0
    base: Block
    blocks: tuple[Block, ...] = ()
    found: tuple[Fact, ...] = ()
    known: dict[int, Known] | None = None


class Watch:
    """A watch over the proposals of one deployment.

    `look` says what is new and does not move, so that what fails in it is read again; `told` notes that one fact was
    reported; `settle` moves on. What was reported and not settled is not reported again by whoever begins at
    `position`.
    """

    def __init__(self, session: Session, position: Position) -> None:
        self._session = session
        self._marks = position.marks
        self._reported = list(position.reported)
        self._first = position.marks[0].number
        # None where it is to be read anew: at the beginning, and after a look that failed.
        self._known: dict[int, Known] | None = None

    @property
    def position(self) -> Position:
        """How far it has come."""
        return Position(self._marks, tuple(self._reported))

    def look(self) -> Turn:
        """What is new since the last turn that was settled.

        Raises:
            ConnectionFailed: The node does not answer.
            RpcError: It answers with what cannot be, or the chain changed meanwhile.
            CodecError: A log does not decode.
            ProposalError: A proposal does not hash to its id.
        """
        session, connection, last = self._session, self._session.connection, self._marks[-1]
        head = connection.block()
        if self._is_behind(head):
            return Turn(base=last, behind=last.number - head.number)
        base = self._base(head)
        remembered, self._known = self._known, None
        known = self._remembered(base, head) if remembered is None or base != last else remembered
        if head.number == base.number:
            return self._turn(base, (), (), known)
        first = max(base.number + 1, head.number - DEPTH + 1)
        blocks = (*connection.blocks(range(first, head.number)), head)
        found = list(
            logged_facts(
                session, known, from_block=base.number + 1, to_block=first - 1, blocks=blocks, ask_at=head.number
            )
        )
        timed = timed_facts(session, known, since=base, blocks=blocks)
        if connection.block(head.number) != head:
            raise RpcError("the chain changed while it was read", remedy="read it again")
        # What the clock did at a moment was so before anything in the first block of that moment.
        return self._turn(base, blocks, tuple(sorted([*timed, *found], key=lambda fact: fact.timestamp)), known)

    def told(self, fact: Fact) -> None:
        """Notes that `fact` was reported."""
        self._reported.append(Reported.of(fact))

    def settle(self, turn: Turn) -> None:
        """Moves on to the end of `turn`, all of which was reported."""
        if turn.behind:
            return
        marks = self._marks
        kept = marks[: marks.index(turn.base) + 1] if turn.base in marks else (turn.base,)
        self._marks = (*kept, *turn.blocks)[-DEPTH:]
        earlier = [one for one in self._reported if one.block <= turn.base.number]
        reported = [*earlier, *(Reported.of(fact) for fact in turn.found)]
        self._reported = [one for one in reported if one.block > self._marks[0].number]
        self._known = turn.known

    def _turn(self, base: Block, blocks: tuple[Block, ...], found: tuple[Fact, ...], known: dict[int, Known]) -> Turn:
        orphans = [one for one in self._reported if one.block > base.number]
        reported, keys = {one.key for one in orphans}, {fact.key for fact in found}
        return Turn(
            facts=tuple(fact for fact in found if fact.key not in reported),
            withdrawn=tuple(one for one in orphans if one.key not in keys),
            replaced=self._marks[-1].number - base.number,
            base=base,
            blocks=blocks,
            found=found,
            known=known,
        )

    def _is_behind(self, head: Block) -> bool:
        """Whether the node has an older block of the same chain as its newest: one of several that answer in turn."""
        marks = self._marks
        if head.number >= marks[-1].number:
            return False
        return {mark.number: mark.hash for mark in marks}.get(head.number, head.hash) == head.hash

    def _remembered(self, base: Block, head: Block) -> dict[int, Known]:
        """What the logs until `base` say of every proposal."""
        known: dict[int, Known] = {}
        start = self._session.deployment.start_block
        facts = logged_facts(self._session, known, from_block=start, to_block=base.number, ask_at=head.number)
        for fact in facts:
            if fact.kind in (Kind.EXECUTED, Kind.CANCELED):
                known[fact.proposal_id] = replace(known[fact.proposal_id], is_final=True)
        return known

    def _base(self, head: Block) -> Block:
        """The newest block that was read and is still in the chain.

        Where none of those is that are remembered, the one at which this watch began, as it is now: what happened
        since is reported again rather than missed.
        """
        connection, marks = self._session.connection, self._marks
        if head.number >= marks[-1].number:
            at_last = head if head.number == marks[-1].number else connection.block(marks[-1].number)
            if at_last == marks[-1]:
                return at_last
        governor = self._session.deployment.addresses.governor
        if not connection.code(governor, block=head.number):
            raise RpcError("this is another chain", expected=f"the governor's code at {governor}", found="no code")
        reachable = [mark for mark in marks if mark.number <= head.number]
        now = connection.blocks([mark.number for mark in reachable])
        same = [mark for mark, block in zip(reachable, now, strict=True) if mark == block]
        return same[-1] if same else connection.block(min(self._first, marks[0].number, head.number))
