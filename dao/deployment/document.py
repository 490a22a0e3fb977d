"""The deployment file: token, governor, timelock and policy, and the constructor arguments that follow from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from dao.document import loader
from dao.document.fields import (
    Account,
    AddressText,
    ContractName,
    Decimals,
    Duration,
    GraceDuration,
    ReporterCount,
    Share,
    ShortDuration,
    Symbol,
    TokenAmount,
)
from dao.document.items import Items
from dao.document.loader import Source
from dao.document.model import Strict, locate, validate
from dao.document.names import address_of
from dao.document.preset import load_preset
from dao.document.quantities import Amount, Units, format_share
from dao.document.section import WrittenPolicy
from dao.document.where import at, field_of
from dao.errors import AmountError, DaoError, DeploymentError, DocumentError
from dao.rewards.policy import Policy
from dao.rewards.schedule import MAX_AMOUNT
from dao.tiers import DEFAULT_RULES, MAX_EXCLUSIONS, MIN_APPROVAL, Tier, TierRules, default_list
from dao.types import BASIS_POINTS, ZERO_ADDRESS, Address, Addresses

MAX_CAP = 2**128 - 1
"""The largest cap, in the smallest unit: what ERC20Votes can count."""

MAX_REPORTERS = 32
"""`Reporters.MAX_REPORTERS`."""

MIN_CLAIM_PERIOD = 86_400
"""`DistributorTerms.MIN_CLAIM_PERIOD`, in seconds."""

_MAX_GENESIS = 2**48 - 1

Grants = Annotated[tuple[tuple[Account, Amount], ...], Items(Account, TokenAmount)]


class TokenSection(Strict):
    """`RewardToken`, or the `VotesWrapper` of a token that the DAO has already."""

    name: ContractName = Field(description="ERC-20 name, up to 31 bytes.")
    symbol: Symbol = Field(description="ERC-20 symbol, the unit of every amount in this file.")
    decimals: Decimals = Field(default=18, description="Decimals of one token.")
    wraps: AddressText | None = Field(default=None, description="An existing ERC-20 to wrap instead of a new token.")
    cap: TokenAmount | None = Field(default=None, description="The most that may ever exist; not of a wrapper.")
    minters: tuple[Account, ...] = Field(default=("treasury",), description="Who may mint within the cap.")
    grants: Grants = Field(default=(), description="First balances, by account.")


class TierSection(Strict):
    """What proposals of one impact tier need."""

    approval: Share = Field(description="Part of the votes for and against that the votes for must exceed.")
    quorum: Share = Field(description="Part of the circulating supply that must vote for or abstain.")

    @classmethod
    def of(cls, tier: Tier) -> TierSection:
        """What a file says that does not name `tier`: DIMO's figures."""
        rules = DEFAULT_RULES[tier]
        return cls(approval=rules.approval, quorum=rules.quorum)

    @property
    def rules(self) -> TierRules:
        """The same as a value."""
        return TierRules(self.approval, self.quorum)


class TiersSection(Strict):
    """The impact tiers, from the highest down; none may need more than the one above it."""

    constitutional: TierSection = Field(
        default=TierSection.of(Tier.CONSTITUTIONAL), description="Everything that is not listed in another tier."
    )
    issuance: TierSection = Field(
        default=TierSection.of(Tier.ISSUANCE), description="What is issued to whom: the reward policy, and minting."
    )
    standard: TierSection = Field(
        default=TierSection.of(Tier.STANDARD), description="What is paid out of the treasury in tokens."
    )

    def of(self, tier: Tier) -> TierSection:
        """The section of `tier`."""
        section: TierSection = getattr(self, tier.word)
        return section


class GovernorSection(Strict):
    """`RewardGovernor`."""

    name: ContractName = Field(description="EIP-712 name of ballots, up to 31 bytes.")
    voting_delay: Duration = Field(description="From proposal to snapshot.")
    voting_period: ShortDuration = Field(description="From snapshot to deadline.")
    proposal_threshold: TokenAmount = Field(description="Voting power needed to propose.")
    tiers: TiersSection = Field(default=TiersSection(), description="What proposals need, by what they touch.")
    exclusions: tuple[Account, ...] = Field(
        default=("token",),
        description="Delegates of those who do not vote; their votes are no part of the circulating supply.",
    )
    late_quorum_extension: Duration = Field(description="Voting time left after a late quorum.")
    grace_period: GraceDuration = Field(description="How long a succeeded or queued proposal lives.")
    guardian: Account = Field(description="Who may cancel proposals: an address, or treasury.")


