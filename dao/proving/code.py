"""Recognises the runtime code at the contracts' addresses, so that the rules that are replayed are those that ran.

The account proof has the code's hash, which proves the code of the bundle. That is compared with the shipped artifact
byte for byte: immutables and libraries' addresses, which each deployment has its own of, are read out and must be what
the deployment's logs say of them; the metadata at the end may be another.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from dao.abi import checksum, encode, keccak
from dao.artifacts import load
from dao.blocks.bytecode import NO_CODE, without_metadata
from dao.blocks.headers import Header
from dao.blocks.tries import Nodes
from dao.errors import ArtifactError
from dao.proving.accounts import account_at, word_at
from dao.proving.called import kind_of
from dao.proving.layout import Layout, Slot, layout
from dao.proving.state import contract_names
from dao.proving.verdict import Contradiction, Line, Standing, Verdict
from dao.replay.state import GovernanceState
from dao.types import Address

IMPLEMENTATION = (int.from_bytes(keccak(b"eip1967.proxy.implementation"), "big") - 1).to_bytes(32, "big")
"""The slot in which a proxy keeps the address of its code (EIP-1967)."""

_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_WORD, _ADDRESS = 32, 20


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a contract's code is.

    Args:
        name: The build, in words; None where the code is none that is known.
        problems: What about it is not as it must be: what, expected, found.
        libraries: Addresses of the libraries that it calls, by their names.
    """

    name: str | None
    problems: tuple[tuple[str, str, str], ...] = ()
    libraries: Mapping[str, Address] | None = None


def proxy_slots(accounts: Sequence[Address]) -> Iterator[Slot]:
    """The slots that say of each account that it is no proxy (EIP-1967)."""
    for account in accounts:
        yield Slot(account, IMPLEMENTATION, bytes(_WORD), "implementation of a proxy")


def libraries_in(code: bytes, contract: str) -> dict[str, Address]:
    """The addresses of the libraries that `code` of the shipped `contract` calls; none where it is other code."""
    shape = layout(contract)
    if len(code) < max((max(places) + _ADDRESS for places in shape.links.values()), default=0):
        return {}
    return {name: checksum(code[places[0] : places[0] + _ADDRESS]) for name, places in shape.links.items()}


def prove_code(
    header: Header, state: GovernanceState, nodes: Nodes, codes: Sequence[bytes], *, chain_id: int
) -> Verdict:
    """Compares the code of every contract of the deployment, and of the libraries that they call, with what is known.

    Args:
        header: Whose state root proves the code's hash.
        state: What the logs say; immutables are compared with it.
        nodes: Nodes of the state trie.
        codes: Runtime codes of the bundle, in any order; those that no hash asks for are ignored.
        chain_id: The chain, which domains of signatures name.

    Raises CodecError when the state root leads to what is no account, ArtifactError where an artifact is damaged.
    """
    by_hash = {keccak(code): code for code in codes}
    lines: list[Line] = []
    findings: list[Contradiction] = []
    waiting = dict(contract_names(state))
    done: set[Address] = set()
    while waiting:
        address, contract = next(iter(waiting.items()))
        del waiting[address]
        done.add(address)
        what = f"code of {contract} {address}"
        account = account_at(header.state_root, address, nodes)
        code = by_hash.get(account.code_hash, b"" if account.code_hash == NO_CODE else None) if account else None
        if account is None or code is None:
            lines.append(Line(what, Standing.TRUSTED, "the bundle has no code with a proof of its hash"))
            continue
        implementation = word_at(account.storage_root, IMPLEMENTATION, nodes)
        made = recognise(code, contract, expected_immutables(state, contract, address, chain_id))
        problems = list(made.problems)
        if made.name is None:
            known = f"the shipped {contract}, or a build that this release knows"
            problems.append(("code", known, _described(code, implementation)))
        findings += [
            Contradiction(block=header.number, contract=address, what=f"{contract}: {part}", expected=good, found=bad)
            for part, good, bad in problems
        ]
        shown = made.name or "no known build"
        lines.append(Line(what, Standing.PROVED, f"{shown}, hash 0x{account.code_hash.hex()}"))
        waiting |= {at: name for name, at in (made.libraries or {}).items() if at not in done}
    detail = "what stood there at earlier blocks, and code that was called besides, only an archive node could prove"
    lines.append(Line("code before the end block", Standing.TRUSTED, detail))
    return Verdict(tuple(lines), tuple(findings))


