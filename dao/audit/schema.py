"""Writes the JSON Schema by which other tools read reports of audits; `--check` compares instead of writing."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from dao.audit.document import ReportDocument

PATH = Path(__file__).resolve().parent / "report.schema.json"


def schema_text() -> str:
    """The schema as it is to be committed."""
    schema: dict[str, Any] = ReportDocument.model_json_schema(by_alias=True, mode="serialization")
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "reward-dao audit report"}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Writes the schema, or with `--check` exits 1 if the committed one is another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed file, write nothing")
    check = parser.parse_args().check
    text = schema_text()
    current = PATH.exists() and PATH.read_text(encoding="utf-8") == text
    if check and not current:
        print(f"{PATH.name} differs from the models; run `python -m dao.audit.schema`")
        return 1
    if not current:
        PATH.write_text(text, encoding="utf-8")
    print(f"{PATH.name}: {'current' if current else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
