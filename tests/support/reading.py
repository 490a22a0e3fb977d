"""A DAO whose policy has a bit of everything, for tests of whoever reads it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dao.chain import node
from dao.chain.accounts import NodeSigner
from dao.chain.connection import Connection
from dao.deployment.document import load_deployment
from dao.errors import ConnectionFailed
from dao.lifecycle.deploy import deploy
from dao.rewards.streams import stream_id
from tests.support.chain import ACCOUNTS, DEPLOYER, ROOT, Dao

WEEK = 604_800
TOKEN = 10**18
REPORTER = ACCOUNTS[4]
POLICY = f"""\
policy:
  genesis: 2020-01-01T00:00:00Z
  epoch: 7 days
  streams: [compute, compute/jobs, compute/reserve, data, data/map]
  schedules:
    root:
      - from_epoch: 0
        constant: 1_000 RENDER
      - from_epoch: 3
        geometric: {{amount: 900 RENDER, ratio: 9/10, every: 50}}
    data:
      - from_epoch: 0
        metered: {{amount: 200 RENDER}}
    compute/jobs:
      - from_epoch: 0
        constant: 600 RENDER
  splits:
    root: [{{from_epoch: 0, parts: {{data: carve-out, compute: residual}}}}]
    compute: [{{from_epoch: 0, parts: {{compute/jobs: carve-out, compute/reserve: residual}}}}]
    data: [{{from_epoch: 2, parts: {{data/map: residual}}}}]
  weights:
    data/map: [{{from_epoch: 2, classes: {{first-map: 3, refresh: 0.5}}}}]
  reporters:
    data: {{account: "{REPORTER}", maximum: 1}}
"""
"""1,000 tokens a week: up to 200 for the map by its reported progress, 600 for jobs, the rest for the reserve."""


def write_deployment(folder: Path, policy: str = POLICY) -> Path:
    """The deployment file of deploy.yaml with another policy."""
    text = (ROOT / "deploy.yaml").read_text(encoding="utf-8")
    path = folder / "deploy.yaml"
    before, begin = text.index("\npolicy:") + 1, text.index("# Two of these three sign")
    path.write_text(text[:before] + policy + text[begin:], encoding="utf-8")
    return path


@contextmanager
def deployed_with(folder: Path, policy: str = POLICY) -> Iterator[Dao]:
    """A local chain with that deployment, its record where the commands look for it; it ends with the block."""
    with node.ephemeral(ROOT) as connection:
        yield _deployed(connection, folder, policy)


@contextmanager
def deployed_in_archive(folder: Path) -> Iterator[Dao]:
    """The same on a chain that answers for every block, as the local one does not."""
    port = node.free_port()
    command = [str(node.find_anvil(ROOT)), "--host", "127.0.0.1", "--port", str(port), "--silent"]
    # Past states are kept below the home folder.
    with subprocess.Popen(command, env={**os.environ, "HOME": str(folder)}) as process:
        try:
            yield _deployed(_connected(port), folder, POLICY)
        finally:
            process.terminate()


def _connected(port: int) -> Connection:
    deadline = time.monotonic() + 20
    while True:
        with suppress(ConnectionFailed):
            return Connection.open(f"http://127.0.0.1:{port}")
        assert time.monotonic() < deadline, "the archive node does not answer"
        time.sleep(0.05)


def _deployed(connection: Connection, folder: Path, policy: str) -> Dao:
    document = load_deployment(write_deployment(folder, policy))
    journal = folder / "deployments" / "31337.json"
    return Dao(connection, deploy(connection, NodeSigner(DEPLOYER), document, journal_path=journal), document, folder)


def report(dao: Dao, epoch: int, value: int) -> None:
    """Reports the progress of the map, a part of 10^18."""
    dao.call(REPORTER, "policy", "report", stream_id("data"), epoch, value)
