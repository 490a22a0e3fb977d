"""Actions to calls and back: what each action compiles to, and what hostile bytes decode as."""

from __future__ import annotations

from typing import Any

import pytest

from dao.abi import checksum, encode, keccak
from dao.artifacts import load
from dao.errors import CodecError, DaoError
from dao.proposal.actions import Action
from dao.proposal.arguments import parse_kind, parse_signature
from dao.proposal.calldata import Context, compile_action
from dao.proposal.decoding import decode_calls
from dao.rewards.streams import stream_id
from dao.types import Address, Addresses, Call

TOKEN, TIMELOCK, GOVERNOR, POLICY, OTHER = (
    Address(checksum("0x" + f"{0xABCDEF0123456789 + n:040x}")) for n in range(5)
)
CONTEXT = Context(
    addresses=Addresses(token=TOKEN, timelock=TIMELOCK, governor=GOVERNOR, policy=POLICY), symbol="RWD", decimals=18
)
STREAMS = {stream_id(path): path for path in ("root", "compute", "compute/jobs", "compute/reserve")}


def selector(signature: str) -> bytes:
    return keccak(signature.encode())[:4]


def compiled(action: dict[str, Any]) -> Call:
    return compile_action(Action.model_validate(action), CONTEXT)


# The action, its target, and its calldata encoded by hand from the contract's signature.
COMPILED: list[tuple[dict[str, Any], Address, str, tuple[Any, ...]]] = [
    ({"add_stream": {"path": "compute/new"}}, POLICY, "addStream(bytes32,string)", (keccak(b"compute"), "new")),
    ({"add_stream": {"path": "data"}}, POLICY, "addStream(bytes32,string)", (keccak(b"root"), "data")),
    (
        {"set_schedule": {"stream": "compute/jobs", "from_epoch": "14", "segments": [
            {"constant": "15_000 RWD"},
            {"from_epoch": "20", "table": {"every": "2", "amounts": ["1 RWD", "2 wei"]}},
            {"from_epoch": "30", "geometric": {"amount": "3 RWD", "ratio": "85/100", "every": "52"}},
            {"from_epoch": "99", "constant": "0 RWD"},
        ]}},
        POLICY,
        "setSchedule(bytes32,(uint32,uint8,uint128[])[])",
        (keccak(b"compute/jobs"), [(14, 0, [15_000 * 10**18]), (20, 1, [2, 10**18, 2]),
                                   (30, 2, [3 * 10**18, 85, 100, 52]), (99, 0, [0])]),
    ),
    (
        {"set_split": {"parent": "compute", "from_epoch": "14", "parts": {
            "compute/jobs": "carve-out", "compute/new": "27.5%", "compute/reserve": "residual"}}},
        POLICY,
        "setSplit(bytes32,uint32,(bytes32,uint8,uint16)[])",
        (keccak(b"compute"), 14, [(keccak(b"compute/jobs"), 1, 0), (keccak(b"compute/new"), 2, 2_750),
                                  (keccak(b"compute/reserve"), 3, 0)]),
    ),
    ({"transfer": {"to": OTHER, "amount": "1.5 RWD"}}, TOKEN, "transfer(address,uint256)", (OTHER, 15 * 10**17)),
    ({"mint": {"to": "treasury", "amount": "7 wei"}}, TOKEN, "mint(address,uint256)", (TIMELOCK, 7)),
    ({"set_parameter": {"voting_delay": "2 days"}}, GOVERNOR, "setVotingDelay(uint48)", (172_800,)),
    ({"set_parameter": {"voting_period": "7 days"}}, GOVERNOR, "setVotingPeriod(uint32)", (604_800,)),
    ({"set_parameter": {"proposal_threshold": "5 RWD"}}, GOVERNOR, "setProposalThreshold(uint256)", (5 * 10**18,)),
    ({"set_parameter": {"quorum": "4%"}}, GOVERNOR, "updateQuorumNumerator(uint256)", (400,)),
    ({"set_tier": {"tier": "issuance", "approval": "62.5%", "quorum": "5%"}}, GOVERNOR,
     "setTier(uint8,(uint16,uint16))", (1, (6_250, 500))),
    ({"set_selector_tier": {"target": "token", "function": "transfer(address,uint256)", "tier": "standard"}}, GOVERNOR,
     "setSelectorTier(address,bytes4,uint8)", (TOKEN, keccak(b"transfer(address,uint256)")[:4], 2)),
    ({"set_selector_tier": {"target": OTHER, "selector": "0x01020304", "tier": "constitutional"}}, GOVERNOR,
     "setSelectorTier(address,bytes4,uint8)", (OTHER, b"\x01\x02\x03\x04", 0)),
    ({"set_exclusions": {"delegates": ["token", OTHER]}}, GOVERNOR,
     "setExclusions(address[])", (sorted([TOKEN, OTHER], key=str.lower),)),
    ({"set_exclusions": {"delegates": []}}, GOVERNOR, "setExclusions(address[])", ([],)),
    ({"set_parameter": {"late_quorum_extension": "1 hour"}}, GOVERNOR, "setLateQuorumVoteExtension(uint48)", (3_600,)),
    ({"set_parameter": {"grace_period": "14 days"}}, GOVERNOR, "setGracePeriod(uint48)", (1_209_600,)),
    ({"set_parameter": {"guardian": OTHER}}, GOVERNOR, "setProposalGuardian(address)", (OTHER,)),
    ({"set_parameter": {"min_delay": "1 day"}}, TIMELOCK, "updateDelay(uint256)", (86_400,)),
    ({"call": {"target": "token", "function": "approve(address,uint256)", "arguments": ["policy", "2 RWD"]}},
     TOKEN, "approve(address,uint256)", (POLICY, 2 * 10**18)),
    ({"call": {"target": "governor", "function": "relay(address,uint256,bytes)", "arguments": [OTHER, "5", "0xabcd"]}},
     GOVERNOR, "relay(address,uint256,bytes)", (OTHER, 5, b"\xab\xcd")),
    ({"call": {"target": OTHER, "function": "f((int8,string)[2],bool,bytes4)", "arguments":
               [[["-128", "a b"], ["127", ""]], "true", "0x01020304"]}},
     OTHER, "f((int8,string)[2],bool,bytes4)", ([(-128, "a b"), (127, "")], True, b"\x01\x02\x03\x04")),
    ({"call": {"target": OTHER, "function": "fund(uint256)", "arguments": ["3 RWD"]}},
     OTHER, "fund(uint256)", (3 * 10**18,)),
]  # fmt: skip


