"""What the page's script searches: proposals, and ballots by account, in few bytes."""

from __future__ import annotations

from dao.audit.document import ReportDocument
from dao.render.text import escape


def page_data(document: ReportDocument) -> dict[str, object]:
    """The data of the page, every text escaped as it is to be shown.

    `proposals` are title, state, id, proposer, tier (empty without tiers); `accounts` are address, balance, power, the
    place of the delegate or −1; `ballots`, by account, are the proposal's place, for, against, abstain, power and
    block. Amounts are decimal texts in the token's smallest unit.
    """
    places = {entry.account: place for place, entry in enumerate(document.accounts)}
    ballots: list[list[list[object]]] = [[] for _ in places]
    for number, made in enumerate(document.proposals):
        for ballot in made.ballots:
            votes = (ballot.votes.for_, ballot.votes.against, ballot.votes.abstain, ballot.power)
            ballots[places[ballot.voter]].append([number, *map(str, votes), ballot.block])
    return {
        "symbol": escape(document.token.symbol),
        "decimals": document.token.decimals,
        "proposals": [
            [escape(made.title), made.state, str(made.id), made.proposer, made.tier or ""]
            for made in document.proposals
        ],
        "accounts": [
            [
                entry.account,
                str(entry.balance),
                str(entry.power),
                -1 if entry.delegate is None else places.get(entry.delegate, -1),
            ]
            for entry in document.accounts
        ],
        "ballots": ballots,
    }
