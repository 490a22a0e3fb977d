"""Signs what an epoch pays, or the answer to a dispute, as a reporter; and finds enough such signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dao.chain.distributor import Series
from dao.chain.signatures import accepted_by
from dao.chain.typed import TypedData, TypedSigner, normal, signer_of
from dao.endorsement import MAX_TEXT, Endorsement, SignedAnswer, SignedPublication, read_endorsement
from dao.errors import AccountError, EpochError
from dao.lifecycle.epochs.published import distributor_of
from dao.lifecycle.session import Session
from dao.types import Address

NAME, VERSION = "RewardDistributor", "1"
"""The distributor's signing domain."""

_SERIES = (("stream", "bytes32"), ("epoch", "uint32"), ("series", "uint32"), ("revision", "uint32"))
_PUBLICATION = (*_SERIES, ("root", "bytes32"), ("total", "uint128"), ("dataHash", "bytes32"), ("dataURI", "string"))
_ANSWER = (*_SERIES, ("account", "address"), ("text", "string"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPublish:
    """A publication as `Publications.Publication` has it, its stream by path. `total` in wei, hashes of 32 bytes."""

    series: Series
    revision: int
    root: bytes
    total: int
    data_hash: bytes
    data_uri: str

    @property
    def arguments(self) -> tuple[object, ...]:
        """The struct as the distributor takes it."""
        return (*self.series.arguments, self.revision, self.root, self.total, self.data_hash, self.data_uri)

    def typed(self, session: Session) -> TypedData:
        """What a reporter signs."""
        return _typed(session, "Publication", _PUBLICATION, self.arguments)

    def same(self, signed: SignedPublication) -> bool:
        """Whether `signed` is of this very publication."""
        return signed.model_copy(update={"signature": b""}) == self.signed(b"")

    def signed(self, signature: bytes) -> SignedPublication:
        """The entry of an endorsement."""
        return SignedPublication(
            stream=self.series.stream,
            epoch=self.series.epoch,
            series=self.series.series,
            revision=self.revision,
            root=self.root,
            total=self.total,
            data_hash=self.data_hash,
            data_uri=self.data_uri,
            signature=signature,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToAnswer:
    """An answer as `Publications.Answer` has it, its stream by path."""

    series: Series
    revision: int
    account: Address
    text: str

    @property
    def arguments(self) -> tuple[object, ...]:
        """The struct as the distributor takes it."""
        return (*self.series.arguments, self.revision, self.account, self.text)

    def typed(self, session: Session) -> TypedData:
        """What a reporter signs."""
        return _typed(session, "Answer", _ANSWER, self.arguments)

    def same(self, signed: SignedAnswer) -> bool:
        """Whether `signed` is of this very answer."""
        return signed.model_copy(update={"signature": b""}) == self.signed(b"")

    def signed(self, signature: bytes) -> SignedAnswer:
        """The entry of an endorsement."""
        return SignedAnswer(
            stream=self.series.stream,
            epoch=self.series.epoch,
            series=self.series.series,
            revision=self.revision,
            account=self.account,
            text=self.text,
            signature=signature,
        )


def endorse(session: Session, signer: TypedSigner, *, to_sign: Sequence[ToPublish | ToAnswer]) -> Endorsement:
    """What `signer` signs as a reporter.

    Raises AccountError where it is no reporter, or signs something else.
    """
    distributor = distributor_of(session)
    reporters, _ = distributor.reporters()
    if signer.address not in reporters:
        raise AccountError(
            f"{signer.address} is no reporter",
            expected=", ".join(reporters),
            found=signer.address,
            remedy="sign with a reporter's account; a proposal with `setReporters` rotates them",
        )
    publications: list[SignedPublication] = []
    answers: list[SignedAnswer] = []
    for each in to_sign:
        typed = each.typed(session)
        signature = normal(signer.sign_typed(typed))
        found = signer_of(typed, signature)
        if found != signer.address:
            raise AccountError(
                "the signature is not the reporter's", expected=signer.address, found=found or "no signature of this"
            )
        if isinstance(each, ToPublish):
            publications.append(each.signed(signature))
        else:
            answers.append(each.signed(signature))
    return Endorsement(
        chain_id=session.deployment.chain_id,
        distributor=distributor.address,
        reporter=signer.address,
        publications=tuple(publications),
        answers=tuple(answers),
    )


def read_endorsements(session: Session, paths: Sequence[Path]) -> tuple[Endorsement, ...]:
    """The endorsements at `paths`, one of each reporter.

    Raises DocumentError where a file is none, EpochError where it is for another distributor or chain.
    """
    distributor = distributor_of(session)
    here = (session.deployment.chain_id, distributor.address)
    found = []
    for path in paths:
        made = read_endorsement(path)
        if (made.chain_id, made.distributor) != here:
            raise EpochError(
                f"{path} is for another distributor",
                expected=f"chain {here[0]}, {here[1]}",
                found=f"chain {made.chain_id}, {made.distributor}",
            )
        found.append(made)
    return tuple(found)


def enough_signatures(
    session: Session, wanted: ToPublish | ToAnswer, endorsements: Sequence[Endorsement]
) -> tuple[tuple[Address, bytes], ...]:
    """As many reporters' signatures of `wanted` as must be, ascending by reporter.

    Raises EpochError where there are too few, naming who signed something else for the same series.
    """
    distributor = distributor_of(session)
    reporters, threshold = distributor.reporters()
    typed = wanted.typed(session)
    found: dict[Address, bytes] = {}
    others: list[str] = []
    for made in endorsements:
        for signature, differs in _signatures(wanted, made):
            if made.reporter not in reporters:
                others.append(f"{made.reporter} is no reporter")
            elif differs:
                others.append(f"{made.reporter} signed something else: {differs}")
            elif not _valid(session, made.reporter, typed, signature):
                others.append(f"the signature of {made.reporter} is not its own")
            else:
                found[made.reporter] = signature
    if len(found) < threshold:
        raise EpochError(
            f"too few reporters signed {wanted.series.stream} of epoch {wanted.series.epoch}",
            expected=f"{threshold} of {len(reporters)} reporters",
            found="; ".join([f"{len(found)} of them", *sorted(set(others))]),
            remedy="have others sign the same with --sign, and give their files",
            values={"signed": sorted(found), "threshold": threshold},
        )
    ordered = sorted(found.items(), key=lambda entry: int(entry[0], 16))
    return tuple(ordered[:threshold])


def require_text(text: str, *, what: str) -> None:
    """Raises EpochError unless `text` fits the distributor; a command line may hold bytes that are no UTF-8."""
    try:
        length = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise EpochError(
            f"the {what} is no text", expected="UTF-8", found=ascii(text), remedy="type it again, or set a UTF-8 locale"
        ) from None
    if not 0 < length <= MAX_TEXT:
        raise EpochError(f"the {what} is empty or too long", expected=f"1 to {MAX_TEXT} bytes", found=f"{length} bytes")


def _signatures(wanted: ToPublish | ToAnswer, made: Endorsement) -> list[tuple[bytes, str]]:
    """What `made` signed of the series of `wanted`, each with how it differs from it; empty where it does not."""
    signed: Sequence[SignedPublication | SignedAnswer]
    signed = made.publications if isinstance(wanted, ToPublish) else made.answers
    series = wanted.series
    mine = [
        each
        for each in signed
        if (each.stream, each.epoch, each.series) == (series.stream, series.epoch, series.series)
    ]
    if isinstance(wanted, ToAnswer):
        mine = [each for each in mine if isinstance(each, SignedAnswer) and each.account == wanted.account]
    ours = wanted.signed(b"").model_dump(mode="json", exclude={"signature"})
    found = []
    for each in mine:
        theirs = each.model_dump(mode="json", exclude={"signature"})
        differing = [f"{name} {theirs[name]}" for name in ours if ours[name] != theirs[name]]
        found.append((each.signature, ", ".join(differing)))
    return found


def _valid(session: Session, reporter: Address, typed: TypedData, signature: bytes) -> bool:
    if signer_of(typed, signature) == reporter:
        return True
    connection = session.connection
    return bool(connection.code(reporter)) and accepted_by(connection, reporter, typed.digest, signature)


def _typed(session: Session, kind: str, fields: tuple[tuple[str, str], ...], values: tuple[object, ...]) -> TypedData:
    return TypedData(
        name=NAME,
        version=VERSION,
        chain_id=session.deployment.chain_id,
        contract=distributor_of(session).address,
        kind=kind,
        fields=fields,
        message=dict(zip((name for name, _ in fields), values, strict=True)),
    )
