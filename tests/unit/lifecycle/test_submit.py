"""Submissions: checked before anything is sent, sent once, and held by a lock that verifies them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dao.errors import AccountError, CallReverted, DocumentError, PolicyError, ProposalError
from dao.lifecycle.advance import cancel, execute, purge, queue
from dao.lifecycle.check import CheckResult, Verdict, check
from dao.lifecycle.outgoing import Outgoing
from dao.lifecycle.policy import policy_at, policy_history
from dao.lifecycle.prepare import prepare
from dao.lifecycle.proposals import ChainProposal, all_proposals, find
from dao.lifecycle.submit import submit
from dao.lifecycle.verify_proposal import verify_description, verify_file
from dao.lifecycle.vote import cast
from dao.proposal.lock import lock_path, read_lock
from dao.types import Address, ProposalState, Support
from tests.support.chain import (
    ACCOUNTS,
    CUT,
    GRACE,
    MIN_DELAY,
    RAISE,
    ROOT,
    STRANGER,
    TOKEN,
    VOTING_DELAY,
    VOTING_PERIOD,
    Dao,
)

PROPOSER, SECOND = ACCOUNTS[:2]
WEEK = 604_800


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return shutil.copy(ROOT / "proposals" / CUT, tmp_path / CUT)


def write(path: Path, actions: str) -> Path:
    path.write_text(f"title: A title\nsummary: A summary.\nactions:\n{actions}", encoding="utf-8")
    return path


def checks(dao: Dao, path: Path, proposer: Address = PROPOSER) -> dict[str, CheckResult]:
    session = dao.session()
    return {result.name: result for result in check(session, prepare(session, path, proposer=proposer))}


def verdicts(results: dict[str, CheckResult]) -> dict[str, Verdict]:
    return {name: result.verdict for name, result in results.items()}


# ------------------------------------------------------------ checks


def test_a_sound_proposal_passes_every_check(dao: Dao, file: Path) -> None:
    expected = dict.fromkeys(("new", "threshold", "tier", "targets", "timing", "simulation", "conflicts"), Verdict.PASS)
    assert verdicts(checks(dao, file)) == expected


def test_threshold(dao: Dao, file: Path) -> None:
    result = checks(dao, file, proposer=STRANGER)["threshold"]
    assert result.verdict is Verdict.FAILURE
    assert "0 RENDER, and 100_000 RENDER are needed" in result.detail


def test_a_claim_of_another_tier_is_refused(dao: Dao, file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert "impact: issuance\n" in text
    for claim, verdict in (("", Verdict.PASS), ("standard", Verdict.FAILURE), ("constitutional", Verdict.FAILURE)):
        file.write_text(text.replace("impact: issuance\n", f"impact: {claim}\n" if claim else ""), encoding="utf-8")
        result = checks(dao, file)["tier"]
        assert result.verdict is verdict
        assert "issuance" in result.detail
    with pytest.raises(ProposalError, match="the check 'tier' failed") as refused:
        submit(dao.session(PROPOSER), file)
    assert refused.value.values["failed"] == ["tier"]


def test_the_list_in_force_decides_the_tier(dao: Dao, tmp_path: Path) -> None:
    both = "  - transfer: {to: treasury, amount: 1 wei}\n  - mint: {to: treasury, amount: 1 wei}\n"
    for actions, tier in ((both.splitlines(keepends=True)[0], "standard"), (both, "issuance")):
        assert tier in checks(dao, write(tmp_path / "p.yaml", actions))["tier"].detail
    for action in ("set_parameter: {quorum: 20%}", "send_ether: {to: treasury, amount: 0 ETH}"):
        assert "constitutional" in checks(dao, write(tmp_path / "p.yaml", f"  - {action}\n"))["tier"].detail


def test_a_target_without_code(dao: Dao, tmp_path: Path) -> None:
    path = write(tmp_path / "p.yaml", f"  - call: {{target: '{STRANGER}', function: 'f()', arguments: []}}\n")
    result = checks(dao, path)["targets"]
    assert result.verdict is Verdict.FAILURE
    assert STRANGER in result.detail
    designator = "0xef0100" + dao.deployment.addresses.token[2:]
    dao.connection.rpc("anvil_setCode", [STRANGER, designator])
    assert checks(dao, path)["targets"].verdict is Verdict.FAILURE
    dao.connection.rpc("anvil_setCode", [STRANGER, "0x00"])
    assert checks(dao, path)["targets"].verdict is Verdict.PASS


def test_an_epoch_that_will_have_begun(dao: Dao, file: Path) -> None:
    begins = dao.deployment.genesis + 2 * WEEK
    lead = VOTING_DELAY + VOTING_PERIOD + MIN_DELAY
    dao.advance(begins - lead - dao.connection.block().timestamp + 10)
    results = checks(dao, file)
    assert results["timing"].verdict is Verdict.FAILURE
    assert "epoch 2 will have begun" in results["timing"].detail
    assert "epoch 3" in results["timing"].detail
    before = dao.nonces()
    with pytest.raises(ProposalError, match="the check 'timing' failed") as refused:
        submit(dao.session(PROPOSER), file)
    assert refused.value.values["failed"] == ["timing"]
    assert (dao.nonces(), lock_path(file).exists()) == (before, False)


def test_little_time_is_a_warning(dao: Dao, file: Path) -> None:
    begins = dao.deployment.genesis + 2 * WEEK
    lead = VOTING_DELAY + VOTING_PERIOD + MIN_DELAY
    dao.advance(begins - lead - 300 - dao.connection.block().timestamp)
    result = checks(dao, file)["timing"]
    assert result.verdict is Verdict.WARNING
    assert "a late quorum may add 600 s" in result.detail


def test_an_epoch_that_has_begun(dao: Dao, file: Path) -> None:
    dao.advance(3 * WEEK)
    with pytest.raises(PolicyError):
        checks(dao, file)


def test_a_call_that_would_fail(dao: Dao, tmp_path: Path) -> None:
    path = write(tmp_path / "p.yaml", f"  - transfer: {{to: '{SECOND}', amount: 1 RENDER}}\n")
    result = checks(dao, path)["simulation"]
    assert result.verdict is Verdict.FAILURE
    assert "holds 0, and 1000000000000000000 are needed" in result.detail
    dao.call(PROPOSER, "token", "transfer", dao.deployment.addresses.timelock, TOKEN)
    assert checks(dao, path)["simulation"].verdict is Verdict.PASS


def test_calls_to_the_governor_are_not_simulated(dao: Dao, tmp_path: Path) -> None:
    path = write(tmp_path / "p.yaml", "  - set_parameter: {quorum: 20%}\n")
    assert checks(dao, path)["simulation"].verdict is Verdict.WARNING


def test_another_open_proposal_for_the_same_stream(dao: Dao, tmp_path: Path) -> None:
    proposal = dao.submit()
    other = shutil.copy(ROOT / "proposals" / RAISE, tmp_path / RAISE)
    result = checks(dao, other)["conflicts"]
    assert result.verdict is Verdict.WARNING
    assert str(proposal.proposal_id)[:12] in result.detail
    assert "compute/jobs" in result.detail
    cancel(dao.session(PROPOSER), proposal)
    assert checks(dao, other)["conflicts"].verdict is Verdict.PASS


# ------------------------------------------------------------ submission


def test_submitted_once(dao: Dao, file: Path) -> None:
    announced: list[tuple[CheckResult, ...]] = []
    shown: list[Outgoing] = []
    session = dao.session(PROPOSER)
    first = submit(session, file, announce=lambda _, results: announced.append(results), confirm=shown.append)
    assert first.receipt is not None
    assert first.standing.state is ProposalState.PENDING
    assert announced == [first.checks]
    (outgoing,) = shown
    assert outgoing.function.startswith("propose(")
    assert dict(outgoing.arguments)["description"] == first.prepared.description
    lock = read_lock(first.lock)
    assert (lock.proposal_id, lock.proposer) == (first.prepared.identity.proposal_id, PROPOSER)

    before = dao.nonces()
    again = submit(session, file)
    assert (again.receipt, again.standing.proposal_id) == (None, lock.proposal_id)
    assert read_lock(again.lock) == lock
    again.lock.unlink()
    completed = submit(session, file)
    assert completed.receipt is None
    assert read_lock(completed.lock).proposal_id == lock.proposal_id
    assert dao.nonces() == before
    assert checks(dao, file)["new"].verdict is Verdict.FAILURE


def test_another_submissions_lock_stops_it_before_anything_is_sent(dao: Dao, file: Path) -> None:
    submit(dao.session(PROPOSER), file)
    before = dao.nonces()
    with pytest.raises(DocumentError, match="another submission") as refused:
        submit(dao.session(SECOND), file)
    assert refused.value.remedy is not None
    assert dao.nonces() == before


def test_whoever_confirms_can_stop_it(dao: Dao, file: Path) -> None:
    class Stop(Exception):
        pass

    def stop(_: Outgoing) -> None:
        raise Stop

    before = dao.nonces()
    with pytest.raises(Stop):
        submit(dao.session(PROPOSER), file, confirm=stop)
    assert (dao.nonces(), lock_path(file).exists()) == (before, False)


def test_nobody_signs(dao: Dao, file: Path) -> None:
    with pytest.raises(AccountError, match="nobody signs"):
        submit(dao.session(), file)


def test_found_by_every_name(dao: Dao) -> None:
    first = dao.submit()
    second = dao.submit(RAISE)
    session = dao.session()
    for reference in (str(first.proposal_id), str(first.proposal_id)[:10], hex(first.proposal_id)):
        assert find(session, reference) == first
    assert find(session, "latest") == second
    for reference in ("", "x", "0x", "-1", "²", str(first.proposal_id) + "0", "1" * 100):
        with pytest.raises(ProposalError, match="no proposals"):
            find(session, reference)
    assert all_proposals(session) == [first, second]


def test_verified_from_file_and_from_the_chain_alone(dao: Dao, file: Path) -> None:
    submitted = submit(dao.session(PROPOSER), file)
    proposal = find(dao.session(), "latest")
    assert verify_file(dao.session(), proposal, file).differences == ()
    assert verify_description(dao.session(), proposal).differences == ()
    file.write_text(file.read_text(encoding="utf-8").replace("15_000", "15_001"), encoding="utf-8")
    fields = {difference.field for difference in verify_file(dao.session(), proposal, file).differences}
    assert {"calls.0.calldata", "description", "proposal_id"} <= fields
    submitted.lock.unlink()
    with pytest.raises(DocumentError, match="no lock file"):
        verify_file(dao.session(), proposal, file)


# ------------------------------------------------------------ the rest of its life


def carried(dao: Dao) -> ChainProposal:
    """A proposal that has succeeded."""
    proposal = dao.submit()
    dao.advance(VOTING_DELAY + 1)
    cast(dao.session(PROPOSER), proposal, Support.FOR)
    dao.advance(VOTING_PERIOD)
    return proposal


def test_executed(dao: Dao) -> None:
    proposal = carried(dao)
    queued = queue(dao.session(STRANGER), proposal)
    assert queued.standing.state is ProposalState.QUEUED
    before = dao.nonces()
    with pytest.raises(ProposalError, match="delay is not over") as early:
        execute(dao.session(STRANGER), proposal)
    assert early.value.values["eta"] == queued.standing.eta
    assert dao.nonces() == before
    dao.advance(MIN_DELAY)
    assert execute(dao.session(STRANGER), proposal).standing.state is ProposalState.EXECUTED
    at = policy_at(dao.session(), 2)
    assert at.policy.emission("compute/jobs", 1) == 47_435 * TOKEN
    assert at.policy.emission("compute/jobs", 2) == 15_000 * TOKEN
    history = policy_history(dao.session())
    assert [change.proposal_id for change in history if change.proposal_id] == [proposal.proposal_id]


@pytest.mark.parametrize(
    ("verb", "state"),
    [(queue, "succeeded"), (execute, "queued"), (purge, "expired")],
    ids=["queue", "execute", "purge"],
)
def test_a_verb_in_the_wrong_state_sends_nothing(dao: Dao, verb: Callable[..., object], state: str) -> None:
    proposal = dao.submit()
    before = dao.nonces()
    with pytest.raises(ProposalError) as refused:
        verb(dao.session(PROPOSER), proposal)
    assert (refused.value.expected, refused.value.found) == (state, "pending")
    assert dao.nonces() == before


def test_cancelled_by_the_proposer_while_pending_and_by_nobody_else(dao: Dao) -> None:
    proposal = dao.submit()
    before = dao.nonces()
    with pytest.raises(CallReverted) as refused:
        cancel(dao.session(SECOND), proposal)
    assert refused.value.error == "GovernorUnableToCancel"
    assert dao.nonces() == before
    assert cancel(dao.session(PROPOSER), proposal).standing.state is ProposalState.CANCELED
    with pytest.raises(ProposalError, match="cannot be canceled"):
        cancel(dao.session(PROPOSER), proposal)


def test_the_guardian_cancels_a_queued_proposal(dao: Dao) -> None:
    proposal = carried(dao)
    queue(dao.session(PROPOSER), proposal)
    with pytest.raises(CallReverted):
        cancel(dao.session(PROPOSER), proposal)
    guardian = dao.deployment.addresses.timelock
    dao.impersonate(guardian)
    assert cancel(dao.session(guardian), proposal).standing.state is ProposalState.CANCELED


def test_purged_after_it_expired(dao: Dao) -> None:
    proposal = carried(dao)
    queue(dao.session(PROPOSER), proposal)
    dao.advance(MIN_DELAY + GRACE + 1)
    with pytest.raises(ProposalError, match="cannot be executed now") as refused:
        execute(dao.session(PROPOSER), proposal)
    assert refused.value.found == "expired"
    assert purge(dao.session(STRANGER), proposal).standing.state is ProposalState.EXPIRED
    with pytest.raises(CallReverted):
        purge(dao.session(STRANGER), proposal)
