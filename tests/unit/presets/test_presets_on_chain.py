"""Every preset in a RewardPolicy contract, compared with the policy that its printed figures were evaluated on."""

from __future__ import annotations

from pathlib import Path

import pytest

from dao.document.preset import load_preset
from tests.support.twins import CAP, Contract, Twins

PRESETS = sorted((Path(__file__).parents[3] / "proposals" / "presets").glob("*.yaml"))


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_the_contract_holds_the_same_policy(path: Path) -> None:
    preset = load_preset(path)[0]
    genesis = preset.policy.genesis if isinstance(preset.policy.genesis, int) else 0
    changes = preset.policy.changes(preset.units)
    contract = Contract(genesis, genesis, preset.policy.epoch or 0, changes, supply_cap=CAP)
    policy = preset.policy.policy(preset.units, genesis=genesis, supply_cap=CAP)
    assert contract("policyHash") == (policy.hash,)
    Twins(contract, policy, genesis).compare(more_epochs=(5, 33, 120, 549, 1_000))
