"""`dao.yaml`: which network, which deployment, which account, and how patiently."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from dao.document.fields import AddressText, Line, ShortDuration
from dao.document.loader import load_file
from dao.document.model import Strict, parsed, refusal, validate
from dao.document.quantities import parse_integer
from dao.errors import AmountError, DocumentError
from dao.types import Address

FILE = Path("dao.yaml")
"""Where settings are looked for in the working directory."""

MAX_ATTEMPTS = 20
MAX_CHAIN_ID = 2**63 - 1

_URL = re.compile(r"https?://[A-Za-z0-9\[][^\s<>\"\\^`{}|]{0,2000}\Z")


def _url(text: str) -> str:
    if not _URL.match(text):
        # Not shown: such addresses carry keys.
        raise DocumentError("this is no URL", path="", expected="http://… or https://…")
    return text


def _whole(most: int) -> Annotated[object, object]:
    def read(text: str) -> int:
        number = parse_integer(text)
        if not 1 <= number <= most:
            raise AmountError("the number is out of range", expected=f"1 to {most}", found=number)
        return number

    return parsed(read, int)


Url = Annotated[str, parsed(_url)]
ChainId = Annotated[int, _whole(MAX_CHAIN_ID)]
Attempts = Annotated[int, _whole(MAX_ATTEMPTS)]


class WrittenNetwork(Strict):
    """Which chain, and through which node."""

    rpc: Url | None = Field(default=None, description="JSON-RPC address of the node.")
    chain_id: ChainId | None = Field(default=None, description="The chain that the node must be on.")


class WrittenAccount(Strict):
    """Who signs. Passwords and keys have no place here."""

    name: Line | None = Field(default=None, description="Name of an account of `dao account list`.")
    keystore: Line | None = Field(default=None, description="A keystore file.")
    address: AddressText | None = Field(default=None, description="An account that the node or the signer signs for.")
    signer: Url | None = Field(default=None, description="JSON-RPC address of a signer, such as clef or Frame.")
    password_file: Line | None = Field(default=None, description="A file with the keystore's password.")

    @model_validator(mode="after")
    def _one_key(self) -> WrittenAccount:
        if self.name is not None and self.keystore is not None:
            raise refusal("an account has one keystore", expected="name or keystore", found="both")
        if self.signer is not None and (self.name is not None or self.keystore is not None):
            raise refusal("an account has one signer", expected="a keystore or a signer", found="both")
        return self


class WrittenDefaults(Strict):
    """What holds unless an option says otherwise."""

    timeout: ShortDuration | None = Field(default=None, description="How long to wait for one answer of the node.")
    attempts: Attempts | None = Field(default=None, description="How often one request is sent at most.")


class WrittenSettings(Strict):
    """The whole file."""

    network: WrittenNetwork = Field(default=WrittenNetwork(), description="Which chain.")
    deployment: Line | None = Field(default=None, description="The deployment file.")
    account: WrittenAccount = Field(default=WrittenAccount(), description="Who signs.")
    defaults: WrittenDefaults = Field(default=WrittenDefaults(), description="Unless an option says otherwise.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `dao.yaml` says; None where it says nothing. Paths start at the file's folder, times are in seconds."""

    path: Path | None = None
    rpc: str | None = None
    chain_id: int | None = None
    deployment: Path | None = None
    account: str | None = None
    keystore: Path | None = None
    address: Address | None = None
    signer: str | None = None
    password_file: Path | None = None
    timeout: int | None = None
    attempts: int | None = None


def load_settings(path: Path) -> Settings:
    """The settings in the file at `path`. Raises DocumentError when it says anything else."""
    written = validate(WrittenSettings, load_file(path))
    network, account, defaults = written.network, written.account, written.defaults

    def beside(name: str | None) -> Path | None:
        return None if name is None else path.parent / Path(name).expanduser()

    return Settings(
        path=path,
        rpc=network.rpc,
        chain_id=network.chain_id,
        deployment=beside(written.deployment),
        account=account.name,
        keystore=beside(account.keystore),
        address=account.address,
        signer=account.signer,
        password_file=beside(account.password_file),
        timeout=defaults.timeout,
        attempts=defaults.attempts,
    )
