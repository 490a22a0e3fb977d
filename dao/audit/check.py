"""What a check is made of: rules that the replay kept an eye on, facts about its result, questions to the contracts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from dao.chain.connection import View
from dao.events.decode import Place
from dao.proving.called import Comparison
from dao.replay.ledger import Rule
from dao.replay.state import GovernanceState
from dao.types import ZERO_ADDRESS, Address


@dataclass(frozen=True, slots=True)
class Scene:
    """What is audited: the replayed state, and the timestamp (seconds) of the block at which contracts are asked.

    `targets` is the code of what proposals called, as far as somebody tells it.
    """

    state: GovernanceState
    timepoint: int
    targets: tuple[Comparison, ...] = ()

    def ask(
        self, contract: Address, function: str, *arguments: Any, expected: Any, what: str, at_least: bool = False
    ) -> Question:
        """The question whether the view `function` of `contract` answers `expected`, one value or a tuple of several.

        Args:
            contract: One of the deployment's contracts.
            function: Name or signature of the view.
            arguments: What it is asked with.
            expected: What the replay computed.
            what: What it is about, for a finding.
            at_least: Whether more is right as well.
        """
        signature = self.state.abi(contract).function(function)
        return Question(View(contract, signature, arguments), expected, f"{what}: {function}", at_least)

    def token(self, function: str, *arguments: Any, expected: Any, what: str) -> Question:
        """As `ask`, of the token."""
        return self.ask(self.state.addresses.token, function, *arguments, expected=expected, what=what)

    def governor(self, function: str, *arguments: Any, expected: Any, what: str) -> Question:
        """As `ask`, of the governor."""
        return self.ask(self.state.addresses.governor, function, *arguments, expected=expected, what=what)

    def policy(self, function: str, *arguments: Any, expected: Any, what: str) -> Question:
        """As `ask`, of the policy."""
        return self.ask(self.state.addresses.policy, function, *arguments, expected=expected, what=what)

    def distributor(self, function: str, *arguments: Any, expected: Any, what: str) -> Question:
        """As `ask`, of the distributor, which the deployment must have."""
        address = self.state.addresses.distributor or ZERO_ADDRESS
        return self.ask(address, function, *arguments, expected=expected, what=what)


@dataclass(frozen=True, slots=True)
class Question:
    """A view, and the answer that the replay expects."""

    view: View
    expected: Any
    what: str
    at_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A comparison within the replayed state. `place` is the log that it hangs on, None for the end of the audit."""

    what: str
    expected: object
    found: object
    place: Place | None = None


def _no_facts(scene: Scene) -> Iterator[Fact]:
    return iter(())


def _no_questions(scene: Scene) -> Iterator[Question]:
    return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that an audit proves.

    Args:
        name: Its name in reports.
        proves: What is true when it finds nothing, in one sentence.
        rules: Rules of the replay whose disagreements it reports; every rule belongs to one check.
        facts: Comparisons within the replayed state.
        questions: What the contracts are asked.
    """

    name: str
    proves: str
    rules: tuple[Rule, ...] = ()
    facts: Callable[[Scene], Iterable[Fact]] = _no_facts
    questions: Callable[[Scene], Iterable[Question]] = _no_questions
