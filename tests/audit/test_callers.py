"""Who called for proposals, asked of a node that tells of its transactions, of one that lies, of one that is silent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from dao.artifacts import load
from dao.audit.notice import Notice
from dao.audit.run import examine_node
from dao.chain.connection import Connection
from dao.errors import RpcError
from dao.types import ZERO_ADDRESS, Address
from tests.support.chain import ACCOUNTS, TOKEN, Dao, deployed

PROPOSER, OTHER = ACCOUNTS[:2]
AGENT = load("TimelockController").abi
"""Any contract that calls what it is told to."""


class Changed(Connection):
    """A node that answers as another does, but for what it says of transactions."""

    def __init__(self, real: Connection, **changes: Any) -> None:
        super().__init__(real.url, real._transport, real.chain_id)
        self._changes = changes

    def each(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        return [
            {**answer, **self._changes} if request[0] == "eth_getTransactionByHash" else answer
            for request, answer in zip(requests, super().each(requests), strict=True)
        ]


class Silent(Connection):
    """A node that keeps no transactions by their hash."""

    def each(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        return [
            RpcError("eth_getTransactionByHash was refused by the node") if request[0].endswith("ByHash") else answer
            for request, answer in zip(requests, super().each(requests), strict=True)
        ]


def through(dao: Dao, agent: Address, target: Address, data: bytes) -> None:
    """Has the agent make one call."""
    call = (target, 0, data, bytes(32), bytes(32))
    dao.send(PROPOSER, agent, AGENT.function("schedule").encode_call(*call, 0))
    dao.send(PROPOSER, agent, AGENT.function("execute").encode_call(*call))


@pytest.fixture(scope="module")
def dao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dao]:
    with deployed(tmp_path_factory.mktemp("dao")) as made:
        yield made


@pytest.fixture(scope="module")
def agent(dao: Dao) -> Address:
    """A contract inside of whose call one proposal was made; another was made plainly."""
    roles = [PROPOSER]
    code = load("TimelockController").creation_code(0, roles, roles, ZERO_ADDRESS)
    made = dao.send(PROPOSER, None, code).contract
    assert made is not None
    addresses, token, governor = dao.deployment.addresses, load("RewardToken").abi, load("RewardGovernor").abi
    dao.call(OTHER, "token", "transfer", made, 2_000_000 * TOKEN)
    through(dao, made, addresses.token, token.function("delegate").encode_call(made))
    dao.delegate_all()
    dao.submit()
    inside = [addresses.token], [0], [token.function("transfer").encode_call(OTHER, TOKEN)], "Inside"
    through(dao, made, addresses.governor, governor.function("propose").encode_call(*inside))
    return made


def seen(dao: Dao, connection: Connection) -> list[Notice] | None:
    """The notices of proposals inside of calls; None where nobody could look."""
    report = examine_node(connection, dao.deployment.addresses, dao.deployment.start_block).report
    assert report.findings == ()
    assert len(report.proposals) == 2
    (pattern,) = (one for one in report.patterns if one.name == "internal-proposal")
    found = [notice for notice in report.notices if notice.pattern == pattern.name]
    assert pattern.notices in (None, len(found))
    return None if pattern.notices is None else found


def test_a_proposal_inside_of_a_call_is_noticed_and_another_is_not(dao: Dao, agent: Address) -> None:
    found = seen(dao, dao.connection)
    assert found is not None
    [notice] = found
    assert notice.detail == f"its transaction, sent by {PROPOSER}, called {agent}, and {agent} proposed inside"


def test_the_sender_that_a_node_names_is_not_read(dao: Dao, agent: Address) -> None:
    assert seen(dao, Changed(dao.connection, **{"from": OTHER})) == seen(dao, dao.connection)


def test_a_node_that_tells_another_transaction_is_not_believed(dao: Dao, agent: Address) -> None:
    """Of the proposal that was made plainly, it is no lie that the governor was called."""
    found = seen(dao, Changed(dao.connection, to=dao.deployment.addresses.governor))
    assert found is not None
    [notice] = found
    assert "not in the evidence" in notice.detail


@pytest.mark.parametrize("field", ["input", "r"])
def test_a_node_that_tells_nothing_right_leaves_it_open(dao: Dao, agent: Address, field: str) -> None:
    assert seen(dao, Changed(dao.connection, **{field: "0x1"})) is None


def test_a_node_that_does_not_tell_leaves_it_open(dao: Dao, agent: Address) -> None:
    silent = Silent(dao.connection.url, dao.connection._transport, dao.connection.chain_id)
    assert seen(dao, silent) is None
