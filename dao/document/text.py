"""Which characters a text may hold: none that hides, reorders or erases what is around it."""

from __future__ import annotations

import re

_UNSAFE = (
    r"\x00-\x09\x0b-\x1f\x7f-\x9f"  # control characters, the tabulator included; the line feed is looked at apart
    r"\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"  # format characters
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"  # zero-width, bidirectional, interlinear
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\u2028\u2029"  # line and paragraph separators
    r"\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0"  # fillers and variation selectors
    r"\U000e0000-\U000e0fff"  # tags and more variation selectors
    r"\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff"  # surrogates, private use
    r"\ufdd0-\ufdef\ufffe\uffff"  # noncharacters
)
_IN_LINE = re.compile(f"[\\n{_UNSAFE}]")
_IN_TEXT = re.compile(f"[{_UNSAFE}]")


def unsafe_at(text: str, *, lines: bool = True) -> int | None:
    """Index of the first control, bidirectional, zero-width or otherwise invisible character of `text`, or None.

    Args:
        text: Any text.
        lines: Whether line feeds are allowed.
    """
    found = (_IN_TEXT if lines else _IN_LINE).search(text)
    return found.start() if found else None


def is_safe(text: str, *, lines: bool = True) -> bool:
    """Whether `text` holds no character that `unsafe_at` would find."""
    return unsafe_at(text, lines=lines) is None


def character_name(character: str) -> str:
    """A character as its code point, such as `U+202E`: always safe to show."""
    return f"U+{ord(character):04X}"
