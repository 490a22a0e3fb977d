"""The report's file: what it holds is what the contracts say, its hash binds it, and its schema describes it."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import jsonschema
import pytest

from dao.abi import checksum
from dao.audit.concentration import MOMENTS, concentration, moments, thinned
from dao.audit.diff import compare
from dao.audit.document import ReportDocument, read_report
from dao.audit.run import Audited
from dao.audit.schema import PATH, schema_text
from dao.errors import DocumentError, ProofError
from dao.rewards.streams import stream_id
from dao.types import Address
from tests.audit.test_payout_logs import made as paying_life
from tests.support.cli import invoker
from tests.support.history import POLICY, TOKEN, Dao
from tests.support.reports import composed, examined


@pytest.fixture(scope="module")
def audited(life: Dao) -> Audited:
    return examined(life)


@pytest.fixture(scope="module")
def document(audited: Audited) -> ReportDocument:
    return composed(audited)


@pytest.fixture(scope="module")
def paid() -> Dao:
    return paying_life("mint")


def test_the_schema_is_current_and_describes_the_file(document: ReportDocument, paid: Dao) -> None:
    assert PATH.read_text(encoding="utf-8") == schema_text()
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for text in (document.text(), composed(examined(paid)).text()):
        validator.validate(json.loads(text))
    wrong = json.loads(document.text())
    wrong["proposals"][0]["votes"]["for"] = 5
    assert not validator.is_valid(wrong)


def test_the_same_input_gives_the_same_bytes(life: Dao, document: ReportDocument, tmp_path: Path) -> None:
    again = composed(examined(life))
    assert again.text() == document.text()
    path = tmp_path / "report.json"
    path.write_text(document.text(), encoding="utf-8")
    assert read_report(path) == document


def test_the_hash_is_that_of_the_canonical_json(document: ReportDocument) -> None:
    plain = json.loads(document.text())
    claimed = plain.pop("content_hash")
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    assert claimed == hashlib.sha256(canonical.encode("ascii")).hexdigest()


def test_every_change_of_the_content_is_found(document: ReportDocument, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    rng = random.Random(5)
    for field in rng.sample(["verdict", "logs", "timestamp", "compared", "asked_contracts"], 5):
        plain = json.loads(document.text())
        value = plain[field]
        plain[field] = "disagrees" if field == "verdict" else (not value if value is True else value + 1)
        path.write_text(json.dumps(plain), encoding="utf-8")
        with pytest.raises(ProofError, match="was changed after it was written"):
            read_report(path)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "no JSON"),
        ("[]", "wrong field"),
        ("{}", "wrong field"),
        ('{"format": "reward-dao audit report 2", "format": "x"}', "no JSON"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_a_file_that_is_no_report(text: str, match: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=match):
        read_report(path)


def test_an_unknown_field_and_a_number_in_the_place_of_an_amount(document: ReportDocument, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for change in ({"more": 1}, {"verdict": "perhaps"}, {"logs": 1.5}, {"chain_id": -1}, {"content_hash": "0x"}):
        path.write_text(json.dumps({**json.loads(document.text()), **change}), encoding="utf-8")
        with pytest.raises(DocumentError, match="wrong field"):
            read_report(path)


def test_ballots_make_the_tallies(life: Dao, document: ReportDocument) -> None:
    assert sum(len(made.ballots) for made in document.proposals) > 5
    for made in document.proposals:
        assert sum(ballot.votes.for_ for ballot in made.ballots) == made.votes.for_
        assert sum(ballot.votes.against for ballot in made.ballots) == made.votes.against
        assert sum(ballot.votes.abstain for ballot in made.ballots) == made.votes.abstain
        if made.supply is not None:
            assert life.ask(life.addresses.token, TOKEN, "getPastTotalSupply", made.snapshot) == made.supply
            assert made.turnout == made.votes.total * 10_000 // made.supply
        for ballot in made.ballots:
            assert life.ask(life.addresses.token, TOKEN, "getPastVotes", ballot.voter, made.snapshot) == ballot.power


def test_changes_name_their_proposal_and_proposals_their_changes(document: ReportDocument) -> None:
    first = document.proposals[0]
    assert len(first.changes) == len(document.policy_changes) > 5
    assert {document.policy_changes[place].proposal for place in first.changes} == {first.id}
    assert all(not made.changes for made in document.proposals[1:])


def test_power_and_balances_at_each_moment(life: Dao, document: ReportDocument) -> None:
    token = life.addresses.token
    assert len(document.moments) > 2
    everybody = {Address(entry.account) for entry in document.accounts}
    for moment in document.moments[:-1]:
        powers = {who: life.ask(token, TOKEN, "getPastVotes", who, moment.timepoint) for who in everybody}
        assert moment.delegated == sum(powers.values()) == moment.power.total
        assert moment.power == concentration(powers)
        assert moment.balances.total == moment.supply
        assert moment.supply == life.ask(token, TOKEN, "getPastTotalSupply", moment.timepoint)
    last = document.moments[-1]
    for holder in last.balances.top:
        assert life.ask(token, TOKEN, "balanceOf", holder.account) == holder.amount
    assert document.moments[0].balances != last.balances


def test_a_change_counts_at_its_own_timepoint(audited: Audited) -> None:
    token = audited.state.token
    changed = sorted({log.timestamp for log in audited.logs()})
    for moment in moments(audited.state, audited.logs(), changed):
        assert moment.delegated == sum(trace.upper_lookup(moment.timepoint) for trace in token.powers.values())
        assert moment.balances.total == token.supply.upper_lookup(moment.timepoint) == moment.supply


def test_concentration_of_known_amounts() -> None:
    accounts = [checksum(bytes([number]) * 20) for number in range(1, 21)]
    equal = concentration(dict.fromkeys(accounts, 7))
    assert (equal.gini, equal.nakamoto, equal.top_share, equal.accounts, equal.total) == (0, 11, 5_000, 20, 140)
    one = concentration({accounts[0]: 10**30, accounts[1]: 0})
    assert (one.gini, one.nakamoto, one.top_share, one.accounts) == (0, 1, 10_000, 1)
    none = concentration({})
    assert (none.gini, none.nakamoto, none.top_share, none.accounts, none.top) == (0, 0, 0, 0, ())


def test_many_snapshots_are_thinned_evenly() -> None:
    found = thinned(range(1_000, 0, -1), 2_000)
    assert len(found) == MOMENTS + 1
    assert found[0] == 5
    assert found[-2:] == [1_000, 2_000]
    assert thinned([3, 1, 3, 7], 7) == [1, 3, 7]
    assert thinned([], 9) == [9]


def test_emission_is_the_policys(life: Dao, document: ReportDocument) -> None:
    assert len(document.emission) > 10
    for row in document.emission:
        asked = life.ask(life.addresses.policy, POLICY, "emission", stream_id("root"), row.epoch)
        assert asked == row.voted
        for stream in row.streams:
            if stream.voted is not None:
                asked = life.ask(life.addresses.policy, POLICY, "emission", stream_id(stream.stream), row.epoch)
                assert asked == stream.voted


def test_what_was_paid_stands_in_its_epoch(paid: Dao) -> None:
    document = composed(examined(paid))
    assert document.payouts is not None
    for stream in document.payouts.streams:
        mine = [entry for row in document.emission for entry in row.streams if entry.stream == stream.stream]
        assert sum(entry.published for entry in mine) == stream.published > 0
        assert sum(entry.claimed for entry in mine) == stream.claimed
        assert sum(entry.lapsed for entry in mine) == stream.lapsed
    rows = {row.epoch: {entry.stream: entry for entry in row.streams} for row in document.emission}
    for made in document.payouts.publications:
        if made.series == 0 and made.stands:
            assert rows[made.epoch][made.stream].claimed >= made.claimed
            assert rows[made.epoch][made.stream].published >= made.claimed + made.lapsed + made.left > 0
    assert sum(row.claimed for row in document.emission) == sum(s.claimed for s in document.payouts.streams) > 0


# ------------------------------------------------------------ two reports


def test_a_report_equals_itself(document: ReportDocument) -> None:
    made = compare(document, document)
    assert made.equal
    assert made.differences == ()


def test_a_log_that_was_left_out_shows(life: Dao, document: ReportDocument) -> None:
    ballot = next(ballot for made in document.proposals for ballot in made.ballots)
    logs = [log for log in life.logs if "0x" + log.transaction_hash.hex() != ballot.transaction]
    tampered = composed(examined(life, logs))
    made = compare(document, tampered)
    assert not made.equal
    told = {(difference.part, difference.field) for difference in made.differences}
    assert {("report", "verdict"), ("report", "logs"), ("findings", ""), ("proposals", "ballots")} <= told
    appeared = [difference for difference in made.differences if difference.part == "findings"]
    assert all(difference.before is None for difference in appeared)
    assert len(appeared) == len(tampered.findings)
    votes = [d for d in made.differences if d.part == "proposals" and d.subject.endswith("votes")]
    assert {d.subject.split()[0] for d in votes} == {str(document.proposals[0].id)}
    back = compare(tampered, document)
    assert len(back.differences) == len(made.differences)


def test_the_command_compares_files(
    document: ReportDocument,
    life: Dao,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    invoke = invoker(tmp_path, monkeypatch, capsys)
    (tmp_path / "a.json").write_text(document.text(), encoding="utf-8")
    (tmp_path / "b.json").write_text(composed(examined(life, life.logs[:-1])).text(), encoding="utf-8")
    (tmp_path / "c.json").write_text(document.text().replace('"logs": ', '"logs": 9'), encoding="utf-8")
    assert "EQUAL" in invoke("audit", "diff", "a.json", "a.json").out
    assert invoke("audit", "diff", "a.json", "a.json", "--json").json()["equal"] is True
    assert "DIFFERENT" in invoke("audit", "diff", "a.json", "b.json", code=3).out
    found = invoke("audit", "diff", "a.json", "b.json", "--json", code=3).json()
    assert any(d["part"] == "report" and d["field"] == "logs" for d in found["differences"])
    assert "was changed after it was written" in invoke("audit", "diff", "a.json", "c.json", code=1).err
    assert "cannot be read" in invoke("audit", "diff", "a.json", "none.json", code=1).err
