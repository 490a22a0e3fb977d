"""A compute module: what each provider of GPU-seconds is paid for an epoch, by the policy that a DAO voted.

    python examples/compute_module.py http://127.0.0.1:8545 deployments/31337.json jobs.csv --epoch 3

`jobs.csv` has a header and a row for each job: provider, gpu_seconds. The stream's emission is shared pro rata; each
payout is rounded down to the token's smallest unit, so that the payouts never sum to more than the emission.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from dao import RewardPolicy

STREAM = "compute/jobs"


def read_jobs(path: Path) -> Mapping[str, int]:
    """GPU-seconds by provider."""
    work: Counter[str] = Counter()
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            work[row["provider"]] += int(row["gpu_seconds"])
    return work


def payouts(policy: RewardPolicy, epoch: int, work: Mapping[str, int]) -> Mapping[str, int]:
    """What each provider is paid for `epoch` (wei).

    Args:
        policy: The policy in force.
        epoch: A number, or `policy.epoch_at` of a moment.
        work: GPU-seconds by provider.

    Raises PolicyError where the policy has no such stream.
    """
    pool = policy.emission(STREAM, epoch) if policy.is_leaf(STREAM, epoch) else 0
    total = sum(work.values())
    return {provider: pool * seconds // total for provider, seconds in sorted(work.items()) if total}


def main() -> None:
    """Prints a line for each provider: its address and its payout in the token's smallest unit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rpc", help="JSON-RPC address of a node")
    parser.add_argument("deployment", help="deployment file of the DAO")
    parser.add_argument("jobs", type=Path, help="CSV: provider, gpu_seconds")
    parser.add_argument("--epoch", type=int, help="the epoch; that of the present moment if not given")
    arguments = parser.parse_args()
    policy = RewardPolicy.from_chain(arguments.rpc, arguments.deployment)
    epoch = policy.epoch_at(int(time.time())) if arguments.epoch is None else arguments.epoch
    for provider, amount in payouts(policy, epoch, read_jobs(arguments.jobs)).items():
        print(provider, amount)


if __name__ == "__main__":
    main()
