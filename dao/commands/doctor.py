"""`dao doctor`: what is wrong with the set-up, and the fix."""

from __future__ import annotations

import time

import click

from dao.commands.options import Options, owning


@click.command("doctor", epilog="Example: dao doctor --account alice --json")
@owning
def command(options: Options) -> None:
    """Look at node, chain, deployment, artifacts and account, and say what is wrong and how to mend it.

    Sends nothing. Exit code 1 where something is wrong with which commands fail.
    """
    from dao.commands.options import address
    from dao.lifecycle.doctor import Setup, Verdict, examine
    from dao.render.console import show, show_json
    from dao.render.doctor import symptoms_json, symptoms_view

    setup = Setup(
        url=options.url(),
        patience=options.patience(),
        now=int(time.time()),
        chain_id=options.chain_id,
        deployment=options.deployment,
        account=address(options.sender) if options.sender else None,
        keystore=options.key_file(),
        password_file=options.password_file,
        signer=options.signer_url,
    )
    symptoms = list(examine(setup))
    if options.json:
        show_json(symptoms_json(symptoms))
    else:
        show(symptoms_view(symptoms))
    if any(symptom.verdict is Verdict.FAILURE for symptom in symptoms):
        raise click.exceptions.Exit(1)
