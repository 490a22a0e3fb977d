"""A proposal's tally as one bar, with a mark where the quorum lies."""

from __future__ import annotations

from markupsafe import Markup

from dao.audit.document import ProposalEntry

WIDTH, HEIGHT = 1_000, 14
"""Of the bar, in its own units."""


def tally_bar(made: ProposalEntry) -> Markup:
    """The bar: as wide as the supply at the snapshot where that is known, else as all votes together."""
    votes = made.votes
    whole = made.supply or votes.total
    parts, left = [], 0
    for kind, value in (("for", votes.for_), ("abstain", votes.abstain), ("against", votes.against)):
        width = min(value * WIDTH // whole, WIDTH - left) if whole else 0
        if width:
            parts.append(f'<rect class="{kind}" x="{left}" width="{width}" height="{HEIGHT}"/>')
        left += width
    if made.quorum is not None and whole and made.quorum <= whole:
        place = made.quorum * WIDTH // whole
        parts.append(f'<rect class="quorum" x="{min(place, WIDTH - 3)}" y="-3" width="3" height="{HEIGHT + 6}"/>')
    return Markup(  # noqa: S704
        f'<svg class="bar" viewBox="0 -3 {WIDTH} {HEIGHT + 6}" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="rest" width="{WIDTH}" height="{HEIGHT}"/>{"".join(parts)}</svg>'
    )
