"""Pattern: one proposal moves funds and changes the rules of votes.

Whoever votes for the payment votes for the rules with it, which then stand for every later vote.
"""

from __future__ import annotations

from collections.abc import Iterator

from dao.abi import keccak
from dao.audit.history import History
from dao.audit.notice import Notice, Pattern
from dao.types import Call

NAME = "rules-and-funds"


def _selectors(*signatures: str) -> dict[bytes, str]:
    return {keccak(text.encode())[:4]: text.partition("(")[0] for text in signatures}


RULES = _selectors(
    "setVotingDelay(uint256)",
    "setVotingDelay(uint48)",
    "_setVotingDelay(uint256)",
    "setVotingPeriod(uint256)",
    "setVotingPeriod(uint32)",
    "_setVotingPeriod(uint256)",
    "setProposalThreshold(uint256)",
    "_setProposalThreshold(uint256)",
    "updateQuorumNumerator(uint256)",
    "updateSuperQuorumNumerator(uint256)",
    "setLateQuorumVoteExtension(uint48)",
    "setLateQuorumVoteExtension(uint64)",
    "setTier(uint8,(uint16,uint16))",
    "setSelectorTier(address,bytes4,uint8)",
    "setExclusions(address[])",
    "setGracePeriod(uint48)",
    "setProposalGuardian(address)",
    "updateTimelock(address)",
    "updateDelay(uint256)",
    "setDelay(uint256)",
    "setPendingAdmin(address)",
    "_setImplementation(address)",
    "grantRole(bytes32,address)",
    "revokeRole(bytes32,address)",
)
"""The settings of this project's governor, of OpenZeppelin's and Compound's, and of their timelocks."""

FUNDS = _selectors(
    "transfer(address,uint256)",
    "transferFrom(address,address,uint256)",
    "approve(address,uint256)",
    "mint(address,uint256)",
    "_grantComp(address,uint256)",
)
"""What moves or creates tokens; `_grantComp` is of Compound's Comptroller."""


def notices(history: History) -> Iterator[Notice]:
    """One for each proposal that does both."""
    for vote in history.votes:
        proposal = vote.proposal
        rules = [name for call in proposal.calls if (name := RULES.get(call.calldata[:4])) is not None]
        funds = [name for call in proposal.calls if (name := _moves(call)) is not None]
        if rules and funds:
            yield Notice(
                pattern=NAME,
                what=vote.name,
                detail=f"changes the rules ({_list(rules)}) and moves funds ({_list(funds)})",
                block=proposal.created.block,
                transaction=proposal.created.transaction,
            )


def _moves(call: Call) -> str | None:
    return FUNDS.get(call.calldata[:4], f"{call.value} wei" if call.value else None)


def _list(names: list[str]) -> str:
    return ", ".join(dict.fromkeys(names))


PATTERN = Pattern(
    name=NAME,
    looks_for="a proposal that moves funds and changes settings, roles or the timelock in one vote",
    notices=notices,
)
