"""What patterns are looked for in, of a governor that is not this project's."""

from __future__ import annotations

from collections.abc import Mapping

from dao.audit.history import Caller, History, Vote
from dao.governors.proposal_state import HALF, proposal_state, quorum_at
from dao.governors.state import GovernorState, Moment
from dao.types import ZERO_ADDRESS


def history_of_governor(
    state: GovernorState, end: Moment, transactions: Mapping[bytes, Caller] | None = None
) -> History:
    """The history of a governor up to `end`, with the `transactions` by hash in which its proposals were made."""
    deployment, profile = state.deployment, state.profile
    contracts = {"token": deployment.token, "governor": deployment.governor, "timelock": state.settings.timelock}
    if deployment.timelock is not None:
        contracts["timelock"] = deployment.timelock
    return History(
        votes=tuple(
            Vote(
                proposal=proposal,
                state=proposal_state(state, proposal, end),
                quorum=quorum_at(state, proposal.snapshot) if proposal.snapshot < state.timepoint(end) else None,
                approval=HALF,
                abstentions=profile.counting != "bravo",
            )
            for proposal in state.proposals.values()
        ),
        token=state.token,
        governor=deployment.governor,
        contracts={name: address for name, address in contracts.items() if address != ZERO_ADDRESS},
        clock=profile.clock,
        transactions=transactions,
    )
