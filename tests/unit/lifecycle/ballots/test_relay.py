"""Signed ballots on a real chain: a stranger sends them, each counts as it was signed, and what does not is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from dao.abi import keccak
from dao.ballot.document import Ballot
from dao.chain.accounts import KeySigner, NoSigner
from dao.chain.outbox import Attempt, Outbox
from dao.errors import FileError, Unsent
from dao.lifecycle import packing
from dao.lifecycle.ballots import parcels
from dao.lifecycle.ballots.check import Verdict
from dao.lifecycle.ballots.journal import Entry, Key, RelayJournal
from dao.lifecycle.ballots.relay import Plan, Relayed, relay
from dao.lifecycle.proposals import ChainProposal
from dao.lifecycle.vote import Split
from dao.types import Address, Support
from tests.support.ballots import SHARE, enfranchise, signed, standing_in, tally, voter, written
from tests.support.chain import ACCOUNTS, RAISE, STRANGER, VOTING_DELAY, VOTING_PERIOD, Dao, deployed, rewound
from tests.support.compiled import compiled

FOR, AGAINST, ABSTAIN = Support.FOR, Support.AGAINST, Support.ABSTAIN
CROWD = 120
VOTERS = [voter(number) for number in range(CROWD)]
HALVES = [Split(FOR, 5_000), Split(AGAINST, 5_000)]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(tmp_path_factory.mktemp("dao")) as dao:
        dao.delegate_all()
        enfranchise(dao, [each.address for each in VOTERS])
        yield dao


@pytest.fixture(scope="module")
def active(chain: Dao) -> ChainProposal:
    """A proposal that is voted on: one for all tests, because its submission is checked for long."""
    proposal = chain.submit()
    chain.advance(VOTING_DELAY + 1)
    return proposal


@pytest.fixture
def dao(chain: Dao, active: ChainProposal) -> Iterator[Dao]:
    with rewound(chain):
        yield chain


def verdicts(relayed: Relayed) -> list[Verdict]:
    return [entry.verdict for entry in relayed.ballots]


def send(dao: Dao, *paths: Path, confirm: Callable[[Plan], None] = lambda plan: None) -> Relayed:
    return relay(dao.session(STRANGER), paths, confirm=confirm)


def refusal(dao: Dao, path: Path) -> str:
    """Why the one ballot is not sent."""
    before = dao.nonces()
    (entry,) = send(dao, path).ballots
    assert dao.nonces() == before
    assert entry.verdict is Verdict.REFUSED, entry
    return entry.reason or ""


def altered(path: Path, **changes: Any) -> Path:
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")
    return path


# ------------------------------------------------------------ what counts


def test_every_kind_counts_as_it_was_signed(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    ballots = [
        signed(dao, active, VOTERS[0], AGAINST),
        signed(dao, active, VOTERS[1], FOR, reason="fair to availability ✓"),
        signed(dao, active, VOTERS[2], HALVES),
        signed(dao, active, VOTERS[3], [Split(ABSTAIN, 3_333), Split(FOR, 6_667)], reason="\u202eboth"),
        signed(dao, active, VOTERS[4], ABSTAIN),
    ]
    assert [ballot.kind for ballot in ballots] == ["full", "extended", "extended", "extended", "full"]
    relayed = send(dao, *(written(tmp_path, ballot) for ballot in ballots))
    assert verdicts(relayed) == [Verdict.RELAYED] * 5
    assert relayed.complete
    assert [entry.weight for entry in relayed.ballots] == [SHARE] * 5
    # 500 is half of 1,001 rounded down; the last option takes the rest.
    third = SHARE * 3_333 // 10_000
    assert tally(dao, active) == (SHARE + 500 + SHARE - third, SHARE + 501, SHARE + third)
    assert [sent.ballots for sent in relayed.sent] == [2, 1, 1, 1]
    again = send(dao, *sorted(tmp_path.iterdir()))
    assert verdicts(again) == [Verdict.VOTED] * 5
    assert (again.complete, again.sent) == (True, ())


@pytest.fixture(scope="module")
def crowd(chain: Dao, active: ChainProposal) -> list[Ballot]:
    """A ballot of everybody; a third of them for each option."""
    return [signed(chain, active, who, (FOR, AGAINST, ABSTAIN)[number % 3]) for number, who in enumerate(VOTERS)]


def test_a_batch_of_120(dao: Dao, active: ChainProposal, crowd: list[Ballot], tmp_path: Path) -> None:
    paths = [written(tmp_path, ballot) for ballot in crowd]
    steps: dict[str, list[int]] = {}
    relayed = relay(
        dao.session(STRANGER), paths, told=lambda step, done, total: steps.setdefault(step, []).append(done)
    )
    assert verdicts(relayed) == [Verdict.RELAYED] * CROWD
    (sent,) = relayed.sent
    assert (sent.ballots, sent.counted) == (CROWD, CROWD)
    assert sent.gas_used <= 42_000 * CROWD
    assert tally(dao, active) == (40 * SHARE, 40 * SHARE, 40 * SHARE)
    assert all(done[-1] == CROWD for done in steps.values())
    assert list(steps) == ["checking ballots", "putting them together", "sending ballots"]


def test_as_few_transactions_as_gas_allows(dao: Dao, crowd: list[Ballot], tmp_path: Path) -> None:
    paths = [written(tmp_path, ballot) for ballot in crowd]
    limit = 2_500_000
    dao.connection.rpc("evm_setBlockGasLimit", [hex(limit)])
    dao.advance(1)
    try:
        relayed = send(dao, *paths)
    finally:
        dao.connection.rpc("evm_setBlockGasLimit", [hex(30_000_000)])
    assert verdicts(relayed) == [Verdict.RELAYED] * CROWD
    used = [sent.gas_used for sent in relayed.sent]
    assert max(used) <= limit
    # One transaction fewer would not do.
    assert sum(used) > (len(used) - 1) * limit * 90 // 100


def test_no_transaction_is_above_the_cap(
    dao: Dao, active: ChainProposal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cap of EIP-7825, lowered, in a block that would hold more."""
    monkeypatch.setattr(packing, "GAS_LIMIT_CAP", 400_000)
    paths = [written(tmp_path, signed(dao, active, who)) for who in VOTERS[:20]]
    limits: list[int] = []
    relayed = send(dao, *paths, confirm=lambda plan: limits.extend(parcel.gas_limit for parcel in plan.parcels))
    assert verdicts(relayed) == [Verdict.RELAYED] * 20
    assert max(limits) <= 400_000
    assert len(limits) >= 3


