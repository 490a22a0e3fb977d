"""A real deployment's evidence proven from a block's hash, and every kind of lie in it found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
import rlp

from dao.abi import keccak
from dao.blocks.headers import read_header
from dao.blocks.tries import gather
from dao.errors import ProofError
from dao.evidence.logs import from_raw
from dao.evidence.state import StateEvidence
from dao.proving.code import expected_immutables, recognise
from dao.proving.headers import StoredHeader
from dao.proving.layout import layout
from dao.proving.logs import StoredLogs
from dao.proving.prove import Anchor, Evidence, own_anchor, prove
from dao.proving.state import prove_state
from dao.proving.verdict import Standing, Verdict
from dao.replay.replay import replay
from tests.support.chain import Dao, deployed
from tests.support.proving import collected, lived


@pytest.fixture(scope="module")
def dao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(tmp_path_factory.mktemp("dao")) as made:
        lived(made)
        yield made


@pytest.fixture(scope="module")
def evidence(dao: Dao) -> Evidence:
    return collected(dao)


def pinned(evidence: Evidence) -> Anchor:
    return Anchor(hash=evidence.end_hash, pinned=True, source="given")


def proved(evidence: Evidence, *, blooms: bool = True) -> Verdict:
    whole = (evidence.from_block, evidence.to_block) if blooms else None
    return prove(evidence, pinned(evidence), blooms=whole)


def whats(verdict: Verdict) -> str:
    return "\n".join(f"{finding.contract} {finding.what}" for finding in verdict.findings)


def test_honest_evidence(evidence: Evidence) -> None:
    verdict = proved(evidence)
    assert verdict.findings == ()
    standings = {line.what.split(":")[0].split(" 0x")[0]: line.standing for line in verdict.lines}
    trusted = {what for what, standing in standings.items() if standing is Standing.TRUSTED}
    assert trusted == {"no other state", "code before the end block"}
    assert standings["the logs agree with each other"] is Standing.RECOMPUTED
    for contract in ("RewardToken", "TimelockController", "RewardGovernor", "RewardPolicy", "RewardDistributor"):
        assert standings[f"state of {contract}"] is standings[f"code of {contract}"] is Standing.PROVED
    assert standings["code of Schedules"] is standings["who called for proposals"] is Standing.PROVED
    assert standings[f"no log is missing from blocks 0 to {evidence.to_block}"] is Standing.PROVED
    assert verdict.headline.startswith("taken on trust: no other state; code before")


def test_logs_in_parts_of_a_bundle_prove_and_contradict_the_same(evidence: Evidence) -> None:
    last = evidence.logs[-1]
    for logs in (
        evidence.logs,
        evidence.logs[:-1],
        [*evidence.logs[:5], *evidence.logs[6:]],
        [*evidence.logs[:-1], replace(last, timestamp=last.timestamp + 1)],
        [*evidence.logs[:-1], replace(last, block_number=evidence.to_block + 1)],
    ):
        table = from_raw(logs)
        stored = StoredLogs(partial(table.to_batches, max_chunksize=7), len(logs))
        assert proved(replace(evidence, logs=stored)) == proved(replace(evidence, logs=logs))


def test_without_pinning_the_anchor_is_trusted(evidence: Evidence) -> None:
    assert prove(evidence, own_anchor(evidence)).headline.startswith("taken on trust: anchor: block")


# ------------------------------------------------------------ headers


def test_a_missing_header_breaks_the_chain(evidence: Evidence) -> None:
    middle = evidence.to_block // 2
    headers = [header for header in evidence.headers if header.number != middle]
    verdict = proved(replace(evidence, headers=headers))
    assert verdict.findings == ()
    assert "blocks of the logs are in the anchor's chain" in verdict.headline
    assert f"no log is missing from blocks 0 to {evidence.to_block}" in verdict.headline


@pytest.mark.parametrize("place", range(21))
def test_a_changed_field_of_a_header(evidence: Evidence, place: int) -> None:
    """Its hash is another: it is not what it claims to be, and the chain ends above it."""
    middle = evidence.to_block // 2
    stored = evidence.headers[middle]
    fields = rlp.decode(stored.rlp)
    fields[place] = bytes([*fields[place][:-1], fields[place][-1] ^ 1]) if fields[place] else b"\x01"
    other = replace(stored, rlp=rlp.encode(fields))
    for claimed in (other, replace(other, hash=keccak(other.rlp))):
        headers = [*evidence.headers[:middle], claimed, *evidence.headers[middle + 1 :]]
        verdict = prove(replace(evidence, headers=headers), pinned(evidence))
        assert "blocks of the logs are in the anchor's chain" in verdict.headline
        assert claimed.hash != stored.hash or "header" in whats(verdict)


def test_another_anchor(evidence: Evidence) -> None:
    with pytest.raises(ProofError, match="does not reach the anchor"):
        prove(evidence, Anchor(hash=keccak(b"another"), pinned=True, source="given"))


def test_a_chain_that_was_made_up(evidence: Evidence) -> None:
    """It agrees with itself from the first block to the last, and does not end in the block that was pinned."""
    headers, parent = [], bytes(32)
    for stored in evidence.headers:
        fields = rlp.decode(stored.rlp)
        fields[0] = parent
        fields[12] = b"made up"
        data = rlp.encode(fields)
        parent = keccak(data)
        headers.append(StoredHeader(stored.number, parent, data))
    hashes = {header.number: header.hash for header in headers}
    logs = [replace(log, block_hash=hashes[log.block_number]) for log in evidence.logs]
    state = replace(evidence.state or no_state(), block_hash=parent)
    made_up = replace(evidence, headers=headers, logs=logs, end_hash=parent, state=state)
    assert proved(made_up).findings == ()
    with pytest.raises(ProofError, match="does not reach the anchor"):
        prove(made_up, pinned(evidence))


def test_numbers_that_do_not_follow_each_other(evidence: Evidence) -> None:
    parent = rlp.decode(evidence.headers[-2].rlp)
    parent[8] = b"\x07"
    data = rlp.encode(parent)
    last = rlp.decode(evidence.headers[-1].rlp)
    last[0] = keccak(data)
    end = rlp.encode(last)
    headers = [StoredHeader(7, keccak(data), data), StoredHeader(evidence.to_block, keccak(end), end)]
    broken = replace(evidence, headers=headers, end_hash=keccak(end), state=None)
    assert "parent's number" in whats(prove(broken, own_anchor(broken)))


def test_two_headers_of_one_number(evidence: Evidence) -> None:
    fields = rlp.decode(evidence.headers[3].rlp)
    fields[12] = b"fork"
    data = rlp.encode(fields)
    fork = StoredHeader(3, keccak(data), data)
    assert "header" in whats(proved(replace(evidence, headers=[*evidence.headers, fork])))


@pytest.mark.parametrize("field", ["block_hash", "timestamp", "block_number"])
def test_a_log_in_a_block_that_is_not_so(evidence: Evidence, field: str) -> None:
    last = evidence.logs[-1]
    value = keccak(b"stale") if field == "block_hash" else getattr(last, field) + 1
    verdict = proved(replace(evidence, logs=[*evidence.logs[:-1], replace(last, **{field: value})]), blooms=False)
    assert "block of a log" in whats(verdict)


# ------------------------------------------------------------ proofs of state


def no_state() -> StateEvidence:
    return StateEvidence(block_number=0, block_hash=bytes(32), nodes=())


def test_a_node_flipped_or_dropped_proves_nothing(evidence: Evidence) -> None:
    state = evidence.state or no_state()
    assert len(state.nodes) > 50
    assert all(len(node) >= 32 for node in state.nodes)
    for index in range(0, len(state.nodes), 7):
        node = state.nodes[index]
        flipped = bytes([*node[:-1], node[-1] ^ 1])
        for nodes in (
            (*state.nodes[:index], *state.nodes[index + 1 :]),
            (*state.nodes[:index], flipped, *state.nodes[index + 1 :]),
        ):
            verdict = proved(replace(evidence, state=replace(state, nodes=nodes)), blooms=False)
            assert verdict.findings == ()
            # Some nodes lead to the account of a library alone, of which there is nothing but its code.
            assert "state of " in verdict.headline or "code of " in verdict.headline, index


def test_proofs_of_another_block(dao: Dao, evidence: Evidence) -> None:
    state = evidence.state or no_state()
    stale = replace(state, block_number=3, block_hash=evidence.headers[3].hash)
    with pytest.raises(ProofError, match="another block"):
        proved(replace(evidence, state=stale))


def test_no_proofs_at_all(evidence: Evidence) -> None:
    verdict = proved(replace(evidence, state=None), blooms=False)
    assert verdict.findings == ()
    assert "state of RewardToken" in verdict.headline
    assert all(line.standing is not Standing.PROVED for line in verdict.lines if "state of" in line.what)


# ------------------------------------------------------------ logs


def test_every_log_that_is_left_out(evidence: Evidence) -> None:
    """By the state alone nearly all are missed; by blooms every one is, with its block named."""
    noticed = 0
    for index, log in enumerate(evidence.logs):
        without = replace(evidence, logs=[*evidence.logs[:index], *evidence.logs[index + 1 :]])
        noticed += proved(without, blooms=False).findings != ()
        if index % 4 == 0:
            verdict = proved(without)
            assert log.block_number in {finding.block for finding in verdict.findings}
    assert noticed >= len(evidence.logs) - 3, (noticed, len(evidence.logs))


@pytest.mark.parametrize("field", ["data", "topics", "log_index", "transaction_index", "address"])
def test_a_changed_log(evidence: Evidence, field: str) -> None:
    for index in (0, len(evidence.logs) // 2, len(evidence.logs) - 1):
        log = evidence.logs[index]
        others = {
            "data": bytes([*log.data[:-1], log.data[-1] ^ 1]) if log.data else b"\x01",
            "topics": (*log.topics[:-1], keccak(log.topics[-1])),
            "log_index": log.log_index + 7,
            "transaction_index": log.transaction_index + 1,
            "address": next(other.address for other in evidence.logs if other.address != log.address),
        }
        changed = replace(log, **{field: others[field]})
        logs = [*evidence.logs[:index], changed, *evidence.logs[index + 1 :]]
        verdict = proved(replace(evidence, logs=logs))
        assert log.block_number in {finding.block for finding in verdict.findings}


def test_a_log_twice(evidence: Evidence) -> None:
    log = evidence.logs[5]
    logs = [*evidence.logs[:6], log, *evidence.logs[6:]]
    assert log.block_number in {finding.block for finding in proved(replace(evidence, logs=logs)).findings}


# ------------------------------------------------------------ receipts


def test_receipts_that_are_others(evidence: Evidence) -> None:
    number = next(number for number, values in evidence.receipts.items() if values)
    values = list(evidence.receipts[number])
    for other in (values[:-1], [*values, values[0]], [bytes([*values[0][:-1], values[0][-1] ^ 1]), *values[1:]]):
        verdict = proved(replace(evidence, receipts={**evidence.receipts, number: other}))
        assert [(finding.block, finding.what) for finding in verdict.findings] == [(number, "receipts root")]


def test_receipts_that_are_missing(evidence: Evidence) -> None:
    number = next(iter(evidence.receipts))
    without = {key: value for key, value in evidence.receipts.items() if key != number}
    verdict = proved(replace(evidence, receipts=without))
    assert verdict.findings == ()
    assert "no log is missing" in verdict.headline


# ------------------------------------------------------------ another project's governor


def test_another_governor_is_proven_by_blooms_alone(evidence: Evidence) -> None:
    """Of its storage nothing is known, which is said; that no log of it is missing is proved all the same."""
    named = {address: name for address, name in evidence.contracts.items() if name in ("governor", "token", "timelock")}
    logs = [log for log in evidence.logs if log.address in named]
    other = replace(evidence, addresses=None, contracts=named, logs=logs, state=None, codes=())
    verdict = proved(other)
    assert verdict.findings == ()
    assert "state of governor" in verdict.headline
    assert "code of token" in verdict.headline
    assert "no log is missing" not in verdict.headline
    without = replace(other, logs=[*logs[:9], *logs[10:]])
    assert {finding.block for finding in proved(without).findings} == {logs[9].block_number}


# ------------------------------------------------------------ code


def test_code_that_was_replaced(dao: Dao, evidence: Evidence) -> None:
    governor = dao.deployment.addresses.governor
    code = dao.connection.code(governor)
    snapshot = dao.connection.rpc("evm_snapshot")
    target = dao.deployment.addresses.token
    minimal = bytes.fromhex("363d3d373d3d3d363d73" + target[2:] + "5af43d82803e903d91602b57fd5bf3")
    designator = bytes.fromhex("ef0100" + target[2:])
    token_place = code.index(bytes.fromhex(target[2:]))
    for other, words in (
        (code[:-60] + bytes([code[-60] ^ 1]) + code[-59:], "no known build"),
        (code[:token_place] + bytes(20) + code[token_place + 20 :], "_token"),
        (minimal, "EIP-1167"),
        (designator, "EIP-7702"),
        (b"\x00", "no known build"),
    ):
        dao.connection.rpc("anvil_setCode", [governor, "0x" + other.hex()])
        dao.connection.rpc("anvil_mine", ["0x1"])
        verdict = proved(collected(dao, first=0), blooms=False)
        text = "\n".join(f"{finding.what} {finding.expected} {finding.found}" for finding in verdict.findings)
        assert words in text, text
    assert dao.connection.rpc("evm_revert", [snapshot]) is True


def test_code_that_the_bundle_lacks_or_made_up(evidence: Evidence) -> None:
    for codes in ((), tuple(bytes([*code[:-1], code[-1] ^ 1]) for code in evidence.codes)):
        verdict = proved(replace(evidence, codes=codes), blooms=False)
        assert verdict.findings == ()
        assert "code of RewardGovernor" in verdict.headline


def test_values_that_a_deployment_filled_in(evidence: Evidence) -> None:
    """The governor's token, its own address and the hash of its domain: each must be what the logs say."""
    addresses = evidence.addresses
    assert addresses is not None
    state = replay(evidence.logs, addresses)
    shape = layout("RewardGovernor")
    code = next(code for code in evidence.codes if recognise(code, "RewardGovernor", {}).name)
    expected = expected_immutables(state, "RewardGovernor", addresses.governor, evidence.chain_id)
    assert recognise(code, "RewardGovernor", expected).problems == ()
    for name in ("_token", "_cachedThis", "_cachedChainId", "_cachedDomainSeparator", "_hashedName", "_hashedVersion"):
        other = bytearray(code)
        for place in shape.immutables[name]:
            other[place + 31] ^= 1
        problems = recognise(bytes(other), "RewardGovernor", expected).problems
        assert f"immutable {name}" in {what for what, _, _ in problems}


def test_balances_that_do_not_sum_to_the_supply(evidence: Evidence) -> None:
    addresses, proofs = evidence.addresses, evidence.state
    assert addresses is not None and proofs is not None
    state = replay(evidence.logs, addresses)
    state.token.balances[addresses.policy] = 1
    verdict = prove_state(read_header(evidence.headers[-1].rlp), state, gather(proofs.nodes))
    assert "sum of all balances" in whats(verdict)
    assert f"balance of {addresses.policy}" in whats(verdict)


def test_other_metadata_is_the_same_build(evidence: Evidence) -> None:
    code = next(code for code in evidence.codes if len(code) == 5_448)
    other = code[:-20] + bytes([code[-20] ^ 1]) + code[-19:]
    assert recognise(code, "TimelockController", {}).name == "the shipped artifact"
    assert recognise(other, "TimelockController", {}).name == "the shipped artifact with other metadata"
    assert recognise(code[1:], "TimelockController", {}).name is None


def test_a_header_says_what_its_bytes_say(evidence: Evidence) -> None:
    assert read_header(evidence.headers[-1].rlp).hash == evidence.end_hash
