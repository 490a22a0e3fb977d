"""Establishes what a bundle of evidence proves, from the hash of one block that the auditor pins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from dao.blocks.headers import Header
from dao.blocks.tries import gather
from dao.errors import ProofError
from dao.events.log import RawLog
from dao.evidence.state import StateEvidence
from dao.evidence.transactions import StoredTransaction
from dao.governors.profile import GovernorDeployment
from dao.proving.blooms import Watched, prove_blooms, watched_contracts, watched_deployment
from dao.proving.called import decisions
from dao.proving.callers import proposals_made, prove_callers
from dao.proving.code import prove_code
from dao.proving.hashing import keccak
from dao.proving.headers import Chain, StoredHeader, link, prove_headers
from dao.proving.logs import of_contract, state_after
from dao.proving.state import contract_names, names_of, prove_state
from dao.proving.targets import decided_by, prove_targets
from dao.proving.verdict import Contradiction, Line, Standing, Verdict, joined
from dao.replay.ledger import Ledger
from dao.replay.replay import timelocks
from dao.replay.state import GovernanceState
from dao.types import Address, Addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a bundle holds, as far as proofs need it.

    Args:
        chain_id: The chain.
        addresses: The deployment; None where it is another project's governor, of whose storage nothing is known.
        contracts: The contracts that logs were collected of, by address, with their names in the bundle.
        governor: Another project's governor, where it is one, and what kind it is.
        from_block: The first block that logs were collected of.
        to_block: The last one.
        end_hash: Hash of the last block as it was collected, 32 bytes.
        logs: All logs, in the order of the chain.
        headers: Headers, in any order.
        receipts: Receipts (EIP-2718) by block number, in the order of their transactions.
        state: Proofs of the state at the last block, where there are any.
        codes: Runtime codes at the last block.
        transactions: The transactions in which proposals were made.
        targets: What proves the code of proposals' targets when they were made and executed.
    """

    chain_id: int
    addresses: Addresses | None
    contracts: Mapping[Address, str]
    governor: GovernorDeployment | None = None
    from_block: int
    to_block: int
    end_hash: bytes
    logs: Sequence[RawLog]
    headers: Sequence[StoredHeader]
    receipts: Mapping[int, Sequence[bytes]] = field(default_factory=dict)
    state: StateEvidence | None = None
    codes: tuple[bytes, ...] = ()
    transactions: Sequence[StoredTransaction] = ()
    targets: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The block from whose hash everything is proved.

    Args:
        hash: Its hash, 32 bytes.
        pinned: Whether the auditor named it; otherwise it is taken on trust.
        source: Where it comes from, in words.
    """

    hash: bytes
    pinned: bool
    source: str


def own_anchor(evidence: Evidence) -> Anchor:
    """The bundle's own end block, for a first look: nothing outside of the bundle vouches for it."""
    source = "the bundle's own end block: compare it with a source that you trust, and give it with --anchor"
    return Anchor(hash=evidence.end_hash, pinned=False, source=source)


def prove(evidence: Evidence, anchor: Anchor, *, blooms: tuple[int, int] | None = None) -> Verdict:
    """What `evidence` proves from `anchor`, what it leaves on trust, and what contradicts.

    Args:
        evidence: The bundle.
        anchor: The block from whose hash everything follows.
        blooms: First and last block of which it is proved by blooms that no log is missing.

    Raises:
        ProofError: The bundle does not reach the anchor, or its proofs are of another block than its end.
        CodecError: The anchor's chain has blocks or states of another form.
        ReplayError: A log comes from another contract.
    """
    chain, broken = link(evidence.headers, anchor.hash)
    number = f"anchor: block {chain.anchor.number}, 0x{anchor.hash.hex()}"
    standing = Standing.PROVED if anchor.pinned else Standing.TRUSTED
    parts = [
        Verdict((Line(number, standing, anchor.source),), tuple(broken)),
        prove_headers(chain, evidence.logs, from_block=evidence.from_block, to_block=evidence.to_block),
    ]
    if evidence.addresses is None:
        parts.append(_unknown(evidence))
        if evidence.governor is not None:
            decided = decided_by(evidence.logs, evidence.governor)
            parts.append(prove_targets(chain, decided, evidence.targets))
    else:
        state = state_after(evidence.logs, evidence.addresses)
        parts += [_agreement(state.ledger), _at_end(evidence, chain, state)]
        parts.append(prove_targets(chain, decisions(state), evidence.targets))
    if blooms is not None:
        first, last = blooms
        parts.append(prove_blooms(chain, watched(evidence), evidence.logs, evidence.receipts, first=first, last=last))
    governors = [address for address, name in evidence.contracts.items() if name == "governor"]
    made = [log for governor in governors for log in of_contract(evidence.logs, governor)]
    parts.append(prove_callers(chain, proposals_made(made, evidence.contracts), evidence.transactions))
    return joined(parts)


