"""The report of other people's governors: one kind of file for all, and what it holds is what their contracts say."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import jsonschema
import pytest

from dao.audit.compose_governor import compose_governor
from dao.audit.diff import compare
from dao.audit.document import ProposalEntry, ReportDocument, read_report, sealed
from dao.audit.governor_offline import audit_governor_bundle
from dao.audit.schema import schema_text
from dao.audit.standings import of_governor
from dao.types import Address, Call
from tests.support.cli import Invoke, invoker
from tests.support.foreign_bundles import UNIT, bundled, composed
from tests.support.governor_lives import play
from tests.support.governors import PEOPLE, STRANGER, Foreign, Variant
from tests.support.history import DEPLOYER

VARIANTS = (
    Variant(version="5.7", governor="Controlled", seconds=True),
    Variant(version="5.1", governor="Fractional", timelock="compound"),
    Variant(version="5.7", governor="Overridable", token="ExtendedToken", seconds=True, timelock="none"),
    Variant(version="5.7", governor="Constant", token="Collection", timelock="none"),
    Variant(version="5.7", governor="Bravo", token="Uni", timelock="compound"),
)


@pytest.fixture(scope="module", params=VARIANTS, ids=lambda variant: variant.name)
def life(request: pytest.FixtureRequest) -> Foreign:
    made = Foreign.deploy(request.param)
    play(made, Random(3), 150)
    made.chain.advance(12)
    return made


@pytest.fixture(scope="module")
def document(life: Foreign) -> ReportDocument:
    return composed(life)


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Invoke:
    return invoker(tmp_path, monkeypatch, capsys)


def past_votes(life: Foreign, account: str, timepoint: int) -> int:
    name = "getPriorVotes" if life.variant.token == "Uni" else "getPastVotes"
    return int(life.ask(life.deployment.token, name, account, timepoint))


def past_supply(life: Foreign, timepoint: int) -> int:
    token = life.deployment.token
    if life.variant.token == "Uni":
        return int(life.ask(token, "totalSupply"))
    return int(life.ask(token, "getPastTotalSupply", timepoint))


def answered(life: Foreign, made: ProposalEntry) -> tuple[int, ...]:
    """Votes against, for and abstaining."""
    if life.variant.governor != "Bravo":
        return tuple(life.governor("proposalVotes", made.id))
    known = life.governor("proposals", made.id)
    return known[6], known[5], known[7]


def test_the_schema_describes_it_and_it_says_what_the_governor_is(life: Foreign, document: ReportDocument) -> None:
    jsonschema.Draft202012Validator(json.loads(schema_text())).validate(json.loads(document.text()))
    assert document.verdict == "agrees"
    assert document.text() == composed(life).text()
    assert document.governor is not None
    assert document.clock == ("timestamp" if life.variant.seconds else "blocknumber")
    assert document.governor.counting in (life.variant.governor.lower(), "simple")
    assert (document.addresses.timelock is None) is (life.variant.timelock == "none")
    assert document.addresses.governor == life.deployment.governor
    assert (document.policy, document.policy_changes, document.emission, document.payouts) == (None, (), (), None)
    assert {line.standing for line in document.standings} == {"recomputed", "trusted"}
    assert len({check.name for check in document.checks}) == len(document.checks) > 10
    assert sum(check.compared for check in document.checks) == document.compared


def test_every_proposal_is_what_the_contracts_say(life: Foreign, document: ReportDocument) -> None:
    assert len(document.proposals) > 5
    words = ["pending", "active", "canceled", "defeated", "succeeded", "queued", "expired", "executed"]
    for made in document.proposals:
        assert made.state == words[life.governor("state", made.id)]
        assert (made.votes.against, made.votes.for_, made.votes.abstain) == answered(life, made)
        assert sum(ballot.votes.for_ for ballot in made.ballots) == made.votes.for_
        assert sum(ballot.votes.against for ballot in made.ballots) == made.votes.against
        assert sum(ballot.votes.abstain for ballot in made.ballots) == made.votes.abstain
        assert (made.execution is not None) is (made.state == "executed")
        assert (made.tier, made.approval) == (None, 5_000)
        if made.supply is None:
            assert (made.snapshot >= life.clock, made.quorum) == (True, None)
            continue
        supply = past_supply(life, made.snapshot)
        assert (made.supply, made.turnout) == (supply, made.votes.total * 10_000 // supply)
        bravo = life.variant.governor == "Bravo"
        assert made.quorum == (life.governor("quorumVotes") if bravo else life.governor("quorum", made.snapshot))
        if life.variant.governor != "Overridable":
            assert all(one.power == past_votes(life, one.voter, made.snapshot) for one in made.ballots)


def test_power_and_balances_are_those_of_each_moment(life: Foreign, document: ReportDocument) -> None:
    token = life.deployment.token
    everybody = [Address(entry.account) for entry in document.accounts]
    assert {ballot.voter for made in document.proposals for ballot in made.ballots} <= set(everybody)
    for moment in document.moments[:-1]:
        powers = {who: past_votes(life, who, moment.timepoint) for who in everybody}
        assert moment.delegated == sum(powers.values())
        assert moment.balances.total == moment.supply == past_supply(life, moment.timepoint)
        assert all(powers[Address(holder.account)] == holder.amount for holder in moment.power.top)
    last = document.moments[-1]
    assert last.timepoint == life.clock
    assert all(life.ask(token, "balanceOf", holder.account) == holder.amount for holder in last.balances.top)
    for entry in document.accounts:
        assert life.ask(token, "balanceOf", entry.account) == entry.balance
        assert int(life.ask(token, "delegates", entry.account), 16) == int(entry.delegate or "0x0", 16)


def test_a_ballot_that_was_left_out_shows_in_the_comparison(life: Foreign, document: ReportDocument) -> None:
    ballot = next(one for made in document.proposals for one in made.ballots if one.votes.total)
    logs = [log for log in life.logs if "0x" + log.transaction_hash.hex() != ballot.transaction]
    told = compare(document, composed(life, logs))
    assert {("report", "verdict"), ("report", "logs"), ("findings", ""), ("proposals", "ballots")} <= {
        (difference.part, difference.field) for difference in told.differences
    }


def test_weight_that_was_taken_back_stands_where_it_counts() -> None:
    life = Foreign.deploy(Variant(version="5.7", governor="Overridable", token="ExtendedToken", timelock="none"))
    life.send(PEOPLE[0], life.deployment.token, "delegate", PEOPLE[1])
    life.chain.advance(12)
    proposal = life.propose(PEOPLE[3], (Call(STRANGER, 0, b""),), "A proposal")
    for _ in range(5):
        life.chain.advance(12)
    life.vote(PEOPLE[1], proposal, 1)
    life.override(PEOPLE[0], proposal, 0)
    life.chain.advance(12)
    (made,) = composed(life).proposals
    cast = [(one.voter, one.votes.for_, one.votes.against, one.power) for one in made.ballots]
    assert cast == [(PEOPLE[1], 600, 0, 900), (PEOPLE[0], 0, 300, 300)]
    assert (made.votes.for_, made.votes.against) == (600, 300)


def test_the_evidence_alone_gives_the_same_proposals(life: Foreign, document: ReportDocument, tmp_path: Path) -> None:
    audited = audit_governor_bundle(bundled(life, tmp_path / "evidence", life.known_quorums()))
    found = compose_governor(audited, of_governor(audited.report, None), UNIT)
    assert found.verdict == "agrees"
    assert not found.asked_contracts
    assert {one.part for one in compare(found, document).differences} == {"report", "checks", "standings"}


@pytest.mark.parametrize("life", VARIANTS[1:2], ids=lambda variant: variant.name, indirect=True)
def test_the_commands_report_evidence_and_compare_two(
    life: Foreign, document: ReportDocument, tmp_path: Path, invoke: Invoke
) -> None:
    bundled(life, tmp_path / "evidence")
    said = invoke("audit", "report", "evidence", "--unit", "VOTE:2", "--json").json()
    found = read_report(tmp_path / "audit-report" / "report.json")
    assert (said["verdict"], said["content_hash"]) == ("agrees", found.content_hash)
    assert found.proposals == document.proposals
    assert found.checks[-1].name == "proofs"
    trusted = {line.what for line in found.standings if line.standing == "trusted"}
    assert {"Completeness", "Kind of governor", f"state of governor {life.deployment.governor}"} <= trusted
    page = (tmp_path / "audit-report" / "report.html").read_text(encoding="utf-8")
    assert f"<h1>Governor {life.deployment.governor[:8]}…" in page
    assert (found.token.symbol, found.token.decimals) == ("VOTE", 2)
    assert " VOTE</span>" in page
    invoke("audit", "report", "evidence", "--to-block", "3", code=2)
    for unit in ("VOTE", "VOTE:", ":2", "VOTE:256", "A B:2"):
        assert "such as COMP:18" in invoke("audit", "report", "evidence", "--unit", unit, code=2).err
    assert "EQUAL" in invoke("audit", "diff", "audit-report/report.json", "audit-report/report.json").out
    (tmp_path / "asked.json").write_text(document.text(), encoding="utf-8")
    apart = invoke("audit", "diff", "audit-report/report.json", "asked.json", "--json", code=3).json()
    assert {difference["part"] for difference in apart["differences"]} == {"report", "standings", "checks"}


@pytest.mark.parametrize("life", VARIANTS[-1:], ids=lambda variant: variant.name, indirect=True)
def test_what_the_governor_is_and_what_was_trusted_is_compared(document: ReportDocument) -> None:
    assert document.governor is not None
    asked = document.governor.trusted
    assert asked
    less = document.governor.model_copy(update={"trusted": asked[1:], "family": "another"})
    told = compare(document, sealed(document.model_copy(update={"governor": less}))).differences
    assert [(one.part, one.subject, one.field) for one in told] == [
        ("trusted", asked[0].name, ""),
        ("governor", "", "family"),
    ]


def test_an_execution_past_the_governor_is_one_too() -> None:
    """Whoever may execute on the timelock makes a proposal's calls there; the governor then says nothing."""
    life = Foreign.deploy(VARIANTS[0])
    timelock = life.deployment.timelock
    assert timelock is not None
    proposal = life.propose(PEOPLE[3], (Call(STRANGER, 0, b"\1"),), "A proposal")
    life.chain.advance(60)
    life.vote(PEOPLE[3], proposal, 1)
    life.chain.advance(400)
    life.carry(proposal, "queue")
    life.chain.advance(200)
    (operation,) = life.replay().operations.values()
    life.send(DEPLOYER, timelock, "executeBatch", *life.made[proposal].columns, bytes(32), operation.salt)
    life.chain.advance(12)
    (made,) = composed(life).proposals
    assert (made.state, made.execution) == ("executed", "0x" + life.logs[-1].transaction_hash.hex())
