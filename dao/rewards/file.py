"""The policy file: every change and report of a reward policy in order, and the hash that they chain to, as JSON.

One policy has one file, byte for byte. To load it is to make the policy again, write by write, and to compare: the
changes with the policy hash that they chain to, every byte with the digest. Whoever knows the hash that the contract
answers can take the changes from anybody; what was reported stands outside of that hash, in the contract and here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dao.abi import keccak
from dao.errors import DaoError, DocumentError, PolicyError
from dao.rewards.changes import Change, Reporter
from dao.rewards.policy import Policy
from dao.rewards.values import from_plain, to_plain

FORMAT = "reward-dao policy"
VERSION = 1

MAX_BYTES = 64 * 2**20
"""The longest file that is read, in bytes."""


@dataclass(frozen=True, slots=True)
class Reported:
    """`value` was reported for `epoch` of `stream`; its unit is the shape's. The event `Reported`."""

    stream: str
    epoch: int
    value: int


Write = Change | Reported
"""What made a policy: a change by the owner, or a report."""


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """What a policy file holds.

    Args:
        policy: The policy after all writes.
        writes: What made it since its creation, in order.
    """

    policy: Policy
    writes: tuple[Write, ...]

    @classmethod
    def of(cls, policy: Policy, writes: Iterable[Write]) -> PolicyFile:
        """The file of `policy`, which `writes` made.

        Raises PolicyError when they do not make it, as when one is missing.
        """
        writes = tuple(writes)
        made = rebuild(policy.genesis, policy.epoch_length, policy.supply_cap, writes)
        # The hash covers everything but the reports.
        if made.hash != policy.hash or made.reports != policy.reports:
            raise PolicyError(
                "these writes do not make the policy",
                expected=f"0x{policy.hash.hex()} with its reports",
                found=f"0x{made.hash.hex()}",
            )
        return cls(made, writes)

    def text(self) -> str:
        """The file's text, in ASCII, with a line feed at its end."""
        policy = self.policy
        document = _Document(
            format=FORMAT,
            version=VERSION,
            policy_hash=policy.hash,
            genesis=policy.genesis,
            epoch_length=policy.epoch_length,
            supply_cap=policy.supply_cap,
            writes=self.writes,
        )
        plain = to_plain(document, _Document)
        return _text({**plain, "digest": _digest(plain)})


def rebuild(genesis: int, epoch_length: int, supply_cap: int, writes: Iterable[Write]) -> Policy:
    """The policy that `writes` make from its creation on.

    Args:
        genesis: Timestamp at which epoch 0 begins (seconds).
        epoch_length: Seconds in an epoch.
        supply_cap: The token's supply cap (wei).
        writes: In order.

    Raises PolicyError, which names the write by its place, where the contract would have reverted.
    """
    policy = Policy.create(genesis=genesis, epoch_length=epoch_length, supply_cap=supply_cap)
    for index, write in enumerate(writes):
        policy = _written(policy, write, index)
    return policy


def _written(policy: Policy, write: Write, index: int) -> Policy:
    try:
        return _reported(policy, write) if isinstance(write, Reported) else policy.apply(write)
    except DaoError as error:
        field = f"writes.{index}"
        raise PolicyError(error.what, expected=error.expected, found=error.found, values={"field": field}) from error


def load(path: Path, *, expected_hash: bytes | None = None) -> PolicyFile:
    """The policy file at `path`.

    Args:
        path: The file.
        expected_hash: The hash that the policy must have, such as the one that the contract answers, 32 bytes.

    Raises DocumentError, which names file and field, when it cannot be read, when it is not the one text of its policy,
    or when its changes chain to another hash.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DocumentError("the file cannot be read", path=str(path), found=error.strerror) from None
    if len(data) > MAX_BYTES:
        raise DocumentError("the file is too long", path=str(path), expected=f"at most {MAX_BYTES} bytes")
    return parse(data, path=str(path), expected_hash=expected_hash)


def parse(data: bytes, *, path: str, expected_hash: bytes | None = None) -> PolicyFile:
    """The policy file whose bytes are `data`; see `load`. `path` is what errors call it."""
    try:
        document = json.loads(data.decode("ascii"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise DocumentError("the file is no JSON in ASCII", path=path, found=error) from None
    try:
        loaded = _read(document)
    except DaoError as error:
        raise DocumentError(
            error.what,
            path=path,
            field=str(error.values.get("field", "")),
            expected=error.expected,
            found=error.found,
            remedy=error.remedy,
        ) from error
    if loaded.text().encode() != data:
        raise DocumentError(
            "the file is not the one text of its policy",
            path=path,
            expected="the bytes that `dao policy export` writes",
            remedy="export the policy again instead of editing or reformatting its file",
        )
    if expected_hash is not None and loaded.policy.hash != expected_hash:
        raise DocumentError(
            "the file holds another policy",
            path=path,
            field="policy_hash",
            expected="0x" + expected_hash.hex(),
            found="0x" + loaded.policy.hash.hex(),
        )
    return loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """The file's fields but the digest, in their order."""

    format: str
    version: int
    policy_hash: bytes
    genesis: int
    epoch_length: int
    supply_cap: int
    writes: tuple[Write, ...]


def _read(plain: Any) -> PolicyFile:
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        found = plain.get("format") if isinstance(plain, dict) else type(plain).__name__
        raise PolicyError("this is no policy file", expected=FORMAT, found=found, values={"field": "format"})
    if plain.get("version") != str(VERSION):
        raise PolicyError(
            "the policy file has another version",
            expected=VERSION,
            found=plain.get("version"),
            remedy="read it with the release of reward-dao that wrote it",
            values={"field": "version"},
        )
    digest = plain.pop("digest", None)
    document: _Document = from_plain(plain, _Document)
    policy = rebuild(document.genesis, document.epoch_length, document.supply_cap, document.writes)
    _same("policy_hash", "0x" + policy.hash.hex(), "0x" + document.policy_hash.hex())
    _same("digest", _digest(plain), digest)
    return PolicyFile(policy, document.writes)


def _same(field: str, computed: str, written: object) -> None:
    if computed != written:
        raise PolicyError(
            f"the file's contents do not have the {field.replace('_', ' ')} that it names",
            expected=written,
            found=computed,
            remedy="the file was changed after it was written; export the policy again",
            values={"field": field},
        )


def _reported(policy: Policy, report: Reported) -> Policy:
    """`policy` after `report`, made by the stream's reporter as soon as the epoch had begun."""
    account = policy.reporters.get(report.stream, Reporter()).account
    begun = policy.start_of(report.epoch)
    return policy.report(report.stream, report.epoch, report.value, account=account, timestamp=begun)


def _digest(plain: Any) -> str:
    """Keccak-256 of the file's text without its digest."""
    return "0x" + keccak(_text(plain).encode()).hex()


def _text(plain: Any) -> str:
    return json.dumps(plain, indent=1, ensure_ascii=True) + "\n"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError(f"a key stands twice in one object: {', '.join(keys)[:120]}")
    return dict(pairs)