@pytest.mark.parametrize(("action", "target", "signature", "arguments"), COMPILED)
def test_compiled(action: dict[str, Any], target: Address, signature: str, arguments: tuple[Any, ...]) -> None:
    _, kinds = parse_signature(signature)
    calldata = selector(signature) + encode([kind.text for kind in kinds], arguments)
    assert compiled(action) == Call(target, 0, calldata)


@pytest.mark.parametrize("action", [row[0] for row in COMPILED if row[1] != OTHER])
def test_decoded_again(action: dict[str, Any]) -> None:
    known = {**STREAMS, stream_id("compute/new"): "compute/new"}
    if "add_stream" in action:
        known.pop(stream_id("compute/new"))
    assert decode_calls([compiled(action)], CONTEXT, known)[0].kind == next(iter(action))
    assert compile_action(decode_calls([compiled(action)], CONTEXT, known)[0], CONTEXT) == compiled(action)


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ({"target": "token", "tier": "standard"}, "set_selector_tier"),
        ({"target": "token", "function": "f()", "selector": "0x01020304", "tier": "standard"}, "set_selector_tier"),
        ({"target": "token", "function": "nope()", "tier": "standard"}, "set_selector_tier.function"),
        ({"target": "token", "function": "balanceOf(address)", "tier": "standard"}, "set_selector_tier.function"),
        ({"target": "token", "selector": "0x010203", "tier": "standard"}, "set_selector_tier.selector"),
        ({"target": "governor", "selector": "0x01020304", "tier": "standard"}, "set_selector_tier.target"),
        ({"target": TIMELOCK, "selector": "0x01020304", "tier": "standard"}, "set_selector_tier.target"),
    ],
)
def test_functions_that_cannot_be_listed(action: dict[str, Any], field: str) -> None:
    with pytest.raises(CodecError) as caught:
        compiled({"set_selector_tier": action})
    assert caught.value.values["field"] == field


@pytest.mark.parametrize("delegates", [["token", TOKEN], [OTHER, OTHER], ["0x" + "0" * 40]])
def test_exclusions_that_cannot_be(delegates: list[str]) -> None:
    with pytest.raises(CodecError, match="twice, or is nobody"):
        compiled({"set_exclusions": {"delegates": delegates}})


