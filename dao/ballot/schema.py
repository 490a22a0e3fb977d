"""Writes the JSON Schemas of ballot files, by which other tools write and read them; `--check` compares instead."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from dao.ballot.document import Ballot, Request
from dao.ballot.receipt import VoteReceipt

FOLDER = Path(__file__).resolve().parent
MODELS: dict[str, type[BaseModel]] = {"request": Request, "ballot": Ballot, "receipt": VoteReceipt}
"""What is published, by the name of the file."""


def schema_text(name: str) -> str:
    """The schema of the file `name` as it is to be committed."""
    schema: dict[str, Any] = MODELS[name].model_json_schema(by_alias=True)
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": f"reward-dao {name}"}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def schema_path(name: str) -> Path:
    """Where it is committed."""
    return FOLDER / f"{name}.schema.json"


def main() -> int:
    """Writes the schemas, or with `--check` exits 1 if a committed one is another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed files, write nothing")
    check = parser.parse_args().check
    for name in MODELS:
        path, text = schema_path(name), schema_text(name)
        current = path.exists() and path.read_text(encoding="utf-8") == text
        if check and not current:
            print(f"{path.name} differs from the models; run `python -m dao.ballot.schema`")
            return 1
        if not current:
            path.write_text(text, encoding="utf-8")
        print(f"{path.name}: {'current' if current else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
