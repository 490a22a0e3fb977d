"""Says which extra to install before a library that only epoch payouts need is imported in vain."""

from __future__ import annotations

from importlib.util import find_spec

from dao.errors import DaoError

EXTRAS = {"payouts": ("duckdb", "ibis", "numpy", "pyarrow", "sha3"), "spark": ("pyspark",)}
"""Extra of the package → the modules that it brings."""


def require_extra(extra: str) -> None:
    """Raises DaoError unless everything that the extra `payouts` or `spark` brings is installed."""
    missing = [module for module in EXTRAS[extra] if find_spec(module) is None]
    if missing:
        raise DaoError(
            "epoch payouts need libraries that are not installed",
            expected=", ".join(EXTRAS[extra]),
            found=f"no {', '.join(missing)}",
            remedy=f"run `pip install 'reward-dao[{extra}]'`",
        )
