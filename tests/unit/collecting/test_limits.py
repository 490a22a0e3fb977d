"""What providers say when a question is too large, in their many words."""

from __future__ import annotations

import pytest

from dao.collecting.limits import Refusal, refusal
from dao.errors import OversizedAnswer, RpcError

SAID = {
    "query returned more than 10000 results": None,
    "query returned more than 10000 results. Try with this block range [0x64, 0xC7].": 100,
    "Log response size exceeded. this block range should work: [0x64, 0x77]": 20,
    "exceed maximum block range: 5000 blocks": 5_000,
    "eth_getLogs is limited to a 10,000 blocks range": 10_000,
    "You can make eth_getLogs requests with up to a 2K block range": 2_000,
    "block range too large": None,
    "query timeout exceeded": None,
}


@pytest.mark.parametrize("code", [-32005, -32602, -32000])
@pytest.mark.parametrize(("text", "blocks"), SAID.items(), ids=SAID)
def test_a_refusal_is_read(text: str, blocks: int | None, code: int) -> None:
    error = RpcError("refused", found=text, values={"code": code})
    assert refusal(error, from_block=100, to_block=100_099) == Refusal(blocks)


def test_too_much_is_a_refusal() -> None:
    assert refusal(OversizedAnswer("too much"), from_block=0, to_block=9) == Refusal(None)


def test_a_range_that_is_no_smaller_is_not_taken() -> None:
    error = RpcError("refused", found="range too large, try [0x0, 0xffff]", values={"code": -32005})
    assert refusal(error, from_block=5, to_block=9) == Refusal(None)


@pytest.mark.parametrize("text", ["no such method", "unauthorized", ""])
def test_another_error_is_none(text: str) -> None:
    assert refusal(RpcError("refused", found=text, values={"code": -32601}), from_block=0, to_block=9) is None
