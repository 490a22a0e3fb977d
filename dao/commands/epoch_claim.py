"""`dao epoch claim`: payouts, to the account itself, to a receiver that it chose, or to many accounts."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dao.commands.epoch_proof import selecting, selection
from dao.commands.options import Options, address, sending

if TYPE_CHECKING:
    from dao.lifecycle.epochs.claim import Claiming
    from dao.lifecycle.epochs.claim_batch import BatchPlan
    from dao.lifecycle.epochs.local import Selection
    from dao.lifecycle.epochs.payment import Plan
    from dao.lifecycle.session import Session

_INPUT = click.Path(path_type=Path, exists=True, dir_okay=False)


@dataclass(frozen=True)
class _Wanted:
    """Which payouts, by what is in the folder of epochs."""

    epochs: Path
    selection: Selection


@dataclass(frozen=True)
class _SignTo:
    """What --sign-to and what goes with it said."""

    receiver: str
    deadline: str | None
    contract: str | None
    output: Path | None


@click.command(
    "claim",
    epilog="Examples: dao epoch claim --account alice; dao epoch claim --for accounts.csv --account operator --yes; "
    "dao epoch claim --sign-to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --account alice; "
    "dao epoch claim --signed claims/alice.json --account anybody",
)
@selecting
@click.option("--to", "receiver", metavar="ADDRESS", help="Pay this account instead; your own account sends it.")
@click.option(
    "--sign-to",
    metavar="ADDRESS",
    help="Sign that this account is paid, into a file that anybody may send; send nothing.",
)
@click.option("--deadline", metavar="MOMENT", help="With --sign-to: until when that counts; a week if not given.")
@click.option("--contract", metavar="ADDRESS", help="With --sign-to: contract account that you sign for (ERC-1271).")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --sign-to: the file; claims/<account>-<receiver>.json if not given.",
)
@click.option("--signed", type=_INPUT, help="Send what an account signed with --sign-to; anybody may.")
@click.option("--for", "accounts", type=_INPUT, help="CSV file with a column `account`: have all of them paid.")
@sending
def claim_command(
    options: Options,
    *,
    epochs: Path,
    epoch: tuple[int, ...],
    stream: tuple[str, ...],
    series: int | None,
    receiver: str | None,
    sign_to: str | None,
    deadline: str | None,
    contract: str | None,
    output: Path | None,
    signed: Path | None,
    accounts: Path | None,
) -> int:
    """Claim what your account is paid, of all epochs and streams at once, in as few transactions as gas allows.

    Payouts are looked up in the local folders of epochs and compared with what is published: what is not open,
    disputed, voided, lapsed, claimed, or not in the published tree is listed with the reason, and nothing is sent for
    it. Ends with 1 where something is wrong, or something is left and nothing could be paid.

    With --for many accounts are paid, each publication in batches, and each account itself; an account that stands
    twice in the file counts once. Run it again after an interruption: nobody is paid twice. Ends with 1 unless all
    accounts of the file were paid.
    """
    forms = {"--to": receiver, "--sign-to": sign_to, "--signed": signed, "--for": accounts}
    given = [name for name, value in forms.items() if value is not None]
    if len(given) > 1:
        raise click.UsageError(f"expected only one of {', '.join(given)}")
    if sign_to is None and (deadline, contract, output) != (None, None, None):
        raise click.UsageError("--deadline, --contract and --output go with --sign-to")
    if sign_to is not None and options.unsigned is not None:
        raise click.UsageError("--sign-to sends nothing: leave out --unsigned")
    if signed is not None and (epoch or stream or series is not None):
        raise click.UsageError("--signed says which payouts: leave out --epoch, --stream and --series")
    wanted = _Wanted(epochs, selection(epoch, stream, series))
    if accounts is not None:
        return _for(options, wanted, accounts)
    if signed is not None:
        return _signed(options, signed)
    if sign_to is not None:
        return _sign(options, wanted, _SignTo(sign_to, deadline, contract, output))
    return _own(options, wanted, receiver)


def _own(options: Options, wanted: _Wanted, receiver: str | None) -> int:
    from dao.lifecycle.epochs.claim import claim
    from dao.lifecycle.epochs.local import payouts_of
    from dao.render.progress import progress

    session = _signing_session(options)
    to = None if receiver is None else address(receiver)
    with progress(hidden=options.json) as told:
        local = payouts_of(wanted.epochs, session.sender, wanted.selection, told=told)
        claiming = claim(session, local, receiver=to, confirm=_Confirm(options, session), told=told)
    return _told(options, session, claiming)


def _signed(options: Options, path: Path) -> int:
    from dao.claim_order import read_claim_order
    from dao.lifecycle.epochs.claim_to import send_order
    from dao.render.progress import progress

    order = read_claim_order(path)
    session = _signing_session(options)
    with progress(hidden=options.json) as told:
        claiming = send_order(session, order, confirm=_Confirm(options, session), told=told)
    return _told(options, session, claiming)


def _sign(options: Options, wanted: _Wanted, asked: _SignTo) -> int:
    from dao.document.quantities import parse_timestamp
    from dao.lifecycle.epochs.claim_to import sign_to
    from dao.lifecycle.epochs.local import payouts_of
    from dao.render.claims import order_text, signed_json, signed_view
    from dao.render.console import show, show_json
    from dao.render.output import save
    from dao.render.progress import progress

    receiver = address(asked.receiver)
    until = None if asked.deadline is None else parse_timestamp(asked.deadline)
    session = options.reading_session()
    account = options.own_address() if asked.contract is None else address(asked.contract)
    with progress(hidden=options.json) as told:
        local = payouts_of(wanted.epochs, account, wanted.selection, told=told)
    made = sign_to(
        session,
        local,
        options.message_signer,
        receiver=receiver,
        deadline=until,
        confirm=_Confirm(options, session, asking=False),
    )
    path = asked.output or Path("claims") / f"{account}-{receiver}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    save(path, order_text(made.order))
    if options.json:
        show_json(signed_json(path, made))
    else:
        show(signed_view(path, made, session.deployment))
    return 0


def _for(options: Options, wanted: _Wanted, path: Path) -> int:
    from dao.lifecycle.epochs.accounts import load_accounts
    from dao.lifecycle.epochs.claim_batch import claim_batch
    from dao.render.claims import batched_json, batched_view
    from dao.render.console import show, show_json
    from dao.render.progress import progress

    accounts = load_accounts(path)
    session = _signing_session(options)
    with progress(hidden=options.json) as told:
        batched = claim_batch(
            session,
            wanted.epochs,
            accounts,
            wanted.selection,
            confirm=_Confirm(options, session),
            told=told,
        )
    if options.json:
        show_json(batched_json(batched))
    else:
        show(batched_view(batched, session.deployment))
    return 0 if batched.complete else 1


def _signing_session(options: Options) -> Session:
    session = options.session()
    session.require_signer()
    return session


def _told(options: Options, session: Session, claiming: Claiming) -> int:
    from dao.render.claims import claiming_json, claiming_view
    from dao.render.console import show, show_json

    if options.json:
        show_json(claiming_json(claiming))
    else:
        show(claiming_view(claiming, session.deployment))
    return 0 if claiming.complete else 1


class _Confirm:
    """Shows the plan, and asks unless --yes was given."""

    def __init__(self, options: Options, session: Session, *, asking: bool = True) -> None:
        self._options, self._session, self._asking = options, session, asking

    def __call__(self, plan: Plan | BatchPlan) -> None:
        if not self._options.json:
            self._show(plan)
        if self._asking and not self._options.yes and self._options.unsigned is None:
            if self._options.json or not sys.stdin.isatty():
                raise click.UsageError("nobody is here to confirm the transactions: add --yes to send them")
            click.confirm("Send them?", abort=True, err=True)

    def _show(self, plan: Plan | BatchPlan) -> None:
        from dao.lifecycle.epochs.payment import Plan
        from dao.render.claims import batch_plan_view, plan_view
        from dao.render.console import err

        deployment = self._session.deployment
        err().print(plan_view(plan, deployment) if isinstance(plan, Plan) else batch_plan_view(plan, deployment))
