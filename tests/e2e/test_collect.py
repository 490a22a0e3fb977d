"""`dao audit collect` on a real node: the bundle replays as the node's own logs do, and goes on where it was left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dao.audit.gather import gather
from dao.evidence.bundle import open_bundle
from dao.evidence.logs import to_raw
from dao.evidence.manifest import Kind
from tests.support.chain import Dao, deployed
from tests.support.cli import run


@pytest.fixture(scope="module")
def dao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(tmp_path_factory.mktemp("dao")) as made:
        made.delegate_all()
        made.submit()
        yield made


def test_a_bundle_of_a_deployment(dao: Dao, tmp_path: Path) -> None:
    arguments = ("audit", "collect", "--rpc", dao.connection.url, "--deployment", str(dao.folder / "deployment.json"))
    more = ("--also", dao.connection.url, "--receipts", "--headers", "all", "--json")
    said = run(*arguments, *more, cwd=tmp_path).json()
    bundle = open_bundle(tmp_path / "evidence")
    bundle.verify()
    manifest = bundle.manifest
    assert said["content_hash"] == manifest.content_hash().hex()
    assert said["rows"] == {kind.value: manifest.rows(kind) for kind in Kind}
    assert (manifest.asked, manifest.agreed) == (2, 2)
    assert manifest.rows(Kind.TRANSACTIONS) == 1
    assert manifest.rows(Kind.HEADERS) == manifest.to_block - manifest.from_block + 1
    addresses = dao.deployment.addresses
    logs = gather(dao.connection, addresses, from_block=manifest.from_block, to_block=manifest.to_block)
    assert [log for batch in bundle.batches() for log in to_raw(batch)] == logs
    dao.advance(1)
    assert run(*arguments, *more, cwd=tmp_path).json() == said
    refused = run(*arguments, "--to-block", "3", cwd=tmp_path, code=1)
    assert "other evidence" in refused.err
