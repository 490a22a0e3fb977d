"""`dao epoch`: what an epoch pays, from contributions to claimed tokens."""

from __future__ import annotations

import click


@click.group("epoch", epilog="Example: dao epoch status")
def command() -> None:
    """Compute, publish, dispute, claim and reconcile what contributors are paid."""
