"""What every model of a document shares: frozen, nothing unknown, and errors that lead back to file, line and field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from dao.document.loader import Source
from dao.errors import DaoError, DocumentError

_REFUSED = "refused"


class Strict(BaseModel):
    """A mapping with known keys. Instances are frozen and compare by value."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, value: Any) -> Any:
        known = list(cls.model_fields)
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise refusal("a mapping belongs here", expected=f"fields out of {', '.join(known)}", found=kind_of(value))
        for key in value:
            if key not in known:
                near = get_close_matches(str(key), known, n=1)
                raise refusal(
                    "there is no such field",
                    expected=f"one of {', '.join(known)}",
                    found=key,
                    remedy=f"did you mean {near[0]}?" if near else None,
                    at=key,
                )
        return value


class OneOf(Strict):
    """A mapping in which exactly one of `choices` must be present; all fields, unless the subclass names some."""

    choices: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The fields of which exactly one is present."""
        return cls.choices or tuple(cls.model_fields)

    @model_validator(mode="after")
    def _exactly_one(self) -> OneOf:
        given = [name for name in self.names() if getattr(self, name) is not None]
        if len(given) != 1:
            raise refusal(
                "exactly one of several fields belongs here",
                expected=" | ".join(self.names()),
                found=", ".join(given) or "none of them",
            )
        return self

    @property
    def kind(self) -> str:
        """Name of the one field that is present."""
        return next(name for name in self.names() if getattr(self, name) is not None)

    @property
    def body(self) -> Any:
        """Value of the one field that is present."""
        return getattr(self, self.kind)


Model = TypeVar("Model", bound=BaseModel)


def validate(model: type[Model], source: Source) -> Model:
    """The document in `source` as a `model`.

    Raises DocumentError for the first thing that is wrong, by line; `values["others"]` lists the rest.
    """
    try:
        return model.model_validate(source.plain())
    except ValidationError as error:
        found = sorted((_document_error(details, source) for details in _causes(error)), key=lambda e: e.line)
    first = found[0]
    others = [{"line": e.line, "field": e.field, "error": str(e)} for e in found[1:]]
    first.values = {**first.values, "others": others}
    raise first


def parsed(
    parse: Callable[[str], Any], kind: type | tuple[type, ...] = str, show: Callable[[Any], str] = str
) -> PlainValidator:
    """A validator that takes a text and lets `parse` read it, or takes a value of `kind`.

    Such a value goes through its text (`show`) as well, so that programs are held to the same bounds as documents.
    """

    def check(value: Any) -> Any:
        try:
            if isinstance(value, str):
                return parse(value)
            if isinstance(value, kind) and not isinstance(value, bool):
                return parse(show(value))
        except DaoError as error:
            raise refusal(error.what, expected=error.expected, found=error.found, remedy=error.remedy) from error
        raise refusal("a text belongs here", expected="a text", found=kind_of(value))

    return PlainValidator(check)


def refusal(
    what: str,
    *,
    expected: object = None,
    found: object = None,
    remedy: str | None = None,
    at: object = None,
) -> PydanticCustomError:
    """What a validator raises; `validate` turns it into a DocumentError. `at` is a key below the validated value."""
    context = {"what": what, "expected": expected, "found": found, "remedy": remedy, "at": at}
    return PydanticCustomError(_REFUSED, "{what}", context)


def kind_of(value: object) -> str:
    """What `value` is, in the words of YAML."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f"the text {value!r}" if value else "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, (list, tuple)) else type(value).__name__


def locate(error: DaoError, source: Source, field: str) -> DocumentError:
    """`error`, raised about `field` (dotted) of the document in `source`, with its line."""
    return DocumentError(
        error.what,
        path=source.path,
        line=source.line_at(field),
        field=field,
        expected=error.expected,
        found=error.found,
        remedy=error.remedy,
    )


def in_house_words(details: ErrorDetails) -> tuple[str, str]:
    """What one of pydantic's own refusals is about, and what it expected, without pydantic's prose."""
    context, kind = details.get("ctx", {}), str(details["type"])
    if kind == "too_short":
        return "a list is too short", f"{context['min_length']} or more entries"
    if kind == "too_long":
        return "a list is too long", f"at most {context['max_length']} entries"
    if kind == "missing":
        return "a field is missing", str(details["loc"][-1])
    if kind == "extra_forbidden":
        return "there is no such field", "known fields alone"
    wanted = _WANTED.get(kind.removesuffix("_parsing"))
    if wanted is None and "expected" in context:
        wanted = str(context["expected"])
    for bound, words in (("ge", "{} or more"), ("gt", "more than {}"), ("le", "at most {}"), ("lt", "less than {}")):
        if bound in context:
            wanted = words.format(context[bound])
    if "max_length" in context:
        wanted = f"a text of at most {context['max_length']} characters"
    return "a field has the wrong form", wanted or "another form"


_WANTED = {
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "a mapping",
    "string_type": "a text",
    "tuple_type": "a list",
}


def _causes(error: ValidationError) -> list[ErrorDetails]:
    """The errors in `error` without those that only follow from an error deeper down, as of a list left empty."""
    details = error.errors()
    above = {entry["loc"][:length] for entry in details for length in range(len(entry["loc"]))}
    return [entry for entry in details if entry["loc"] not in above]


def _document_error(details: ErrorDetails, source: Source) -> DocumentError:
    context = details.get("ctx", {})
    location = tuple(details["loc"])
    expected: object
    if details["type"] == _REFUSED:
        what, expected, found = str(context["what"]), context["expected"], context["found"]
        if context["at"] is not None:
            location = (*location, str(context["at"]))
    elif details["type"] == "missing":
        what, expected, found = "a field is missing", location[-1], "nothing"
    else:
        what, expected = in_house_words(details)
        found = kind_of(details["input"])
    return DocumentError(
        what,
        path=source.path,
        line=source.line_of(location),
        field=".".join(str(step) for step in location),
        expected=expected,
        found=found,
        remedy=context.get("remedy") if details["type"] == _REFUSED else None,
    )
