"""Operators through documents and calls: whatever decodes is written as operators, and compiles to the same bytes."""

from __future__ import annotations

import os

from hypothesis import given, settings, strategies as st

from dao.abi import checksum
from dao.document.emitter import emit
from dao.document.loader import load
from dao.document.model import validate
from dao.document.parameters import Encoded, write_parameters
from dao.document.quantities import Units
from dao.proposal.actions import Action, SetParameters
from dao.proposal.calldata import Context, compile_action
from dao.proposal.decoding import decode_calls
from dao.rewards.accounts.operators import Operator
from dao.rewards.parameters import MAX_BYTES, decode, encode
from dao.rewards.streams import stream_id
from dao.types import Addresses
from tests.support.operators import operators

TOKEN, TIMELOCK, GOVERNOR, POLICY = (checksum("0x" + f"{0xABCDEF0123456789 + n:040x}") for n in range(4))
CONTEXT = Context(
    addresses=Addresses(token=TOKEN, timelock=TIMELOCK, governor=GOVERNOR, policy=POLICY), symbol="RWD", decimals=18
)
STREAMS = {stream_id("compute"): "compute"}
EXAMPLES = int(os.environ.get("ROUND_TRIP_EXAMPLES", "100"))
"""How many of each are tried; set ROUND_TRIP_EXAMPLES to try more."""
UNITS = st.sampled_from([Units("RWD", 18), Units("RWD", 0), Units("HNT", 8), Units("a b", 6), Units("wei", 3)])


@settings(max_examples=EXAMPLES, deadline=None)
@given(operators(), UNITS)
def test_operators_survive_a_document(made: tuple[Operator, ...], units: Units) -> None:
    data = encode(made)
    written = Encoded.model_validate(write_parameters(data, units))
    text = emit(written.model_dump(mode="json", exclude_none=True))
    read = validate(Encoded, load(text, path="p.yaml"))
    assert read.encoded(units) == data
    assert decode(data) == made
    assert (read.operators is not None) == bool(made)


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(operators())
def test_operators_survive_a_call(made: tuple[Operator, ...]) -> None:
    parameters = write_parameters(encode(made), CONTEXT.units)
    action = Action(set_parameters=SetParameters(stream="compute", from_epoch=7, **parameters))
    call = compile_action(action, CONTEXT)
    assert decode_calls([call], CONTEXT, STREAMS) == (action,)


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """Bytes of operators in which something is changed, cut off or added."""
    data = bytearray(encode(draw(operators())))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(data) - 1))
        data[place] = draw(st.integers(0, 255))
    cut = draw(st.integers(0, 3))
    return bytes(data[: len(data) // 2] if cut == 0 else data + bytes(32) if cut == 1 else data)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.one_of(spoiled(), st.binary(max_size=400), st.just(bytes(MAX_BYTES))))
def test_hostile_bytes_are_shown_as_what_they_are(data: bytes) -> None:
    """Whatever stands in the call comes back byte for byte, as operators or as bytes."""
    action = Action(set_parameters=SetParameters(stream="compute", from_epoch=7, data=data))
    call = compile_action(action, CONTEXT)
    (shown,) = decode_calls([call], CONTEXT, STREAMS)
    assert compile_action(shown, CONTEXT) == call
    assert shown.set_parameters is not None
    if shown.set_parameters.operators is None:
        assert shown.set_parameters.data == data
