"""Which field of a document an error is about, collected while it passes outward."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dao.errors import DaoError


@contextmanager
def at(field: str) -> Iterator[None]:
    """Puts `field` before the dotted path in `values["field"]` of every DaoError that passes through."""
    try:
        yield
    except DaoError as error:
        inner = error.values.get("field")
        error.values = {**error.values, "field": f"{field}.{inner}" if inner else field}
        raise


def field_of(error: DaoError) -> str:
    """The dotted path that `at` collected; empty for the whole document."""
    return str(error.values.get("field", ""))
