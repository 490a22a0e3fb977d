"""One stream's tree as files: the JSON that OpenZeppelin's `StandardMerkleTree.load` takes, and its nodes to be mapped.

The JSON of a million leaves is 363 MB, which no proof should wait for; Node reads a file into one text of at most
512 MB, which is about 1.4 million leaves. The nodes are one Arrow column of 32 bytes each, out of which one proof
touches a few pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as arrow

from dao.payouts.payout_files import PaidStream
from dao.payouts.publication import LEAF_ENCODING, Publication
from dao.payouts.spelling import texts
from dao.payouts.tree import NODE, MerkleTree

_BATCH = 1 << 15
"""Nodes or values that are written at a time."""

_SCHEMA = arrow.schema([arrow.field("node", arrow.binary(NODE), nullable=False)])


def write_tree_json(path: Path, publication: Publication, paid: PaidStream, tree: MerkleTree) -> None:
    """Writes what `StandardMerkleTree.dump` returns: format "standard-v1", all nodes, all values with their places."""
    chain_id, distributor, stream, epoch, series = publication.constants
    constants = json.dumps([str(chain_id), distributor, "0x" + stream.hex(), str(epoch), str(series)])[:-1]
    constants = constants.replace(" ", "")
    with path.open("w", encoding="ascii", newline="") as file:
        encoding = json.dumps(LEAF_ENCODING, separators=(",", ":"))
        file.write(f'{{"format":"standard-v1","leafEncoding":{encoding},"tree":[')
        step = _BATCH * NODE
        for begin in range(0, len(tree.nodes), step):
            nodes = tree.nodes[begin : begin + step].hex(",", NODE).replace(",", '","0x')
            file.write(f'{"," if begin else ""}"0x{nodes}"')
        file.write('],"values":[')
        for begin in range(0, len(tree), _BATCH):
            rows = zip(
                texts(paid.spelled[begin : begin + _BATCH]),
                paid.payouts.amounts[begin : begin + _BATCH],
                paid.places[begin : begin + _BATCH].tolist(),
                strict=True,
            )
            values = [
                f'{{"value":{constants},"{account}","{amount}"],"treeIndex":{place}}}'
                for account, amount, place in rows
            ]
            file.write(("," if begin else "") + ",".join(values))
        file.write("]}\n")


def write_nodes(path: Path, tree: MerkleTree) -> None:
    """Writes the nodes as one batch of an Arrow IPC file, one behind the other."""
    count = len(tree.nodes) // NODE
    column = arrow.Array.from_buffers(arrow.binary(NODE), count, [None, arrow.py_buffer(tree.nodes)])
    with arrow.OSFile(str(path), "wb") as file, arrow.ipc.new_file(file, _SCHEMA) as writer:
        writer.write_batch(arrow.record_batch([column], schema=_SCHEMA))


@contextmanager
def mapped_nodes(path: Path) -> Iterator[memoryview]:
    """The nodes of a tree, mapped into memory, for as long as the block lasts.

    Raises ValueError, or one of pyarrow's errors, where the file is not what `write_nodes` writes.
    """
    with arrow.memory_map(str(path)) as file, arrow.ipc.open_file(file) as reader:
        if not reader.schema.equals(_SCHEMA) or reader.num_record_batches != 1:
            raise ValueError("the file is no column of nodes in one batch")
        column = reader.get_batch(0).column(0)
        if column.null_count:
            raise ValueError("the column of nodes has gaps")
        # No longer than the file's own buffer, whatever length the column claims.
        yield memoryview(column.buffers()[1])[: NODE * len(column)]
