"""Has an account's payouts paid to a receiver by its signature: signed here, sent by anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from dao.chain.distributor import Series
from dao.chain.signatures import accepted_by
from dao.chain.typed import TypedData, TypedSigner, signer_of
from dao.claim_order import MAX_PAYOUTS, ClaimOrder, SignedClaim, SignedPayout
from dao.document.moments import moment
from dao.errors import AccountError, EpochError
from dao.lifecycle.epochs import payment
from dao.lifecycle.epochs.claim import Claiming, require_receiver, require_some
from dao.lifecycle.epochs.due import Entitlement, Standing, assess
from dao.lifecycle.epochs.endorse import NAME, VERSION
from dao.lifecycle.epochs.local import Local, LocalPayout, Told, untold
from dao.lifecycle.epochs.payment import Confirm, Plan, unconfirmed
from dao.lifecycle.epochs.published import distributor_of
from dao.lifecycle.outgoing import Outgoing
from dao.lifecycle.packing import Packed, Packer
from dao.lifecycle.session import Session
from dao.payouts.publication import Publication, pair_hash
from dao.types import Address

LASTS = 7 * 86_400
"""How long a signature counts if nothing else is said, in seconds."""

_CLAIM_TO = (("account", "address"), ("receiver", "address"), ("deadline", "uint256"), ("payouts", "PayoutKey[]"))
_PAYOUT_KEY = (("stream", "bytes32"), ("epoch", "uint32"), ("series", "uint32"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an account signs besides the payouts: who is paid, and until when that counts (seconds)."""

    receiver: Address
    deadline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """An order, and every payout of the account as it stood when it was signed; those that are due are in it."""

    order: ClaimOrder
    entitlements: tuple[Entitlement, ...]


def claim_to(distributor: Address, chain_id: int, account: Address, terms: Terms, keys: Sequence[Series]) -> TypedData:
    """`ClaimTo` of `RewardDistributor.claimTo`: what an account signs (EIP-712)."""
    names = [name for name, _ in _PAYOUT_KEY]
    return TypedData(
        name=NAME,
        version=VERSION,
        chain_id=chain_id,
        contract=distributor,
        kind="ClaimTo",
        fields=_CLAIM_TO,
        structs={"PayoutKey": _PAYOUT_KEY},
        message={
            "account": account,
            "receiver": terms.receiver,
            "deadline": terms.deadline,
            "payouts": [dict(zip(names, key.arguments, strict=True)) for key in keys],
        },
    )


def sign_to(
    session: Session,
    local: Local,
    signer: Callable[[], TypedSigner],
    *,
    receiver: Address,
    deadline: int | None = None,
    confirm: Confirm = unconfirmed,
) -> Signed:
    """Signs that the payouts in `local` that are due are paid to `receiver`; nothing is sent.

    Args:
        session: The deployment.
        local: The account's payouts.
        signer: Who signs: the account's key, or one that answers for the contract account; asked for after `confirm`.
        receiver: Who is paid.
        deadline: Until when that counts (seconds since the Unix epoch); LASTS from now if None.
        confirm: Sees what is about to be signed.

    Raises:
        EpochError: Nothing is due, the receiver can be none, or the deadline is over.
        AccountError: The signature is none of the account.
    """
    require_some(local)
    require_receiver(session, receiver)
    now = session.connection.ahead().timestamp
    terms = Terms(receiver=receiver, deadline=now + LASTS if deadline is None else deadline)
    _require_time(terms.deadline, now)
    found = assess(session, local)
    due = [entry for entry in found if entry.standing is Standing.DUE]
    if not due:
        raise EpochError(
            "nothing of this account is due",
            expected="a payout that is open and not claimed",
            found="; ".join(f"{_named(entry.series)}: {entry.standing.value}" for entry in found[:10]),
            remedy="sign when claims open",
        )
    confirm(Plan(entitlements=found, transactions=(), receiver=receiver))
    who, claims = signer(), []
    for start in range(0, len(due), MAX_PAYOUTS):
        some = [entry.payout for entry in due[start : start + MAX_PAYOUTS] if entry.payout is not None]
        typed = claim_to(
            distributor_of(session).address,
            session.deployment.chain_id,
            local.account,
            terms,
            [payout.series for payout in some],
        )
        signature = who.sign_typed(typed)
        if not _accepted(session, local.account, typed, signature):
            raise AccountError(
                "the signature is not the account's",
                expected=local.account,
                found=who.address,
                remedy="sign with the key of the account, or with one that its contract accepts (ERC-1271)",
            )
        claims.append(SignedClaim(payouts=tuple(_written(payout) for payout in some), signature=signature))
    order = ClaimOrder(
        chain_id=session.deployment.chain_id,
        distributor=distributor_of(session).address,
        account=local.account,
        receiver=receiver,
        deadline=terms.deadline,
        claims=tuple(claims),
    )
    return Signed(order=order, entitlements=found)


