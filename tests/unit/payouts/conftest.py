"""The folder of one epoch, for tests to read and, as a copy, to spoil."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.payouts import write_folder


@pytest.fixture(scope="session")
def epoch_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("epochs") / "7")


@pytest.fixture
def copy(epoch_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(epoch_folder, tmp_path / "7"))
