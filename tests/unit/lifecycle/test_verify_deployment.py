"""Verification of a deployment finds whatever differs from artifacts and file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dao.artifacts import load
from dao.chain.contracts import MINTER_ROLE, TIMELOCK_ROLES
from dao.deployment.document import load_deployment
from dao.lifecycle.journal import Step
from dao.lifecycle.verify_deployment import Comparison, verify_deployment
from dao.types import Address
from tests.support.chain import ACCOUNTS, ORDER, ROOT, STRANGER, Dao


def differing(dao: Dao) -> list[Comparison]:
    return [comparison for comparison in verify_deployment(dao.session(), dao.document) if not comparison.ok]


def address_of(dao: Dao, contract: str) -> Address:
    return next(step.address for step in dao.deployment.steps if step.contract == contract)


def test_the_deployment_is_what_the_file_says(dao: Dao) -> None:
    comparisons = verify_deployment(dao.session(), dao.document)
    assert [comparison for comparison in comparisons if not comparison.ok] == []
    for contract in ORDER:
        whats = [comparison.what for comparison in comparisons if comparison.subject == contract]
        assert "code and immutables" in whats
        assert any(what.startswith("created with") for what in whats)
    assert sum(comparison.what.startswith("holders of") for comparison in comparisons) == 6


@pytest.mark.parametrize("contract", ORDER)
def test_another_bytecode(dao: Dao, contract: str) -> None:
    address = address_of(dao, contract)
    code = dao.connection.code(address)
    changed = code[:-1] + bytes([code[-1] ^ 1])
    dao.connection.rpc("anvil_setCode", [address, "0x" + changed.hex()])
    (difference,) = differing(dao)
    assert (difference.subject, difference.what) == (contract, "code and immutables")


@pytest.mark.parametrize("contract", ["RewardToken", "RewardGovernor", "RewardPolicy"])
def test_a_changed_immutable(dao: Dao, contract: str) -> None:
    address = address_of(dao, contract)
    code, template = dao.connection.code(address), load(contract).deployed_bytecode
    assert len(code) == len(template)
    places = [index for index, (one, other) in enumerate(zip(code, template, strict=True)) if one != other]
    assert places, "the contract has no immutable"
    changed = bytearray(code)
    changed[places[-1]] ^= 1
    dao.connection.rpc("anvil_setCode", [address, "0x" + changed.hex()])
    (difference,) = differing(dao)
    assert (difference.subject, difference.what) == (contract, "code and immutables")


@pytest.mark.parametrize("role", sorted(TIMELOCK_ROLES))
def test_an_extra_holder_of_a_timelock_role(dao: Dao, role: str) -> None:
    timelock = dao.deployment.addresses.timelock
    dao.impersonate(timelock)
    dao.call(timelock, "timelock", "grantRole", TIMELOCK_ROLES[role], STRANGER)
    (difference,) = differing(dao)
    assert difference.what == f"holders of {role}"
    assert STRANGER in difference.found
    assert STRANGER not in difference.expected
    dao.call(timelock, "timelock", "revokeRole", TIMELOCK_ROLES[role], STRANGER)
    assert differing(dao) == []


def test_a_role_that_the_file_does_not_know(dao: Dao) -> None:
    timelock = dao.deployment.addresses.timelock
    dao.impersonate(timelock)
    dao.call(timelock, "token", "grantRole", bytes([7]) * 32, STRANGER)
    (difference,) = differing(dao)
    assert (difference.subject, difference.expected) == ("RewardToken", "nobody")
    assert "0x0707" in difference.what


def test_an_extra_minter_and_a_missing_one(dao: Dao) -> None:
    timelock = dao.deployment.addresses.timelock
    dao.impersonate(timelock)
    dao.call(timelock, "token", "grantRole", MINTER_ROLE, STRANGER)
    dao.call(timelock, "token", "revokeRole", MINTER_ROLE, timelock)
    (difference,) = differing(dao)
    distributor = dao.deployment.addresses.distributor
    assert difference.what == "holders of MINTER_ROLE"
    assert difference.found == ", ".join(sorted([STRANGER, str(distributor)]))


def test_another_owner_of_the_policy(dao: Dao) -> None:
    timelock = dao.deployment.addresses.timelock
    dao.impersonate(timelock)
    dao.call(timelock, "policy", "transferOwnership", STRANGER)
    differences = {difference.what: difference for difference in differing(dao)}
    assert differences["owner"].found == STRANGER


def test_another_creation_transaction(dao: Dao) -> None:
    receipt = dao.send(ACCOUNTS[0], ACCOUNTS[1], b"")
    step = dao.deployment.steps[1]
    for digest in ("0x" + receipt.hash.hex(), "0x" + "00" * 32):
        other = Step(**{**{name: getattr(step, name) for name in Step.__dataclass_fields__}, "transaction": digest})
        forged = Dao(dao.connection, dao.deployment.with_step(other), dao.document, dao.folder)
        (difference,) = differing(forged)
        assert difference.subject == "RewardToken"
        assert difference.what.startswith("created with")


def test_another_file(dao: Dao, tmp_path: Path) -> None:
    text = (ROOT / "deploy.yaml").read_text(encoding="utf-8").replace("voting_period: 1 hour", "voting_period: 2 hours")
    (tmp_path / "deploy.yaml").write_text(text, encoding="utf-8")
    other = load_deployment(tmp_path / "deploy.yaml", presets=ROOT / "proposals" / "presets")
    differences = [one for one in verify_deployment(dao.session(), other) if not one.ok]
    assert [(one.subject, one.what[:12]) for one in differences] == [
        ("RewardGovernor", "created with"),
        ("RewardGovernor", "voting_perio"),
    ]
    assert differences[1] == Comparison(
        subject="RewardGovernor",
        what="voting_period",
        ok=False,
        expected="2 hours",
        found="1 hour",
        sides=("file", "chain"),
    )


def test_every_value_that_a_file_changes_is_a_row_in_its_own_words(dao: Dao, tmp_path: Path) -> None:
    text = (ROOT / "deploy.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("issuance: {approval: 60%, quorum: 5%}", "issuance: {approval: 61%, quorum: 6%}"),
        ("4_000_000 RENDER", "4_500_000 RENDER"),
        ("min_delay: 1 hour", "min_delay: 90 minutes"),
        ("minters: [treasury, distributor]", "minters: [treasury, distributor, governor]"),
    ):
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "deploy.yaml").write_text(text, encoding="utf-8")
    presets = shutil.copytree(ROOT / "proposals" / "presets", tmp_path / "presets")
    preset = presets / "render-node-jobs.yaml"
    changed = preset.read_text(encoding="utf-8").replace("constant: 47_435", "constant: 47_436")
    preset.write_text(changed, encoding="utf-8")
    other = load_deployment(tmp_path / "deploy.yaml", presets=presets)
    rows = {
        one.what: (one.expected, one.found)
        for one in verify_deployment(dao.session(), other)
        if one.sides == ("file", "chain")
    }
    jobs = ("from_epoch 0, constant 47_436 RENDER", "from_epoch 0, constant 47_435 RENDER")
    assert rows == {
        "tiers.issuance.approval": ("61%", "60%"),
        "tiers.issuance.quorum": ("6%", "5%"),
        f"grants.{ACCOUNTS[0]}.amount": ("4_500_000 RENDER", "4_000_000 RENDER"),
        "min_delay": ("90 minutes", "1 hour"),
        "minters.2": ("governor", "nothing"),
        "schedules.root.segments.0": jobs,
        "schedules.compute/jobs.segments.0": jobs,
    }
