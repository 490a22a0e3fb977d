"""The errors of RewardDistributor that no other test of it raises, and no error without a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from contract_distributor import ACCOUNTS, JOBS, REPORTERS, Made, distributor, settings, tree
from contract_evm import ZERO, project, refused, refused_creation
from contract_system import DAY, System

from dao.abi import ContractAbi

LOW, MIDDLE, HIGH = (reporter.address for reporter in REPORTERS)
MANY = [f"0x{index:040x}" for index in range(1, 34)]
LONG = "x" * 2_049

LISTS: tuple[tuple[list[str], int, str, tuple[Any, ...]], ...] = (
    # reporters, threshold, error, its values
    ([], 0, "RewardDistributorInvalidThreshold", (0, 0)),
    ([], 1, "RewardDistributorInvalidThreshold", (0, 1)),
    ([LOW], 0, "RewardDistributorInvalidThreshold", (1, 0)),
    ([LOW], 2, "RewardDistributorInvalidThreshold", (1, 2)),
    ([LOW], 2**256 - 1, "RewardDistributorInvalidThreshold", (1, 2**256 - 1)),
    (MANY, 1, "RewardDistributorInvalidThreshold", (33, 1)),
    ([ZERO], 1, "RewardDistributorUnsortedReporter", (ZERO, ZERO)),
    ([LOW, LOW], 1, "RewardDistributorUnsortedReporter", (LOW, LOW)),
    ([MIDDLE, LOW], 1, "RewardDistributorUnsortedReporter", (MIDDLE, LOW)),
)


@pytest.fixture(scope="module")
def made(system: System) -> Made:
    return distributor(system)


@pytest.fixture(scope="module", autouse=True)
def deployed_first(made: Made) -> None:
    """Deploys before the first test's snapshot is taken."""


@pytest.mark.parametrize("case", LISTS, ids=[f"{index}-{case[2]}" for index, case in enumerate(LISTS)])
def test_reporters_that_cannot_be_set(system: System, made: Made, case: Any) -> None:
    reporters, threshold, *error = case
    assert refused(made.contract.setReporters, reporters, threshold, by=system.timelock) == tuple(error)
    arguments = settings(system, made.policy, made.token, reporters=reporters, threshold=threshold)
    assert refused_creation(project()["RewardDistributor"], arguments) == tuple(error)


def test_the_most_reporters(system: System, made: Made) -> None:
    made.contract.setReporters(MANY[:32], 32, {"from": system.as_timelock})
    assert (tuple(map(str.lower, made.contract.reporters())), made.contract.threshold()) == (tuple(MANY[:32]), 32)
    # Fewer after more: none of the old ones is left.
    made.contract.setReporters([LOW], 1, {"from": system.as_timelock})
    assert tuple(made.contract.reporters()) == (LOW,)
    assert not any(made.contract.isReporter(account) for account in (*MANY[:32], MIDDLE, HIGH))


def test_terms_and_owners_that_cannot_be_set(system: System, made: Made) -> None:
    short = ("RewardDistributorClaimPeriodTooShort", (DAY - 1, DAY))
    assert refused(made.contract.setTerms, (1, 1, DAY - 1), by=system.timelock) == short
    container = project()["RewardDistributor"]
    for changes, error in (
        ({"terms": (1, 1, DAY - 1)}, short),
        ({"owner": ZERO}, ("OwnableInvalidOwner", (ZERO,))),
    ):
        assert refused_creation(container, settings(system, made.policy, made.token, **changes)) == error


def test_the_longest_terms_fit(system: System, made: Made) -> None:
    longest = 2**32 - 1
    made.contract.setTerms((longest,) * 3, {"from": system.as_timelock})
    paid = tree(made, 1)
    at = made.publish(paid).timestamp
    assert tuple(made.standing(paid))[2:4] == (at + longest, at + 3 * longest)


