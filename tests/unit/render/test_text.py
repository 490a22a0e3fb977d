"""Hostile text is shown, never obeyed."""

from __future__ import annotations

import io
import sys
import unicodedata

import pytest
from rich.console import Console

from dao.errors import DaoError, DocumentError
from dao.render.errors import error_json, error_view
from dao.render.text import escape, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Größe 47,435 → 15,000 …", "Größe 47,435 → 15,000 …"),
        ("票 голос", "票 голос"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("\x1b]8;;https://evil.example\x07click\x1b]8;;\x07", "\\x1b]8;;https://evil.example\\x07click\\x1b]8;;\\x07"),
        ("\x1b]52;c;ZXZpbA==\x07", "\\x1b]52;c;ZXZpbA==\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("yes\rno", "yes\\x0dno"),
        ("yes\b\b\bno", "yes\\x08\\x08\\x08no"),
        ("a\tb\x00\x7f", "a\\x09b\\x00\\x7f"),
        ("\u202egnp.exe\u202c", "\\u202egnp.exe\\u202c"),
        ("\u2066a\u2069\u200f", "\\u2066a\\u2069\\u200f"),
        ("a\u200bb\u200c\u200d\ufeff\u2060", "a\\u200bb\\u200c\\u200d\\ufeff\\u2060"),
        ("\u2028\u2029\x85", "\\u2028\\u2029\\x85"),
        ("\u00a0\u2003\u3000", "\\xa0\\u2003\\u3000"),
        ("\u3164\u115f\u2800\u034f\ufe0f", "\\u3164\\u115f\\u2800\\u034f\\ufe0f"),
        ("\U000e0041\U000e0001", "\\U000e0041\\U000e0001"),
        ("\ud800", "\\ud800"),
        ("\ue000\uffff", "\\ue000\\uffff"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert escape(text) == shown
    assert escape(text, lines=True) == shown


def test_line_feeds_stay_where_they_are_wanted() -> None:
    assert escape("a\nb") == "a\\x0ab"
    assert escape("a\nb", lines=True) == "a\nb"
    assert escape("a\r\nb", lines=True) == "a\\x0d\nb"


def test_no_character_hides() -> None:
    for code in range(sys.maxunicode + 1):
        shown = escape(chr(code))
        category = unicodedata.category(shown[0])
        assert shown.isprintable(), hex(code)
        assert category not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"), hex(code)


def test_long_text_is_cut_and_counted() -> None:
    assert escape("a" * 50, limit=10) == "a" * 10 + " … and 40 more characters"
    assert escape("\x1b" * 11, limit=10) == "\\x1b" * 10 + " … and 1 more characters"
    assert len(escape("\U000e0041" * 10**6)) < 250_000


def test_no_markup_is_followed() -> None:
    output = io.StringIO()
    Console(file=output, force_terminal=True, color_system="standard", width=80).print(plain("[red]x[/red] \x1b[31my"))
    assert "[red]x[/red]" in output.getvalue()
    assert "\x1b[31m" not in output.getvalue()


def test_an_error_escapes_whatever_it_found() -> None:
    hostile = "\x1b]0;owned\x07\u202e"
    error = DaoError(hostile, expected=hostile, found=hostile, remedy=hostile, values={"others": [hostile]})
    document = DocumentError(hostile, path=hostile, line=3, field=hostile)
    for one in (error, document):
        text = error_view(one).plain
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\\x1b]0;owned\\x07\\u202e" in text
    assert error_view(DaoError("x", found="a" * 10_000)).plain.count("a") < 2_100


def test_an_error_as_json() -> None:
    error = DaoError("what", expected=2**60, found=b"\x01", values={"big": -(2**53), "list": [1, {"x": None}]})
    assert error_json(error)["error"] == {
        "kind": "DaoError",
        "what": "what",
        "expected": str(2**60),
        "found": "0x01",
        "remedy": None,
        "values": {"big": str(-(2**53)), "list": [1, {"x": None}]},
    }
