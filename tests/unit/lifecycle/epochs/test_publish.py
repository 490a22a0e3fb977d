"""Publications on a real chain: what enough reporters signed stands once, and everything else is refused with why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from dao.chain import node
from dao.chain.accounts import KeySigner, NodeSigner
from dao.chain.distributor import Series
from dao.chain.outbox import Outbox
from dao.commands.epoch_disputes import answer_name
from dao.deployment.document import load_deployment
from dao.endorsement import Endorsement, endorsement_text, read_endorsement
from dao.errors import AccountError, CallReverted, DocumentError, EpochError, Unsent
from dao.lifecycle.deploy import deploy
from dao.lifecycle.epochs.disputes import answer, dispute, lapse, to_answer, void
from dao.lifecycle.epochs.endorse import endorse, enough_signatures, read_endorsements
from dao.lifecycle.epochs.overview import overview
from dao.lifecycle.epochs.publish import Published, due, publish
from dao.lifecycle.epochs.published import Publication, Stage, distributor_of, records, require_same
from dao.lifecycle.policy import read_policy
from dao.render.epochs import overview_view
from tests.support import epochs
from tests.support.chain import ACCOUNTS, DEPLOYER, ROOT, STRANGER, TOKEN, Dao, checkout
from tests.support.epochs import HOLD, JOBS, PERIOD, RESERVE, WINDOW, reporter_keys

EPOCH = 0
POOL = 47_435 * TOKEN
PAID = {JOBS: {ACCOUNTS[1]: 30_000 * TOKEN, ACCOUNTS[2]: 10_000 * TOKEN}}
SERIES = Series(JOBS, EPOCH)
URI = epochs.URI


@pytest.fixture
def folder(dao: Dao, tmp_path: Path) -> Path:
    """The folder of epoch 0, which is over."""
    epochs.until_over(dao, EPOCH)
    epochs.write(dao, EPOCH, PAID, folder=tmp_path)
    return tmp_path / str(EPOCH)


def signed(dao: Dao, folder: Path, signers: Sequence[KeySigner] | None = None, *, uri: str = URI) -> list[Endorsement]:
    """What reporters sign of a folder; the first two if no `signers` are named."""
    _, dues = due(dao.session(), folder, uri=uri)
    chosen = reporter_keys()[:2] if signers is None else signers
    return [endorse(dao.session(), signer, to_sign=[each.to_publish for each in dues]) for signer in chosen]


def published(dao: Dao, folder: Path, endorsements: Sequence[Endorsement]) -> tuple[Published, ...]:
    _, dues = due(dao.session(), folder, uri=URI)
    return publish(dao.session(STRANGER), dues, endorsements)


def standing(dao: Dao) -> Publication:
    session = dao.session()
    found = records(session, read_policy(session)).standing(SERIES)
    assert found is not None
    return found


# ------------------------------------------------------------ publishing


def test_a_stranger_publishes_what_two_reporters_signed(dao: Dao, folder: Path) -> None:
    (made,) = published(dao, folder, signed(dao, folder))
    assert made.receipt is not None
    found = standing(dao)
    assert (found.total, found.paid, found.stage) == (40_000 * TOKEN, 0, Stage.WAITING)
    assert found.data_uri == URI
    assert found.opens_at == made.receipt.timestamp + WINDOW
    require_same(found, distributor_of(dao.session()).publication(SERIES))
    dao.advance(WINDOW)
    assert standing(dao).stage is Stage.OPEN


def test_what_stands_is_not_sent_again(dao: Dao, folder: Path) -> None:
    endorsements = signed(dao, folder)
    published(dao, folder, endorsements)
    before = dao.nonces()
    (again,) = published(dao, folder, endorsements)
    assert again.receipt is None
    assert dao.nonces() == before


def test_an_interrupted_run_is_carried_on(dao: Dao, folder: Path, tmp_path: Path) -> None:
    """The transaction is in the journal and on chain, and its receipt was never seen: nothing is sent twice."""
    endorsements = signed(dao, folder)
    _, dues = due(dao.session(), folder, uri=URI)
    session = replace(dao.session(STRANGER), outbox=Outbox(tmp_path / "outbox.json"))

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    settle = Outbox.settle
    try:
        Outbox.settle = killed  # type: ignore[method-assign]
        with pytest.raises(Killed):
            publish(session, dues, endorsements)
    finally:
        Outbox.settle = settle  # type: ignore[method-assign]
    before = dao.nonces()
    (again,) = publish(session, dues, endorsements)
    assert again.receipt is not None
    assert dao.nonces() == before
    assert standing(dao).total == 40_000 * TOKEN


def test_every_stream_that_pays_somebody(dao: Dao, tmp_path: Path) -> None:
    epochs.pay_reserve(dao)
    epochs.until_over(dao, 1)
    epochs.write(dao, 1, {JOBS: {ACCOUNTS[1]: TOKEN}, RESERVE: {ACCOUNTS[2]: 2 * TOKEN}}, folder=tmp_path)
    made = published(dao, tmp_path / "1", signed(dao, tmp_path / "1"))
    assert [each.to_publish.series.stream for each in made] == [JOBS, RESERVE]
    session = dao.session()
    assert [each.total for each in records(session, read_policy(session)).of(1)] == [TOKEN, 2 * TOKEN]


def test_a_multisig_gets_every_stream_in_one_file(dao: Dao, tmp_path: Path) -> None:
    epochs.pay_reserve(dao)
    epochs.until_over(dao, 1)
    epochs.write(dao, 1, {JOBS: {ACCOUNTS[1]: TOKEN}, RESERVE: {ACCOUNTS[2]: 2 * TOKEN}}, folder=tmp_path)
    endorsements = signed(dao, tmp_path / "1")
    _, dues = due(dao.session(), tmp_path / "1", uri=URI)
    with pytest.raises(Unsent):
        publish(replace(dao.session(STRANGER), unsigned=tmp_path / "safe.json"), dues, endorsements)
    assert len(json.loads((tmp_path / "safe.json").read_text(encoding="utf-8"))["transactions"]) == 2


def test_one_signature_is_too_few(dao: Dao, folder: Path) -> None:
    with pytest.raises(EpochError, match="too few reporters signed") as error:
        published(dao, folder, signed(dao, folder, reporter_keys()[:1]))
    assert "2 of 3" in str(error.value.expected)
    with pytest.raises(EpochError, match="too few"):
        published(dao, folder, signed(dao, folder, reporter_keys()[:1]) * 2)


def test_a_reporter_who_signed_another_tree_is_named(dao: Dao, folder: Path, tmp_path: Path) -> None:
    epochs.write(dao, EPOCH, {JOBS: {ACCOUNTS[1]: TOKEN}}, folder=tmp_path / "other")
    ours, theirs = reporter_keys()[:2]
    mixed = signed(dao, folder, [ours]) + signed(dao, tmp_path / "other" / "0", [theirs])
    with pytest.raises(EpochError, match="too few") as error:
        published(dao, folder, mixed)
    assert f"{theirs.address} signed something else" in str(error.value.found)


def test_a_signature_that_was_changed_is_named(dao: Dao, folder: Path) -> None:
    first, second = signed(dao, folder)
    entry = second.publications[0]
    broken = entry.model_copy(update={"signature": entry.signature[:-2] + bytes([entry.signature[-2] ^ 1, 27])})
    with pytest.raises(EpochError) as error:
        published(dao, folder, [first, second.model_copy(update={"publications": (broken,)})])
    assert f"the signature of {second.reporter} is not its own" in str(error.value.found)


def test_only_reporters_endorse(dao: Dao, folder: Path) -> None:
    from eth_account import Account

    with pytest.raises(AccountError, match="is no reporter"):
        signed(dao, folder, [KeySigner(Account.from_key(b"\1" * 32))])


def test_endorsements_survive_their_file(dao: Dao, folder: Path, tmp_path: Path) -> None:
    (made,) = signed(dao, folder, reporter_keys()[:1])
    path = tmp_path / "signature.json"
    path.write_text(endorsement_text(made), encoding="utf-8")
    assert read_endorsement(path) == made
    assert read_endorsements(dao.session(), [path]) == (made,)


def test_endorsements_of_another_chain_or_with_other_fields(dao: Dao, folder: Path, tmp_path: Path) -> None:
    (made,) = signed(dao, folder, reporter_keys()[:1])
    path = tmp_path / "signature.json"
    path.write_text(endorsement_text(made.model_copy(update={"chain_id": 1})), encoding="utf-8")
    with pytest.raises(EpochError, match="for another distributor"):
        read_endorsements(dao.session(), [path])
    for change in ({"reporter": "nobody"}, {"surprise": 1}, {"publications": [{"stream": "a"}]}):
        path.write_text(json.dumps({**json.loads(endorsement_text(made)), **change}), encoding="utf-8")
        with pytest.raises(DocumentError):
            read_endorsement(path)


def test_another_tree_than_the_one_that_stands(dao: Dao, folder: Path, tmp_path: Path) -> None:
    published(dao, folder, signed(dao, folder))
    epochs.write(dao, EPOCH, {JOBS: {ACCOUNTS[1]: TOKEN}}, folder=tmp_path / "other")
    with pytest.raises(EpochError, match="another tree stands"):
        due(dao.session(), tmp_path / "other" / "0", uri=URI)


def test_an_epoch_that_runs(dao: Dao, tmp_path: Path) -> None:
    epochs.write(dao, EPOCH, PAID, folder=tmp_path)
    with pytest.raises(EpochError, match="epoch 0 is not over"):
        due(dao.session(), tmp_path / "0", uri=URI)


def test_more_than_the_emission_leaves(dao: Dao, folder: Path, tmp_path: Path) -> None:
    published(dao, folder, signed(dao, folder))
    dao.advance(WINDOW)
    epochs.write(dao, EPOCH, {JOBS: {ACCOUNTS[3]: 7_436 * TOKEN}}, series=1, folder=tmp_path)
    with pytest.raises(EpochError, match="more than is left of its emission") as error:
        due(dao.session(), tmp_path / "0.1", uri=URI)
    assert "7_435 RENDER" in str(error.value.expected)


def test_a_supplement_up_to_what_is_left(dao: Dao, folder: Path, tmp_path: Path) -> None:
    published(dao, folder, signed(dao, folder))
    epochs.write(dao, EPOCH, {JOBS: {ACCOUNTS[3]: 7_435 * TOKEN}}, series=1, folder=tmp_path)
    supplement = tmp_path / "0.1"
    with pytest.raises(CallReverted, match="SeriesTooEarly"):
        published(dao, supplement, signed(dao, supplement))
    dao.advance(WINDOW)
    published(dao, supplement, signed(dao, supplement))
    session = dao.session()
    assert distributor_of(session).committed(JOBS, EPOCH) == POOL


def test_a_folder_of_another_deployment(dao: Dao, tmp_path: Path) -> None:
    epochs.until_over(dao, EPOCH)
    epochs.write(dao, EPOCH, PAID, folder=tmp_path, chain_id=1)
    with pytest.raises(EpochError, match="for another distributor"):
        due(dao.session(), tmp_path / "0", uri=URI)


def test_a_folder_that_was_changed(dao: Dao, folder: Path) -> None:
    rows = folder / "payouts.csv"
    rows.write_bytes(rows.read_bytes().replace(b"30000", b"40000"))
    with pytest.raises(DocumentError):
        due(dao.session(), folder, uri=URI)


@pytest.mark.parametrize("uri", ["", "x" * 2_049])
def test_an_address_that_does_not_fit(dao: Dao, folder: Path, uri: str) -> None:
    with pytest.raises(EpochError, match="empty or too long"):
        due(dao.session(), folder, uri=uri)


# ------------------------------------------------------------ disputes


def test_a_dispute_holds_the_claims_until_it_is_answered(dao: Dao, folder: Path) -> None:
    published(dao, folder, signed(dao, folder))
    opens = standing(dao).opens_at
    dispute(dao.session(ACCOUNTS[3]), SERIES, "my job is missing")
    held = standing(dao)
    assert (held.stage, held.opens_at) == (Stage.DISPUTED, opens + HOLD)
    dao.advance(WINDOW + 10)
    made = to_answer(dao.session(), SERIES, ACCOUNTS[3], "it failed")
    signatures = [endorse(dao.session(), signer, to_sign=[made]) for signer in reporter_keys()[1:]]
    answer(dao.session(STRANGER), made, signatures)
    told = standing(dao)
    assert told.stage is Stage.OPEN
    assert [(each.reason, each.answer) for each in told.disputes] == [("my job is missing", "it failed")]


def test_disputes_that_cannot_be(dao: Dao, folder: Path) -> None:
    session = dao.session(ACCOUNTS[3])
    with pytest.raises(EpochError, match="nothing is published"):
        dispute(session, SERIES, "early")
    with pytest.raises(EpochError, match="no such stream"):
        dispute(session, Series("compute/nothing", EPOCH), "early")
    published(dao, folder, signed(dao, folder))
    with pytest.raises(EpochError, match="empty or too long"):
        dispute(session, SERIES, "")
    dispute(session, SERIES, "once")
    with pytest.raises(EpochError, match="disputed this before"):
        dispute(session, SERIES, "twice")
    with pytest.raises(EpochError, match="no open dispute"):
        to_answer(session, SERIES, ACCOUNTS[4], "nobody asked")
    dao.advance(WINDOW)
    with pytest.raises(EpochError, match="challenge window is over"):
        dispute(dao.session(ACCOUNTS[4]), SERIES, "late")


def test_one_reporter_does_not_answer(dao: Dao, folder: Path) -> None:
    published(dao, folder, signed(dao, folder))
    dispute(dao.session(ACCOUNTS[3]), SERIES, "missing")
    made = to_answer(dao.session(), SERIES, ACCOUNTS[3], "it failed")
    other = replace(made, text="it did not")
    first, second = reporter_keys()[:2]
    mixed = [
        endorse(dao.session(), first, to_sign=[made]),
        endorse(dao.session(), second, to_sign=[other]),
    ]
    with pytest.raises(EpochError, match="too few") as error:
        enough_signatures(dao.session(), made, mixed)
    assert "text it did not" in str(error.value.found)


# ------------------------------------------------------------ voids and lapses


def test_only_the_guardian_voids(dao: Dao, folder: Path) -> None:
    published(dao, folder, signed(dao, folder))
    with pytest.raises(EpochError, match="only the guardian voids") as error:
        void(dao.session(STRANGER), SERIES, "wrong")
    assert "propose" in (error.value.remedy or "")


def test_after_a_void_the_next_revision_is_published(dao: Dao, folder: Path) -> None:
    endorsements = signed(dao, folder)
    published(dao, folder, endorsements)
    guardian = distributor_of(dao.session()).guardian()
    dao.impersonate(guardian)
    void(dao.session(guardian), SERIES, "wrong file")
    with pytest.raises(EpochError, match="too few") as error:
        published(dao, folder, endorsements)
    assert "revision 0" in str(error.value.found)
    published(dao, folder, signed(dao, folder))
    session = dao.session()
    told = records(session, read_policy(session)).publications
    assert [(each.revision, each.stage) for each in told] == [(0, Stage.VOIDED), (1, Stage.WAITING)]
    assert told[0].void_reason == "wrong file"


def test_what_is_not_claimed_lapses(dao: Dao, folder: Path) -> None:
    published(dao, folder, signed(dao, folder))
    with pytest.raises(EpochError, match="nothing lapses yet"):
        lapse(dao.session(STRANGER), SERIES)
    dao.advance(WINDOW + HOLD + PERIOD)
    assert standing(dao).stage is Stage.LAPSED
    lapse(dao.session(STRANGER), SERIES)
    told = standing(dao)
    assert (told.lapsed, told.left, told.stage) == (40_000 * TOKEN, 0, Stage.LAPSED)
    with pytest.raises(EpochError, match="nothing is left"):
        lapse(dao.session(STRANGER), SERIES)


# ------------------------------------------------------------ the overview


def test_the_overview_names_what_waits(dao: Dao, folder: Path) -> None:
    before = overview(dao.session())
    assert [(each.stream, each.epoch, each.emission) for each in before.unpublished] == [(JOBS, 0, POOL)]
    assert (before.minted, before.threshold, before.current) == (True, 2, 1)
    published(dao, folder, signed(dao, folder))
    after = overview(dao.session())
    assert after.unpublished == ()
    assert [each.series for each in after.publications] == [SERIES]
    assert overview(dao.session(), epoch=7).publications == ()


def test_a_supplement_does_not_stand_for_what_was_voided(dao: Dao, folder: Path, tmp_path: Path) -> None:
    published(dao, folder, signed(dao, folder))
    dao.advance(WINDOW)
    epochs.write(dao, EPOCH, {JOBS: {ACCOUNTS[3]: TOKEN}}, series=1, folder=tmp_path)
    published(dao, tmp_path / f"{EPOCH}.1", signed(dao, tmp_path / f"{EPOCH}.1"))
    epochs.void(dao, SERIES)
    assert [each.stream for each in overview(dao.session(), epoch=EPOCH).unpublished] == [JOBS]


def test_the_overview_shows_what_people_said(dao: Dao, folder: Path) -> None:
    """Where contributions are, disputes, answers and why it was voided; none of it moves the cursor."""
    published(dao, folder, signed(dao, folder))
    epochs.dispute(dao, SERIES, ACCOUNTS[1], "my job\x1b[2J")
    epochs.answer(dao, SERIES, ACCOUNTS[1], "it failed\u202e")
    epochs.void(dao, SERIES, "wrong file [red]")
    found = overview(dao.session())
    console = Console(width=200, file=StringIO())
    console.print(overview_view(found, dao.deployment))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for words in (URI, "my job\\x1b[2J", "it failed\\u202e", "voided: wrong file [red]"):
        assert words in text


def test_a_text_that_is_no_utf_8(dao: Dao, folder: Path) -> None:
    with pytest.raises(EpochError, match="is no text"):
        due(dao.session(), folder, uri="ipfs://\udcff")


def test_answers_to_one_account_have_files_of_their_own() -> None:
    series = (SERIES, Series(RESERVE, EPOCH), Series(JOBS, EPOCH, 1), Series(JOBS, EPOCH + 1))
    assert len({answer_name(each, ACCOUNTS[1]) for each in series}) == len(series)


def test_a_stream_that_paid_nobody_at_first_is_part_of_a_supplement(dao: Dao, folder: Path, tmp_path: Path) -> None:
    epochs.write(dao, EPOCH, {JOBS: {ACCOUNTS[3]: TOKEN}}, series=1, folder=tmp_path)
    (made,) = published(dao, tmp_path / f"{EPOCH}.1", signed(dao, tmp_path / f"{EPOCH}.1"))
    assert made.receipt is not None
    with pytest.raises(CallReverted, match="SeriesTooEarly"):
        published(dao, folder, signed(dao, folder))


def test_a_treasury_that_allows_nothing(tmp_path: Path) -> None:
    text = (ROOT / "deploy.yaml").read_text(encoding="utf-8")
    text = text.replace("funding: mint", "funding: treasury").replace("[treasury, distributor]", "[treasury]")
    checkout(tmp_path)
    (tmp_path / "deploy.yaml").write_text(text, encoding="utf-8")
    with node.ephemeral(ROOT) as connection:
        document = load_deployment(tmp_path / "deploy.yaml")
        deployment = deploy(connection, NodeSigner(DEPLOYER), document, journal_path=tmp_path / "deployment.json")
        dao = Dao(connection, deployment, document, tmp_path)
        epochs.until_over(dao, EPOCH)
        epochs.write(dao, EPOCH, PAID)
        path = epochs.folder_of(dao) / str(EPOCH)
        with pytest.raises(EpochError, match="treasury does not cover") as caught:
            published(dao, path, signed(dao, path))
        assert "approve" in str(caught.value.remedy)
