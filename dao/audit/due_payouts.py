"""What of an epoch's payouts is due by one publication, beside the epoch's others, as the replayed logs have them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from dao.events.decode import Place
from dao.payouts.following import Inputs, Paid, Roots, earlier, supplement_to
from dao.payouts.values import EpochPayouts
from dao.replay.distributor_state import Publication
from dao.replay.state import GovernanceState


def due_beside(state: GovernanceState, inputs: Inputs, earned: EpochPayouts, series: int) -> EpochPayouts:
    """What of `earned` is due by `series`, before claims of its own voided revisions.

    Others of the epoch count if they were first published before it: those that stand by what they pay, voided
    revisions by what was claimed of them.

    Raises EpochError where a folder of one is not here or holds another tree, PolicyError where they pay so much that
    what is missing is not left.
    """
    standing = [found.standing for found in publications(state, inputs.epoch, series) if found.standing is not None]
    at = min((_order(revision.published) for revision in standing), default=None)
    others = [
        found
        for (_, epoch, number), found in state.distributor.publications.items()
        if epoch == inputs.epoch and number != series and (at is None or _order(found.revisions[0].published) < at)
    ]
    if not others:
        return earned
    before = []
    for number in sorted({found.series for found in others if found.standing is not None}):
        voided = {found.stream for found in others if found.series == number and found.standing is None}
        before.append(earlier(inputs, standing_roots(state), inputs.epoch, number, without=voided))
    return supplement_to(earned, before, voided_claims(state, inputs.epoch, {found.series for found in others}))


def publications(state: GovernanceState, epoch: int, series: int) -> Iterator[Publication]:
    """The publications of one series of an epoch, in all streams."""
    for (_, at_epoch, number), found in state.distributor.publications.items():
        if (at_epoch, number) == (epoch, series):
            yield found


def standing_roots(state: GovernanceState) -> Roots:
    """The roots of every publication that stands."""
    return {
        key: found.standing.root for key, found in state.distributor.publications.items() if found.standing is not None
    }


def voided_claims(state: GovernanceState, epoch: int, numbers: Collection[int]) -> Paid:
    """What was claimed of voided revisions of the series `numbers`, by stream and account in lower case (wei)."""
    paid: dict[str, dict[str, int]] = {}
    for number in numbers:
        for found in publications(state, epoch, number):
            of = paid.setdefault(found.stream, {})
            for account, claim in found.claims.items():
                if claim.revision < found.voids:
                    of[account.lower()] = of.get(account.lower(), 0) + claim.amount
    return paid


def _order(place: Place) -> tuple[int, int]:
    return place.block, place.log_index
