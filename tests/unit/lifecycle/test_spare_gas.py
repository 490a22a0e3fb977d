"""A transaction whose block needs more gas than its estimate: a checkpoint of votes that the estimate did not see."""

from __future__ import annotations

from typing import Any

import pytest

from dao.chain.connection import Connection
from dao.lifecycle.delegate import delegate
from tests.support.chain import ACCOUNTS, Dao


def test_estimated_in_the_second_of_another_checkpoint(dao: Dao, monkeypatch: pytest.MonkeyPatch) -> None:
    """Votes move in one second; the next move is estimated in that second and mined in a later one."""
    first, second, third = ACCOUNTS[:3]
    delegate(dao.session(first), third)
    delegate(dao.session(second), third)
    moment = dao.connection.block().timestamp
    dao.connection.rpc("evm_setNextBlockTimestamp", [moment])
    asked = Connection.rpc

    def rpc(self: Connection, method: str, *arguments: Any) -> Any:
        if method == "eth_maxPriorityFeePerGas":
            # Asked after the estimate, and before anything is sent.
            asked(self, "evm_setNextBlockTimestamp", [moment + 100])
        return asked(self, method, *arguments)

    monkeypatch.setattr(Connection, "rpc", rpc)
    assert delegate(dao.session(second), second).power.delegate == second
