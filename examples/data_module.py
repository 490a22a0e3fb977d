"""A data module: what each mapper is paid for kilometres of an epoch, by a policy that was exported and is checked.

    dao policy export --output policy.json
    python examples/data_module.py policy.json kilometres.csv --epoch 3 --hash 0x…

It needs no node: the file is the policy, and `--hash`, the `policyHash` that the contract answers, proves which one.
`kilometres.csv` has a header and a row for each drive: mapper, class, kilometres. A kilometre counts by the weight that
the policy gives to its class, such as `first-map` or `refresh`; where the stream has no classes, all count alike.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from dao import RewardPolicy

STREAM = "data/map"
ONE = 10**18
"""The weight of a unit that counts once."""

Drive = tuple[str, str, int]
"""Mapper, class, kilometres."""


def read_drives(path: Path) -> list[Drive]:
    """The drives of one epoch."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["mapper"], row["class"], int(row["kilometres"])) for row in csv.DictReader(file)]


def payouts(policy: RewardPolicy, epoch: int, drives: Iterable[Drive]) -> Mapping[str, int]:
    """What each mapper is paid for `epoch` (wei). Raises PolicyError where the policy has no such stream."""
    weights = policy.weights(STREAM, epoch)
    points: Counter[str] = Counter()
    for mapper, kind, kilometres in drives:
        # What the policy gives no weight is worth nothing, as in the contract.
        points[mapper] += kilometres * (weights.get(kind, 0) if weights else ONE)
    pool, total = policy.emission(STREAM, epoch), sum(points.values())
    return {mapper: pool * count // total for mapper, count in sorted(points.items()) if total}


def main() -> None:
    """Prints a line for each mapper: its address and its payout in the token's smallest unit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("policy", help="policy file of `dao policy export`")
    parser.add_argument("kilometres", type=Path, help="CSV: mapper, class, kilometres")
    parser.add_argument("--epoch", type=int, required=True, help="the epoch")
    parser.add_argument("--hash", help="the policy hash that the file must have")
    arguments = parser.parse_args()
    policy = RewardPolicy.from_file(arguments.policy, expected_hash=arguments.hash)
    for mapper, amount in payouts(policy, arguments.epoch, read_drives(arguments.kilometres)).items():
        print(mapper, amount)


if __name__ == "__main__":
    main()
