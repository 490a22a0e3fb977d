"""The consoles that everything is printed on: results on standard output, messages on standard error."""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import Any

from rich.console import Console, RenderableType

_PIPE_WIDTH = 120
"""Columns where the output is no terminal, so that addresses and hashes stay whole."""


@cache
def out() -> Console:
    """The console for results."""
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(highlight=False, markup=False, emoji=False, width=width)


@cache
def err() -> Console:
    """The console for messages, progress and errors."""
    width = None if sys.stderr.isatty() else _PIPE_WIDTH
    return Console(stderr=True, highlight=False, markup=False, emoji=False, width=width)


def show(*renderables: RenderableType) -> None:
    """Prints results for a person."""
    for renderable in renderables:
        out().print(renderable)


def show_json(document: Any) -> None:
    """Prints a result for a program: JSON in ASCII, so that no text in it can act on a terminal."""
    out().file.write(json.dumps(document, indent=2, ensure_ascii=True) + "\n")


def show_line(renderable: RenderableType) -> None:
    """Prints a result that is one line, however long, at once."""
    out().print(renderable, soft_wrap=True)


def show_json_line(document: Any) -> None:
    """Prints one of many results for a program, as one line and at once."""
    out().file.write(json.dumps(document, ensure_ascii=True) + "\n")
    out().file.flush()


def ring() -> None:
    """Rings the terminal's bell."""
    err().file.write("\a")
    err().file.flush()
