"""Storage of the governor: proposals, tallies, receipts of ballots, and every setting with its history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from dao.artifacts import load
from dao.proving.layout import Layout, Slot, account_word, at_index, at_key, layout, number, packed
from dao.proving.slots.token import trace_slots
from dao.replay.checkpoints import Trace
from dao.replay.proposal_state import proposal_deadline
from dao.replay.state import GovernanceState, Proposal
from dao.tiers import Tier
from dao.types import Address

_APPROVAL_SHIFT = 16
_BUCKET = 256
_CORE, _COUNT = "struct Governor.ProposalCore", "struct GovernorCounting.Count"
_CORES = f"mapping(uint256 => {_CORE})"


def governor_slots(state: GovernanceState) -> Iterator[Slot]:
    """What `RewardGovernor` must hold.

    The number of proposals says that none is left out. Of a proposal, whether a late quorum settled its deadline is
    not told by any log, nor is the quorum that the governor noted for itself; both follow from what is proved.
    """
    where, governor = layout("RewardGovernor"), state.addresses.governor
    yield from _settings(state, where, governor)
    yield from _histories(state, where, governor)
    bits: dict[tuple[Address, int], int] = defaultdict(int)
    for count, proposal in enumerate(state.proposals.values(), start=1):
        yield from _proposal(state, where, governor, proposal, count)
        for voter, used in proposal.used.items():
            bits[voter, count // _BUCKET] |= (used > 0) << count % _BUCKET
    receipts = where.slot("_receipts")
    for (voter, bucket), word in sorted(bits.items()):
        key = number(at_key(at_key(receipts, voter), bucket))
        yield Slot(governor, key, number(word), f"ballots of {voter} on proposals from number {bucket * _BUCKET}")


def _settings(state: GovernanceState, where: Layout, governor: Address) -> Iterator[Slot]:
    settings = state.settings
    values: dict[str, int] = {
        "_proposalThreshold": settings.proposal_threshold,
        "_votingDelay": settings.voting_delay,
        "_votingPeriod": settings.voting_period,
        "_voteExtension": settings.late_quorum_extension,
        "_timelock": int(settings.timelock, 16),
        "_proposalGuardian": int(settings.guardian, 16),
    }
    names = {
        "_proposalThreshold": "proposal threshold",
        "_votingDelay": "voting delay and period",
        "_voteExtension": "number of proposals, late quorum extension",
        "_timelock": "timelock",
        "_proposalGuardian": "guardian",
    }
    members = tuple(entry for entry in where.variables if entry.label in values)
    count = where.variable("_proposals", "uint32")
    labels = {entry.slot: names[entry.label] for entry in reversed(members) if entry.label in names}
    for slot, word, mask in packed((*members, count), {**values, "_proposals": len(state.proposals)}):
        yield Slot(governor, number(slot), word, labels[slot], mask)


def _histories(state: GovernanceState, where: Layout, governor: Address) -> Iterator[Slot]:
    settings = state.settings
    yield from trace_slots(where, governor, where.slot("_quorumNumeratorHistory"), Trace(), "unused quorum history")
    yield from trace_slots(where, governor, where.slot("_gracePeriodHistory"), settings.grace_periods, "grace period")
    yield from trace_slots(where, governor, where.slot("_history"), settings.exclusions_since, "exclusions")
    for tier in Tier:
        approvals, quorums = settings.approvals[tier], settings.quorums[tier]
        rules = [a << _APPROVAL_SHIFT | q for a, q in zip(approvals.values, quorums.values, strict=True)]
        slot = at_key(where.slot("_rules"), int(tier))
        yield from trace_slots(where, governor, slot, Trace(approvals.keys, rules), f"rules of the {tier.word} tier")
    for since, exclusions in settings.exclusion_lists.items():
        slot, what = at_key(where.slot("_lists"), since), f"exclusions since {since}"
        yield Slot(governor, number(slot), number(len(exclusions)), f"number of {what}")
        for index, account in enumerate(exclusions):
            yield Slot(governor, number(at_index(slot, index)), account_word(account), f"{what}: entry {index}")
    listed = dict.fromkeys(_functions(state), Tier.CONSTITUTIONAL) | settings.selector_tiers
    for (target, selector), tier in listed.items():
        key = number(at_key(at_key(where.slot("_selectorTiers"), target), selector))
        yield Slot(governor, key, number(int(tier)), f"tier of 0x{selector.hex()} of {target}")


def _functions(state: GovernanceState) -> Iterator[tuple[Address, bytes]]:
    """The functions that write of the contracts that may be listed: no slot lists those that are."""
    addresses = state.addresses
    contracts = {addresses.token: addresses.token_contract, addresses.policy: "RewardPolicy"}
    if addresses.distributor is not None:
        contracts[addresses.distributor] = "RewardDistributor"
    for target, name in contracts.items():
        for selector, function in load(name).abi.functions.items():
            if function.mutability in ("nonpayable", "payable"):
                yield target, selector


def _proposal(
    state: GovernanceState, where: Layout, governor: Address, proposal: Proposal, count: int
) -> Iterator[Slot]:
    name = f"proposal {proposal.id}"
    core: Mapping[str, int | None] = {
        "proposer": int(proposal.proposer, 16),
        "voteStart": proposal.snapshot,
        "voteDuration": proposal.first_deadline - proposal.snapshot,
        "executed": proposal.executed is not None,
        "canceled": proposal.canceled is not None,
        "etaSeconds": proposal.eta,
    }
    tally: Mapping[str, int | None] = {
        "forVotes": proposal.tally.for_votes,
        "abstainVotes": proposal.tally.abstain_votes,
        "againstVotes": proposal.tally.against_votes,
        "number": count,
        "snapshot": proposal.snapshot,
        "deadline": proposal_deadline(proposal),
        "settled": None,
        "canceled": proposal.canceled is not None,
    }
    for label, struct, values, words in (
        (where.slot("_proposals", _CORES), _CORE, core, ("proposer, voting time, end", "eta")),
        (where.slot("_counts"), _COUNT, tally, ("votes for and abstaining", "votes against, number, deadline")),
    ):
        base = at_key(label, proposal.id)
        for slot, word, mask in packed(where.structs.get(struct, ()), values):
            yield Slot(governor, number(base + slot), word, f"{name}: {words[slot]}", mask)
    for voter, used in proposal.used.items():
        power = state.token.past_votes(voter, proposal.snapshot)
        key = number(at_key(at_key(where.slot("_partialVotes"), proposal.id), voter))
        yield Slot(governor, key, number(used if used < power else 0), f"{name}: partial ballots of {voter}")
    live = proposal.operation is not None and proposal.executed is None and proposal.canceled is None
    operation = proposal.operation[1] if proposal.operation and live else bytes(32)
    for variable, word, what in (
        ("_proposalTiers", number(int(proposal.tier)), "tier"),
        ("_timelockIds", operation, "operation"),
        ("_purged", number(proposal.purged is not None), "purged"),
    ):
        yield Slot(governor, number(at_key(where.slot(variable), proposal.id)), word, f"{name}: {what}")
