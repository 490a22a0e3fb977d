"""One eventful life that the audit tests share."""

from __future__ import annotations

import pytest

from tests.support.eventful import eventful
from tests.support.history import Dao


@pytest.fixture(scope="session")
def life() -> Dao:
    """The life; nobody changes it."""
    return eventful()
