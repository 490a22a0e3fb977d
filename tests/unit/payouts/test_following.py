"""An epoch computed after others: a month's cap counts everything that was paid, and other trees are not believed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from dao.errors import EpochError
from dao.payouts.files import write_epoch
from dao.payouts.following import Inputs, Key, OnChain, payouts_of
from dao.payouts.names import folder_name
from dao.rewards.accounts.caps import Cap, Scope
from dao.rewards.policy import Policy
from tests.support.contributed import equal_policy
from tests.support.payouts import CHAIN_ID, DISTRIBUTOR, account, epoch_of, stream_of

POOL, LIMIT = 1_000, 100
ME, OTHER = account(1), account(2)


@pytest.fixture
def policy() -> Policy:
    """One stream, whose accounts are paid 100 a month at most; all epochs are of one month."""
    return equal_policy({"jobs": [Cap(scope=Scope.ACCOUNT_MONTH, limit=LIMIT)]}, pool=POOL)


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    rows = tmp_path / "rows.csv"
    rows.write_text(f"account,stream,units\n{ME},jobs,1\n{OTHER},jobs,1\n", encoding="utf-8")
    (tmp_path / "epochs").mkdir()
    return Inputs(epoch=1, contributions=(rows,), epochs=tmp_path / "epochs")


def publish(inputs: Inputs, amounts: Mapping[str, int], *, series: int = 0) -> dict[Key, bytes]:
    """Writes the folder of epoch 0; the root that stands on chain."""
    made = stream_of("jobs", dict(amounts))
    summary = write_epoch(
        inputs.epochs / folder_name(0, series),
        epoch_of(made, epoch=0),
        chain_id=CHAIN_ID,
        distributor=DISTRIBUTOR,
        series=series,
    )
    root = summary.of("jobs").root
    assert root is not None
    return {("jobs", 0, series): root}


def paid(policy: Policy, inputs: Inputs, chain: OnChain) -> dict[str, int]:
    (stream,) = payouts_of(policy, inputs, chain).streams
    return dict(zip(stream.accounts, stream.amounts, strict=True))


def test_supplements_count_for_the_month(policy: Policy, inputs: Inputs) -> None:
    main = publish(inputs, {ME: 60})
    assert paid(policy, inputs, OnChain(roots=main, voided={})) == {ME: 40, OTHER: 100}
    both = main | publish(inputs, {ME: 30}, series=1)
    assert paid(policy, inputs, OnChain(roots=both, voided={})) == {ME: 10, OTHER: 100}


def test_claims_of_voided_publications_count_and_the_rest_of_them_does_not(policy: Policy, inputs: Inputs) -> None:
    publish(inputs, {ME: 60, OTHER: 70})
    voided = {("jobs", 0, 0): {ME: 60}}
    assert paid(policy, inputs, OnChain(roots={}, voided=voided)) == {ME: 40, OTHER: 100}


def test_another_tree_than_stands_is_refused(policy: Policy, inputs: Inputs) -> None:
    main = publish(inputs, {ME: 60})
    with pytest.raises(EpochError, match="another tree stands"):
        paid(policy, inputs, OnChain(roots=dict.fromkeys(main, b"\1" * 32), voided={}))


def test_an_earlier_epoch_that_is_not_here(policy: Policy, inputs: Inputs) -> None:
    with pytest.raises(EpochError, match="not here"):
        paid(policy, inputs, OnChain(roots={}, voided={}))