def test_signatures_that_do_not_suffice(system: System, made: Made) -> None:
    values, (low, middle) = made.publication(tree(made, 1))
    _, (_, _, high) = made.publication(tree(made, 1), by=REPORTERS)
    _, (outsider,) = made.publication(tree(made, 1), by=ACCOUNTS[:1])
    in_order = sorted((low, middle, outsider), key=lambda signature: int(signature[0], 16))
    wrong = "RewardDistributorInvalidSignature"
    for signatures, error in (
        ([], ("RewardDistributorTooFewSignatures", (0, 2))),
        ([low], ("RewardDistributorTooFewSignatures", (1, 2))),
        ([low, low], ("RewardDistributorUnsortedReporter", (LOW, LOW))),
        ([middle, low], ("RewardDistributorUnsortedReporter", (MIDDLE, LOW))),
        ([low, middle, middle], ("RewardDistributorUnsortedReporter", (MIDDLE, MIDDLE))),
        ([(ZERO, low[1]), middle], ("RewardDistributorUnsortedReporter", (ZERO, ZERO))),
        (in_order, ("RewardDistributorNotReporter", (ACCOUNTS[0].address,))),
        ([low, (MIDDLE, low[1])], (wrong, (MIDDLE,))),
        ([low, (MIDDLE, b"")], (wrong, (MIDDLE,))),
        ([low, (MIDDLE, middle[1][:-1])], (wrong, (MIDDLE,))),
        ([low, (MIDDLE, bytes(65))], (wrong, (MIDDLE,))),
        # One that does not count spoils those that would suffice.
        ([low, middle, (HIGH, middle[1])], (wrong, (HIGH,))),
    ):
        assert refused(made.contract.publish, values, signatures, by=system.outsider) == error
    made.contract.publish(values, [middle, high], {"from": system.outsider})


@pytest.mark.parametrize("changes", [{"root": bytes(32)}, {"total": 0}, {"root": bytes(32), "total": 0}], ids=str)
def test_a_publication_pays_something(system: System, made: Made, changes: dict[str, Any]) -> None:
    arguments = made.publication(tree(made, 1), **changes)
    assert refused(made.contract.publish, *arguments, by=system.outsider) == (
        "RewardDistributorNothingToPay",
        (JOBS, 1, 0),
    )


def test_texts_have_a_longest_length(system: System, made: Made) -> None:
    paid = tree(made, 1)
    too_long = ("RewardDistributorTextTooLong", (2_049, 2_048))
    long = made.publication(paid, dataURI=LONG)
    assert refused(made.contract.publish, *long, by=system.outsider) == too_long
    made.publish(paid, dataURI=LONG[1:])
    assert refused(made.contract.dispute, *paid.key, LONG, by=system.outsider) == too_long
    made.contract.dispute(*paid.key, LONG[1:], {"from": system.outsider})
    assert refused(made.contract.answer, *made.answer(paid, system.outsider, LONG), by=system.outsider) == too_long
    made.contract.answer(*made.answer(paid, system.outsider, LONG[1:]), {"from": system.outsider})
    assert refused(made.contract.void, *paid.key, LONG, by=system.guardian) == too_long
    made.contract.void(*paid.key, LONG[1:], {"from": system.guardian})


def test_every_error_is_raised_by_a_test() -> None:
    files = sorted(Path(__file__).parent.glob("test_distributor_*.py"))
    tested = "".join(path.read_text(encoding="utf-8") for path in files)
    declared = {error.name for error in ContractAbi(project()["RewardDistributor"].abi).errors.values()}
    own = {name for name in declared if name.startswith("RewardDistributor")}
    assert len(own) == 29
    assert {name for name in own if f'"{name}"' not in tested} == set()


def test_the_runtime_code_fits_a_block_chain() -> None:
    """EIP-170: 24,576 bytes."""
    assert len(bytes.fromhex(project()["RewardDistributor"]._build["deployedBytecode"])) <= 24_576
