"""Proves the code of proposals' targets at the blocks that matter, out of the headers of those blocks.

A header's state root leads to an account, and the account names the hash of its code. The headers of blocks with logs
are in every bundle; that of the block before an execution is the one whose hash the header of the execution names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dao.blocks.headers import Header, read_header
from dao.blocks.tries import gather, path_to
from dao.engine.replay import replay_raw
from dao.events.log import RawLog
from dao.governors.profile import GovernorDeployment
from dao.governors.replay import replay
from dao.proving.accounts import account_at
from dao.proving.called import Comparison, Decision, Sight, compare, decisions, sights
from dao.proving.hashing import keccak
from dao.proving.headers import Chain
from dao.proving.verdict import Contradiction, Line, Standing, Verdict
from dao.types import Addresses

WHAT = "code of targets at proposal and at execution"

_NAMED = 3


class Witness:
    """What headers, and preimages of hashes, prove of accounts' code.

    Args:
        headers: Headers by number.
        preimages: Nodes of state tries, headers of blocks before others, and code, in any order.

    Raises CodecError when there are too many preimages, or one is too long.
    """

    def __init__(self, headers: Mapping[int, Header], preimages: Iterable[bytes]) -> None:
        self._headers = headers
        self._nodes = gather(preimages, keccak)
        self._known: dict[Sight, bytes | None] = {}

    def header(self, block: int) -> Header | None:
        """The header of a block; None where there is none with the hash that the next one names."""
        after = self._headers.get(block + 1)
        if block in self._headers or after is None:
            return self._headers.get(block)
        data = self._nodes.by_hash.get(after.parent_hash)
        return None if data is None else read_header(data)

    def code_hash(self, sight: Sight) -> bytes | None:
        """The hash of the code of an account, 32 bytes; None where nothing proves it.

        Raises CodecError when the state root leads to what is no account.
        """
        if sight not in self._known:
            header = self.header(sight.block)
            account = None if header is None else account_at(header.state_root, sight.account, self._nodes)
            self._known[sight] = None if account is None else account.code_hash
        return self._known[sight]

    def code(self, digest: bytes) -> bytes | None:
        """The code with this hash; None where it is not there."""
        return self._nodes.by_hash.get(digest)

    def used(self, wanted: Iterable[Sight], codes: Iterable[bytes]) -> set[bytes]:
        """The preimages that prove `wanted`, as far as they do, and those of the hashes in `codes`."""
        found = {code for code in map(self.code, codes) if code is not None}
        for sight in wanted:
            header = self.header(sight.block)
            if header is None or self.code_hash(sight) is None:
                continue
            found |= set(path_to(header.state_root, keccak(bytes.fromhex(sight.account[2:])), self._nodes))
            if sight.block not in self._headers:
                found.add(self._nodes.by_hash[header.hash])
        return found


def compared(decided: Sequence[Decision], witness: Witness) -> list[Comparison]:
    """The code of every target of every executed proposal, as far as it is proved."""
    return list(compare(decided, witness.code_hash, witness.code))


def exchanged(decided: Sequence[Decision], witness: Witness) -> dict[bytes, Sight]:
    """The hashes of code that was exchanged, and where each stood: what that code is tells whether it matters."""
    found: dict[bytes, Sight] = {}
    for one in decided:
        for target in one.targets:
            known = {digest: sight for sight in one.sights(target) if (digest := witness.code_hash(sight)) is not None}
            if len(known) > 1:
                found |= known
    return found


def decided_by(logs: Iterable[RawLog], deployment: Addresses | GovernorDeployment) -> tuple[Decision, ...]:
    """The proposals in `logs`, by those of governor and timelocks alone: what they call and when is known by them.

    Raises ReplayError when one of these logs comes from another contract.
    """
    if isinstance(deployment, GovernorDeployment):
        return decisions(replay([log for log in logs if log.address != deployment.token], deployment))
    others = (deployment.token, deployment.policy, deployment.wraps, deployment.distributor)
    return decisions(replay_raw([log for log in logs if log.address not in others], deployment))


def prove_targets(chain: Chain, decided: Sequence[Decision], preimages: Sequence[bytes]) -> Verdict:
    """Whether the code that proposals called at execution is the one that was there when they were made.

    Args:
        chain: The headers of the bundle.
        decided: All proposals.
        preimages: What the bundle has to prove it with.

    Raises CodecError when a state root leads to what is no state, or a preimage is too long.
    """
    pairs = [(one, target) for one in decided for target in one.targets]
    if not pairs:
        return Verdict((), ())
    witness = Witness(chain.headers, preimages)
    found = compared(decided, witness)
    whole = [all(witness.code_hash(sight) is not None for sight in one.sights(target)) for one, target in pairs]
    lines = [_line(chain, decided, whole, sum(one.delegated for one in found))]
    empty = [one for one in found if one.empty]
    if empty:
        named = ", ".join(f"{one.account} by proposal {one.proposal}" for one in empty[:_NAMED])
        more = f" and {len(empty) - _NAMED} more" if len(empty) > _NAMED else ""
        detail = f"{named}{more}: nothing ran there, unless it came and went within the block of the execution"
        lines.append(Line("calls of targets without code", Standing.TRUSTED, detail))
    findings = tuple(
        Contradiction(
            block=one.place.block,
            contract=one.account,
            what=one.what,
            expected=one.expected,
            found=one.found,
            transaction=one.place.transaction,
        )
        for one in found
        if one.expected != one.found
    )
    return Verdict(tuple(lines), findings)


def _line(chain: Chain, decided: Sequence[Decision], whole: Sequence[bool], delegated: int) -> Line:
    executed = sum(one.executed is not None for one in decided)
    of = f"targets of {len(decided)} proposals, {executed} of them executed"
    if not all(whole):
        lacking = "of the others the bundle has no proofs, which take an archive node to collect"
        return Line(WHAT, Standing.TRUSTED, f"{sum(whole)} of {len(whole)} {of}, are proved; {lacking}")
    detail = f"{len(whole)} {of}: after the proposal, before and after the execution"
    if delegated:
        detail += f"; {delegated} that got ether alone delegate since, or no longer (EIP-7702)"
    # A header that the bundle does not have itself is the one that the next one names.
    blocks = {sight.block + (sight.block not in chain.headers) for sight in sights(decided)}
    if not all(map(chain.linked, blocks)):
        return Line(WHAT, Standing.TRUSTED, detail + "; in blocks that are not linked to the anchor")
    return Line(WHAT, Standing.PROVED, detail)
