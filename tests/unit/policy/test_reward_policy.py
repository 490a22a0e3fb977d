"""`from dao import RewardPolicy`: the same answers from a chain, a replay and a file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

import dao as package
from dao import RewardPolicy
from dao.audit.run import audit_replay
from dao.chain.connection import Connection
from dao.chain.logs import fetch
from dao.errors import (
    ConnectionFailed,
    DeploymentError,
    DocumentError,
    NotReported,
    PolicyError,
    RpcError,
    WrongChain,
)
from dao.lifecycle.export import policy_file
from dao.policy import Share
from dao.replay.replay import replay
from dao.replay.state import GovernanceState
from dao.rewards.changes import Allocation
from dao.rewards.policy import Policy
from dao.rewards.streams import stream_id
from tests.support.chain import ROOT, Dao
from tests.support.reading import TOKEN, WEEK, deployed_in_archive, deployed_with, report

GENESIS = 1_577_836_800
"""2020-01-01."""


@pytest.fixture(scope="module")
def dao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed_with(tmp_path_factory.mktemp("dao")) as made:
        report(made, 0, 10**18 // 4)
        report(made, 1, 10**18)
        yield made


@pytest.fixture(scope="module")
def journal(dao: Dao) -> Path:
    return dao.folder / "deployments" / "31337.json"


@pytest.fixture(scope="module")
def file(dao: Dao, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("file") / "policy.json"
    path.write_text(policy_file(dao.session()).text(), encoding="utf-8")
    return path


def from_audit(dao: Dao, journal: Path, file: Path) -> RewardPolicy:
    report = audit_replay(dao.connection, dao.deployment.addresses, dao.deployment.start_block)
    assert report.verdict == "agrees"
    return RewardPolicy.from_replay(report)


def state_of(dao: Dao) -> GovernanceState:
    deployment = dao.deployment
    known = deployment.addresses
    contracts = (known.token, known.timelock, known.governor, known.policy)
    end = dao.connection.block().number
    return replay(fetch(dao.connection, contracts, from_block=deployment.start_block, to_block=end), known)


SOURCES = {
    "a URL and a file's name": lambda dao, journal, file: RewardPolicy.from_chain(dao.connection.url, str(journal)),
    "a connection and a deployment": lambda dao, journal, file: RewardPolicy.from_chain(dao.connection, dao.deployment),
    "an address": lambda dao, journal, file: RewardPolicy.from_chain(
        dao.connection, dao.deployment.addresses.policy.lower()
    ),
    "an audit": from_audit,
    "a replayed state": lambda dao, journal, file: RewardPolicy.from_replay(state_of(dao)),
    "a policy": lambda dao, journal, file: RewardPolicy.from_replay(dao.session().contracts.policy.read()),
    "a file": lambda dao, journal, file: RewardPolicy.from_file(file),
}


@pytest.fixture(params=SOURCES, scope="module")
def policy(request: pytest.FixtureRequest, dao: Dao, journal: Path, file: Path) -> RewardPolicy:
    made = SOURCES[request.param](dao, journal, file)
    assert isinstance(made, RewardPolicy)
    return made


def test_every_source_gives_the_same(policy: RewardPolicy, dao: Dao) -> None:
    contract = dao.session().contracts.policy
    assert policy.hash == contract.policy_hash()
    assert policy == RewardPolicy.from_chain(dao.connection, dao.deployment)
    assert hash(policy) == hash(RewardPolicy.from_chain(dao.connection, dao.deployment))
    for stream in policy.streams:
        for epoch in (0, 1):
            assert policy.emission(stream, epoch) == contract.emission(stream_id(stream), epoch)
            assert policy.emission(stream_id(stream), epoch) == policy.emission(stream, epoch)
            assert policy.emission("0x" + stream_id(stream).hex(), epoch) == policy.emission(stream, epoch)


def test_what_it_says(policy: RewardPolicy) -> None:
    assert (policy.genesis, policy.epoch_length) == (GENESIS, WEEK)
    assert policy.streams == ("root", "compute", "compute/jobs", "compute/reserve", "data", "data/map")
    assert policy.epoch_at(GENESIS + 5 * WEEK - 1) == 4
    assert policy.start_of(4) == GENESIS + 4 * WEEK
    assert policy.emission("data", 0) == 50 * TOKEN
    assert policy.emission("compute/reserve", 0) == 350 * TOKEN
    assert policy.leaves(0) == {"data": 50 * TOKEN, "compute/jobs": 600 * TOKEN, "compute/reserve": 350 * TOKEN}
    assert policy.fraction("data", 0) == Fraction(1, 20)
    assert policy.children("root", 0) == ("data", "compute")
    assert policy.children("data", 0) == ()
    assert policy.children("data", 2) == ("data/map",)
    assert policy.parent("data/map") == "data"
    assert policy.parent("data") == "root"
    assert policy.parent("root") is None
    assert policy.is_leaf("data", 1)
    assert not policy.is_leaf("data", 2)
    assert policy.share("data", 0) == Share(Allocation.CARVE_OUT, 0)
    assert policy.share("compute", 0) == Share(Allocation.RESIDUAL, 10_000)
    assert policy.weight("data/map", "first-map", 2) == 3 * 10**18
    assert policy.weight("data/map", "first-map", 1) == 0
    assert policy.weights("data/map", 2) == {"first-map": 3 * 10**18, "refresh": 10**18 // 2}
    assert policy.parameters("data/map", 2) == b""
    assert policy.id("data") == stream_id("data")
    assert policy.path(stream_id("data")) == "data"
    assert policy.hash.hex() in repr(policy)


def test_what_it_refuses(policy: RewardPolicy) -> None:
    for stream in ("none", "", b"", stream_id("none"), "0x12", "0x" + "zz" * 32):
        with pytest.raises(PolicyError):
            policy.emission(stream, 0)
    with pytest.raises(NotReported):
        policy.emission("data", 2)
    with pytest.raises(NotReported):
        policy.fraction("compute", 2)
    for epoch in (-1, 2**32):
        with pytest.raises(PolicyError):
            policy.emission("root", epoch)
    with pytest.raises(PolicyError):
        policy.epoch_at(GENESIS - 1)


def test_a_block_is_that_block(tmp_path: Path) -> None:
    with deployed_in_archive(tmp_path) as dao:
        report(dao, 0, 10**18)
        before = dao.connection.block().number
        old = RewardPolicy.from_chain(dao.connection, dao.deployment)
        report(dao, 1, 0)
        new = RewardPolicy.from_chain(dao.connection, dao.deployment)
        assert new.emission("data", 1) == 0
        assert new != old
        assert RewardPolicy.from_chain(dao.connection, dao.deployment, block=before) == old
        assert RewardPolicy.from_replay(policy_file(dao.session(), block=before).policy) == old
        assert RewardPolicy.from_replay(policy_file(dao.session()).policy) == new


def test_an_emission_of_nothing_has_no_parts() -> None:
    nothing = RewardPolicy.from_replay(Policy.create(genesis=0, epoch_length=1))
    assert nothing.fraction("root", 0) == 0
    assert nothing.leaves(0) == {"root": 0}


def test_where_there_is_no_policy(dao: Dao, journal: Path, file: Path, tmp_path: Path) -> None:
    with pytest.raises(ConnectionFailed):
        RewardPolicy.from_chain("http://127.0.0.1:1", journal)
    with pytest.raises(DeploymentError):
        RewardPolicy.from_chain(dao.connection, tmp_path / "none.json")
    with pytest.raises(RpcError):
        RewardPolicy.from_chain(dao.connection, dao.deployment.addresses.token)
    with pytest.raises(RpcError):
        RewardPolicy.from_chain(dao.connection, dao.deployment, block=10**9)
    elsewhere = Connection.open(dao.connection.url)
    elsewhere.chain_id = 1
    with pytest.raises(WrongChain):
        RewardPolicy.from_chain(elsewhere, journal)
    with pytest.raises(DocumentError, match="cannot be read"):
        RewardPolicy.from_file(tmp_path / "none.json")
    with pytest.raises(DocumentError, match="another policy"):
        RewardPolicy.from_file(file, expected_hash="0x" + "11" * 32)
    with pytest.raises(PolicyError, match="no policy hash"):
        RewardPolicy.from_file(file, expected_hash="0x11")
    assert RewardPolicy.from_file(str(file), expected_hash=RewardPolicy.from_file(file).hash)
    with pytest.raises(PolicyError, match="never create"):
        RewardPolicy.from_replay(GovernanceState(dao.deployment.addresses))


def test_the_package_is_light_until_it_is_asked() -> None:
    script = (
        "import sys, dao; assert 'RewardPolicy' in dir(dao);"
        "assert [name for name in sys.modules if name.startswith('dao.')] == [], 'not light';"
        "from dao import RewardPolicy; import dao.policy; assert RewardPolicy is dao.policy.RewardPolicy"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=60)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        package.Nothing  # noqa: B018  # asking is the test
