"""`dao policy diff`: two policies, or a policy and a proposal, beside each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.horizon import assuming, horizon, named, subjects
from dao.commands.options import Options, reading

if TYPE_CHECKING:
    from dao.document.quantities import Units


@click.command(
    "diff", epilog="Example: dao policy diff current proposals/0002-raise-node-rewards-year-2.yaml --epochs 60"
)
@click.argument("before")
@click.argument("after", required=False)
@horizon
@assuming
@named
@reading
def diff(
    options: Options,
    *,
    before: str,
    after: str | None,
    first: int | None,
    epochs: int,
    assume: dict[str, str],
    presets: Path,
    unit: Units | None,
) -> None:
    """Show what every stream gets under AFTER instead of BEFORE, per epoch and in sum.

    Each is `current`, an exported policy (.json), a preset's name or file, a deployment file, a proposal file, or the
    id of a proposal on chain. A proposal stands for the policy that it would make of BEFORE. With one argument, that is
    compared with the policy on chain.
    """
    from dao.lifecycle.subject import WEI
    from dao.render.compare import comparison_json, comparison_view
    from dao.render.console import show, show_json
    from dao.rewards.compare import compare
    from dao.rewards.outlook import Horizon

    old, new = subjects(options, presets, unit).pair(before, after)
    begin = max(old.first_epoch, new.first_epoch) if first is None else first
    ahead = Horizon.of(begin, epochs)
    old, new = (subject.assuming(assume, last=ahead.last) for subject in (old, new))
    comparison = compare(old.policy, new.policy, ahead)
    shown = old.units or new.units or WEI
    if options.json:
        show_json(comparison_json(old, new, comparison, shown))
    else:
        show(comparison_view(old, new, comparison, shown))
