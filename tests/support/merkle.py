"""OpenZeppelin's Merkle trees, as the npm package makes, loads and verifies them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dao.payouts.publication import Publication
from dao.types import Address

SCRIPT = Path(__file__).with_name("merkle.cjs")
PUBLICATION = Publication(
    chain_id=31_337,
    distributor=Address("0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"),
    stream="compute/jobs",
    epoch=7,
    series=2,
)


@dataclass(frozen=True)
class Package:
    """A process of Node that answers from the package."""

    process: subprocess.Popen[str]

    def ask(self, ask: str, **question: object) -> Any:
        """The package's answer, or what it threw as `error`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"ask": ask, **question}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def package() -> Iterator[Package]:
    """One process for many questions; it ends with the block."""
    with subprocess.Popen(["node", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Package(process)
        finally:
            process.communicate(timeout=60)


def values(publication: Publication, accounts: list[str], amounts: list[int]) -> list[list[str]]:
    """Leaves as the package takes them."""
    chain_id, distributor, stream, epoch, series = publication.constants
    constants = [str(chain_id), distributor, "0x" + stream.hex(), str(epoch), str(series)]
    return [[*constants, account, str(amount)] for account, amount in zip(accounts, amounts, strict=True)]
