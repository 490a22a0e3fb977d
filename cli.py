"""Runs the command line from a checkout: `python cli.py` is `dao`."""

from __future__ import annotations

from dao.commands import main

if __name__ == "__main__":
    main()
