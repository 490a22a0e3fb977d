"""What is collected and not sealed yet: a plan, and finished pages as checksummed files, in a folder of the bundle.

A page is a range of blocks of one question. Its files are written first and its line in the journal last, so that a
page counts only when all of it is on the disk.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import weakref
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from dao.errors import CodecError, FileError
from dao.evidence import parts as files
from dao.evidence.manifest import Contracts, Kind, canonical, contracts_document, read_contracts

FOLDER = "collecting"
_PLAN, _PAGES, _NOTES = "plan.json", "pages.jsonl", "notes.jsonl"
_FORMAT = "reward-dao collecting 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be collected.

    Args:
        chain_id: The chain.
        contracts: Whose logs.
        from_block: First block.
        to_block: Last block.
        anchor: Hash of the last block, 32 bytes; another one after a reorganisation.
        every_header: Whether the headers of all blocks are wanted, not only of those with logs.
        receipts: Whether all receipts of blocks with logs are wanted.
        asked: How many nodes are asked.
        agreed: How many must agree.
    """

    chain_id: int
    contracts: Contracts
    from_block: int
    to_block: int
    anchor: bytes
    every_header: bool = False
    receipts: bool = False
    asked: int = 1
    agreed: int = 1

    def document(self) -> dict[str, Any]:
        """The plan in JSON."""
        return {
            "format": _FORMAT,
            "chain_id": self.chain_id,
            "contracts": contracts_document(self.contracts),
            "from_block": self.from_block,
            "to_block": self.to_block,
            "anchor": self.anchor.hex(),
            "every_header": self.every_header,
            "receipts": self.receipts,
            "asked": self.asked,
            "agreed": self.agreed,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A finished range of blocks.

    Args:
        question: The key of its question.
        first: First block.
        last: Last block.
        end_hash: Hash of the last block when the page was asked for, 32 bytes: it stands for all blocks before it.
        believed: Sizes of answers that were taken as whole without asking again.
        files: Name and SHA-256 of its file, by kind; kinds without rows have none.
    """

    question: str
    first: int
    last: int
    end_hash: bytes
    believed: tuple[int, ...]
    files: tuple[tuple[str, str, str], ...]

    def document(self) -> dict[str, Any]:
        """The page in JSON."""
        return {
            "question": self.question,
            "first": self.first,
            "last": self.last,
            "end_hash": self.end_hash.hex(),
            "believed": list(self.believed),
            "files": [list(entry) for entry in self.files],
        }


class Journal:
    """The journal in the folder of a bundle."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FOLDER
        self._pages: dict[tuple[str, int], Page] = {}
        self._unlock: Callable[[], object] | None = None

    def plan(self) -> Plan | None:
        """The plan of a collection that was begun here; None where there is none. Raises FileError when damaged."""
        path = self.folder / _PLAN
        if not path.exists():
            return None
        try:
            document = json.loads(path.read_bytes())
            if document.pop("format") != _FORMAT:
                raise ValueError("another format")
            contracts = read_contracts(document.pop("contracts"))
            return Plan(contracts=contracts, anchor=bytes.fromhex(document.pop("anchor")), **document)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise FileError(
                f"{path} is damaged", found=error, remedy=f"remove {self.folder} and collect anew"
            ) from None

    def begin(self, plan: Plan) -> None:
        """Records the plan, or its new anchor, and keeps others out. Raises FileError, also where one is in."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self._unlock is None:
                self._lock()
        except BlockingIOError:
            raise FileError(
                "evidence is being collected into this folder already",
                found=f"{self.folder} is held by another process",
                remedy="wait until that is done, or name another folder with --output",
            ) from None
        except OSError as error:
            raise files.unwritable(self.folder, error) from None
        files.save(self.folder / _PLAN, canonical(plan.document()))

    def load(self) -> None:
        """Reads the pages that are whole; others are asked for again."""
        path = self.folder / _PAGES
        found = path.read_bytes().split(b"\n") if path.exists() else []
        whole = [page for page in map(_page, found) if page is not None and self._is_whole(page)]
        self._pages = {(page.question, page.first): page for page in whole}
        self._rewrite()

    def pages(self, question: str) -> list[Page]:
        """The finished pages of a question, by block."""
        found = (page for page in self._pages.values() if page.question == question)
        return sorted(found, key=lambda page: page.first)

    def every(self) -> list[Page]:
        """The finished pages of all questions."""
        return list(self._pages.values())

    def add(
        self,
        tables: Mapping[Kind, pa.Table],
        *,
        question: str,
        first: int,
        last: int,
        end_hash: bytes,
        believed: tuple[int, ...],
    ) -> None:
        """Records a page. Raises FileError."""
        named = []
        for kind, table in tables.items():
            if table.num_rows:
                data = files.parquet_bytes(table)
                name = f"{question}-{first:012}-{last:012}-{kind.value}.parquet"
                files.save(self.folder.joinpath(name), data)
                named.append((kind.value, name, files.sha256(data).hex()))
        page = Page(question=question, first=first, last=last, end_hash=end_hash, believed=believed, files=tuple(named))
        self._pages[question, first] = page
        files.append(self.folder / _PAGES, canonical(page.document()) + b"\n")

    def read(self, page: Page, kind: Kind) -> pa.Table:
        """The rows of `kind` in a page. Raises FileError when its file was changed since."""
        for held, name, _ in page.files:
            if held == kind.value:
                try:
                    return files.read_parquet(self.folder.joinpath(name).read_bytes(), kind)
                except (OSError, CodecError) as error:
                    raise FileError(f"{name} was changed", found=error, remedy="run the command again") from None
        return files.schema_of(kind).empty_table()

    def drop(self, unwanted: Callable[[Page], bool]) -> int:
        """Forgets pages, so that they are asked for again; how many."""
        kept = {key: page for key, page in self._pages.items() if not unwanted(page)}
        dropped = len(self._pages) - len(kept)
        if dropped:
            self._pages = kept
            self._rewrite()
        return dropped

    def note(self, answers: Iterable[bytes]) -> None:
        """Records answers that are known by their own hash, so that they are not asked for again. Raises FileError."""
        line = canonical({"answers": ["0x" + answer.hex() for answer in answers]})
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise files.unwritable(self.folder, error) from None
        # A line that was not written to its end must not take this one with it.
        files.append(self.folder / _NOTES, b"\n" + line + b"\n")

    def noted(self) -> list[bytes]:
        """The answers of `note`; of a line that was not written to its end, none."""
        path = self.folder / _NOTES
        found: list[bytes] = []
        for line in path.read_bytes().split(b"\n") if path.exists() else []:
            with suppress(ValueError, KeyError, TypeError):
                found += [bytes.fromhex(answer[2:]) for answer in json.loads(line)["answers"]]
        return found

    def remove(self) -> None:
        """Removes the journal, once the bundle is sealed. Raises FileError."""
        try:
            if self.folder.exists():
                shutil.rmtree(self.folder)
            if self._unlock is not None:
                self._unlock()
        except OSError as error:
            raise files.unwritable(self.folder, error) from None

    def _lock(self) -> None:
        """Holds the folder as long as this journal is there. Raises BlockingIOError where another one holds it."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        self._unlock = weakref.finalize(self, os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._unlock()
            self._unlock = None
            raise

    def _rewrite(self) -> None:
        lines = [canonical(page.document()) + b"\n" for page in self._pages.values()]
        files.save(self.folder / _PAGES, b"".join(lines))

    def _is_whole(self, page: Page) -> bool:
        try:
            return all(
                files.sha256(self.folder.joinpath(name).read_bytes()).hex() == digest for _, name, digest in page.files
            )
        except OSError:
            return False


def _page(line: bytes) -> Page | None:
    """The page in a line; None where the line was not written to its end."""
    try:
        document = json.loads(line)
        return Page(
            question=str(document["question"]),
            first=int(document["first"]),
            last=int(document["last"]),
            end_hash=bytes.fromhex(document["end_hash"]),
            believed=tuple(document["believed"]),
            files=tuple((str(kind), Path(name).name, str(digest)) for kind, name, digest in document["files"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
