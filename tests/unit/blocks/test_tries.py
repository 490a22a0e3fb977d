"""Keys of a trie proven present and absent out of shared nodes, and nothing proven by other nodes."""

from __future__ import annotations

import pytest
import rlp
from trie import HexaryTrie

from dao.abi import keccak
from dao.blocks import tries
from dao.errors import CodecError

COUNT = 300


@pytest.fixture(scope="module")
def tree() -> HexaryTrie:
    made = HexaryTrie({})
    for number in range(COUNT):
        made.set(key(number), rlp.encode(number + 1))
    return made


def key(number: int) -> bytes:
    return keccak(number.to_bytes(32, "big"))


def path(tree: HexaryTrie, number: int) -> list[bytes]:
    return [rlp.encode(node) for node in tree.get_proof(key(number))]


def test_presence_and_absence_out_of_one_set(tree: HexaryTrie) -> None:
    nodes = tries.gather(node for number in range(COUNT + 50) for node in path(tree, number))
    for number in range(COUNT):
        assert tries.value_at(tree.root_hash, key(number), nodes) == rlp.encode(number + 1)
    for number in range(COUNT, COUNT + 50):
        assert tries.value_at(tree.root_hash, key(number), nodes) == b""
    assert tries.value_at(tries.EMPTY_ROOT, key(0), tries.gather([])) == b""


def test_a_node_that_is_missing_flipped_or_another_slots(tree: HexaryTrie) -> None:
    good = path(tree, 0)
    for place in range(len(good)):
        without = tries.gather(good[:place] + good[place + 1 :])
        assert tries.value_at(tree.root_hash, key(0), without) is None
        for byte in (0, len(good[place]) // 2, len(good[place]) - 1):
            flipped = bytearray(good[place])
            flipped[byte] ^= 1
            nodes = tries.gather([*good[:place], bytes(flipped), *good[place + 1 :]])
            assert tries.value_at(tree.root_hash, key(0), nodes) is None
    other = next(number for number in range(1, COUNT) if path(tree, number)[1] != good[1])
    assert tries.value_at(tree.root_hash, key(0), tries.gather(path(tree, other))) is None


@pytest.mark.parametrize("node", [b"\xff" * 40, rlp.encode([b""] * 3), rlp.encode(b"text"), b"\xc1" * 4_000])
def test_a_root_that_leads_to_no_node(node: bytes) -> None:
    with pytest.raises(CodecError, match="is none"):
        tries.value_at(keccak(node), key(0), tries.gather([node]))


def test_nodes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CodecError, match="too long"):
        tries.gather([bytes(tries.MAX_NODE_BYTES + 1)])
    monkeypatch.setattr(tries, "MAX_SET", 2)
    assert len(tries.gather([b"a", b"b", b"a"]).by_hash) == 2
    with pytest.raises(CodecError, match="too many"):
        tries.gather([b"a", b"b", b"c"])


def test_the_trie_of_a_block_without_transactions_is_empty() -> None:
    assert tries.root_of([]) == tries.EMPTY_ROOT


def test_a_path_in_one_value() -> None:
    nodes = (b"\x01" * 40, b"", b"\x07")
    assert tries.unpack(tries.pack(nodes)) == nodes
    assert tries.unpack(tries.pack(())) == ()
    for other in (b"", b"\x80", b"\xff", rlp.encode([[b"\x01"]]), tries.pack(nodes)[:-1], tries.pack(nodes) + b"\x01"):
        with pytest.raises(CodecError):
            tries.unpack(other)
