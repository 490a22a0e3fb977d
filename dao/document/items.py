"""A field that a document writes as a mapping and a program holds as a tuple of pairs, so that order counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from dao.document.model import refusal


class Items:
    """Marks a field that a document writes as a mapping and a program holds as a tuple of pairs.

    Order matters on chain, and a `dict` would compare equal in any order.

    Args:
        key: The kind of field that keys are.
        value: The kind of field that values are.
        show: The canonical text of a value that is not a model or a tuple of such.
    """

    def __init__(self, key: Any, value: Any, *, show: Callable[[Any], str] = str) -> None:
        self._mapping: Any = dict[key, value]
        self._show = show

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validates a mapping, or pairs, and holds pairs."""
        mapping = handler.generate_schema(self._mapping)
        pairs = core_schema.no_info_after_validator_function(lambda value: tuple(value.items()), mapping)
        return core_schema.no_info_before_validator_function(
            _as_mapping,
            pairs,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: {str(key): self._dump(item) for key, item in value}, when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema of the mapping."""
        return handler(schema)

    def _dump(self, value: Any) -> Any:
        if isinstance(value, BaseModel):
            return value.model_dump(mode="json", exclude_none=True)
        return [self._dump(item) for item in value] if isinstance(value, tuple) else self._show(value)


def _as_mapping(value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    mapping = dict(value)
    if len(mapping) != len(value):
        raise refusal("a key stands twice", found=", ".join(str(key) for key, _ in value))
    return mapping