def recognise(code: bytes, contract: str, expected: Mapping[str, bytes | None]) -> Recognised:
    """What `code` is, where the shipped `contract` should be.

    Args:
        code: Runtime code.
        contract: Name of the artifact.
        expected: Immutables by name, 32 bytes; None where any value is right.
    """
    known = builds().get("0x" + keccak(code).hex())
    if known is not None:
        return Recognised(known)
    shape, shipped = layout(contract), load(contract).deployed_bytecode
    blank = _blanked(code, shape) if len(code) >= _extent(shape) else code
    if without_metadata(blank) != without_metadata(shipped):
        return Recognised(None)
    problems = list(_wrong_immutables(code, shape, expected))
    libraries = libraries_in(code, contract)
    for name, places in shape.links.items():
        different = {code[at : at + _ADDRESS] for at in places}
        if len(different) != 1:
            problems.append((f"library {name}", "one address", f"{len(different)} addresses"))
    same = "the shipped artifact" if blank == shipped else "the shipped artifact with other metadata"
    return Recognised(same, tuple(problems), libraries)


def expected_immutables(
    state: GovernanceState, contract: str, address: Address, chain_id: int
) -> dict[str, bytes | None]:
    """What the logs say of the immutables of `contract` at `address`; None where they say nothing."""
    addresses, policy = state.addresses, state.policy
    own = _word(address)
    values: dict[str, bytes | None] = {"_cachedThis": own, "_cachedChainId": chain_id.to_bytes(_WORD, "big")}
    if contract == "RewardGovernor":
        values["_token"] = _word(addresses.token)
    elif contract == "VotesWrapper" and addresses.wraps is not None:
        values["_underlying"] = _word(addresses.wraps)
    elif contract == "RewardPolicy" and policy is not None:
        numbers = {
            "genesis": policy.genesis,
            "epochLength": policy.epoch_length,
            "supplyCap": policy.supply_cap,
        }
        values |= {name: value.to_bytes(_WORD, "big") for name, value in numbers.items()}
    elif contract == "RewardDistributor":
        minted = state.distributor.minted
        values |= {
            "policy": _word(addresses.policy),
            "token": _word(addresses.wraps or addresses.token),
            "treasury": _word(addresses.timelock),
            "minted": None if minted is None else int(minted).to_bytes(_WORD, "big"),
        }
    elif contract == "Schedules":
        values["library_deploy_address"] = own
    return values


@cache
def builds() -> dict[str, str]:
    """Other builds whose code is recognised by its hash: name by code hash. Raises ArtifactError when damaged."""
    try:
        document = json.loads(resources.files("dao.proving").joinpath("builds.json").read_text(encoding="utf-8"))
        return {str(digest): str(name) for digest, name in document.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise ArtifactError("the table of known builds is damaged", found=error) from error


def _wrong_immutables(
    code: bytes, shape: Layout, expected: Mapping[str, bytes | None]
) -> Iterator[tuple[str, str, str]]:
    found: dict[str, bytes] = {}
    for name, places in shape.immutables.items():
        different = {code[at : at + _WORD] for at in places}
        found[name] = code[places[0] : places[0] + _WORD]
        wanted = expected.get(name)
        if len(different) != 1:
            yield f"immutable {name}", "one value", f"{len(different)} values"
        elif wanted is not None and found[name] != wanted:
            yield f"immutable {name}", "0x" + wanted.hex(), "0x" + found[name].hex()
    if "_cachedDomainSeparator" not in found:
        return
    hashes = [found[name] for name in ("_hashedName", "_hashedVersion", "_cachedChainId", "_cachedThis")]
    domain = keccak(encode(("bytes32",) * 5, (_DOMAIN, *hashes)))
    if found["_cachedDomainSeparator"] != domain:
        yield "immutable _cachedDomainSeparator", "0x" + domain.hex(), "0x" + found["_cachedDomainSeparator"].hex()
    for text, digest in (("_name", "_hashedName"), ("_version", "_hashedVersion")):
        # A short string holds its length in the lowest byte.
        size = found[text][-1]
        if size < _WORD and keccak(found[text][:size]) != found[digest]:
            yield f"immutable {digest}", "the hash of " + text, "0x" + found[digest].hex()


def _blanked(code: bytes, shape: Layout) -> bytes:
    """`code` with zeros where its deployment's own values stand."""
    made = bytearray(code)
    for places, size in ((shape.immutables, _WORD), (shape.links, _ADDRESS)):
        for at in (at for offsets in places.values() for at in offsets):
            made[at : at + size] = bytes(size)
    return bytes(made)


def _extent(shape: Layout) -> int:
    ends = [at + _WORD for offsets in shape.immutables.values() for at in offsets]
    ends += [at + _ADDRESS for offsets in shape.links.values() for at in offsets]
    return max(ends, default=0)


def _described(code: bytes, implementation: bytes | None) -> str:
    """What code is that nobody knows."""
    if not code:
        return "no code"
    kind = kind_of(code)
    if kind is not None:
        return kind
    if implementation is not None and any(implementation):
        return f"a proxy (EIP-1967) of {checksum(implementation[12:])}"
    return f"{len(code)} bytes that no known build has"


def _word(address: Address) -> bytes:
    return bytes(12) + bytes.fromhex(address[2:])
