"""Submissions: checked before anything is sent, sent once, and held by a lock that verifies them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dao.chain.connection import Connection
from dao.document.moments import moment
from dao.errors import AccountError, CallReverted, DocumentError, FileError, ProposalError
from dao.lifecycle.advance import cancel, execute, purge, queue
from dao.lifecycle.check import check
from dao.lifecycle.checks import CHECKS
from dao.lifecycle.draft import draft, example
from dao.lifecycle.outgoing import Outgoing
from dao.lifecycle.policy import policy_at, policy_history
from dao.lifecycle.prepare import compile_file, prepare
from dao.lifecycle.proposals import ChainProposal, all_proposals, find
from dao.lifecycle.session import Session
from dao.lifecycle.submit import submit
from dao.lifecycle.verdict import CheckResult, Verdict
from dao.lifecycle.verify_proposal import verify_description, verify_file
from dao.lifecycle.vote import cast
from dao.proposal.lock import find_locked, lock_path, read_lock
from dao.types import ZERO_ADDRESS, Address, ProposalState, Support
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
    rewound,
)
from tests.support.hostile import hostile

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
    found = verdicts(checks(dao, file))
    # Of the test's four voters, one has a third of the tokens.
    assert found.pop("quorum") is Verdict.WARNING
    assert set(found.values()) == {Verdict.PASS}
    assert len(found) == len(CHECKS) - 3  # without what depends on a proposal on chain, or on new parameters


def test_the_checks_that_need_no_proposer(dao: Dao, file: Path) -> None:
    results = {result.name: result for result in check(dao.session(), compile_file(dao.session(), file))}
    skipped = {name for name, result in results.items() if result.verdict is Verdict.SKIPPED}
    assert skipped == {"new", "threshold", "proposer-power"}
    assert all("--proposer" in results[name].detail for name in skipped)
    assert results["simulation"].verdict is Verdict.PASS


def test_power_that_counts_only_from_the_next_block_is_told_apart(dao: Dao, file: Path) -> None:
    # A node whose next block has the same timestamp, as the fastest local chains do: the governor asks at clock() - 1.
    dao.call(ACCOUNTS[4], "token", "delegate", ACCOUNTS[4])
    session = dao.session(ACCOUNTS[4])
    with hostile(dao.connection.url) as proxy:
        proxy.result = lambda method, params, real: None if params[:1] == ["pending"] else real
        slow = Session.of(Connection.open(proxy.url), dao.deployment, signer=session.signer)
        result = {r.name: r for r in check(slow, prepare(slow, file, proposer=ACCOUNTS[4]))}["threshold"]
        assert result.verdict is Verdict.FAILURE
        assert "has enough only from" in result.detail
        assert "wait a block" in result.detail
        with pytest.raises(ProposalError, match="threshold"):
            submit(slow, file)
    dao.advance(1)
    assert checks(dao, file, proposer=ACCOUNTS[4])["threshold"].verdict is Verdict.PASS
    assert submit(session, file).receipt is not None


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
    assert refused.value.values["failed"] == ["timing", "simulation"]
    assert (dao.nonces(), lock_path(file).exists()) == (before, False)


def test_little_time_is_a_warning(dao: Dao, file: Path) -> None:
    begins = dao.deployment.genesis + 2 * WEEK
    lead = VOTING_DELAY + VOTING_PERIOD + MIN_DELAY
    dao.advance(begins - lead - 300 - dao.connection.block().timestamp)
    result = checks(dao, file)["timing"]
    assert result.verdict is Verdict.WARNING
    assert "a late quorum may add 10 min" in result.detail


def test_an_epoch_that_has_begun(dao: Dao, file: Path) -> None:
    dao.advance(3 * WEEK)
    with pytest.raises(DocumentError, match="has begun") as refused:
        checks(dao, file)
    error, genesis = refused.value, dao.deployment.genesis
    assert (error.path, error.field) == (str(file), "actions.0.set_schedule.from_epoch")
    assert "from_epoch: 2" in file.read_text(encoding="utf-8").splitlines()[error.line - 1]
    assert str(error.expected).startswith(f"epoch 4, which begins {moment(genesis + 4 * WEEK)}")
    assert error.found == f"epoch 2, which began {moment(genesis + 2 * WEEK)}"


@pytest.mark.parametrize(
    ("actions", "field", "remedy"),
    [
        (
            "  - set_schedule: {stream: compute/job, from_epoch: 2, segments: [{constant: 1 RENDER}]}\n",
            "set_schedule.stream",
            "did you mean compute/jobs?",
        ),
        (
            "  - set_split: {parent: compute, from_epoch: 2, parts: {compute/nope: residual}}\n",
            "set_split.parts.compute/nope",
            "compute",
        ),
        ("  - add_stream: {path: dat/maps}\n", "add_stream.path", "dao policy show"),
        ("  - add_stream: {path: compute/jobs}\n", "add_stream", ""),
    ],
)
def test_what_the_policy_refuses_is_named_with_line_and_field(
    dao: Dao, tmp_path: Path, actions: str, field: str, remedy: str
) -> None:
    first = "  - set_parameter: {quorum: 20%}\n"
    path = write(tmp_path / "p.yaml", first + actions)
    with pytest.raises(DocumentError) as refused:
        checks(dao, path)
    error = refused.value
    assert (error.path, error.line, error.field) == (str(path), 5, f"actions.1.{field}")
    assert remedy in str(error.remedy)
    assert "0x" not in str(error)


def test_a_stream_that_an_earlier_action_adds_exists(dao: Dao, tmp_path: Path) -> None:
    path = write(
        tmp_path / "p.yaml",
        "  - add_stream: {path: data}\n"
        "  - set_schedule: {stream: data, from_epoch: 2, segments: [{constant: 1 RENDER}]}\n",
    )
    assert checks(dao, path)["simulation"].verdict is Verdict.PASS


def test_a_call_that_would_fail(dao: Dao, tmp_path: Path) -> None:
    path = write(tmp_path / "p.yaml", f"  - transfer: {{to: '{SECOND}', amount: 1 RENDER}}\n")
    result = checks(dao, path)["simulation"]
    assert result.verdict is Verdict.FAILURE
    assert "holds 0 RENDER, and 1 RENDER are needed" in result.detail
    dao.call(PROPOSER, "token", "transfer", dao.deployment.addresses.timelock, TOKEN)
    assert checks(dao, path)["simulation"].verdict is Verdict.PASS


def test_calls_to_the_governor_are_simulated_as_part_of_a_proposal_that_passed(dao: Dao, tmp_path: Path) -> None:
    path = write(tmp_path / "p.yaml", "  - set_parameter: {quorum: 20%}\n")
    assert checks(dao, path)["simulation"].verdict is Verdict.PASS
    nobody = (
        f"  - call: {{target: governor, function: 'setProposalGuardian(address)', arguments: ['{ZERO_ADDRESS}']}}\n"
    )
    result = checks(dao, write(tmp_path / "p.yaml", nobody))["simulation"]
    assert (result.verdict, "GovernorInvalidGuardian" in result.detail) == (Verdict.FAILURE, True)


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
    assert read_lock(completed.lock) == lock
    assert dao.nonces() == before
    assert (lock.block, lock.base_policy_hash) == (first.receipt.block_number, first.prepared.base_hash)
    assert checks(dao, file)["new"].verdict is Verdict.FAILURE


def test_another_submissions_lock_stops_it_before_anything_is_sent(dao: Dao, file: Path) -> None:
    submit(dao.session(PROPOSER), file)
    before = dao.nonces()
    with pytest.raises(DocumentError, match="another submission") as refused:
        submit(dao.session(SECOND), file)
    assert refused.value.remedy is not None
    assert dao.nonces() == before


def test_a_lock_completed_later_is_the_one_of_the_submission(dao: Dao, file: Path, tmp_path: Path) -> None:
    raised = dao.submit(RAISE, proposer=SECOND)
    dao.advance(VOTING_DELAY + 1)
    cast(dao.session(PROPOSER), raised, Support.FOR)
    dao.advance(VOTING_PERIOD)
    queue(dao.session(PROPOSER), raised)
    dao.advance(MIN_DELAY)
    first = submit(dao.session(PROPOSER), file)
    lock = read_lock(first.lock)
    # The policy changes after the submission.
    execute(dao.session(PROPOSER), raised)
    first.lock.unlink()
    assert submit(dao.session(PROPOSER), file).receipt is None
    assert read_lock(first.lock) == lock
    assert lock.base_policy_hash != policy_at(dao.session()).policy.hash
    proposal = find(dao.session(), str(lock.proposal_id))
    assert verify_file(dao.session(), proposal, file).differences == ()


def test_a_lock_that_cannot_be_written_stops_it_before_anything_is_sent(dao: Dao, file: Path) -> None:
    lock_path(file).mkdir()
    before = dao.nonces()
    with pytest.raises(DocumentError, match="the lock file cannot be"):
        submit(dao.session(PROPOSER), file)
    assert dao.nonces() == before
    assert sorted(path.name for path in file.parent.iterdir()) == [lock_path(file).name, file.name]


def test_a_lock_that_cannot_be_written_after_all_says_that_the_proposal_is_on_chain(dao: Dao, file: Path) -> None:
    def blocked(_: Outgoing) -> None:
        # Somebody takes the place between the transaction and the lock.
        lock_path(file).mkdir()

    with pytest.raises(ProposalError, match="IS on chain") as refused:
        submit(dao.session(PROPOSER), file, confirm=blocked)
    proposal = find(dao.session(), "latest")
    values = refused.value.values
    assert values["proposal_id"] == str(proposal.proposal_id)
    assert values["transaction"] == "0x" + proposal.transaction_hash.hex()
    assert "sends nothing" in str(refused.value.remedy)
    lock_path(file).rmdir()
    before = dao.nonces()
    assert submit(dao.session(PROPOSER), file).receipt is None
    assert read_lock(lock_path(file)).proposal_id == proposal.proposal_id
    assert dao.nonces() == before


def test_the_lock_of_a_chain_that_was_reset_is_written_anew(dao: Dao, file: Path) -> None:
    with rewound(dao):
        submit(dao.session(PROPOSER), file)
        old = read_lock(lock_path(file))
    dao.advance(10)
    assert submit(dao.session(PROPOSER), file).receipt is not None
    new = read_lock(lock_path(file))
    assert new.same_submission(old)
    assert new.block != old.block


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
    where = {d.field: d.where for d in verify_file(dao.session(), proposal, file).differences}
    assert (where["proposal_id"], where["calls.0.calldata"]) == ("lock", "chain")
    submitted.lock.unlink()
    with pytest.raises(DocumentError, match="no lock file"):
        verify_file(dao.session(), proposal, file)


@pytest.mark.parametrize(("field", "value"), [("base_policy_hash", "0x" + "11" * 32), ("block", 1)])
def test_a_lock_that_tells_another_submission_than_the_logs(dao: Dao, file: Path, field: str, value: object) -> None:
    submitted = submit(dao.session(PROPOSER), file)
    document = json.loads(submitted.lock.read_text(encoding="utf-8"))
    submitted.lock.write_text(json.dumps({**document, field: value}), encoding="utf-8")
    (difference,) = verify_file(dao.session(), find(dao.session(), "latest"), file).differences
    assert (difference.field, difference.where) == (field, "lock")
    assert (difference.expected, difference.found) == (str(document[field]), str(value))


def test_found_by_its_lock(dao: Dao, file: Path) -> None:
    submitted = submit(dao.session(PROPOSER), file)
    identity = submitted.prepared.identity.proposal_id
    (file.parent / "0000.lock.json").write_text("{", encoding="utf-8")
    assert find_locked(file.parent, identity) == file
    assert find_locked(file.parent, identity + 1) is None
    file.unlink()
    assert find_locked(file.parent, identity) is None


def test_a_draft_passes_every_check(dao: Dao, tmp_path: Path) -> None:
    path = draft(tmp_path / "drafts", "A draft", example(dao.session()))
    found = verdicts(checks(dao, path))
    assert Verdict.FAILURE not in found.values()
    assert {name for name, verdict in found.items() if verdict is Verdict.WARNING} <= {"quorum", "placeholders"}
    assert prepare(dao.session(), path, proposer=PROPOSER).effect.changes
    head = path.read_text(encoding="utf-8").splitlines()[0]
    schema = head.removeprefix("# yaml-language-server: $schema=")
    assert json.loads((path.parent / schema).read_text(encoding="utf-8"))["title"] == "reward-dao proposal"
    (tmp_path / "file").write_text("", encoding="utf-8")
    for folder in (tmp_path / "file", Path("/proc/nobody")):
        with pytest.raises(FileError, match="a proposal file cannot be written"):
            draft(folder, "A draft", example(dao.session()))


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
    assert moment(queued.standing.eta) in str(early.value.expected)
    assert str(early.value.remedy).startswith("wait 59 min") or early.value.remedy == "wait 1 h"
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
    assert "it can be voted on from" in str(refused.value.remedy)
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