def test_a_list_of_exclusions_that_does_not_ascend_is_shown_as_a_call() -> None:
    """The governor would refuse it, and no action compiles to it."""
    descending = sorted([TOKEN, OTHER], key=str.lower, reverse=True)
    calldata = selector("setExclusions(address[])") + encode(("address[]",), (descending,))
    assert decode_calls([Call(GOVERNOR, 0, calldata)], CONTEXT, STREAMS)[0].kind == "call"


def test_ether() -> None:
    assert compiled({"send_ether": {"to": OTHER, "amount": "1.5 ETH"}}) == Call(OTHER, 15 * 10**17, b"")
    raw = compiled({"raw": {"target": OTHER, "calldata": "0x0102", "value": "3 wei"}})
    assert raw == Call(OTHER, 3, b"\x01\x02")


def test_a_call_to_a_known_address_is_held_to_its_abi() -> None:
    with pytest.raises(CodecError, match="no such function"):
        compiled({"call": {"target": TIMELOCK, "function": "transfer(address,uint256)", "arguments": [OTHER, "1 RWD"]}})
    with pytest.raises(DaoError, match="no unit"):
        compiled({"call": {"target": TOKEN, "function": "transfer(address,uint256)", "arguments": [OTHER, "1"]}})


def test_every_amount_of_the_token_must_carry_its_unit() -> None:
    for function, arguments in (
        ("transfer(address,uint256)", [OTHER, "1"]),
        ("transferFrom(address,address,uint256)", [OTHER, OTHER, "1"]),
        ("mint(address,uint256)", [OTHER, "1"]),
        ("approve(address,uint256)", [OTHER, "1"]),
    ):
        with pytest.raises(DaoError, match="no unit"):
            compiled({"call": {"target": "token", "function": function, "arguments": arguments}})
    with pytest.raises(DaoError, match="no unit"):
        compiled({"call": {"target": "governor", "function": "setProposalThreshold(uint256)", "arguments": ["1"]}})


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("f(uint8)", ["256"]),
        ("f(uint8)", ["-1"]),
        ("f(int8)", ["128"]),
        ("f(uint256)", ["0x10"]),
        ("f(bool)", ["1"]),
        ("f(bool)", ["True"]),
        ("f(bytes4)", ["0x0102"]),
        ("f(bytes)", ["0xABCD"]),
        ("f(bytes)", ["0x123"]),
        ("f(address)", ["0x0"]),
        ("f(uint8[2])", [["1"]]),
        ("f(uint8[])", ["1"]),
        ("f((uint8,bool))", [["1"]]),
        ("f(uint8)", [["1"]]),
        ("f(uint256)", ["1 ETH"]),
    ],
)
def test_arguments_are_held_to_their_types(function: str, arguments: list[Any]) -> None:
    with pytest.raises(DaoError) as caught:
        compiled({"call": {"target": OTHER, "function": function, "arguments": arguments}})
    assert str(caught.value.values["field"]).startswith("call.arguments.0")


@pytest.mark.parametrize(
    "text",
    ["f", "f(", "f)", "f()x", "f(uint)", "f(uint7)", "f(uint256,)", "f(,uint8)", "f(bytes33)", "f(uint8[0])",
     "f(uint8[)",     "f(tuple)", "f(address payable)", "9f()", "f(uint8))", "(uint8)",
     "f" + "(" * 40 + ")" * 40, "f(uint8" + "[]" * 40 + ")"],
)  # fmt: skip
def test_what_is_no_signature(text: str) -> None:
    with pytest.raises(CodecError):
        parse_signature(text)


def test_every_shipped_function_has_a_signature_that_is_understood() -> None:
    for name in ("RewardToken", "TimelockController", "RewardGovernor", "RewardPolicy"):
        for signature in load(name).abi.functions.values():
            parsed, kinds = parse_signature(signature.text)
            assert (parsed, tuple(kind.text for kind in kinds)) == (signature.name, signature.input_types)
            assert all(parse_kind(kind.text) == kind for kind in kinds)


