"""The examples, run as their readers run them, against a deployment on a local chain."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dao import RewardPolicy
from dao.chain import node
from dao.chain.accounts import NodeSigner
from dao.deployment.document import load_deployment
from dao.lifecycle.deploy import deploy
from dao.lifecycle.session import Session
from tests.support.chain import ACCOUNTS, DEPLOYER, ROOT, Dao
from tests.support.cli import environment, invoker
from tests.support.reading import write_deployment

POLICY = """\
policy:
  genesis: 2020-01-01T00:00:00Z
  epoch: 7 days
  streams: [compute, compute/jobs, data, data/map]
  schedules:
    root:
      - from_epoch: 0
        constant: 1_000 RENDER
      - from_epoch: 3
        constant: 100 RENDER
  splits:
    root: [{from_epoch: 0, parts: {compute: 70%, data: residual}}]
    compute: [{from_epoch: 0, parts: {compute/jobs: residual}}]
    data: [{from_epoch: 0, parts: {data/map: residual}}]
  weights:
    data/map: [{from_epoch: 1, classes: {first-map: 3, refresh: 1}}]
"""
TOKEN = 10**18
FIRST, SECOND = sorted(ACCOUNTS[:2])


@pytest.fixture(scope="module")
def dao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    """The deployment of deploy.yaml with another policy: 700 tokens for compute and 300 for data, later a tenth."""
    folder = tmp_path_factory.mktemp("dao")
    write_deployment(folder, POLICY)
    with node.ephemeral(ROOT) as connection:
        document = load_deployment(folder / "deploy.yaml")
        path = folder / "deployments" / "31337.json"
        deployment = deploy(connection, NodeSigner(DEPLOYER), document, journal_path=path)
        yield Dao(connection, deployment, document, folder)


def run_example(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """An example as a process of its own, with the checkout first, whatever is installed."""
    command = [sys.executable, str(ROOT / "examples" / name), *arguments]
    env = environment(PYTHONPATH=str(ROOT))
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def example(name: str, *arguments: str) -> dict[str, int]:
    """What an example prints: payouts by account."""
    ended = run_example(name, *arguments)
    assert ended.returncode == 0, ended.stderr
    return {account: int(amount) for account, amount in (line.split() for line in ended.stdout.splitlines())}


def csv_file(folder: Path, *rows: str) -> str:
    path = folder / "records.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def test_the_compute_module(dao: Dao, tmp_path: Path) -> None:
    jobs = csv_file(tmp_path, "provider,gpu_seconds", f"{FIRST},3600", f"{SECOND},1200", f"{FIRST},2400")
    arguments = (dao.connection.url, str(dao.folder / "deployments" / "31337.json"), jobs)
    paid = example("compute_module.py", *arguments, "--epoch", "2")
    assert paid == {FIRST: 700 * TOKEN * 6_000 // 7_200, SECOND: 700 * TOKEN * 1_200 // 7_200}
    assert sum(paid.values()) == 700 * TOKEN - 1
    later = example("compute_module.py", *arguments, "--epoch", "3")
    assert sum(later.values()) == 70 * TOKEN - 1
    # Without an epoch it takes the present one, which is one of those with a tenth.
    assert example("compute_module.py", *arguments) == later


def test_the_data_module(
    dao: Dao, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.json"
    invoke = invoker(dao.folder, monkeypatch, capsys)
    invoke("policy", "export", "--rpc", dao.connection.url, "--output", str(file))
    rows = (f"{FIRST},first-map,30", f"{SECOND},refresh,10", f"{SECOND},first-map,20")
    drives = csv_file(tmp_path, "mapper,class,kilometres", *rows)
    policy_hash = "0x" + Session.of(dao.connection, dao.deployment).contracts.policy.policy_hash().hex()
    paid = example("data_module.py", str(file), drives, "--epoch", "0", "--hash", policy_hash)
    assert paid == {FIRST: 150 * TOKEN, SECOND: 150 * TOKEN}
    # From epoch 1 on a kilometre of the first map counts three times.
    weighed = example("data_module.py", str(file), drives, "--epoch", "1", "--hash", policy_hash)
    assert weighed == {FIRST: 300 * TOKEN * 90 // 160, SECOND: 300 * TOKEN * 70 // 160}
    arguments = [str(file), drives, "--epoch", "1", "--hash", "0x" + "11" * 32]
    assert "another policy" in run_example("data_module.py", *arguments).stderr


def test_both_modules_read_the_same_policy(
    dao: Dao, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.json"
    invoker(dao.folder, monkeypatch, capsys)("policy", "export", "--rpc", dao.connection.url, "--output", str(file))
    on_chain = RewardPolicy.from_chain(dao.connection, dao.deployment)
    assert RewardPolicy.from_file(file, expected_hash=on_chain.hash) == on_chain
