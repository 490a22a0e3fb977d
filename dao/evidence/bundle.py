"""A sealed bundle: opens it, holds every file against its checksum, and hands on what is in it, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from dao.errors import CodecError, FileError, ProofError
from dao.evidence import parts as files
from dao.evidence.manifest import Kind, Manifest, Part, read_manifest
from dao.evidence.transactions import StoredTransaction, stored

MANIFEST = "manifest.json"
_LONGEST_MANIFEST = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder of evidence and its manifest. Made by `open_bundle`."""

    folder: Path
    manifest: Manifest

    def batches(self, kind: Kind = Kind.LOGS) -> Iterator[pa.RecordBatch]:
        """The rows of `kind` in record batches, by block and place in it; each file is checked before it is handed on.

        Raises ProofError for a file that is not the one of the manifest.
        """
        for part in self.manifest.of_kind(kind):
            yield from self.table(part).to_batches()

    def table(self, part: Part) -> pa.Table:
        """The rows of one part. Raises like `batches`."""
        try:
            table = files.read_parquet(self.data(part), part.kind)
        except CodecError as error:
            raise ProofError(f"{part.file}: {error.what}", expected=error.expected, found=error.found) from error
        if table.num_rows != part.rows:
            raise ProofError(f"{part.file} has another number of rows", expected=part.rows, found=table.num_rows)
        return table

    def transactions(self) -> Iterator[StoredTransaction]:
        """The transactions in which proposals were made, each held against its hash. Raises like `batches`."""
        for part in self.manifest.of_kind(Kind.TRANSACTIONS):
            yield from self._transactions(part)

    def _transactions(self, part: Part) -> list[StoredTransaction]:
        try:
            return list(stored(self.table(part)))
        except CodecError as error:
            raise ProofError(f"{part.file}: {error.what}", expected=error.expected, found=error.found) from error

    def document(self, kind: Kind) -> bytes | None:
        """The JSON document of `kind`; None where the bundle has none. Raises like `batches`."""
        found = self.manifest.of_kind(kind)
        return self.data(found[0]) if found else None

    def data(self, part: Part) -> bytes:
        """The bytes of one part. Raises ProofError when they are not those of the manifest."""
        path = self.folder.joinpath(part.file)
        try:
            if path.stat().st_size != part.size:
                raise _other(part, f"{path.stat().st_size} bytes", f"{part.size} bytes")
            data = path.read_bytes()
        except OSError as error:
            raise _other(part, error.strerror or type(error).__name__, f"{part.size} bytes") from None
        found = files.sha256(data)
        if found != part.sha256:
            raise _other(part, f"SHA-256 {found.hex()}", f"SHA-256 {part.sha256.hex()}")
        return data

    def verify(self) -> None:
        """Holds every file against the manifest. Raises ProofError for the first that is another, or lacking."""
        for part in self.manifest.parts:
            self.data(part)


def open_bundle(folder: Path) -> Bundle:
    """The bundle in `folder`; its files are checked when they are read, or all at once by `verify`.

    Raises FileError when there is none, ProofError when its manifest is malformed or was changed.
    """
    path = folder / MANIFEST
    try:
        if path.stat().st_size > _LONGEST_MANIFEST:
            raise ProofError(f"{path} is too long", expected=f"at most {_LONGEST_MANIFEST} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise FileError(
            f"{folder} holds no sealed evidence",
            expected=f"a file {MANIFEST}",
            found=error.strerror or type(error).__name__,
            remedy="run `dao audit collect`, again where it was interrupted",
        ) from None
    try:
        return Bundle(folder, read_manifest(data))
    except CodecError as error:
        raise ProofError(f"{path}: {error.what}", expected=error.expected, found=error.found) from error


def read_batches(bundle: Bundle, kind: Kind = Kind.LOGS) -> Iterator[pa.RecordBatch]:
    """See `Bundle.batches`."""
    return bundle.batches(kind)


def extend(bundle: Bundle, kind: Kind, data: bytes) -> Bundle:
    """The bundle with `data` as its JSON document of `kind`, sealed anew. Raises FileError."""
    part = files.write_json(bundle.folder, kind, data, block=bundle.manifest.to_block)
    return seal(bundle.folder, bundle.manifest.with_parts(part))


def seal(folder: Path, manifest: Manifest) -> Bundle:
    """Writes the manifest, which makes the files in `folder` a bundle. Raises FileError."""
    files.save(folder / MANIFEST, manifest.encode())
    return Bundle(folder, manifest)


def _other(part: Part, found: str, expected: str) -> ProofError:
    return ProofError(
        f"{part.file} is not the file of the manifest",
        expected=expected,
        found=found,
        remedy="take the bundle anew from where it was collected, or collect again",
        values={"file": part.file},
    )
