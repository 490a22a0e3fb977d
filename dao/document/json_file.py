"""Reads a JSON file into a model, strictly: bounded in length, no key twice, and errors that name file and field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dao.document.model import in_house_words, kind_of
from dao.errors import DocumentError

Model = TypeVar("Model", bound=BaseModel)


def read_json(path: Path, model: type[Model], *, what: str, max_bytes: int) -> Model:
    """The file at `path` as a `model`; errors call it `what`.

    Raises DocumentError when it cannot be read, is longer than `max_bytes`, or holds anything else.
    """
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise DocumentError(f"the {what} is too long", path=str(path), expected=f"at most {max_bytes} bytes")
        return model.model_validate(json.loads(data.decode("utf-8"), object_pairs_hook=_unique))
    except OSError as error:
        raise DocumentError(f"the {what} cannot be read", path=str(path), found=error.strerror) from error
    except ValidationError as error:
        raise _wrong_field(error, path, what) from error
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"the {what} is no JSON", path=str(path), found=error) from error


def _wrong_field(error: ValidationError, path: Path, what: str) -> DocumentError:
    details = error.errors()[0]
    context = details.get("ctx", {})
    refused = "what" in context
    _, expected = in_house_words(details)
    return DocumentError(
        f"the {what} has a wrong field",
        path=str(path),
        field=".".join(str(step) for step in details["loc"]),
        expected=context["expected"] if refused else expected,
        found=context["found"] if refused else kind_of(details["input"]),
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError(f"a key stands twice: {', '.join(keys)}")
    return dict(pairs)
