"""Says which extra to install before a library that only some commands need is imported in vain."""

from __future__ import annotations

from importlib.util import find_spec

from dao.errors import DaoError

EXTRAS = {
    "payouts": ("duckdb", "ibis", "numpy", "pyarrow", "sha3"),
    "spark": ("pyspark",),
    "report": ("altair", "jinja2", "vl_convert"),
}
"""Extra of the package → the modules that it brings."""

_NEEDED_BY = {"payouts": "epoch payouts need", "spark": "epoch payouts need", "report": "an audit's report needs"}


def require_extra(extra: str) -> None:
    """Raises DaoError unless everything that the extra brings, one of EXTRAS, is installed."""
    missing = [module for module in EXTRAS[extra] if find_spec(module) is None]
    if missing:
        raise DaoError(
            f"{_NEEDED_BY[extra]} libraries that are not installed",
            expected=", ".join(EXTRAS[extra]),
            found=f"no {', '.join(missing)}",
            remedy=f"run `pip install 'reward-dao[{extra}]'`",
        )
