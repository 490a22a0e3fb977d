"""The wheel works in an empty environment without Node, with the newest releases that its ranges admit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dao.artifacts import CONTRACTS
from dao.chain.node import ephemeral

ROOT = Path(__file__).resolve().parents[2]
DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
"""The first account that anvil signs for."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what belongs to it: setuptools would leave its own folders in the checkout."""
    source = tmp_path_factory.mktemp("source")
    shutil.copytree(ROOT / "dao", source / "dao", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", source / "dist", source],
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stdout + build.stderr
    (built,) = (source / "dist").iterdir()
    return built


def install(pip: list[str | Path], what: str | Path) -> None:
    command = [*pip, "install", "--no-compile", "--quiet", "--disable-pip-version-check", what]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        pytest.fail(f"pip cannot install {what}; is the package index reachable from here?\n{ended.stderr}")


@pytest.fixture(scope="module")
def newest(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment that holds the wheel and, beside it, the newest releases that it admits."""
    environment = tmp_path_factory.mktemp("environment")
    # An environment's own pip takes seconds to make. The one that is here puts the newest there, which finds the rest
    # in half the time.
    venv.create(environment, with_pip=False)
    commands = environment / "bin"
    install([sys.executable, "-m", "pip", "--python", commands / "python"], "pip")
    install([commands / "python", "-m", "pip"], wheel)
    return commands


@pytest.fixture(params=["newest releases", "locked releases"])
def commands(request: pytest.FixtureRequest) -> Path:
    """Where `dao` is: in the environment of the wheel, or in the one that the tests run in."""
    if request.param == "locked releases":
        return Path(sys.executable).parent
    found: Path = request.getfixturevalue("newest")
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a user takes from the repository: the example deployment and the proposals."""
    shutil.copy(ROOT / "deploy.yaml", tmp_path)
    shutil.copytree(ROOT / "proposals", tmp_path / "proposals")
    return tmp_path


@pytest.fixture(scope="module")
def rpc() -> Iterator[str]:
    with ephemeral(ROOT) as connection:
        yield connection.url


def run(commands: Path, folder: Path, *arguments: str) -> str:
    """The output of one `dao` command that must succeed, with nothing on the PATH but its own environment."""
    without_node = {"PATH": str(commands), "HOME": str(folder), "LANG": "C.UTF-8"}
    assert shutil.which("node", path=without_node["PATH"]) is None
    result = subprocess.run(
        [commands / "dao", *arguments],
        cwd=folder,
        env=without_node,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, f"dao {' '.join(arguments)}\n{result.stdout}{result.stderr}"
    return result.stdout


def test_the_wheel_holds_the_package_and_no_more(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (archive.read(name).decode() for name in names if name.endswith(".dist-info/METADATA"))
    assert {name.split("/")[0] for name in names} == {"dao", f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"}
    expected = {path.relative_to(ROOT).as_posix() for path in (ROOT / "dao").rglob("*.py")}
    expected |= {f"dao/artifacts/{folder}{name}.json" for name in CONTRACTS for folder in ("", "layouts/")}
    expected.add("dao/proving/builds.json")
    expected |= {"dao/py.typed", "dao/proposal/proposal.schema.json", "dao/audit/report.schema.json"}
    expected |= {f"dao/render/report/report.{kind}" for kind in ("css", "html", "js")}
    expected |= {f"dao/ballot/{name}.schema.json" for name in ("request", "ballot", "receipt")}
    assert expected == {name for name in names if name.startswith("dao/")}
    assert "brownie" not in metadata.split("\n\n")[0].lower()


def test_the_newest_releases_are_newer_than_the_locked_ones(newest: Path) -> None:
    script = "from importlib.metadata import version; print(version('web3'))"
    result = subprocess.run([newest / "python", "-c", script], capture_output=True, text=True, check=True)
    assert int(result.stdout.split(".")[0]) >= 8
    here = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert here.stdout.startswith("7.")


def test_help(commands: Path, folder: Path) -> None:
    output = run(commands, folder, "--help")
    assert "proposal" in output
    assert "Exit codes" in output


def test_a_proposal_is_checked(commands: Path, folder: Path) -> None:
    file = os.path.join("proposals", "0001-cut-node-job-rewards.yaml")  # noqa: PTH118  # as a user types it
    assert json.loads(run(commands, folder, "proposal", "check", file, "--offline", "--json"))["file"] == file


def test_a_local_chain_is_written_and_read(commands: Path, folder: Path, rpc: str) -> None:
    run(commands, folder, "deploy", "deploy.yaml", "--rpc", rpc, "--from", DEPLOYER, "--yes")
    status = json.loads(run(commands, folder, "status", "--rpc", rpc, "--json"))
    assert status["chain_id"] == 31337
    assert "47_435 RENDER" in run(commands, folder, "policy", "show", "--rpc", rpc)
