"""Governors of other people: the replay of random histories equals what the contracts answer."""

from __future__ import annotations

import os
from random import Random

import pytest

from dao.audit.governor import CHECK_OF
from dao.replay.ledger import Rule
from tests.support.governor_lives import differences, play
from tests.support.governors import VARIANTS, Foreign, Variant

EXAMPLES = int(os.environ.get("REPLAY_EXAMPLES", "3"))
STEPS = 120


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_replayed_history_equals_the_contracts_and_holds_every_rule(variant: Variant) -> None:
    for seed in range(EXAMPLES):
        life = Foreign.deploy(variant)
        play(life, Random(f"{variant.name} {seed}"), STEPS)
        state = life.replay()
        broken = [each for each in state.ledger.disagreements if each.rule is not Rule.QUORUM_SNAPSHOT]
        assert broken == [], seed
        assert differences(life, state) == [], seed
        found = {finding.check for finding in life.audit().findings}
        assert found <= {CHECK_OF[Rule.QUORUM_SNAPSHOT]}, seed
