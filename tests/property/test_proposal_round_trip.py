"""YAML ⇄ model ⇄ calldata, both ways, for any proposal and any bytes."""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import HealthCheck, assume, given, settings, strategies as st

from dao.abi import checksum, encode
from dao.artifacts import load
from dao.document.forms import Allotment, Ratio
from dao.document.policy import WrittenGeometric, WrittenSegment, WrittenTable
from dao.document.quantities import ETHER
from dao.document.text import is_safe
from dao.proposal.actions import (
    Action,
    AddStream,
    ContractCall,
    Mint,
    RawCall,
    SendEther,
    SetExclusions,
    SetParameter,
    SetSchedule,
    SetSelectorTier,
    SetSplit,
    SetTier,
    Transfer,
)
from dao.proposal.calldata import Context, abi_of, compile_action, compile_proposal
from dao.proposal.decoding import decode_calls
from dao.proposal.description import describe, parse_description
from dao.proposal.document import ProposalDocument, canonical_yaml, read_proposal
from dao.proposal.identity import identify
from dao.proposal.lock import Lock, make_lock
from dao.proposal.verify import verify
from dao.rewards.changes import Allocation
from dao.rewards.streams import stream_id
from dao.types import ZERO_ADDRESS, Address, Addresses, Call

EXAMPLES = int(os.environ.get("ROUND_TRIP_EXAMPLES", "75"))
"""How many of each are tried; set ROUND_TRIP_EXAMPLES to try more."""

SMALL = settings(
    deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)

TOKEN, TIMELOCK, GOVERNOR, POLICY = (Address(checksum("0x" + f"{0xABCDEF0123456789 + n:040x}")) for n in range(4))
NAMES = {TIMELOCK: "treasury", TOKEN: "token", GOVERNOR: "governor", POLICY: "policy"}
PARENTS = ("root", "compute", "data", "compute/a.b")
CHILDREN = {
    parent: tuple(c if parent == "root" else f"{parent}/{c}" for c in ("x", "y-z", "w_0", "v")) for parent in PARENTS
}
PATHS = (*PARENTS, *(path for paths in CHILDREN.values() for path in paths))
STREAMS = {stream_id(path): path for path in PATHS}


@st.composite
def contexts(draw: Any) -> Context:
    addresses = Addresses(token=TOKEN, timelock=TIMELOCK, governor=GOVERNOR, policy=POLICY)
    symbol = draw(st.sampled_from(["RWD", "R", "rwd$", "₿", "USD#1", "wei", "not one", ""]))
    return Context(addresses=addresses, symbol=symbol, decimals=draw(st.sampled_from([0, 6, 18, 36])))


addresses = st.binary(min_size=20, max_size=20).map(lambda raw: str(checksum(raw)))
accounts = addresses | st.sampled_from(list(NAMES.values()))
epochs = st.integers(0, 2**32 - 1)
counts = st.integers(1, 2**32 - 1)
uint128 = st.integers(0, 2**128 - 1) | st.integers(0, 10**6).map(lambda n: n * 10**18)
uint256 = st.integers(0, 2**256 - 1) | uint128
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789._-", min_size=1, max_size=31)


@st.composite
def segments(draw: Any, context: Context, begin: int | None) -> WrittenSegment:
    shape = draw(st.sampled_from(["constant", "table", "geometric"]))
    if shape == "table":
        amounts = tuple(context.units.amount(draw(uint128)) for _ in range(draw(st.integers(1, 4))))
        return WrittenSegment(from_epoch=begin, table=WrittenTable(every=draw(counts), amounts=amounts))
    amount = context.units.amount(draw(uint128))
    if shape == "geometric":
        denominator = draw(st.integers(2, 2**32 - 1))
        ratio = Ratio(draw(st.integers(1, denominator - 1)), denominator)
        every = draw(st.integers(2**24, 2**32 - 1))  # few steps, so that every ratio is valid
        return WrittenSegment(from_epoch=begin, geometric=WrittenGeometric(amount=amount, ratio=ratio, every=every))
    return WrittenSegment(from_epoch=begin, constant=amount)


@st.composite
def schedules(draw: Any, context: Context) -> SetSchedule:
    begins = sorted(draw(st.sets(epochs, min_size=1, max_size=4)))
    written = tuple(draw(segments(context, begin if index else None)) for index, begin in enumerate(begins))
    return SetSchedule(stream=draw(st.sampled_from(PATHS)), from_epoch=begins[0], segments=written)


