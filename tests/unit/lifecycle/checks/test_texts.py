"""What a proposal says to its readers: title, text, links, and the accounts that it names."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from dao.abi import checksum
from dao.lifecycle.advance import cancel
from dao.lifecycle.check import gathered, run
from dao.lifecycle.checks import CHECKS
from dao.lifecycle.examined import examine
from dao.lifecycle.verdict import Verdict
from dao.rewards.changes import AddStream, SetSchedule
from dao.rewards.schedule import Constant, Segment
from dao.types import Address
from tests.support.chain import ACCOUNTS, ROOT, VOTING_DELAY, VOTING_PERIOD, Dao
from tests.support.checking import PROPOSER, call, policy_call, said, written

PAY = "  - transfer: {to: '%s', amount: 0 RENDER}\n"
FRESH = "0x000000000000000000000000000000005EedBeEF"


def nothing(dao: Dao) -> list:  # type: ignore[type-arg]
    """Calls that change nothing."""
    return [call(dao, "token", "transfer", PROPOSER, 0)]


@pytest.mark.parametrize(
    ("description", "verdict"),
    [
        (b"", Verdict.FAILURE),
        (b"   \n\nA text without a title", Verdict.PASS),
        (b"# \n\nbelow", Verdict.FAILURE),
        ("# \u2800\u200b \n".encode(), Verdict.FAILURE),
        (b"# --- \n", Verdict.FAILURE),
        (b"# Untitled\n\nText", Verdict.WARNING),
        (b"# " + b"long " * 30, Verdict.WARNING),
        (b"# Pay the nodes\n\nText", Verdict.PASS),
    ],
)
def test_title(dao: Dao, description: bytes, verdict: Verdict) -> None:
    assert said(dao, dao.propose(nothing(dao), description), "title").verdict is verdict


@pytest.mark.parametrize(
    ("text", "verdict", "shown"),
    [
        ("# Pay the nodes \u202eevil", Verdict.FAILURE, "U+202E"),
        ("# Pay the\u200b nodes", Verdict.FAILURE, "U+200B"),
        ("# Pay\n\nAs p\u0430ypal does", Verdict.WARNING, "U+0430"),  # a Cyrillic letter within Latin ones
        ("# Pay\n\nWe like \u0440\u0430\u0443 here", Verdict.WARNING, "U+0440"),  # a whole word that only looks Latin
        ("# Pay\n\nΠληρωμή", Verdict.PASS, ""),
        ("# Оплата узлов\n\nМы платим", Verdict.PASS, ""),
        ("# 支払い\n\nGPUノードに支払う", Verdict.PASS, ""),
        ("# Zahlung für Knoten, naïve café", Verdict.PASS, ""),
    ],
)
def test_text(dao: Dao, text: str, verdict: Verdict, shown: str) -> None:
    found = said(dao, dao.propose(nothing(dao), text.encode()), "text")
    assert found.verdict is verdict
    assert shown in found.text


def test_text_within_calldata(dao: Dao) -> None:
    hidden = policy_call(dao, AddStream("job\u200bs"))
    assert "call 0 holds U+200B" in said(dao, dao.propose([hidden], b"# A stream"), "text").text


def test_bytes_that_are_no_text_are_shown_as_what_they_are(dao: Dao) -> None:
    assert said(dao, dao.propose(nothing(dao), b"# \xff\xfe pay"), "title").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://example.com/t/1", True),
        ("http://forum.example.org", True),
        ("see http://localhost:3000/x", True),
        ("see [link]", True),
        ("see [the forum](#)", True),
        ("see <your link here>", True),
        ("see https://… for more", True),
        ("TBD", True),
        ("{{ forum }}", True),
        ("https://forum.render.com/t/1 and [the forum](https://forum.render.com)", False),
        ("an example.community of todos", False),
        ("https://github.com/example/repository", False),
    ],
)
def test_placeholders(dao: Dao, text: str, found: bool) -> None:
    proposal = dao.propose(nothing(dao), f"# Pay\n\n{text}".encode())
    assert said(dao, proposal, "placeholders").verdict is (Verdict.WARNING if found else Verdict.PASS)


def test_a_placeholder_in_a_file(dao: Dao, tmp_path: Path) -> None:
    head = "discussion: https://forum.example.org/t/123\n"
    found = said(dao, written(dao, tmp_path, PAY % PROPOSER, head=head), "placeholders")
    assert (found.verdict, "forum.example.org/t/123" in found.text) == (Verdict.WARNING, True)
    assert said(dao, written(dao, tmp_path, PAY % PROPOSER), "placeholders").verdict is Verdict.PASS


@pytest.mark.parametrize(
    "text",
    [
        "](" + " " * 100_000,
        "https://" + "a." * 50_000,
        "[" * 100_000,
        "{{" * 50_000,
        "<link" * 20_000,
        "".join(chr(0x430 + i % 32) + "ab " for i in range(25_000)),
        "0x" + "1" * 100_000,
        ("0x" + "1" * 40 + " ") * 2_000,
    ],
    ids=range(8),
)
def test_no_text_takes_long(dao: Dao, text: str) -> None:
    proposal = dao.submit()
    hostile = replace(proposal, description=f"# Pay\n\n{text}".encode())
    with gathered(dao.session(), proposal, start=ROOT) as facts:
        known = replace(facts, examined=examine(dao.session(), hostile, facts.policy, facts.block))
        begun = time.monotonic()
        names = {"text", "placeholders", "lookalikes", "title", "same-text"}
        results = run([check for check in CHECKS if check.name in names], known)
        # A pattern that backtracks takes minutes.
        assert time.monotonic() - begun < 60
    assert {result.name for result in results} == names


def test_what_is_beyond_the_first_characters_is_told(dao: Dao, tmp_path: Path) -> None:
    proposal = dao.submit()
    hostile = replace(proposal, description=("# Pay\n\n" + "word " * 20_000 + "\u202e").encode())
    with gathered(dao.session(), proposal, start=ROOT) as facts:
        known = replace(facts, examined=examine(dao.session(), hostile, facts.policy, facts.block))
        details = [one.detail for one in run([check for check in CHECKS if check.name == "text"], known)]
    assert any("U+202E" in detail for detail in details)
    assert any("characters, and 50000 of them were looked at" in detail for detail in details)


# ------------------------------------------------------------ other proposals


def test_the_same_text_over_other_calls(dao: Dao, tmp_path: Path) -> None:
    first = dao.propose(nothing(dao), b"# A change of the rewards\n\nWhy  it is GOOD.")
    found = said(dao, written(dao, tmp_path, PAY % ACCOUNTS[2]), "same-text")
    assert (found.verdict, str(first.proposal_id) in found.text) == (Verdict.WARNING, True)
    assert said(dao, written(dao, tmp_path, PAY % PROPOSER), "same-text").verdict is Verdict.PASS
    assert said(dao, written(dao, tmp_path, PAY % ACCOUNTS[2], title="Another"), "same-text").verdict is Verdict.PASS


def test_resubmission_of_a_defeated_one(dao: Dao, tmp_path: Path) -> None:
    first = dao.propose(nothing(dao), b"# The first attempt")
    again = written(dao, tmp_path, PAY % PROPOSER)
    assert said(dao, again, "resubmission").verdict is Verdict.PASS
    dao.advance(VOTING_DELAY + 1)
    dao.call(ACCOUNTS[1], "governor", "castVote", first.proposal_id, 0)
    dao.advance(VOTING_PERIOD)
    found = said(dao, again, "resubmission")
    assert found.verdict is Verdict.WARNING
    assert "is defeated, with 0 RENDER for it and 3_000_000 RENDER against" in found.text
    assert said(dao, written(dao, tmp_path, PAY % ACCOUNTS[2]), "resubmission").verdict is Verdict.PASS


def test_resubmission_of_a_cancelled_one(dao: Dao, tmp_path: Path) -> None:
    cancel(dao.session(PROPOSER), dao.propose(nothing(dao), b"# The first attempt"))
    assert "is canceled" in said(dao, written(dao, tmp_path, PAY % PROPOSER), "resubmission").text


# ------------------------------------------------------------ accounts


def twin(address: str, *, head: int = 4, tail: int = 4) -> Address:
    """Another address with the same first and last digits."""
    digits = address[2:].lower()
    middle = "".join("0" if digit != "0" else "1" for digit in digits[head : 40 - tail])
    return checksum("0x" + digits[:head] + middle + digits[40 - tail :])


@pytest.mark.parametrize(
    ("head", "tail", "verdict"),
    [(4, 4, Verdict.FAILURE), (4, 0, Verdict.WARNING), (0, 4, Verdict.WARNING), (3, 3, Verdict.PASS)],
)
def test_an_address_that_looks_like_a_delegate(
    dao: Dao, tmp_path: Path, head: int, tail: int, verdict: Verdict
) -> None:
    found = said(dao, written(dao, tmp_path, PAY % twin(ACCOUNTS[1], head=head, tail=tail)), "lookalikes")
    assert found.verdict is verdict
    assert (ACCOUNTS[1] in found.text) == (verdict is not Verdict.PASS)


def test_known_and_unlike_addresses_pass(dao: Dao, tmp_path: Path) -> None:
    for account in (ACCOUNTS[1], dao.deployment.addresses.policy, checksum(FRESH)):
        assert said(dao, written(dao, tmp_path, PAY % account), "lookalikes").verdict is Verdict.PASS


def test_a_lookalike_in_the_text_in_unknown_calldata_and_of_an_earlier_target(dao: Dao, tmp_path: Path) -> None:
    timelock = dao.deployment.addresses.timelock
    text = f"# Pay\n\nThe treasury is {twin(timelock)}".encode()
    assert "the treasury" in said(dao, dao.propose(nothing(dao), text), "lookalikes").text
    padded = "00" * 12 + twin(timelock)[2:].lower()
    raw = f"  - raw: {{target: token, calldata: '0x12345678{padded}'}}\n"
    assert said(dao, written(dao, tmp_path, raw), "lookalikes").verdict is Verdict.FAILURE
    number = raw.replace(padded, "00" * 31 + "07")
    assert said(dao, written(dao, tmp_path, number), "lookalikes").verdict is Verdict.PASS


def test_a_stream_is_no_address(dao: Dao) -> None:
    change = SetSchedule("compute/jobs", (Segment(2, Constant(1)),))
    assert said(dao, dao.propose([policy_call(dao, change)], b"# A schedule"), "lookalikes").verdict is Verdict.PASS
