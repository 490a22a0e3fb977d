"""Check: governor and timelock are set to what their events say, now and at every past timepoint."""

from __future__ import annotations

from collections.abc import Iterator

from dao.audit.check import Check, Question, Scene
from dao.replay.ledger import Rule


def questions(scene: Scene) -> Iterator[Question]:
    """Every setting now; quorum numerator and grace period at each of their changes; minimum delays; the owner."""
    state, settings = scene.state, scene.state.settings
    now = {
        "votingDelay": settings.voting_delay,
        "votingPeriod": settings.voting_period,
        "proposalThreshold": settings.proposal_threshold,
        "lateQuorumVoteExtension": settings.late_quorum_extension,
        "proposalGuardian": settings.guardian,
        "timelock": settings.timelock,
        "token": state.addresses.token,
        "quorumNumerator()": settings.quorum_numerators.latest(),
        "gracePeriod()": settings.grace_periods.latest(),
    }
    for function, value in now.items():
        yield scene.governor(function, expected=value, what="governor")
    histories = {"quorumNumerator(uint256)": settings.quorum_numerators, "gracePeriod(uint256)": settings.grace_periods}
    for function, trace in histories.items():
        for timepoint in sorted({t for key in trace.keys for t in (key - 1, key)}):
            expected = trace.upper_lookup(timepoint)
            yield scene.governor(function, timepoint, expected=expected, what=f"governor at {timepoint}")
    for timelock, delay in state.min_delays.items():
        yield scene.ask(timelock, "getMinDelay", expected=delay, what=f"timelock {timelock}")
    yield scene.policy("owner", expected=state.policy_owner, what="policy")


CHECK = Check(
    name="settings",
    proves="governor and timelock are set to what their events say, now and at every past timepoint",
    rules=(Rule.SETTING,),
    questions=questions,
)