class TimelockSection(Strict):
    """`TimelockController`."""

    min_delay: Duration = Field(description="From queueing to execution.")


class DistributorSection(Strict):
    """`RewardDistributor`."""

    funding: Literal["mint", "treasury"] = Field(
        description="Whether payouts are minted when claimed, or drawn from the treasury when published."
    )
    reporters: tuple[AddressText, ...] = Field(description="Who signs what an epoch pays: 1 to 32 addresses.")
    threshold: ReporterCount = Field(description="How many of the reporters must sign.")
    challenge_window: ShortDuration = Field(description="From a publication to the opening of its claims.")
    dispute_hold: ShortDuration = Field(description="The most by which open disputes put that off.")
    claim_period: ShortDuration = Field(description="From the latest opening to the lapse of what is unclaimed.")
    guardian: Account = Field(default="treasury", description="Who may void publications: an address, or treasury.")


class DeploymentFile(Strict):
    """The file."""

    token: TokenSection
    governor: GovernorSection
    timelock: TimelockSection
    policy: WrittenPolicy
    distributor: DistributorSection | None = Field(
        default=None, description="Who pays contributors by the policy; nobody does without it."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentDocument:
    """A deployment file with everything that it refers to.

    Args:
        path: The file as it was named.
        content_hash: SHA-256 of the file, hexadecimal; if it names a preset, of both files' SHA-256.
        file: What the file says.
        written_policy: The policy, from the file or from the preset.
        genesis: When epoch 0 begins (seconds since the Unix epoch); None for the moment of the deployment.
    """

    path: str
    content_hash: str
    file: DeploymentFile
    written_policy: WrittenPolicy
    genesis: int | None

    @property
    def wraps(self) -> Address | None:
        """The token to wrap; None where a new one is created."""
        return self.file.token.wraps

    @property
    def token_contract(self) -> str:
        """Name of the token's artifact."""
        return "RewardToken" if self.wraps is None else "VotesWrapper"

    @property
    def contracts(self) -> tuple[str, ...]:
        """Names of the artifacts that a deployment creates, in the order of their creation."""
        names = ("TimelockController", self.token_contract, "RewardGovernor", "Schedules", "RewardPolicy")
        return names if self.file.distributor is None else (*names, "RewardDistributor")

    @property
    def units(self) -> Units:
        """The token's unit."""
        return Units(self.file.token.symbol, self.file.token.decimals)

    @property
    def supply_cap(self) -> int:
        """The highest lifetime budget (wei): the token's cap, or whatever amounts reach where a token is wrapped."""
        cap = self.file.token.cap
        return MAX_AMOUNT if cap is None else min(self.units.resolve(cap), MAX_AMOUNT)

    def policy(self, *, genesis: int) -> Policy:
        """The policy that the deployment begins with.

        Args:
            genesis: The document's own, or the one resolved at deployment (seconds since the Unix epoch).
        """
        return self.written_policy.policy(self.units, genesis=genesis, supply_cap=self.supply_cap)

    def constructor_arguments(self, addresses: Addresses, *, genesis: int) -> Mapping[str, tuple[Any, ...]]:
        """The arguments of the constructors by the artifacts' names, as eth-abi takes them.

        Args:
            addresses: Where the contracts will be.
            genesis: The document's own, or the one resolved at deployment (seconds since the Unix epoch).
        """
        token, governor = self.file.token, self.file.governor
        resolve = self.units.resolve

        def address(account: str) -> Address:
            return address_of(account, addresses)

        return {
            "TimelockController": (
                self.file.timelock.min_delay,
                [addresses.governor],
                [addresses.governor],
                ZERO_ADDRESS,
            ),
            self.token_contract: (
                (token.name, token.symbol, token.wraps, addresses.timelock)
                if token.cap is None
                else (
                    token.name,
                    token.symbol,
                    token.decimals,
                    resolve(token.cap),
                    addresses.timelock,
                    [address(minter) for minter in token.minters],
                    [(address(account), resolve(amount)) for account, amount in token.grants],
                )
            ),
            "RewardGovernor": (
                (
                    governor.name,
                    addresses.token,
                    addresses.timelock,
                    address(governor.guardian),
                    governor.voting_delay,
                    governor.voting_period,
                    resolve(governor.proposal_threshold),
                    [(rules.approval, rules.quorum) for rules in (governor.tiers.of(tier).rules for tier in Tier)],
                    [(target, selector, int(tier)) for target, selector, tier in default_list(addresses)],
                    sorted({address(account) for account in governor.exclusions}, key=str.lower),
                    governor.late_quorum_extension,
                    governor.grace_period,
                ),
            ),
            "Schedules": (),
            "RewardPolicy": (
                addresses.timelock,
                genesis,
                self.written_policy.epoch,
                self.supply_cap,
                self.written_policy.beginning(self.units, address),
            ),
            **self._distributor(addresses),
        }

    def _distributor(self, addresses: Addresses) -> Mapping[str, tuple[Any, ...]]:
        section = self.file.distributor
        if section is None:
            return {}
        settings = (
            addresses.policy,
            addresses.wraps or addresses.token,
            addresses.timelock,
            section.funding == "mint",
            address_of(section.guardian, addresses),
            (section.challenge_window, section.dispute_hold, section.claim_period),
            sorted(section.reporters, key=str.lower),
            section.threshold,
        )
        return {"RewardDistributor": (settings,)}


def load_deployment(path: Path, *, presets: Path | None = None) -> DeploymentDocument:
    """The deployment file at `path`.

    Args:
        path: The file.
        presets: Where presets are found by name; `proposals/presets` beside the file unless given.

    Raises DocumentError, naming file, line and field, when the file is none or the contracts would refuse it.
    """
    source = loader.load_file(path)
    file = validate(DeploymentFile, source)
    digest = source.digest
    written, policy_source = file.policy, source
    if file.policy.preset is not None:
        preset_path = _preset_path(file.policy.preset, path, presets)
        if not preset_path.is_file():
            raise DocumentError(
                "there is no such preset",
                path=str(path),
                line=source.line_of(("policy", "preset")),
                field="policy.preset",
                expected=f"a file {preset_path}",
                found=file.policy.preset,
            )
        preset, policy_source = load_preset(preset_path)
        digest = hashlib.sha256(digest + policy_source.digest).digest()
        own = {name: getattr(file.policy, name) for name in ("reporters", "rails") if getattr(file.policy, name)}
        written = preset.policy.model_copy(update=own)
    genesis = file.policy.genesis if file.policy.genesis is not None else written.genesis
    document = DeploymentDocument(
        path=str(path),
        content_hash=digest.hex(),
        file=file,
        written_policy=written,
        genesis=genesis if isinstance(genesis, int) else None,
    )
    with _located(source):
        _check(document)
    with _located(policy_source), at("policy"):
        document.policy(genesis=document.genesis or 0)
    return document


def _preset_path(name: str, path: Path, presets: Path | None) -> Path:
    if name.endswith(".yaml"):
        return path.parent / name
    return (presets or path.parent / "proposals" / "presets") / f"{name}.yaml"


@contextmanager
def _located(source: Source) -> Iterator[None]:
    """Gives every error that passes its file and line."""
    try:
        yield
    except DaoError as error:
        raise locate(error, source, field_of(error)) from error


def _check(document: DeploymentDocument) -> None:
    """What the constructors of token and governor would refuse. Raises AmountError, which names its field."""
    token, governor, units = document.file.token, document.file.governor, document.units
    for field, name in (("token.name", token.name), ("governor.name", governor.name)):
        with at(field):
            length = len(name.encode())
            if length > 31:
                raise AmountError("the name is too long for EIP-712", expected="at most 31 bytes", found=length)
    _check_supply(token, units)
    with at("governor.proposal_threshold"):
        units.resolve(governor.proposal_threshold)
    above = TierRules(BASIS_POINTS - 1, BASIS_POINTS)
    for tier in Tier:
        rules = governor.tiers.of(tier).rules
        for name, value, most in (
            ("approval", rules.approval, above.approval),
            ("quorum", rules.quorum, above.quorum),
        ):
            least = MIN_APPROVAL if name == "approval" else 0
            with at(f"governor.tiers.{tier.word}.{name}"):
                if not least <= value <= most:
                    raise AmountError(
                        "no tier may need more than the one above it, nor can anything need all votes, or under half",
                        expected=f"{format_share(least)} to {format_share(most)}",
                        found=format_share(value),
                    )
        above = rules
    with at("governor.exclusions"):
        if len(set(governor.exclusions)) != len(governor.exclusions) or ZERO_ADDRESS in governor.exclusions:
            raise AmountError("an exclusion stands twice, or is nobody", found=", ".join(governor.exclusions))
        if len(governor.exclusions) > MAX_EXCLUSIONS:
            found = len(governor.exclusions)
            raise AmountError("there are too many exclusions", expected=f"at most {MAX_EXCLUSIONS}", found=found)
    with at("governor.guardian"):
        if governor.guardian == ZERO_ADDRESS:
            raise AmountError("the guardian is nobody", expected="an address, or treasury", found=governor.guardian)
    _check_distributor(document)
    with at("policy.genesis"):
        if document.genesis is not None and document.genesis > _MAX_GENESIS:
            raise AmountError("the genesis is out of range", expected=f"at most {_MAX_GENESIS}", found=document.genesis)


def _check_distributor(document: DeploymentDocument) -> None:
    """What the distributor's constructor would refuse, and what would leave it without tokens."""
    token, section = document.file.token, document.file.distributor
    if "distributor" in token.minters and section is None:
        with at("token.minters"):
            raise DeploymentError("there is no distributor", expected="a section distributor", found="none")
    if section is None:
        return
    with at("distributor.reporters"):
        count = len(section.reporters)
        if not 1 <= count <= MAX_REPORTERS or len(set(section.reporters)) != count or ZERO_ADDRESS in section.reporters:
            raise AmountError(
                "these cannot be the reporters", expected=f"1 to {MAX_REPORTERS} addresses, each once", found=count
            )
    with at("distributor.threshold"):
        if section.threshold > count:
            raise AmountError("so many cannot sign", expected=f"1 to {count}", found=section.threshold)
    with at("distributor.claim_period"):
        if section.claim_period < MIN_CLAIM_PERIOD:
            raise AmountError(
                "nobody could claim in such a short time", expected="1 day or more", found=f"{section.claim_period} s"
            )
    with at("distributor.guardian"):
        if section.guardian == ZERO_ADDRESS:
            raise AmountError("the guardian is nobody", expected="an address, or treasury", found=section.guardian)
    mints = section.funding == "mint"
    if mints and token.wraps is not None:
        with at("distributor.funding"):
            raise DeploymentError("a wrapped token cannot be minted", expected="treasury", found="mint")
    if mints != ("distributor" in token.minters):
        with at("token.minters"):
            raise DeploymentError(
                "the distributor must mint exactly where it is funded by minting",
                expected="minters with distributor" if mints else "minters without distributor",
                found=", ".join(token.minters) or "nobody",
            )


def _check_supply(token: TokenSection, units: Units) -> None:
    """Where tokens come from: new ones below a cap, or deposits. Raises AmountError or DeploymentError."""
    if token.wraps is not None:
        for name in ("cap", "minters", "grants"):
            if name in token.model_fields_set:
                with at(f"token.{name}"):
                    raise DeploymentError("a wrapped token has none of this", expected="no such field", found=name)
        return
    if token.cap is None:
        with at("token"):
            raise DeploymentError("where do tokens come from?", expected="cap, or wraps", found="neither")
    with at("token.cap"):
        cap = units.resolve(token.cap)
        if not 0 < cap <= MAX_CAP:
            raise AmountError("the cap is out of range", expected=f"1 to {MAX_CAP} wei", found=token.cap)
    granted = 0
    for account, amount in token.grants:
        with at(f"token.grants.{account}"):
            granted += units.resolve(amount)
            if granted > cap:
                raise AmountError(
                    "the grants exceed the cap", expected=f"at most {token.cap}", found=units.amount(granted)
                )
