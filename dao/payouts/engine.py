"""The engines that run Ibis expressions over staged Parquet: DuckDB inside this process, or Spark.

An engine reads folders of Parquet and yields Arrow batches; everything between is an expression that is written once.
No engine divides: what stands in an expression is comparison, join, product and sum of integers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import duckdb
import ibis
import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet

from dao.errors import DaoError
from dao.payouts.libraries import require_extra

DUCKDB = "duckdb"
"""The default engine."""

_BATCH = 250_000


class Engine(Protocol):
    """One open engine."""

    def read(self, folder: Path) -> Any:
        """The Ibis table of all Parquet files in `folder`."""

    def batches(self, expression: Any) -> Iterator[Any]:
        """What the Ibis table `expression` comes to, as Arrow batches, in its order where it has one."""

    def close(self) -> None:
        """Ends it."""


def open_engine(name: str, folder: Path, *, threads: int | None = None, memory: str = "2GiB") -> Engine:
    """Starts an engine.

    Args:
        name: `duckdb`; `spark` or `local[…]` for Spark inside this machine; `spark://host:port` for a cluster, whose
            workers must see `folder` under the same path.
        folder: Where it may put temporary files.
        threads: How many threads it uses; all processors' if not given. A cluster decides by itself.
        memory: How much DuckDB may hold before it spills to `folder`, and what Spark's driver gets.

    Raises DaoError for an unknown engine, for libraries that are not installed, or where Spark cannot be started.
    """
    if name == DUCKDB:
        return _Duck(folder, threads=threads or os.cpu_count() or 1, memory=memory)
    if name == "spark" or name.startswith(("local[", "spark://")):
        require_extra("spark")
        master = f"local[{threads or '*'}]" if name == "spark" else name
        return _Spark(folder, master=master, memory=memory)
    raise DaoError("no such engine", expected=f"{DUCKDB}, spark, local[…] or spark://host:port", found=name)


class _Duck:
    def __init__(self, folder: Path, *, threads: int, memory: str) -> None:
        self._connection = ibis.duckdb.connect(
            threads=threads,
            memory_limit=memory,
            temp_directory=str(folder / "spill"),
            # Rows have no order here: what needs one is sorted.
            preserve_insertion_order=False,
            # Nothing is fetched from anywhere.
            autoinstall_known_extensions=False,
            autoload_known_extensions=False,
        )

    def read(self, folder: Path) -> Any:
        return self._connection.read_parquet([str(path) for path in sorted(folder.glob("*.parquet"))])

    def batches(self, expression: Any) -> Iterator[Any]:
        # Straight from DuckDB: Ibis 12 would call what DuckDB 1.5 is about to drop.
        try:
            yield from self._connection.raw_sql(self._connection.compile(expression)).to_arrow_reader(_BATCH)
        except (duckdb.Error, arrow.ArrowException) as error:
            raise _failed("DuckDB", error, "free space where temporary files go, or give it more memory") from error

    def close(self) -> None:
        self._connection.disconnect()


class _Spark:
    def __init__(self, folder: Path, *, master: str, memory: str) -> None:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession

        # A session that the program has already is used, and left to it.
        self._own = SparkSession.getActiveSession() is None
        builder = (
            SparkSession.builder.master(master)
            .appName("reward-dao")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.ansi.enabled", "true")
            .config("spark.sql.session.timeZone", "UTC")
        )
        if master.startswith("local"):
            for key, value in _local(folder, memory).items():
                builder = builder.config(key, value)
        try:
            self._session = builder.getOrCreate()
        except (PySparkException, Py4JError, OSError, RuntimeError) as error:
            raise DaoError(
                "Spark does not start",
                found=(str(error).splitlines() or [type(error).__name__])[0],
                remedy="install Java 17 or later, such as openjdk-17-jre-headless on Debian, and look at the address",
            ) from None
        self._connection = ibis.pyspark.connect(self._session)
        self._folder = folder
        self._results = 0

    def read(self, folder: Path) -> Any:
        return self._connection.read_parquet(str(folder))

    def batches(self, expression: Any) -> Iterator[Any]:
        # Through files: the other way out of Spark passes every value through pandas, and is slower.
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        self._results += 1
        target = self._folder / f"result-{self._results}"
        try:
            self._connection.to_parquet(expression, str(target))
        except (PySparkException, Py4JError) as error:
            raise _failed("Spark", error, "read what its workers logged; all of them must see the folder") from error
        # A sorted result is split by ranges, whose files are numbered in order.
        for path in sorted(target.glob("part-*.parquet")):
            with parquet.ParquetFile(path) as file:
                yield from file.iter_batches(_BATCH)

    def close(self) -> None:
        if self._own:
            self._session.stop()


def _failed(engine: str, error: Exception, remedy: str) -> DaoError:
    lines = str(error).splitlines() or [type(error).__name__]
    return DaoError(f"{engine} could not compute the epoch", found=lines[0], remedy=remedy)


def _local(folder: Path, memory: str) -> dict[str, str]:
    return {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": memory.removesuffix("iB").removesuffix("B").lower(),
        "spark.local.dir": str(folder / "spill"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        # As many parts as one machine has use for, instead of 200.
        "spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1)),
    }


def write_table(columns: dict[str, Any], folder: Path) -> Path:
    """Writes a small table for an engine to read, as the one Parquet file of a new `folder`, which is returned."""
    folder.mkdir()
    parquet.write_table(arrow.table(columns), folder / "part-00000.parquet")
    return folder


def integers(column: Any) -> list[int]:
    """The values of an Arrow array of decimal128(38, 0) without nulls, as integers.

    Raises DaoError for another type: a fraction here would be money lost.
    """
    if column.type != arrow.decimal128(38, 0) or column.null_count:
        raise DaoError("the engine returned something else than whole sums", found=str(column.type))
    halves = np.frombuffer(column.buffers()[1], "<u8", 2 * len(column), 16 * column.offset).reshape(-1, 2)
    low, high = halves[:, 0], halves[:, 1]
    if not high.any():
        return list(low.tolist())
    return [above << 64 | below for above, below in zip(high.tolist(), low.tolist(), strict=True)]
