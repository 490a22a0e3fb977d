"""Imports under dao/ point down, and each library stays in its room."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.architecture.rooms import EXCEPTIONS, LIBRARIES, MAY_IMPORT, violations

ROOT = Path(__file__).resolve().parents[3]


def test_every_import_points_down() -> None:
    assert violations(ROOT / "dao") == []


def test_the_order_has_no_cycle() -> None:
    placed: set[str] = set()
    for room, below in MAY_IMPORT.items():
        assert set(below) <= placed, f"{room} may import a room that is listed after it"
        placed.add(room)


def test_the_tables_name_existing_rooms_and_files() -> None:
    for room in MAY_IMPORT:
        assert (ROOT / "dao" / room).is_dir() or (ROOT / "dao" / f"{room}.py").is_file(), room
    assert {room for rooms in LIBRARIES.values() for room in rooms} <= MAY_IMPORT.keys()
    assert all((ROOT / "dao" / file).is_file() for file, _ in EXCEPTIONS)


@pytest.mark.parametrize(
    ("file", "source", "sentence"),
    [
        ("errors.py", "import dao.types", "errors imports dao.types, which is not below it"),
        ("types.py", "from dao import chain", "types imports dao.chain, which is not below it"),
        ("replay/state.py", "from dao.chain.logs import fetch", "replay imports dao.chain.logs, which is not below it"),
        ("chain/logs.py", "from dao.replay import state", "chain imports dao.replay, which is not below it"),
        ("events/log.py", "from dao.proposal import x", "events imports dao.proposal, which is not below it"),
        ("proposal/a.py", "from dao.deployment import x", "proposal imports dao.deployment, which is not below it"),
        ("lifecycle/a.py", "from dao.audit import x", "lifecycle imports dao.audit, which is not below it"),
        ("audit/a.py", "from dao.lifecycle import x", "audit imports dao.lifecycle, which is not below it"),
        ("lifecycle/a.py", "def f():\n    import dao.render.text", "lifecycle imports dao.render.text, which is not"),
        ("audit/a.py", "from . import x", "relative import ."),
        ("__init__.py", "from dao.types import Address", "the package itself imports dao.types"),
        ("lifecycle/vote.py", "import click", "lifecycle imports click, which is for commands"),
        ("commands/vote.py", "from rich.table import Table", "commands imports rich, which is for render"),
        ("replay/state.py", "import web3.types", "replay imports web3, which is for chain"),
        ("proposal/model.py", "import yaml", "proposal imports yaml, which is for document"),
        ("artifacts/__init__.py", "import yaml", "artifacts imports yaml, which is for document"),
        ("chain/node.py", "from brownie import chain", "chain imports brownie, which is for no room"),
        ("shortcuts.py", "import json", "the room shortcuts has no place in the order"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, file: str, source: str, sentence: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{source}\n", encoding="utf-8")
    (found,) = violations(tmp_path)
    assert found.startswith(f"{file}:")
    assert sentence in found


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("replay/state.py", "import json\nfrom dao.events.model import VoteCast\nfrom dao.replay import tally"),
        ("audit/run.py", "from dao import chain, replay"),
        ("commands/vote.py", "import click\nfrom dao.render.text import escape\nfrom dao.lifecycle import vote"),
        ("chain/connection.py", "from web3 import Web3\nimport dao"),
        ("artifacts/build.py", "import yaml"),
    ],
)
def test_an_allowed_import_is_not(tmp_path: Path, file: str, source: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{source}\n", encoding="utf-8")
    assert violations(tmp_path) == []
