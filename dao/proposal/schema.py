"""Writes the JSON Schema by which editors complete a proposal file; `--check` compares instead of writing."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from dao.document.parameters import WrittenOperator
from dao.document.policy import WrittenSegment
from dao.proposal.actions import Action, SetParameter, SetParameters
from dao.proposal.document import ProposalDocument

PATH = Path(__file__).resolve().parent / "proposal.schema.json"


class _Generator(GenerateJsonSchema):
    """A field that may be left out is not a field that may be null: YAML's empty value is refused."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default") is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def schema_text() -> str:
    """The schema as it is to be committed."""
    schema: dict[str, Any] = ProposalDocument.model_json_schema(schema_generator=_Generator)
    definitions = schema["$defs"]
    for model in (Action, SetParameter, SetParameters, WrittenOperator, WrittenSegment):
        definitions[model.__name__]["oneOf"] = [{"required": [name]} for name in model.names()]
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "reward-dao proposal"}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Writes the schema, or with `--check` exits 1 if the committed one is another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed file, write nothing")
    check = parser.parse_args().check
    text = schema_text()
    current = PATH.exists() and PATH.read_text(encoding="utf-8") == text
    if check and not current:
        print("proposal.schema.json differs from the models; run `python -m dao.proposal.schema`")
        return 1
    if not current:
        PATH.write_text(text, encoding="utf-8")
    print(f"{PATH.name}: {'current' if current else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
