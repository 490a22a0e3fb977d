"""One deployed DAO for each test module; what a test does to its chain is taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.chain import Dao, deployed, rewound


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(tmp_path_factory.mktemp("dao")) as dao:
        dao.delegate_all()
        yield dao


@pytest.fixture
def dao(chain: Dao) -> Iterator[Dao]:
    with rewound(chain):
        yield chain
