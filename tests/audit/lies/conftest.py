"""One chain that all lies are told about; nobody changes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dao.collecting import collect as collecting
from tests.support.chain import deployed
from tests.support.lying import Honest, Node, honest_of, long_life


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a chain to settle here."""
    monkeypatch.setattr(collecting, "_WAIT_SECONDS", ())


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The chain."""
    with deployed(tmp_path_factory.mktemp("dao")) as made:
        long_life(made)
        yield Node.of(made)


@pytest.fixture(scope="session")
def honest(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Honest:
    """What comes of it."""
    return honest_of(node, tmp_path_factory.mktemp("honest") / "evidence")
