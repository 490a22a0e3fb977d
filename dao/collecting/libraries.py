"""Says which extra to install before a library that only evidence needs is imported in vain."""

from __future__ import annotations

from importlib.util import find_spec

from dao.errors import DaoError

AUDIT = ("msgspec", "numpy", "pyarrow", "sha3")
"""The modules that the extra `audit` brings."""


def require_audit_extra() -> None:
    """Raises DaoError unless everything that the extra `audit` brings is installed."""
    missing = [module for module in AUDIT if find_spec(module) is None]
    if missing:
        raise DaoError(
            "evidence needs libraries that are not installed",
            expected=", ".join(AUDIT),
            found=f"no {', '.join(missing)}",
            remedy="run `pip install 'reward-dao[audit]'`",
        )
