"""`dao policy export`: the policy for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.horizon import assuming, horizon, named, subjects
from dao.commands.options import Options, reading

if TYPE_CHECKING:
    from dao.document.quantities import Units


@click.command("export", epilog="Example: dao policy export --format csv --epochs 52 --output policy.csv")
@click.argument("policy", default="current")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "csv", "parquet"]),
    default="json",
    show_default=True,
    help="json: every change, checked by the policy hash; csv, parquet: a row for each stream and epoch.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; standard output if not given. Parquet needs one.",
)
@click.option("--block", type=click.IntRange(0), help="For json: the policy as of this block; the newest if not given.")
@horizon
@assuming
@named
@reading
def export(
    options: Options,
    *,
    policy: str,
    form: str,
    output: Path | None,
    block: int | None,
    first: int | None,
    epochs: int,
    assume: dict[str, str],
    presets: Path,
    unit: Units | None,
) -> None:
    """Write POLICY as a file that `RewardPolicy.from_file` reads, or as a table of its amounts.

    POLICY is what `dao policy diff` takes. Amounts are in the token's smallest unit. As json only the policy on chain
    can be written, because the chain alone has every change.
    """
    from dao.lifecycle.export import policy_file, rows
    from dao.lifecycle.subject import CURRENT
    from dao.render.export import rows_csv, write_parquet
    from dao.render.output import replacing, save
    from dao.rewards.outlook import Horizon

    if form == "parquet" and output is None:
        raise click.UsageError("Parquet is no text: add --output FILE")
    if form == "json" and policy != CURRENT:
        raise click.UsageError("only the policy on chain can be written as json: its logs have every change")
    if form != "json" and block is not None:
        raise click.UsageError("--block belongs to --format json")
    if form == "json" and assume:
        raise click.UsageError("a policy file holds what was reported, and nothing that is assumed")
    if form == "json":
        text = policy_file(options.session(), block=block).text()
    else:
        subject = subjects(options, presets, unit).one(policy)
        ahead = Horizon.of(subject.first_epoch if first is None else first, epochs)
        table = rows(subject.assuming(assume, last=ahead.last).policy, ahead)
        if output is not None and form == "parquet":
            with replacing(output) as file:
                write_parquet(table, file)
            return _written(options, output)
        text = rows_csv(table)
    if output is None:
        return click.echo(text, nl=False)
    save(output, text)
    return _written(options, output)


def _written(options: Options, output: Path) -> None:
    from dao.render.console import show, show_json

    if options.json:
        show_json({"file": str(output)})
    else:
        show(f"wrote {output}")
