"""The report's page in headless Chromium: it draws, searches and prints, and nothing in it acts or leaves."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from dao.audit.document import ReportDocument
from dao.audit.findings import Finding
from dao.audit.notices import Notice
from dao.render.report.page import report_html
from dao.types import Call
from tests.support.chain import ROOT
from tests.support.cli import environment
from tests.support.eventful import eventful
from tests.support.foreign_bundles import composed as governor_report
from tests.support.governor_lives import play
from tests.support.governors import PEOPLE, STRANGER, Foreign, Variant
from tests.support.history import Dao
from tests.support.reports import composed, examined, repeated

HOSTILE = (
    "</script><script>window.hit=1</script></title><!-- \"'><img src=x onerror=window.hit=2>"
    "<a href=javascript:window.hit=3>x</a>{{ 7*7 }}{% raw %}\u202egnp.exe\u200b\x07 & <style>*{display:none}</style>"
)
COUNT = 5_000
PAGE = 30
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("CI") != "true",
    reason="Chromium is not installed: sh toolchain/chromium.sh",
)


@dataclass
class Opened:
    """A page, and everything that it said, asked for and ran into."""

    page: Page
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def texts(self, selector: str) -> list[str]:
        return self.page.locator(selector).all_inner_texts()


@pytest.fixture(scope="module")
def life() -> Dao:
    return eventful(HOSTILE)


@pytest.fixture(scope="module")
def document(life: Dao) -> ReportDocument:
    finding = Finding(
        check="tallies", what=f"tally {HOSTILE}", expected=HOSTILE, found="\u2028", block=5, transaction=bytes(32)
    )
    notice = Notice(pattern="same-text", what=HOSTILE, detail=HOSTILE, block=7, transaction=None)
    return composed(examined(life), findings=[finding], notices=[notice])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


def opened(browser: Browser, path: Path, **options: Any) -> Opened:
    page = browser.new_page(**options)
    found = Opened(page)
    page.on("console", lambda message: found.messages.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: found.messages.append(str(error)))
    page.on("dialog", lambda dialog: found.messages.append(f"dialog: {dialog.message}"))
    page.on("request", lambda request: found.requests.append(request.url))
    page.goto(path.as_uri())
    return found


@pytest.fixture(scope="module")
def written(document: ReportDocument, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "report.html"
    path.write_text(report_html(document), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def small(browser: Browser, written: Path) -> Opened:
    return opened(browser, written)


@pytest.fixture(scope="module")
def large(browser: Browser, document: ReportDocument, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    path = tmp_path_factory.mktemp("large") / "report.html"
    path.write_text(report_html(repeated(document, COUNT)), encoding="utf-8")
    return opened(browser, path)


def quiet(found: Opened) -> None:
    """Nothing was said, nothing was asked for but the page itself, and no hostile text ran."""
    assert found.messages == []
    assert len(found.requests) == 1
    assert found.requests[0].startswith("file:")
    assert found.page.evaluate("window.hit") is None


def test_the_same_report_gives_the_same_page(document: ReportDocument, written: Path, tmp_path: Path) -> None:
    """In another process, under another hash seed, in another time zone and language."""
    report = tmp_path / "report.json"
    report.write_text(document.text(), encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from dao.audit.document import read_report;"
        "from dao.render.report.page import report_html;"
        "sys.stdout.buffer.write(report_html(read_report(Path(sys.argv[1]))).encode())"
    )
    elsewhere = environment(PYTHONHASHSEED="7", TZ="Asia/Tokyo", LANG="de_DE.UTF-8", LC_ALL="C.UTF-8")
    ended = subprocess.run(
        [sys.executable, "-c", code, str(report)], cwd=ROOT, env=elsewhere, capture_output=True, timeout=60, check=True
    )
    assert ended.stdout == written.read_bytes()


def test_nothing_in_the_page_can_load_or_run(written: Path, small: Opened) -> None:
    text = written.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert "default-src &#39;none&#39;" in policy[1]
    assert "unsafe" not in policy[1]
    assert text.count("<script") == 2
    assert text.count("<style") == 1
    attributes = small.page.evaluate(
        "[...document.querySelectorAll('*')].flatMap(one => [...one.attributes].map(({name, value}) => [name, value]))"
    )
    assert len(attributes) > 100
    assert not [name for name, _ in attributes if name in ("src", "style", "srcset", "data") or name.startswith("on")]
    assert all(value.startswith("#") for name, value in attributes if "href" in name)
    loading = "link, img, image, iframe, object, embed, video, audio, use, foreignObject, base"
    assert small.page.locator(loading).count() == 0
    # What the policy does not list by hash is refused, even where somebody else put it into the page.
    small.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.hit = 4'}))"
    )
    assert small.page.evaluate("window.hit") is None
    refused = [message for message in small.messages if "Content Security Policy" in message]
    assert len(refused) == 1
    small.messages.clear()


def test_the_verdict_comes_first_and_names_what_is_trusted(small: Opened, document: ReportDocument) -> None:
    assert small.texts(".verdict")[0].startswith("Disagrees. 1 contradiction in ")
    trusted = [line.detail for line in document.standings if line.standing == "trusted"]
    assert all(detail in small.texts(".trust")[0] for detail in trusted)
    order = small.page.evaluate("[...document.querySelectorAll('.verdict, section')].map(e => e.id || e.className)")
    assert order[:4] == ["verdict disagrees", "basis", "findings", "notices"]
    quiet(small)


def test_hostile_text_is_shown_and_does_nothing(small: Opened) -> None:
    title = small.texts("#p1 h3")[0]
    assert "</script><script>window.hit=1</script>" in title
    assert "{{ 7*7 }}{% raw %}" in title
    assert "\\u202egnp.exe\\u200b\\x07 & <style>" in title
    whole = small.page.content()
    assert not any(character in whole for character in "\u202e\u200b\x07\u2028")
    assert small.page.locator("main img, main a[href^=javascript], main style").count() == 0
    small.page.evaluate("document.querySelectorAll('a').forEach(a => { if (a.hash) a.click(); })")
    quiet(small)


def test_every_chart_is_drawn(small: Opened) -> None:
    charts = small.page.locator("svg.chart")
    assert charts.count() == 6
    for place in range(charts.count()):
        chart = charts.nth(place)
        box = chart.bounding_box()
        assert box is not None
        assert box["width"] > 300
        assert box["height"] > 80
        drawn = chart.evaluate(
            """chart => [...chart.querySelectorAll('.marks path, .role-mark path, .role-mark rect')]
                .map(mark => mark.getBBox()).filter(box => box.width > 0 || box.height > 0).length"""
        )
        assert drawn > 0
        assert chart.locator("text").count() > 3
        named = chart.evaluate(
            """chart => chart.getAttribute('aria-labelledby').split(' ')
                .map(id => document.getElementById(id).textContent)"""
        )
        assert all(named)
    ids = small.page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
    assert len(ids) == len(set(ids))


def test_tally_bars_are_as_wide_as_the_votes(small: Opened, document: ReportDocument) -> None:
    made = document.proposals[0]
    assert made.supply
    for kind, votes in (("for", made.votes.for_), ("against", made.votes.against), ("abstain", made.votes.abstain)):
        width = int(small.page.locator(f"#p1 .bar .{kind}").get_attribute("width") or "0")
        assert width == votes * 1_000 // made.supply > 0
    assert small.page.locator("#p1 .changes li").count() == len(made.changes)


def test_ballots_of_a_proposal_open(small: Opened, document: ReportDocument) -> None:
    small.page.locator("#p1 summary").click()
    rows = small.page.locator("#p1 details tbody tr")
    assert rows.count() == len(document.proposals[0].ballots)
    assert set(small.texts("#p1 details tbody code")) == {ballot.voter for ballot in document.proposals[0].ballots}


def test_find_my_vote(small: Opened, document: ReportDocument) -> None:
    voter = document.proposals[0].ballots[0].voter
    mine = [made for made in document.proposals if any(ballot.voter == voter for ballot in made.ballots)]
    small.page.fill("#address", voter.lower())
    assert small.texts("#votes h3") == [voter]
    cast = sum(ballot.voter == voter for made in document.proposals for ballot in made.ballots)
    assert small.page.locator("#votes tbody tr").count() == cast
    links = {link.split(" ")[0] for link in small.texts("#votes tbody a")}
    assert links == {str(1 + document.proposals.index(made)) for made in mine}
    assert any("\\u202egnp.exe\\u200b" in link for link in small.texts("#votes tbody a"))
    for text, answer in (("0x" + "00" * 19 + "01", "neither voted"), ("<b>", "no address")):
        small.page.fill("#address", text)
        assert answer in small.texts("#votes")[0]
    delegator = next(entry for entry in document.accounts if entry.delegate not in (None, entry.account))
    small.page.fill("#address", delegator.account)
    small.page.locator("#votes button").click()
    assert small.texts("#votes h3") == [delegator.delegate]
    quiet(small)


def test_five_thousand_proposals_stay_usable(large: Opened, document: ReportDocument) -> None:
    page = large.page
    shown = page.locator("article.proposal:not([hidden])")
    assert large.texts("#matches") == [f"{COUNT} proposals"]
    assert shown.count() == PAGE
    page.fill("#filter", "decision 4321:")
    assert large.texts("#matches") == [f"1 of {COUNT} proposals"]
    assert shown.evaluate_all("all => all.map(one => one.id)") == ["p4322"]
    page.fill("#filter", "decision")
    page.select_option("#state", "expired")
    expired = sum(made.state == "expired" for made in document.proposals) * COUNT // len(document.proposals)
    assert large.texts("#matches") == [f"{expired} of {COUNT} proposals"]
    assert set(shown.locator(".state").all_inner_texts()) == {"expired"}
    page.click("#more")
    assert shown.count() == 2 * PAGE
    page.select_option("#state", "")
    page.check("#changing")
    changing = sum(bool(made.changes) for made in document.proposals) * COUNT // len(document.proposals)
    assert large.texts("#matches") == [f"{changing} of {COUNT} proposals"]
    # A link to a proposal that is not shown shows it.
    page.evaluate("location.hash = '#p4000'")
    page.wait_for_function("document.getElementById('p4000').offsetHeight > 0")
    assert large.texts("#matches") == [f"1 of {COUNT} proposals"]
    page.fill("#filter", "nothing has this title")
    assert shown.count() == 0
    quiet(large)


def test_the_page_prints(small: Opened) -> None:
    small.page.fill("#filter", "")
    printed = small.page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF-")
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") >= 2
    small.page.emulate_media(media="print")
    assert not small.page.locator("form.filter").first.is_visible()
    assert small.page.locator("article.proposal:visible").count() == 5
    small.page.emulate_media(media="screen")


def test_without_scripts_everything_is_there(browser: Browser, document: ReportDocument, written: Path) -> None:
    plain = opened(browser, written, java_script_enabled=False, color_scheme="dark")
    assert plain.page.locator("article.proposal").count() == len(document.proposals)
    assert not plain.page.locator("form.filter").first.is_visible()
    assert plain.messages == []
    assert json.loads(plain.page.locator("#data").text_content() or "")["symbol"] == "RWD"


def test_a_dao_without_proposals_has_a_page(browser: Browser, tmp_path: Path) -> None:
    document = composed(examined(Dao.deploy(holders=1)))
    path = tmp_path / "report.html"
    path.write_text(report_html(document), encoding="utf-8")
    empty = opened(browser, path)
    assert empty.texts(".verdict")[0].startswith("Agrees. ")
    assert empty.texts("#proposals .none") == ["None was made."]
    assert empty.page.locator("svg.chart").count() == 5
    empty.page.fill("#address", document.moments[-1].balances.top[0].account)
    assert "neither voted, proposed nor delegated" in empty.texts("#votes")[0]
    quiet(empty)


def test_another_projects_governor_has_a_page_without_rewards(browser: Browser, tmp_path: Path) -> None:
    """One that counts blocks: its timepoints are numbers of blocks, in texts and charts."""
    life = Foreign.deploy(Variant(version="5.1", governor="Fractional", timelock="compound"))
    play(life, Random(3), 150)
    life.propose(PEOPLE[3], (Call(STRANGER, 0, b""),), HOSTILE)
    life.chain.advance(12)
    document = governor_report(life)
    path = tmp_path / "report.html"
    path.write_text(report_html(document), encoding="utf-8")
    found = opened(browser, path)
    page = found.page
    assert found.texts("h1")[0].startswith(f"Governor {document.addresses.governor[:8]}…")
    assert found.texts(".verdict")[0].startswith("Agrees. ")
    assert found.texts("nav a") == [
        "Basis",
        "Findings",
        "Notices",
        "Proposals",
        "Participation",
        "Find my vote",
        "Checks",
        "Identity",
    ]
    assert page.locator("#emission, #changing").count() == 0
    assert page.locator("svg.chart").count() == 5
    assert "block" in page.locator("svg.chart[aria-labelledby^=delegation] text").all_text_contents()
    first = document.proposals[0]
    assert f"snapshot block {first.snapshot} · until block {first.deadline}" in found.texts("#p1 .meta")[0]
    assert "internal-proposal" in found.texts("#notices > .meta")[0]
    page.select_option("#state", "executed")
    executed = sum(made.state == "executed" for made in document.proposals)
    assert 0 < executed < len(document.proposals)
    assert found.texts("#matches") == [f"{executed} of {len(document.proposals)} proposals"]
    page.evaluate(f"location.hash = '#p{len(document.proposals)}'")
    page.wait_for_function(f"document.getElementById('p{len(document.proposals)}').offsetHeight > 0")
    assert "</script><script>" in found.texts(f"#p{len(document.proposals)} h3")[0]
    voter = first.ballots[0].voter if first.ballots else document.accounts[0].account
    page.fill("#address", voter)
    cast = sum(ballot.voter == voter for made in document.proposals for ballot in made.ballots)
    assert cast > 0
    assert page.locator("#votes tbody tr").count() == cast
    quiet(found)