# ------------------------------------------------------------ what became invalid meanwhile


def test_one_that_became_invalid_is_passed_over(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    dao.connection.rpc("anvil_setBalance", [VOTERS[1].address, hex(10**18)])
    dao.impersonate(VOTERS[1].address)
    paths = [written(tmp_path, signed(dao, active, who)) for who in VOTERS[:3]]

    def meanwhile(plan: Plan) -> None:
        assert [entry.verdict for entry in plan.ballots] == [Verdict.READY] * 3
        dao.call(VOTERS[1].address, "governor", "castVote", active.proposal_id, AGAINST)

    relayed = send(dao, *paths, confirm=meanwhile)
    assert verdicts(relayed) == [Verdict.RELAYED, Verdict.SKIPPED, Verdict.RELAYED]
    assert relayed.ballots[1].reason == "its voter had no weight left when it was reached"
    assert not relayed.complete
    assert tally(dao, active) == (2 * SHARE, SHARE, 0)
    assert (relayed.sent[0].ballots, relayed.sent[0].counted) == (3, 2)


def test_a_single_one_that_became_invalid_holds_up_no_other(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    dao.impersonate(VOTERS[0].address)
    paths = [written(tmp_path, signed(dao, active, who, HALVES)) for who in VOTERS[:2]]

    def meanwhile(_: Plan) -> None:
        dao.call(VOTERS[0].address, "governor", "castVote", active.proposal_id, ABSTAIN)

    relayed = send(dao, *paths, confirm=meanwhile)
    assert verdicts(relayed) == [Verdict.FAILED, Verdict.RELAYED]
    assert "no weight left" in (relayed.ballots[0].reason or "")
    assert tally(dao, active) == (500, 501, SHARE)


def test_voting_that_ended_meanwhile(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    paths = [written(tmp_path, signed(dao, active, who)) for who in VOTERS[:2]]
    relayed = send(dao, *paths, confirm=lambda plan: dao.advance(VOTING_PERIOD))
    assert verdicts(relayed) == [Verdict.FAILED] * 2
    assert "defeated" in (relayed.ballots[0].reason or "")
    assert relayed.sent == ()


# ------------------------------------------------------------ several singles in one transaction


@pytest.fixture
def multicall(dao: Dao) -> None:
    dao.connection.rpc("anvil_setCode", [parcels.MULTICALL, "0x" + compiled("Aggregator").runtime.hex()])


@pytest.mark.usefixtures("multicall")
def test_splits_go_together_where_there_is_multicall3(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    dao.impersonate(VOTERS[3].address)
    paths = [written(tmp_path, signed(dao, active, who, HALVES, reason="both")) for who in VOTERS[:10]]

    def meanwhile(plan: Plan) -> None:
        assert len(plan.parcels) == 1
        dao.call(VOTERS[3].address, "governor", "castVote", active.proposal_id, ABSTAIN)

    relayed = send(dao, *paths, confirm=meanwhile)
    expected = [Verdict.RELAYED] * 10
    expected[3] = Verdict.FAILED
    assert verdicts(relayed) == expected
    assert "invalid when it was reached" in (relayed.ballots[3].reason or "")
    assert [(sent.ballots, sent.counted) for sent in relayed.sent] == [(10, 9)]
    assert tally(dao, active) == (9 * 500, 9 * 501, SHARE)


def test_another_contract_there_is_left_alone(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    """One that takes every call and does nothing."""
    dao.connection.rpc("anvil_setCode", [parcels.MULTICALL, "0x00"])
    paths = [written(tmp_path, signed(dao, active, who, HALVES)) for who in VOTERS[:2]]
    relayed = send(dao, *paths)
    assert verdicts(relayed) == [Verdict.RELAYED] * 2
    assert len(relayed.sent) == 2


# ------------------------------------------------------------ contract accounts


HONEST, REVERTING, GREEDY = range(3)


@pytest.fixture
def account(dao: Dao) -> Address:
    """A contract account of the first voter's key, with votes."""
    mock = compiled("ContractAccount")
    address = standing_in(dao, mock.creation + bytes(12) + bytes.fromhex(VOTERS[0].address[2:]))
    dao.call(ACCOUNTS[0], "token", "transfer", address, 2 * SHARE)
    dao.send(ACCOUNTS[0], address, mock.abi.function("delegate").encode_call(dao.deployment.addresses.token))
    dao.advance(1)
    return address


def mood(dao: Dao, account: Address, number: int) -> None:
    dao.send(STRANGER, account, compiled("ContractAccount").abi.function("setMood").encode_call(number))


@pytest.fixture
def asked_of_contract(dao: Dao, account: Address) -> tuple[ChainProposal, Address]:
    proposal = dao.submit(RAISE)
    dao.advance(VOTING_DELAY + 1)
    return proposal, account


@pytest.mark.usefixtures("multicall")
@pytest.mark.parametrize(("choice", "reason"), [(FOR, ""), (FOR, "because"), (HALVES, "")])
def test_a_contract_account_votes(
    dao: Dao, asked_of_contract: tuple[ChainProposal, Address], tmp_path: Path, choice: Any, reason: str
) -> None:
    proposal, account = asked_of_contract
    ballot = signed(dao, proposal, VOTERS[0], choice, reason=reason, account=account)
    assert (ballot.kind, ballot.voter) == ("extended" if reason or choice is HALVES else "plain", account)
    others = [written(tmp_path, signed(dao, proposal, who, HALVES)) for who in VOTERS[1:3]]
    relayed = send(dao, written(tmp_path, ballot), *others)
    assert verdicts(relayed) == [Verdict.RELAYED] * 3
    # It travels alone, whatever its code would do to the others.
    assert [sent.ballots for sent in relayed.sent] == [2, 1]
    assert sum(tally(dao, proposal)) == 4 * SHARE


def test_a_contract_account_that_does_not_accept(
    dao: Dao, asked_of_contract: tuple[ChainProposal, Address], tmp_path: Path
) -> None:
    proposal, account = asked_of_contract
    wrong = written(tmp_path, signed(dao, proposal, VOTERS[1], account=account))
    assert "ERC-1271" in refusal(dao, wrong)
    good = written(tmp_path, signed(dao, proposal, VOTERS[0], account=account))
    for number in (REVERTING, GREEDY):
        mood(dao, account, number)
        assert "ERC-1271" in refusal(dao, good)


def test_a_contract_account_that_changes_its_mind(
    dao: Dao, asked_of_contract: tuple[ChainProposal, Address], tmp_path: Path
) -> None:
    proposal, account = asked_of_contract
    paths = [
        written(tmp_path, signed(dao, proposal, VOTERS[0], account=account)),
        written(tmp_path, signed(dao, proposal, VOTERS[1])),
    ]
    relayed = send(dao, *paths, confirm=lambda plan: mood(dao, account, REVERTING))
    assert verdicts(relayed) == [Verdict.FAILED, Verdict.RELAYED]
    assert "not signed by" in (relayed.ballots[0].reason or "")


def test_a_key_with_code_signs_for_itself(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    """An account whose owner gave it code (EIP-7702)."""
    dao.connection.rpc("anvil_setCode", [VOTERS[0].address, "0xef0100" + "00" * 19 + "04"])
    ballot = signed(dao, active, VOTERS[0])
    assert ballot.kind == "full"
    assert verdicts(send(dao, written(tmp_path, ballot))) == [Verdict.RELAYED]


# ------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"chain_id": 1}, "it is for chain 1, not for 31337"),
        ({"governor": STRANGER}, f"it is for the governor {STRANGER}"),
        ({"governor_name": "Other"}, "it names the governor Other"),
        ({"proposal_id": "7"}, "there is no proposal 7"),
        ({"choice": "against"}, "it is signed by 0x"),
        ({"voter": VOTERS[1].address}, "it is signed by 0x"),
        ({"voter": ACCOUNTS[4]}, "had no voting power at the snapshot"),
        ({"signature": "0x" + "00" * 64}, "its signature is none"),
        ({"signature": "0x" + "00" * 63}, "64 bytes"),
        ({"version": 2}, "version"),
        ({"secret": "x"}, "it is no ballot"),
    ],
)
def test_a_ballot_that_was_changed(
    dao: Dao, active: ChainProposal, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    path = written(tmp_path, signed(dao, active, VOTERS[0]))
    assert words in refusal(dao, altered(path, **changes))
    assert tally(dao, active) == (0, 0, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": "other"},
        {"nonce": "0"},
        {"weights": {"for": "501", "against": "500", "abstain": "0"}},
    ],
)
def test_a_split_that_was_changed(dao: Dao, active: ChainProposal, tmp_path: Path, changes: dict[str, Any]) -> None:
    path = written(tmp_path, signed(dao, active, VOTERS[0], HALVES, reason="one"))
    assert "it is signed by" in refusal(dao, altered(path, **changes))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": 1, "version": 1}', "\ud800"])
def test_what_is_no_ballot(dao: Dao, tmp_path: Path, text: str) -> None:
    path = tmp_path / "ballot.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert "it is no ballot" in refusal(dao, path)


def test_before_and_after_voting(dao: Dao, tmp_path: Path) -> None:
    proposal = dao.submit(RAISE)
    with rewound(dao):
        dao.advance(VOTING_DELAY + 1)
        path = written(tmp_path, signed(dao, proposal, VOTERS[0]))
    assert "voting has not begun" in refusal(dao, path)
    dao.advance(VOTING_DELAY + VOTING_PERIOD + 2)
    assert "voting is over: the proposal is defeated" in refusal(dao, path)


def test_more_than_is_left(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    path = written(tmp_path, signed(dao, active, VOTERS[0], HALVES))
    dao.impersonate(VOTERS[0].address)
    dao.connection.rpc("anvil_setBalance", [VOTERS[0].address, hex(10**18)])
    part = bytes(15) + b"\x01" + bytes(32)
    dao.call(VOTERS[0].address, "governor", "castVoteWithReasonAndParams", active.proposal_id, 255, "", part)
    assert "are left to its voter" in refusal(dao, path)
    # All that is left goes with a whole ballot.
    whole = written(tmp_path, signed(dao, active, VOTERS[0]))
    assert send(dao, whole).ballots[0].weight == SHARE - 1


def test_a_nonce_that_was_used(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    part = [Split(FOR, 10_000)]
    first = signed(dao, active, VOTERS[0], part)
    assert first.weights is not None
    smaller = _resigned(first, VOTERS[0], {"for": "1", "against": "0", "abstain": "0"})
    rest = _resigned(first, VOTERS[0], {"for": "2", "against": "0", "abstain": "0"})
    path, other = written(tmp_path, smaller, "a"), written(tmp_path, rest, "b")
    both = send(dao, path, other)
    assert verdicts(both) == [Verdict.RELAYED, Verdict.REFUSED]
    assert "another ballot of its voter comes first" in (both.ballots[1].reason or "")
    assert "its nonce is" in refusal(dao, other)


def _resigned(ballot: Ballot, who: KeySigner, weights: dict[str, str]) -> Ballot:
    from dao.ballot.document import Weights
    from dao.lifecycle.ballots.sign import typed_of

    changed = ballot.model_copy(update={"weights": Weights.model_validate(weights)})
    return changed.model_copy(update={"signature": who.sign_typed(typed_of(changed))})


def test_the_first_of_two_counts(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    paths = [written(tmp_path, signed(dao, active, VOTERS[0], choice), choice.name) for choice in (FOR, AGAINST)]
    assert verdicts(send(dao, *paths)) == [Verdict.RELAYED, Verdict.REFUSED]
    assert tally(dao, active) == (SHARE, 0, 0)
    assert verdicts(send(dao, paths[1])) == [Verdict.VOTED]


# ------------------------------------------------------------ for a multisig, and the journal


def test_for_a_multisig(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    paths = [written(tmp_path, signed(dao, active, who)) for who in VOTERS[:2]]
    paths.append(written(tmp_path, signed(dao, active, VOTERS[2], HALVES)))
    session = replace(dao.session(), signer=NoSigner(STRANGER), unsigned=tmp_path / "safe")
    with pytest.raises(Unsent) as unsent:
        relay(session, paths)
    assert unsent.value.transactions == 2
    assert tally(dao, active) == (0, 0, 0)


@pytest.fixture
def journal(tmp_path: Path) -> RelayJournal:
    return RelayJournal(tmp_path / "journal" / "1.relay.json")


def entry_of(ballot: Ballot, sender: Address) -> Entry:
    from dao.lifecycle.ballots.sign import typed_of

    key = Key(ballot.proposal_id, ballot.voter, "0x" + typed_of(ballot).digest.hex())
    return Entry(sender=sender, to=ballot.governor, data=b"\x01", gas=100_000, ballots=(key,))


def test_what_another_account_has_on_its_way(
    dao: Dao, active: ChainProposal, tmp_path: Path, journal: RelayJournal
) -> None:
    ballot = signed(dao, active, VOTERS[0])
    outbox = Outbox(tmp_path / "journal" / "1.outbox.json")
    entry = entry_of(ballot, ACCOUNTS[1])
    with journal.locked():
        journal.put(entry)
    assert journal.entries() == (entry,)
    nonce = dao.connection.nonce(ACCOUNTS[1])
    outbox.put(Attempt.at(ACCOUNTS[1], entry.request, nonce=nonce, block=1))
    session = replace(dao.session(STRANGER), outbox=outbox)
    (held,) = relay(session, [written(tmp_path, ballot)], journal=journal).ballots
    assert held.verdict is Verdict.REFUSED
    assert f"{ACCOUNTS[1]} has sent a ballot of its voter" in (held.reason or "")
    # Its nonce goes to another transaction: that one can never be mined.
    dao.call(ACCOUNTS[1], "token", "delegate", ACCOUNTS[1])
    assert verdicts(relay(session, [written(tmp_path, ballot)], journal=journal)) == [Verdict.RELAYED]
    assert journal.entries() == ()
    assert not journal.path.exists()


def test_one_process_at_a_time(journal: RelayJournal) -> None:
    with journal.locked(), pytest.raises(FileError, match="being relayed already"), journal.locked():
        pass
    with journal.locked():
        pass


@pytest.mark.parametrize("text", ["", "{}", '{"format": 2, "entries": []}', '{"format": 1, "entries": [{}]}'])
def test_a_damaged_journal(journal: RelayJournal, text: str) -> None:
    journal.path.parent.mkdir()
    journal.path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match="is damaged"):
        journal.entries()


def test_a_voter_without_power_is_told_apart(dao: Dao, active: ChainProposal, tmp_path: Path) -> None:
    late = KeySigner(Account.from_key(keccak(b"late")))
    template = written(tmp_path, signed(dao, active, VOTERS[0]))
    assert "no voting power" in refusal(dao, altered(template, voter=late.address))
