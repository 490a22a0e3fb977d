"""Layouts are those of the shipped artifacts, and words are packed as Solidity packs them."""

from __future__ import annotations

import pytest

from dao.artifacts import load
from dao.artifacts.layouts import SOURCES, zeros
from dao.errors import ArtifactError
from dao.proving.layout import ALL, Member, at_index, at_key, layout, number, packed


@pytest.mark.parametrize("name", SOURCES)
def test_what_a_deployment_fills_in_is_zero_in_the_artifact(name: str) -> None:
    """Immutables and libraries' addresses stand where the shipped code pushes zeros, and nowhere else."""
    shape = layout(name)
    places = {at: 32 for offsets in shape.immutables.values() for at in offsets}
    places |= {at: 20 for offsets in shape.links.values() for at in offsets}
    assert places == zeros(load(name).deployed_bytecode)


def test_variables_of_one_name_are_told_apart_by_type() -> None:
    governor = layout("RewardGovernor")
    assert governor.slot("_proposals", "uint32") != governor.slot(
        "_proposals", "mapping(uint256 => struct Governor.ProposalCore)"
    )
    for label, type_ in (("_proposals", None), ("_proposal", None), ("_counts", "uint32")):
        with pytest.raises(ArtifactError, match="no such variable"):
            governor.slot(label, type_)
    with pytest.raises(ArtifactError):
        layout("Nothing")


def test_packing() -> None:
    members = (Member("a", 0, 0, 16, "uint128"), Member("b", 0, 16, 4, "uint32"), Member("c", 1, 0, 1, "bool"))
    words = {slot: (word, mask) for slot, word, mask in packed(members, {"a": 5, "b": 7, "c": True})}
    assert words == {0: (number(7 << 128 | 5), ALL), 1: (number(1), ALL)}
    ((slot, word, mask),) = packed(members, {"a": None, "b": 7})
    assert (slot, word) == (0, number(7 << 128))
    assert mask == number(2**256 - 1 - (2**128 - 1))
    (impossible,) = packed(members[:1], {"a": -1})
    assert impossible[1] == number(2**128 - 1)


def test_places_of_mappings_and_arrays() -> None:
    """keccak256 of key and slot, and of the slot; values as `cast index` and `cast keccak` give them."""
    assert f"{at_key(0, 0):x}" == "ad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5"
    assert f"{at_index(0, 0):x}" == "290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563"
    assert at_index(0, 3, 2) - at_index(0, 0) == 6
    assert at_key(1, b"\x12\x34\x56\x78") == at_key(1, b"\x12\x34\x56\x78" + bytes(28))
