"""Measures how long a whole `dao proposal check` takes on a local chain, simulation included.

The target is 5 s. Beside it stands `dao --help`, which is how long the command line takes to start at all.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DAO = Path(sys.executable).with_name("dao")
PROPOSAL = "0001-cut-node-job-rewards.yaml"
FIRST_ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
"""Of the local chain, whose node has its key."""


def free_port() -> int:
    """A port of this machine that nobody listens at now."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def measure(folder: Path, runs: int) -> Sequence[tuple[str, list[float]]]:
    """Times of both commands in turn, on a chain with one more proposal than the one that is checked."""
    port = free_port()
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder), "DAO_FROM": FIRST_ACCOUNT}
    variables["DAO_RPC"] = f"http://127.0.0.1:{port}"

    def run(*words: str) -> float:
        started = time.perf_counter()
        subprocess.run(
            [DAO, *words], cwd=folder, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True
        )
        return time.perf_counter() - started

    for name in ("proposals", "deploy.yaml"):
        (folder / name).symlink_to(ROOT / name)
    file = folder / PROPOSAL
    file.write_text((ROOT / "proposals" / PROPOSAL).read_text(encoding="utf-8"), encoding="utf-8")
    run("node", "start", "--port", str(port))
    try:
        run("deploy", "deploy.yaml", "--yes")
        run("delegate", "self", "--yes")
        run("proposal", "submit", str(file), "--yes")
        other = file.with_name("0003-other.yaml")
        other.write_text(file.read_text(encoding="utf-8").replace("15_000", "16_000"), encoding="utf-8")
        checking = ("proposal", "check", str(other), "--proposer", FIRST_ACCOUNT)
        run(*checking)
        times: tuple[list[float], list[float]] = [], []
        for _ in range(runs):
            times[0].append(run(*checking))
            times[1].append(run("--help"))
        return ("dao proposal check", times[0]), ("dao --help", times[1])
    finally:
        run("node", "stop")


def main() -> None:
    """Prints the median and the extremes of each command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="measured runs of each command (default: 10)")
    with tempfile.TemporaryDirectory() as folder:
        for name, times in measure(Path(folder), parser.parse_args().runs):
            print(f"{name:<20} {statistics.median(times):6.2f} s  ({min(times):.2f} to {max(times):.2f})")


if __name__ == "__main__":
    main()