def watched(evidence: Evidence) -> Watched:
    """The contracts whose logs the bundle must have all of."""
    if evidence.addresses is None:
        return watched_contracts(evidence.contracts)
    told = of_contract(evidence.logs, evidence.addresses.governor)
    return watched_deployment(names_of(evidence.addresses, timelocks(told, evidence.addresses)))


def _unknown(evidence: Evidence) -> Verdict:
    """What cannot be proved of contracts that are not this project's."""
    layout = "the storage layout of these contracts is unknown: `dao audit replay` compares with their views instead"
    state = [f"state of {name} {address}" for address, name in evidence.contracts.items()]
    code = [f"code of {name} {address}" for address, name in evidence.contracts.items()]
    lines = [Line(what, Standing.TRUSTED, layout) for what in state]
    lines += [Line(what, Standing.TRUSTED, "it is no build that this release knows") for what in code]
    return Verdict(tuple(lines), ())


def _at_end(evidence: Evidence, chain: Chain, state: GovernanceState) -> Verdict:
    """The state and the code after the end block."""
    header = chain.headers.get(evidence.to_block)
    if header is None or evidence.state is None:
        found = "proofs of state" if header is not None else "header of the end block"
        detail = f"the bundle has no {found}: a log that was left out would not be noticed"
        what = [f"state of {name} {address}" for address, name in contract_names(state).items()]
        return Verdict(tuple(Line(entry, Standing.TRUSTED, detail) for entry in (*what, "code")), ())
    _require_end(evidence.state, header)
    nodes = gather(evidence.state.nodes, keccak)
    made = joined(
        (
            prove_state(header, state, nodes),
            prove_code(header, state, nodes, evidence.codes, chain_id=evidence.chain_id),
        )
    )
    if chain.linked(evidence.to_block):
        return made
    lines = tuple(
        replace(line, standing=Standing.TRUSTED, detail=f"{line.detail}; in a block that is not linked to the anchor")
        if line.standing is Standing.PROVED
        else line
        for line in made.lines
    )
    return Verdict(lines, made.findings)


def _require_end(state: StateEvidence, header: Header) -> None:
    if (state.block_number, state.block_hash) != (header.number, header.hash):
        raise ProofError(
            "the proofs of state are of another block than the end of the bundle",
            expected=f"block {header.number}, 0x{header.hash.hex()}",
            found=f"block {state.block_number}, 0x{state.block_hash.hex()}",
            remedy="collect them again with `dao audit collect`",
        )


def _agreement(ledger: Ledger) -> Verdict:
    """What the logs claim of each other, recomputed."""
    findings = tuple(
        Contradiction(
            block=entry.place.block,
            contract="",
            what=f"{entry.rule.name.lower()}: {entry.subject}",
            expected=entry.expected,
            found=entry.found,
        )
        for entry in ledger.disagreements
    )
    compared = sum(ledger.compared.values())
    detail = f"{compared} claims compared, {len(findings)} contradict what other logs imply"
    return Verdict((Line("the logs agree with each other", Standing.RECOMPUTED, detail),), findings)