def send_order(session: Session, order: ClaimOrder, *, confirm: Confirm = unconfirmed, told: Told = untold) -> Claiming:
    """Sends what an account signed, as anybody.

    What one signature covers is claimed together or not at all: where a part of it cannot be claimed, it is not sent.

    Raises EpochError where the order is for another chain or contract, is over, or is not signed by its account, and
    like `claim`.
    """
    _require_here(session, order)
    now = session.connection.ahead().timestamp
    _require_time(order.deadline, now)
    require_receiver(session, order.receiver)
    terms = Terms(receiver=order.receiver, deadline=order.deadline)
    for signed in order.claims:
        keys = [Series(payout.stream, payout.epoch, payout.series) for payout in signed.payouts]
        typed = claim_to(order.distributor, order.chain_id, order.account, terms, keys)
        if not _accepted(session, order.account, typed, signed.signature):
            raise EpochError(
                "the order is not signed by its account",
                expected=f"the signature of {order.account}",
                found=signer_of(typed, signed.signature) or "no signature of this order",
                remedy="have the account sign it anew with `dao epoch claim --sign-to`",
            )
    payment.settle(session)
    groups = [tuple(_assessed(session, order, signed)) for signed in order.claims]
    plan = _plan(session, order, groups, told)
    entitlements, sent = payment.send_all(session, plan, confirm=confirm, told=told)
    return Claiming(account=order.account, receiver=order.receiver, entitlements=entitlements, sent=sent)


@dataclass(frozen=True, slots=True)
class _Group:
    """What one signature covers, all of it due."""

    signed: SignedClaim
    entries: tuple[Entitlement, ...]


def _plan(session: Session, order: ClaimOrder, groups: Sequence[tuple[Entitlement, ...]], told: Told) -> Plan:
    ready: list[_Group] = []
    every: list[Entitlement] = []
    for signed, entries in zip(order.claims, groups, strict=True):
        hindered = next((entry for entry in entries if entry.standing is not Standing.DUE), None)
        if hindered is None:
            ready.append(_Group(signed, entries))
            every += entries
        else:
            words = f"signed together with {_named(hindered.series)}, which is {hindered.standing.value}: "
            every += [
                replace(entry, standing=Standing.FAILED, reason=words + "have the account sign without it")
                if entry.standing is Standing.DUE
                else entry
                for entry in entries
            ]

    def make(some: Sequence[_Group]) -> Outgoing:
        (group,) = some
        claims = [entry.payout.claim for entry in group.entries if entry.payout is not None]
        return payment.call(
            session, "claimTo", order.account, order.receiver, claims, order.deadline, group.signed.signature
        )

    packer: Packer[_Group] = Packer(session, len(ready), lambda done, of: told("putting them together", done, of))
    refused = [failure for group in ready for failure in packer.pack([group], make)]
    failed = {
        (entry.series, entry.account): each.reason
        for each in refused
        for group in each.entries
        for entry in group.entries
    }
    transactions = tuple(
        Packed(
            outgoing=packed.outgoing,
            entries=tuple(entry for group in packed.entries for entry in group.entries),
            gas=packed.gas,
            gas_limit=packed.gas_limit,
        )
        for packed in packer.packed
    )
    return Plan(entitlements=tuple(payment.refusals(every, failed)), transactions=transactions, receiver=order.receiver)


def _assessed(session: Session, order: ClaimOrder, signed: SignedClaim) -> Iterator[Entitlement]:
    """The payouts of a file, each against the root on chain: nothing in it is believed."""
    payouts = []
    for payout in signed.payouts:
        publication = Publication(
            chain_id=order.chain_id,
            distributor=order.distributor,
            stream=payout.stream,
            epoch=payout.epoch,
            series=payout.series,
        )
        leaf = publication.leaf(order.account, payout.amount)
        payouts.append(
            LocalPayout(
                publication=publication,
                account=order.account,
                amount=payout.amount,
                leaf=leaf,
                proof=payout.proof,
                root=reduce(pair_hash, payout.proof, leaf),
            )
        )
    yield from assess(session, Local(account=order.account, payouts=tuple(payouts), unreadable=()))


def _accepted(session: Session, account: Address, typed: TypedData, signature: bytes) -> bool:
    """Whether `signature` is the account's, as OpenZeppelin's SignatureChecker has it."""
    if session.connection.code(account):
        return accepted_by(session.connection, account, typed.digest, signature)
    return signer_of(typed, signature) == account


def _require_here(session: Session, order: ClaimOrder) -> None:
    deployment, distributor = session.deployment, distributor_of(session)
    if order.chain_id != deployment.chain_id:
        raise EpochError(
            "the order is for another chain",
            expected=f"chain {deployment.chain_id}",
            found=f"chain {order.chain_id}",
            remedy="give the RPC address of that chain with --rpc",
        )
    if order.distributor != distributor.address:
        raise EpochError(
            "the order is for another contract",
            expected=f"the distributor {distributor.address}",
            found=order.distributor,
            remedy="name that deployment's file with --deployment",
        )


def _require_time(deadline: int, now: int) -> None:
    if deadline < now:
        raise EpochError(
            "the order counts no longer",
            expected=f"a deadline after {moment(now)}",
            found=moment(deadline),
            remedy="have the account sign it anew",
        )


def _written(payout: LocalPayout) -> SignedPayout:
    made = payout.publication
    return SignedPayout(
        stream=made.stream, epoch=made.epoch, series=made.series, amount=payout.amount, proof=payout.proof
    )


def _named(series: Series) -> str:
    return f"{series.stream} of epoch {series.epoch}" + (f", series {series.series}" if series.series else "")
