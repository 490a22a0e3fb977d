"""Frozen values as JSON and back, led by their type hints alone: one text for one value, nothing guessed.

=================  ==========================================================================
in Python          in JSON
=================  ==========================================================================
`int`              its decimal digits as a string, since many exceed what readers keep exactly
`str`              a string
`bytes`            `0x` and lower-case hexadecimal digits
`bool`, `None`     `true`, `false`, `null`
`Enum`             the member's name in lower case, words joined by `-`
`tuple`            an array
a dataclass        an object of its fields, in their order
a union of them    an object with one key, the class's name as `lower_case`, and its fields below
=================  ==========================================================================
"""

from __future__ import annotations

import re
import types
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from dao.errors import PolicyError

MAX_DIGITS = 80
"""The most digits of an integer: more than any 256-bit word has."""

_INTEGER = re.compile(rf"-?[1-9][0-9]{{0,{MAX_DIGITS - 1}}}\Z|0\Z")
_BYTES = re.compile(r"0x(?:[0-9a-f]{2})*\Z")
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def to_plain(value: object, hint: Any) -> Any:
    """`value`, which is a `hint`, as strings, lists and dictionaries. Raises TypeError for a hint of another kind."""
    hint = _bare(hint)
    options = _options(hint)
    if options:
        if value is None:
            return None
        chosen = type(value)
        plain = to_plain(value, chosen)
        return {tag(chosen): plain} if len(_classes(options)) > 1 else plain
    if hint is bool or value is None:
        return value
    if isinstance(value, Enum):
        return value.name.lower().replace("_", "-")
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple):
        return [to_plain(item, item_hint) for item, item_hint in zip(value, _items(hint, len(value)), strict=True)]
    if is_dataclass(value):
        cls: Any = type(value)
        return {name: to_plain(getattr(value, name), kind) for name, kind in _fields(cls)}
    if hint in (int, str):
        return str(value)
    raise TypeError(f"no JSON for {hint}")


def from_plain(plain: object, hint: Any, *, field: str = "") -> Any:
    """The `hint` that `plain` holds; `to_plain` turns it back into the same.

    Args:
        plain: Parsed JSON.
        hint: The type that it must be.
        field: Dotted path of `plain` in its document, for errors.

    Raises PolicyError, which names its field, for anything that `to_plain` would not write.
    """
    hint = _bare(hint)
    options = _options(hint)
    if options:
        return _from_union(plain, options, field)
    if hint is bool and isinstance(plain, bool):
        return plain
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _from_enum(plain, hint, field)
    if hint is bytes:
        return bytes.fromhex(_text(plain, _BYTES, "0x and pairs of digits out of 0-9 and a-f", field)[2:])
    if hint is int:
        return int(_text(plain, _INTEGER, "an integer's digits as a string", field))
    if hint is str and isinstance(plain, str):
        return plain
    if get_origin(hint) is tuple and isinstance(plain, list):
        hints = _items(hint, len(plain), field)
        return tuple(
            from_plain(item, item_hint, field=_join(field, index))
            for index, (item, item_hint) in enumerate(zip(plain, hints, strict=True))
        )
    if is_dataclass(hint) and isinstance(plain, dict):
        cls: Any = hint
        known = _fields(cls)
        _require_keys(plain, [name for name, _ in known], field)
        return cls(**{name: from_plain(plain[name], kind, field=_join(field, name)) for name, kind in known})
    raise _refused("another kind of value belongs here", field, expected=_describe(hint), found=plain)


def tag(cls: type) -> str:
    """The word that names `cls` in a union, such as `set_schedule` for SetSchedule."""
    return _WORD.sub("_", cls.__name__).lower()


def _from_union(plain: object, options: Sequence[Any], field: str) -> Any:
    if plain is None and type(None) in options:
        return None
    classes = _classes(options)
    if len(classes) == 1:
        return from_plain(plain, classes[0], field=field)
    by_tag = {tag(cls): cls for cls in classes}
    if not isinstance(plain, dict) or len(plain) != 1 or next(iter(plain)) not in by_tag:
        found = ", ".join(map(str, plain)) if isinstance(plain, dict) else plain
        raise _refused("exactly one of several words belongs here", field, expected=" | ".join(by_tag), found=found)
    ((word, below),) = plain.items()
    return from_plain(below, by_tag[word], field=_join(field, word))


def _from_enum(plain: object, hint: type[Enum], field: str) -> Enum:
    members = {member.name.lower().replace("_", "-"): member for member in hint}
    if not isinstance(plain, str) or plain not in members:
        raise _refused("another word belongs here", field, expected=" | ".join(members), found=plain)
    return members[plain]


def _text(plain: object, form: re.Pattern[str], expected: str, field: str) -> str:
    if not isinstance(plain, str) or form.match(plain) is None:
        raise _refused("another kind of value belongs here", field, expected=expected, found=plain)
    return plain


def _require_keys(plain: dict[str, Any], names: list[str], field: str) -> None:
    if set(plain) != set(names):
        raise _refused("these are not its fields", field, expected=", ".join(names), found=", ".join(plain))


def _bare(hint: Any) -> Any:
    """The type below a NewType."""
    while hasattr(hint, "__supertype__"):
        hint = hint.__supertype__
    return hint


def _options(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else ()


def _classes(options: Sequence[Any]) -> list[Any]:
    return [option for option in options if option is not type(None)]


def _items(hint: Any, count: int, field: str = "") -> Sequence[Any]:
    """The hints of a tuple's items."""
    hints = get_args(hint)
    if len(hints) == 2 and hints[1] is Ellipsis:
        return (hints[0],) * count
    if len(hints) != count:
        raise _refused("a list has another length", field, expected=len(hints), found=count)
    return hints


@cache
def _fields(cls: Any) -> tuple[tuple[str, Any], ...]:
    """The names of a dataclass's fields and their hints, in order."""
    hints = get_type_hints(cls)
    return tuple((entry.name, hints[entry.name]) for entry in fields(cls))


def _describe(hint: Any) -> str:
    if get_origin(hint) is tuple:
        return "an array"
    return "an object" if is_dataclass(hint) else {str: "a string", bool: "true or false"}.get(hint, str(hint))


def _join(field: str, step: str | int) -> str:
    return f"{field}.{step}" if field else str(step)


def _refused(what: str, field: str, *, expected: object, found: object) -> PolicyError:
    text = str(found)
    shown = text if len(text) <= 120 else text[:120] + "…"
    return PolicyError(what, expected=expected, found=shown, values={"field": field})