@st.composite
def splits(draw: Any) -> SetSplit:
    parent = draw(st.sampled_from(PARENTS))
    children = draw(st.lists(st.sampled_from(CHILDREN[parent]), unique=True, max_size=4))
    left, parts = 10_000, []
    for index, child in enumerate(children):
        kind = Allocation.RESIDUAL if index == 0 else draw(st.sampled_from([Allocation.CARVE_OUT, Allocation.SHARE]))
        share = draw(st.integers(1, left // 2)) if kind is Allocation.SHARE else 0
        left -= share
        parts.append((child, Allotment(kind, share)))
    return SetSplit(parent=parent, from_epoch=draw(epochs), parts=tuple(draw(st.permutations(parts))))


@st.composite
def parameters(draw: Any, context: Context) -> SetParameter:
    value = draw(
        st.sampled_from(["voting_delay", "late_quorum_extension", "min_delay"]).flatmap(
            lambda name: st.tuples(st.just(name), st.integers(0, 2**48 - 1))
        )
        | st.tuples(st.just("grace_period"), st.integers(2, 2**48 - 1))
        | st.tuples(st.just("voting_period"), counts)
        | st.tuples(st.just("quorum"), st.integers(0, 10_000))
        | st.tuples(st.just("guardian"), accounts)
        | st.tuples(st.just("proposal_threshold"), uint256.map(context.units.amount))
    )
    return SetParameter.model_validate(dict([value]))


@st.composite
def tiers(draw: Any, context: Context) -> Action:
    """Changes of tiers, of their list and of exclusions, as the decoder writes them."""
    tier = draw(st.sampled_from(["standard", "issuance", "constitutional"]))
    share = st.integers(0, 10_000)
    kind = draw(st.sampled_from(["set_tier", "set_selector_tier", "set_exclusions"]))
    if kind == "set_tier":
        return Action(set_tier=SetTier(tier=tier, approval=draw(share), quorum=draw(share)))
    if kind == "set_exclusions":
        chosen = draw(st.sets(accounts.map(context.names.address), max_size=16))
        ordered = sorted(chosen - {ZERO_ADDRESS}, key=str.lower)
        return Action(set_exclusions=SetExclusions(delegates=tuple(context.names.account(a) for a in ordered)))
    target = context.names.account(context.names.address(draw(accounts)))
    if target in ("token", "policy"):
        functions = [
            s.text for s in abi_of(target, context.addresses).functions.values() if s.mutability == "nonpayable"
        ]
        function = draw(st.sampled_from(functions))
        return Action(set_selector_tier=SetSelectorTier(target=target, function=function, tier=tier))
    assume(target not in ("governor", "treasury"))
    selector = draw(st.binary(min_size=4, max_size=4))
    return Action(set_selector_tier=SetSelectorTier(target=target, selector=selector, tier=tier))


@st.composite
def known_calls(draw: Any, context: Context) -> ContractCall:
    """Typed calls that no shorter action stands for, as the decoder writes them."""
    token_amount = uint256.map(lambda value: str(context.units.amount(value)))
    numbers = uint256.map(str)
    hashes = st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex())
    octets = st.binary(max_size=70).map(lambda raw: "0x" + raw.hex())
    named = accounts.map(lambda account: NAMES.get(Address(account), account))
    return draw(
        st.one_of(
            st.tuples(named, token_amount).map(lambda a: ("token", "approve(address,uint256)", a)),
            st.tuples(named, named, token_amount).map(lambda a: ("token", "transferFrom(address,address,uint256)", a)),
            st.tuples(hashes, named).map(lambda a: ("token", "grantRole(bytes32,address)", a)),
            st.tuples(named, numbers, octets).map(lambda a: ("governor", "relay(address,uint256,bytes)", a)),
            st.tuples(
                st.lists(named, max_size=3).map(tuple),
                st.lists(numbers, max_size=3).map(tuple),
                st.lists(octets, max_size=3).map(tuple),
                hashes,
            ).map(lambda a: ("governor", "cancel(address[],uint256[],bytes[],bytes32)", a)),
            st.tuples(named).map(lambda a: ("policy", "transferOwnership(address)", a)),
        ).map(lambda call: ContractCall(target=call[0], function=call[1], arguments=call[2]))
    )


@st.composite
def actions(draw: Any, context: Context) -> Action:
    """Any action in the form that the decoder answers."""
    token_amounts = uint256.map(context.units.amount)
    ether = st.integers(0, 2**256 - 1).map(ETHER.amount)
    paid = st.integers(1, 2**256 - 1).map(ETHER.amount)
    noise = st.binary(min_size=1, max_size=100).filter(lambda raw: raw[:4] not in _SELECTORS)
    return draw(
        st.one_of(
            st.tuples(st.sampled_from(PARENTS), names)
            .map(lambda pair: pair[1] if pair[0] == "root" else "/".join(pair))
            .filter(lambda path: path != "root")
            .map(lambda path: Action(add_stream=AddStream(path=path))),
            schedules(context).map(lambda body: Action(set_schedule=body)),
            splits().map(lambda body: Action(set_split=body)),
            st.builds(Transfer, to=accounts, amount=token_amounts).map(lambda body: Action(transfer=body)),
            st.builds(Mint, to=accounts, amount=token_amounts).map(lambda body: Action(mint=body)),
            st.builds(SendEther, to=accounts, amount=ether).map(lambda body: Action(send_ether=body)),
            parameters(context).map(lambda body: Action(set_parameter=body)),
            tiers(context),
            known_calls(context).map(lambda body: Action(call=body)),
            st.builds(RawCall, target=accounts, calldata=noise, value=st.none() | paid).map(
                lambda body: Action(raw=body)
            ),
        )
    )


_SELECTORS = {
    selector
    for name in ("RewardToken", "TimelockController", "RewardGovernor", "RewardPolicy")
    for selector in load(name).abi.functions
}

_LINES = st.text(max_size=60).filter(lambda text: is_safe(text, lines=False) and len(text.strip(" ")) > 0)
_PROSE = st.lists(
    _LINES | st.sampled_from(["```", "```yaml", "---", "# x", "> y", "#proposer=0x", ""]), min_size=1, max_size=5
)


@st.composite
def proposals(draw: Any, context: Context) -> ProposalDocument:
    summary = "\n".join(draw(_PROSE)).strip(" \n")
    assume(summary != "")
    return ProposalDocument(
        title=draw(_LINES),
        summary=summary,
        discussion=draw(st.none() | st.just("https://forum.example.org/t/1?a=b&c=%20#d")),
        impact=draw(st.sampled_from([None, "standard", "issuance", "constitutional"])),
        base=draw(st.sampled_from(["current", "0x" + "ab" * 32])),
        actions=tuple(draw(st.lists(actions(context), min_size=1, max_size=4))),
    )


@SMALL
@given(st.data())
def test_model_and_yaml(data: Any) -> None:
    document = data.draw(proposals(data.draw(contexts())))
    text = canonical_yaml(document)
    again, _ = read_proposal(text, path="x")
    assert again == document
    assert canonical_yaml(again) == text


@SMALL
@given(st.data())
def test_actions_come_back_from_their_calls(data: Any) -> None:
    context = data.draw(contexts())
    action = data.draw(actions(context))
    call = compile_action(action, context)
    known = dict(STREAMS)
    if action.add_stream is not None:
        known.pop(stream_id(action.add_stream.path), None)
    assert decode_calls([call], context, known) == (action,)


@SMALL
@given(st.data())
def test_any_calls_survive_decoding(data: Any) -> None:
    """Whatever is on chain is shown as actions that compile to the same bytes."""
    context = data.draw(contexts())
    call = data.draw(calls(context))
    decoded = decode_calls([call], context, STREAMS)
    assert [compile_action(action, context) for action in decoded] == [call]
    document = ProposalDocument(title="t", summary="s", actions=decoded)
    read, source = read_proposal(canonical_yaml(document), path="x")
    assert compile_proposal(read, context, source=source) == (call,)


@st.composite
def calls(draw: Any, context: Context) -> Call:
    """Calls of actions, calls with values out of every bound, damaged calls, and noise."""
    value = draw(st.just(0) | st.integers(0, 2**256 - 1))
    target = Address(draw(addresses | st.sampled_from([TOKEN, TIMELOCK, GOVERNOR, POLICY])))
    kind = draw(st.sampled_from(["action", "damaged", "arguments", "noise"]))
    if kind == "noise":
        return Call(target, value, draw(st.binary(max_size=100)))
    if kind == "arguments":
        function, types, values = draw(_WILD)
        return Call(POLICY, value, load("RewardPolicy").abi.function(function).selector + encode(types, values))
    call = compile_action(draw(actions(context)), context)
    if kind == "action":
        return call
    data = bytearray(call.calldata)
    for _ in range(draw(st.integers(1, 3))):
        if data:
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    tail = draw(st.binary(max_size=33))
    return Call(call.target, value, bytes(data) + tail)


_IDS = st.sampled_from(list(STREAMS)) | st.binary(min_size=32, max_size=32)
_PARTS = st.lists(st.tuples(_IDS, st.integers(0, 255), st.integers(0, 2**16 - 1)), max_size=3)
_SEGMENTS = st.lists(
    st.tuples(epochs, st.integers(0, 255), st.lists(st.integers(0, 2**128 - 1), max_size=5)), max_size=3
)
_ANY_TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=40)
_WILD = st.one_of(
    st.tuples(st.just("addStream"), st.just(("bytes32", "string")), st.tuples(_IDS, _ANY_TEXT)),
    st.tuples(
        st.just("setSplit"), st.just(("bytes32", "uint32", "(bytes32,uint8,uint16)[]")), st.tuples(_IDS, epochs, _PARTS)
    ),
    st.tuples(st.just("setSchedule"), st.just(("bytes32", "(uint32,uint8,uint128[])[]")), st.tuples(_IDS, _SEGMENTS)),
)


@SMALL
@given(st.data())
def test_a_voter_verifies_from_the_description_alone(data: Any) -> None:
    context = data.draw(contexts())
    document = data.draw(proposals(context))
    proposer = Address(data.draw(addresses))
    description = describe(document, proposer=proposer)
    described = parse_description(description)
    assert (described.document, described.proposer) == (document, proposer)
    compiled = compile_proposal(described.document, context)
    identity = identify(compiled, description, governor=GOVERNOR)
    lock = make_lock(context, identity, chain_id=1, block=2, base_policy_hash=bytes(32), proposer=proposer)
    assert Lock.model_validate(json.loads(json.dumps(lock.model_dump(mode="json")))) == lock
    assert verify(document, lock, calls=compiled, description=description) == ()
