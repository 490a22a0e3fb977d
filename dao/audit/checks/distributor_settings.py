"""Check: reporters, terms, guardian and owner of the distributor are as executed operations set them."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Fact, Question, Scene
from dao.replay.ledger import Rule


def facts(scene: Scene) -> Iterator[Fact]:
    """The owner is the timelock."""
    state = scene.state
    if state.addresses.distributor is not None:
        found = state.distributor.owner
        yield Fact(what="owner of the distributor", expected=state.settings.timelock, found=found)


def questions(scene: Scene) -> Iterator[Question]:
    """Everything that can be set, and the policy that payouts are bound by."""
    addresses, payer = scene.state.addresses, scene.state.distributor
    if addresses.distributor is None:
        return
    terms = (payer.terms.challenge_window, payer.terms.dispute_hold, payer.terms.claim_period)
    expected = {
        "owner": payer.owner,
        "guardian": payer.guardian,
        "reporters": payer.reporters,
        "threshold": payer.threshold,
        "terms": terms,
        "policy": addresses.policy,
    }
    for function, value in expected.items():
        yield scene.distributor(function, expected=value, what="distributor")


CHECK = Check(
    name="distributor-settings",
    proves="reporters, terms, guardian and owner of the distributor are as executed operations set them",
    rules=(Rule.DISTRIBUTOR_SETTING, Rule.DISTRIBUTOR_AUTHORITY),
    facts=facts,
    questions=questions,
)
