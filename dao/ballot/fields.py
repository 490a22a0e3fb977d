"""The forms of fields in ballot files that are theirs alone: names and reasons, kept to the letter."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from dao.document.signed import encodable

MAX_REASON = 10_000
"""The longest reason, in characters."""

MAX_NAME = 256
"""The longest name of a governor, in characters."""

Name = Annotated[str, Field(strict=True, min_length=1, max_length=MAX_NAME), AfterValidator(encodable)]
"""A name, to the letter: hostile."""

Reason = Annotated[str, Field(strict=True, max_length=MAX_REASON), AfterValidator(encodable)]
"""The text that goes with a ballot, to the letter: hostile."""