def test_a_stream_added_by_an_earlier_call_is_known_to_later_ones() -> None:
    add = compiled({"add_stream": {"path": "compute/new"}})
    schedule = compiled(
        {"set_schedule": {"stream": "compute/new", "from_epoch": "1", "segments": [{"constant": "1 RWD"}]}}
    )
    kinds = [action.kind for action in decode_calls([add, schedule], CONTEXT, STREAMS)]
    assert kinds == ["add_stream", "set_schedule"]
    assert [action.kind for action in decode_calls([schedule, add], CONTEXT, STREAMS)] == ["call", "add_stream"]


JOBS = keccak(b"compute/jobs")
SCHEDULE = selector("setSchedule(bytes32,(uint32,uint8,uint128[])[])")
SPLIT = selector("setSplit(bytes32,uint32,(bytes32,uint8,uint16)[])")
ADD = selector("addStream(bytes32,string)")
SCHEDULE_TYPES = ("bytes32", "(uint32,uint8,uint128[])[]")
SPLIT_TYPES = ("bytes32", "uint32", "(bytes32,uint8,uint16)[]")
TRANSFER = selector("transfer(address,uint256)") + encode(["address", "uint256"], [OTHER, 1])

# Calls that no action may claim: what they decode as, and why.
HOSTILE = [
    (Call(TOKEN, 0, TRANSFER + b"\0"), "raw", "bytes behind the arguments"),
    (Call(TOKEN, 0, TRANSFER[:-1]), "raw", "a byte missing"),
    (Call(TOKEN, 0, TRANSFER[:4] + b"\xff" + TRANSFER[5:]), "raw", "dirty bits above the address"),
    (Call(TOKEN, 5, TRANSFER), "raw", "ether to a function that takes none"),
    (Call(OTHER, 0, TRANSFER), "raw", "another token"),
    (Call(POLICY, 0, TRANSFER), "raw", "another contract"),
    (Call(TOKEN, 0, b"\x01\x02\x03"), "raw", "less than a selector"),
    (Call(POLICY, 0, SCHEDULE + encode(SCHEDULE_TYPES, (JOBS, []))), "call", "no segments"),
    (Call(POLICY, 0, SCHEDULE + encode(SCHEDULE_TYPES, (JOBS, [(1, 9, [1])]))), "call", "no such shape"),
    (Call(POLICY, 0, SCHEDULE + encode(SCHEDULE_TYPES, (JOBS, [(1, 0, [1, 2])]))), "call", "too many parameters"),
    (Call(POLICY, 0, SCHEDULE + encode(SCHEDULE_TYPES, (JOBS, [(2, 0, [1]), (1, 0, [1])]))), "call", "out of order"),
    (Call(POLICY, 0, SCHEDULE + encode(SCHEDULE_TYPES, (bytes(32), [(1, 0, [1])]))), "call", "unknown stream"),
    (Call(POLICY, 0, SPLIT + encode(SPLIT_TYPES, (keccak(b"compute"), 1, [(JOBS, 7, 0)]))), "call", "no allocation"),
    (Call(POLICY, 0, SPLIT + encode(SPLIT_TYPES, (keccak(b"compute"), 1, [(JOBS, 3, 5)]))), "call", "residual share"),
    (Call(POLICY, 0, SPLIT + encode(SPLIT_TYPES, (keccak(b"compute"), 1, [(JOBS, 3, 0)] * 2))), "call", "named twice"),
    (Call(POLICY, 0, ADD + encode(["bytes32", "string"], [keccak(b"root"), "A\u202e"])),
     "raw", "a path and a text that cannot be shown"),
    (Call(POLICY, 0, ADD + encode(["bytes32", "string"], [keccak(b"root"), "a/b"])),
     "call", "a name that would become two levels"),
    (Call(GOVERNOR, 0, selector("updateQuorumNumerator(uint256)") + encode(["uint256"], [10_001])),
     "call", "over 100%"),
    (Call(GOVERNOR, 0, selector("nonces(address)") + encode(["address"], [OTHER])), "raw", "changes nothing"),
    (Call(TIMELOCK, 0, b"\xff" * 10_000), "raw", "noise"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind"), [row[:2] for row in HOSTILE], ids=[row[2] for row in HOSTILE])
def test_hostile_calls_are_shown_as_no_more_than_they_are(call: Call, kind: str) -> None:
    action = decode_calls([call], CONTEXT, STREAMS)[0]
    assert action.kind == kind
    assert compile_action(action, CONTEXT) == call
