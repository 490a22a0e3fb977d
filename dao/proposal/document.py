"""The proposal document: loaded from strict YAML, written as canonical YAML."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from dao.document import loader
from dao.document.emitter import emit
from dao.document.fields import Base, Prose, Title, WebAddress
from dao.document.loader import Source
from dao.document.model import Strict, validate
from dao.proposal.actions import Action, TierName

MAX_ACTIONS = 64
"""The most actions that one proposal may have."""


class ProposalDocument(Strict):
    """A decision, as its author writes it and as the chain's description repeats it."""

    title: Title = Field(description="What is decided, in one line.")
    summary: Prose = Field(description="Why, for those who vote.")
    discussion: WebAddress | None = Field(default=None, description="Where it is discussed.")
    impact: TierName | None = Field(
        default=None, description="The tier that the author expects; `check` refuses a proposal that gets another."
    )
    base: Base = Field(default="current", description="The policy that this was written against.")
    actions: tuple[Action, ...] = Field(min_length=1, max_length=MAX_ACTIONS, description="What is done, in order.")


def load_proposal(path: Path) -> tuple[ProposalDocument, Source]:
    """The proposal in the file at `path`, and its source, by which later errors find their lines.

    Raises DocumentError, naming line and field, when the file is no proposal.
    """
    source = loader.load_file(path)
    return validate(ProposalDocument, source), source


def read_proposal(text: bytes | str, *, path: str) -> tuple[ProposalDocument, Source]:
    """The proposal in `text`, which errors call `path`, and its source. Raises DocumentError."""
    source = loader.load(text, path=path)
    return validate(ProposalDocument, source), source


def plain(document: ProposalDocument) -> dict[str, Any]:
    """`document` as texts, lists and dictionaries, fields without a value left out."""
    return document.model_dump(mode="json", exclude_none=True)


def actions_yaml(actions: Sequence[Action]) -> str:
    """`actions` as a proposal file would hold them: what a preview of decoded calls shows."""
    return emit([action.model_dump(mode="json", exclude_none=True) for action in actions])


def canonical_yaml(document: ProposalDocument) -> str:
    """The one YAML text of `document`. `read_proposal` reads it back to an equal value."""
    return emit(plain(document))
