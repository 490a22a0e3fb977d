"""`dao policy impact`: what a proposal changes for each contributor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.horizon import assuming, named, subjects
from dao.commands.options import Options, address, reading

if TYPE_CHECKING:
    from dao.document.quantities import Units


@click.command(
    "impact",
    epilog="Example: dao policy impact proposals/0001-cut-node-job-rewards.yaml --contributions last-epoch.csv",
)
@click.argument("proposal")
@click.option(
    "--contributions",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="CSV of one epoch: account, stream, units, and what the stream's parameters read, such as class.",
)
@click.option("--account", metavar="ADDRESS", help="Show this contributor alone, stream by stream.")
@click.option(
    "--epoch",
    type=click.IntRange(0, 2**32 - 1),
    help="The epoch that is paid; the first one that the proposal changes if not given.",
)
@click.option("--base", default="current", show_default=True, help="The policy before, as `dao policy diff` takes it.")
@assuming
@named
@reading
def impact(
    options: Options,
    *,
    proposal: str,
    contributions: Path,
    account: str | None,
    epoch: int | None,
    base: str,
    assume: dict[str, str],
    presets: Path,
    unit: Units | None,
) -> None:
    """Show what each contributor is paid before and after PROPOSAL, for contributions of one epoch.

    PROPOSAL is a proposal file, the id of a proposal on chain, or another policy as `dao policy diff` takes it. Nobody
    needs to have voted yet.
    """
    from dao.lifecycle.contributions import load_contributions
    from dao.lifecycle.impact import impact as weigh
    from dao.lifecycle.subject import WEI
    from dao.render.console import show, show_json
    from dao.render.impact import account_view, impact_json, impact_view
    from dao.rewards.compare import first_difference

    who = address(account) if account else None
    records = load_contributions(contributions)
    before, after = subjects(options, presets, unit).pair(base, proposal)
    if epoch is None:
        epoch = first_difference(before.policy, after.policy, max(before.first_epoch, after.first_epoch))
    before, after = (subject.assuming(assume, last=epoch) for subject in (before, after))
    result = weigh(before.policy, after.policy, records, epoch=epoch)
    chosen = (result.of(who),) if who else result.accounts
    shown = before.units or after.units or WEI
    if options.json:
        show_json(impact_json(before, after, result, chosen, shown))
    elif who:
        show(account_view(before, after, result, chosen[0], shown))
    else:
        show(impact_view(before, after, result, shown))
