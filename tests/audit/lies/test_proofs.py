"""A node that lies about proofs and code: it can only take something away, and the lines that it takes are these."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dao.types import Address
from tests.support.lies import LISTS, cut, doubled, dropped, field, flipped, of_one, within
from tests.support.lying import Came, Honest, Node, Told, require

PROOF, CODE = "eth_getProof", "eth_getCode"
STATES = {
    "token": "state of RewardToken",
    "timelock": "state of TimelockController",
    "governor": "state of RewardGovernor",
    "policy": "state of RewardPolicy",
    "distributor": "state of RewardDistributor",
}
CODES = {name: line.replace("state", "code") for name, line in STATES.items()}
SUM = "balances sum to the total supply"
LIBRARY = "code of Schedules"
"""The policy's code names the address of its library."""


def slots(lie: Any) -> Any:
    return within("storageProof", lie)


def path(lie: Any) -> Any:
    """A lie about the path to the first slot that has a longer one than the root."""
    return slots(lambda entries: next((made for n in range(len(entries)) if (made := at(entries, n, lie))), None))


def at(entries: list[Any], place: int, lie: Any) -> Any:
    if len(entries[place]["proof"]) < 2:
        return None
    return of_one(within("proof", lie), place)(entries)


def everywhere_flipped(entries: Any) -> Any:
    """A lie about one node in every path that it is on: where one path has it right, nothing is lost."""
    node = entries[len(entries) // 2]["proof"][-1]
    return [{**entry, "proof": [flipped(one) if one == node else one for one in entry["proof"]]} for entry in entries]


def unread(proof: Any) -> Any:
    """Values beside the nodes that prove others."""
    entries = [{**entry, "key": flipped(entry["key"]), "value": "0x7"} for entry in proof["storageProof"]]
    hashes = {name: flipped(proof[name]) for name in ("storageHash", "codeHash")}
    return {**proof, **hashes, "balance": "0x7", "nonce": "0x7", "address": "0x" + "11" * 20, "storageProof": entries}


def last_flipped(nodes: Any) -> Any:
    return [*nodes[:-1], flipped(nodes[-1])]


def account(lie: Any) -> Any:
    return within("accountProof", lie)


OF_GOVERNOR: dict[str, Told] = {
    "slot dropped": Told(PROOF, slots(dropped), Came.REFUSED),
    "slot doubled": Told(PROOF, slots(doubled), Came.REFUSED),
    "slots cut": Told(PROOF, slots(cut), Came.REFUSED),
    "slots in another order": Told(PROOF, slots(LISTS["swapped"]), Came.HONEST),
    "slot without a proof": Told(PROOF, slots(of_one(field("proof", "0x"))), Came.REFUSED),
    "slot that is none": Told(PROOF, slots(of_one(lambda entry: "0x")), Came.REFUSED),
    "slot node": Told(PROOF, slots(everywhere_flipped), Came.WEAKER, frozenset({STATES["governor"]})),
    "slot path cut": Told(PROOF, path(lambda nodes: nodes[:-1]), Came.WEAKER, frozenset({STATES["governor"]})),
    "all slots of the root alone": Told(
        PROOF,
        slots(lambda entries: [{**entry, "proof": entry["proof"][:1]} for entry in entries]),
        Came.WEAKER,
        frozenset({STATES["governor"]}),
    ),
    "no storage": Told(
        PROOF,
        slots(lambda entries: [{**entry, "proof": [], "value": "0x0"} for entry in entries]),
        Came.WEAKER,
        frozenset({STATES["governor"]}),
    ),
    "what nobody reads": Told(PROOF, unread, Came.HONEST),
    "no proof": Told(PROOF, lambda proof: ..., Came.REFUSED),
    "account node": Told(PROOF, account(last_flipped), Came.WEAKER, frozenset({STATES["governor"], CODES["governor"]})),
    "account path cut": Told(
        PROOF, account(lambda nodes: nodes[:-1]), Came.WEAKER, frozenset({STATES["governor"], CODES["governor"]})
    ),
    "account path without its first node": Told(PROOF, account(lambda nodes: nodes[1:]), Came.REFUSED),
    "account path in another order": Told(PROOF, account(lambda nodes: [nodes[0], *nodes[:0:-1]]), Came.HONEST),
    "account path backwards": Told(PROOF, account(lambda nodes: nodes[::-1]), Came.REFUSED),
    "account root": Told(PROOF, account(of_one(flipped, 0)), Came.REFUSED),
    "code": Told(CODE, flipped, Came.WEAKER, frozenset({CODES["governor"]})),
    "code cut": Told(CODE, lambda code: code[:-2], Came.WEAKER, frozenset({CODES["governor"]})),
    "no code": Told(CODE, lambda code: "0x", Came.WEAKER, frozenset({CODES["governor"]})),
}


def of_governor(node: Node, params: list[Any]) -> bool:
    return bool(params[0] == node.dao.deployment.addresses.governor)


@pytest.mark.parametrize("name", OF_GOVERNOR)
def test_lies_about_the_governor(node: Node, honest: Honest, tmp_path: Path, name: str) -> None:
    told = OF_GOVERNOR[name]
    require(node, honest, tmp_path / "evidence", Told(told.method, told.lie, told.came, told.weaker, of_governor))


@pytest.mark.parametrize("name", STATES)
def test_the_account_of_another_contract(node: Node, honest: Honest, tmp_path: Path, name: str) -> None:
    """Its path begins at the right root, and leads elsewhere: of the right account nothing is proved."""
    addresses = node.dao.deployment.addresses
    asked: Address = getattr(addresses, name)
    other = addresses.policy if name != "policy" else addresses.token

    def lie(proof: Any) -> Any:
        return {**proof, "accountProof": node.answer(PROOF, [other, [], hex(node.end)])["accountProof"]}

    more = {"token": {SUM}, "policy": {LIBRARY}}
    weaker = {STATES[name], CODES[name], *more.get(name, ())}
    told = Told(PROOF, lie, Came.WEAKER, frozenset(weaker), lambda _, params: params[0] == asked)
    require(node, honest, tmp_path / "evidence", told)


@pytest.mark.parametrize("name", STATES)
def test_the_code_of_another_contract(node: Node, honest: Honest, tmp_path: Path, name: str) -> None:
    addresses = node.dao.deployment.addresses
    asked: Address = getattr(addresses, name)
    other = addresses.policy if name != "policy" else addresses.token
    told = Told(
        CODE,
        lambda code: node.answer(CODE, [other, hex(node.end)]),
        Came.WEAKER,
        frozenset({CODES[name], *([LIBRARY] if name == "policy" else [])}),
        lambda _, params: params[0] == asked,
    )
    require(node, honest, tmp_path / "evidence", told)
