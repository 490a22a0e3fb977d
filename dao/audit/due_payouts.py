"""What of all epochs was on chain when one was published, as the replayed logs have it."""

from __future__ import annotations

from collections.abc import Iterator

from dao.events.decode import Place
from dao.payouts.following import Key, OnChain
from dao.replay.distributor_state import Publication
from dao.replay.state import GovernanceState

_Order = tuple[int, int]


def on_chain_before(state: GovernanceState, epoch: int, series: int) -> OnChain:
    """What was on chain before `series` of `epoch` was published as it stands; what is, where nothing of it stands.

    A stream of the series that was published later than others is judged by its own publication.
    """
    moments = {
        found.stream: _order(found.standing.published)
        for found in publications(state, epoch, series)
        if found.standing is not None
    }
    first = min(moments.values(), default=None)
    roots: dict[Key, bytes] = {}
    voided: dict[Key, dict[str, int]] = {}
    for key, found in state.distributor.publications.items():
        at = moments.get(found.stream, first)
        made = [revision for revision in found.revisions if _before(revision.published, at)]
        gone = [revision for revision in made if revision.voided is not None and _before(revision.voided, at)]
        if len(gone) < len(made):
            roots[key] = made[-1].root
        if gone:
            claims = found.claims.items()
            voided[key] = {account.lower(): claim.amount for account, claim in claims if claim.revision < len(gone)}
    return OnChain(roots=roots, voided=voided)


def publications(state: GovernanceState, epoch: int, series: int) -> Iterator[Publication]:
    """The publications of one series of an epoch, in all streams."""
    for (_, at_epoch, number), found in state.distributor.publications.items():
        if (at_epoch, number) == (epoch, series):
            yield found


def _before(place: Place, moment: _Order | None) -> bool:
    return moment is None or _order(place) < moment


def _order(place: Place) -> _Order:
    return place.block, place.log_index
