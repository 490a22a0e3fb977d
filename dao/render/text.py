"""Hostile text made safe to print: what is invisible or moves the cursor is shown as an escape."""

from __future__ import annotations

import unicodedata

from rich.text import Text

# Cc control, Cf format (bidirectional marks, zero-width characters), Cs surrogates, Co private use, Cn unassigned,
# Zl and Zp line and paragraph separators.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Not in those categories, and yet drawn as nothing: fillers, Braille blank, combining grapheme joiner, selectors.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5" + "".join(map(chr, range(0xFE00, 0xFE10))))


def escape(text: str, *, lines: bool = False, limit: int = 20_000) -> str:
    """`text` with every character that a terminal would not show as itself written as an escape.

    Args:
        text: Anything, from a chain, a file or a node.
        lines: Whether line feeds may stay.
        limit: How many characters are looked at; the rest is counted.
    """
    shown = "".join(_shown(character, lines) for character in text[:limit])
    rest = len(text) - limit
    return shown if rest <= 0 else f"{shown} … and {rest} more characters"


def plain(text: object, style: str = "", *, lines: bool = False) -> Text:
    """Escaped text as a Rich value: no markup in it is followed."""
    return Text(escape(str(text), lines=lines), style=style)


def _shown(character: str, lines: bool) -> str:
    if character == "\n" and lines:
        return character
    if (
        character in _BLANK
        or unicodedata.category(character) in _UNSAFE
        or (unicodedata.category(character) == "Zs" and character != " ")
    ):
        code = ord(character)
        if code < 0x100:
            return f"\\x{code:02x}"
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return character
