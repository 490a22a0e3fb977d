"""Measures how long `dao --help` takes beside `python -c "import click"`, its floor.

The two alternate, so that both see the same machine; the README states the ratio of the medians. Target: 3.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

DAO = Path(sys.executable).with_name("dao")


def seconds(command: Sequence[str | Path]) -> float:
    """Wall-clock time of one run of `command`. Raises CalledProcessError when it fails."""
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main() -> None:
    """Runs both commands alternately and prints the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30, help="measured runs of each command (default: 30)")
    runs = parser.parse_args().runs
    commands: dict[str, list[str | Path]] = {
        'python -c "import click"': [sys.executable, "-c", "import click"],
        "dao --help": [DAO, "--help"],
    }
    for command in commands.values():
        seconds(command)  # fills the file caches and writes the bytecode
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(seconds(command))
    floor, own = (statistics.median(values) for values in times.values())
    for name, values in times.items():
        print(f"{name:26} median {statistics.median(values) * 1000:6.1f} ms, best {min(values) * 1000:6.1f} ms")
    print(f"{'ratio of the medians':26} {own / floor:.2f} over {runs} runs each")


if __name__ == "__main__":
    main()
