"""Every error that reward-dao raises on purpose, as one tree.

::

    DaoError
    ├── DocumentError        a YAML or JSON file does not say what it must: file, line, field
    ├── AmountError          a text is no exact amount, share or duration
    ├── CodecError           bytes do not decode as what they should be, or values do not encode
    ├── ArtifactError        a shipped contract artifact is missing or damaged
    ├── PolicyError          a reward policy is asked for, or changed into, something that cannot be
    │   ├── NotReported          an amount depends on a report that was not made
    │   └── RailCrossed          a schedule or a split crosses a guard rail
    ├── ProposalError        a proposal does not fit the deployment, the chain or its own lock file
    ├── ProofError           a file does not prove what it claims
    ├── ReplayError          raw logs cannot be the history of one deployment
    ├── DeploymentError      a deployment file, journal or chain state do not go together
    ├── AccountError         a signer is missing, locked or not the expected one
    ├── ChainError           everything between us and the chain
    │   ├── ConnectionFailed     the node does not answer
    │   │   ├── NodeTimedOut         it does not answer in time
    │   │   └── RateLimited          it refuses further requests for now
    │   ├── RpcError             the node answers with an error, or with something malformed
    │   │   └── OversizedAnswer      it answers with more than is read
    │   ├── WrongChain           the node is on another chain than the deployment
    │   ├── CallReverted         a call or simulation reverted: the custom error and its values
    │   └── TransactionFailed    a transaction was mined and failed, or never mined
    ├── EpochError           an epoch's payouts do not fit the chain, the policy or their own files
    ├── VoteRefused          this account cannot cast this ballot now, and why
    ├── Unsent               nothing was sent, as it was asked for: the transactions are in a file
    ├── FileError            a file or folder cannot be read or written
    └── NodeError            the local node cannot be started, stopped or found

An error carries values, not prose: what happened, what was expected, what was found, what to do next. They are turned
into text in `dao.render.errors` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping


class DaoError(Exception):
    """Base of the tree.

    Args:
        what: What went wrong, in one short clause without a full stop.
        expected: What would have been right.
        found: What was there instead. Hostile text stays as it is; the renderer escapes it.
        remedy: What the user can do next.
        values: Named values for programs, JSON-compatible.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        expected: object = None,
        found: object = None,
        remedy: str | None = None,
        values: Mapping[str, object] | None = None,
    ) -> None:
        self.what = what
        self.expected = expected
        self.found = found
        self.remedy = remedy
        self.values: Mapping[str, object] = dict(values or {})
        super().__init__(what)

    def __str__(self) -> str:
        parts = [self.what]
        if self.expected is not None:
            parts.append(f"expected {self.expected}")
        if self.found is not None:
            parts.append(f"found {self.found}")
        if self.remedy:
            parts.append(self.remedy)
        return "; ".join(parts)


class DocumentError(DaoError):
    """A file does not say what it must.

    Args:
        path: The file as the user named it.
        line: Line number, from 1; 0 where the whole file is meant.
        field: Dotted path of the field, such as `actions.0.set_schedule.stream`; empty for the whole document.
    """

    def __init__(
        self,
        what: str,
        *,
        path: str,
        line: int = 0,
        field: str = "",
        expected: object = None,
        found: object = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(
            what,
            expected=expected,
            found=found,
            remedy=remedy,
            values={"path": path, "line": line, "field": field},
        )
        self.path = path
        self.line = line
        self.field = field


class AmountError(DaoError):
    """A text is no exact amount, share or duration."""


class CodecError(DaoError):
    """Bytes do not decode as what they should be, or values do not encode."""


class ArtifactError(DaoError):
    """A shipped contract artifact is missing or damaged."""


class PolicyError(DaoError):
    """A reward policy is asked for, or changed into, something that cannot be."""


class NotReported(PolicyError):
    """An amount depends on a report that was not made.

    Args:
        stream: Path of the stream.
        epoch: The epoch.
    """

    def __init__(self, stream: str, epoch: int) -> None:
        super().__init__(
            f"what {stream} yields in epoch {epoch} depends on a report that was not made",
            remedy="the stream's reporter reports each epoch once it has begun",
            values={"stream": stream, "epoch": epoch},
        )
        self.stream = stream
        self.epoch = epoch


class RailCrossed(PolicyError):
    """A schedule or a split crosses a guard rail.

    Args:
        stream: Path of the stream that has the rail.
        bound: Which bound: floor, cap, decrease, increase, and the same of the share.
        limit: What the rail admits (wei, or basis points of a share).
        found: What the write would make it.
        least: Whether `limit` is the least that is admitted; otherwise it is the most.
    """

    def __init__(self, stream: str, bound: str, limit: int, found: int, *, least: bool) -> None:
        super().__init__(
            f"the change crosses the rail of {stream}: {bound.replace('_', ' ')}",
            expected=f"at {'least' if least else 'most'} {limit}",
            found=found,
            remedy="stay within the rail, or change it first by a proposal of its own",
            values={"stream": stream, "bound": bound, "limit": str(limit), "found": str(found)},
        )
        self.stream = stream
        self.bound = bound
        self.limit = limit
        self.crossing = found
        self.least = least

    def worded(self, amount: Callable[[int], str], share: Callable[[int], str]) -> RailCrossed:
        """The same error with its figures as documents write amounts (wei) and shares (basis points)."""
        made = RailCrossed(self.stream, self.bound, self.limit, self.crossing, least=self.least)
        show = share if self.bound.startswith("share") else amount
        made.expected = f"at {'least' if self.least else 'most'} {show(self.limit)}"
        made.found = show(self.crossing)
        return made


class ProposalError(DaoError):
    """A proposal does not fit the deployment, the chain or its own lock file."""


class ProofError(DaoError):
    """A file does not prove what it claims."""


class ReplayError(DaoError):
    """Raw logs cannot be the history of one deployment."""


class DeploymentError(DaoError):
    """A deployment file, journal or chain state do not go together."""


class AccountError(DaoError):
    """A signer is missing, locked or not the expected one."""


class ChainError(DaoError):
    """Everything between us and the chain."""


class ConnectionFailed(ChainError):
    """The node does not answer."""


class NodeTimedOut(ConnectionFailed):
    """The node does not answer in time."""


class RateLimited(ConnectionFailed):
    """The node refuses further requests for now.

    Args:
        after: Seconds after which it wants to be asked again; 0 where it does not say.
    """

    def __init__(self, what: str, *, found: object = None, remedy: str | None = None, after: float = 0) -> None:
        super().__init__(what, found=found, remedy=remedy)
        self.after = after


class RpcError(ChainError):
    """The node answers with an error, or with something malformed.

    `values["code"]` is the node's own error code, where it gave one.
    """


class OversizedAnswer(RpcError):
    """The node answers with more than is read."""


class WrongChain(ChainError):
    """The node is on another chain than the deployment."""


class CallReverted(ChainError):
    """A call or simulation reverted.

    Args:
        error: Name of the custom error, `Error`, `Panic`, or empty when the revert carries no known data.
        arguments: The error's values by their names in the contract.
        data: The raw revert data.
    """

    def __init__(
        self,
        what: str,
        *,
        error: str,
        arguments: Mapping[str, object],
        data: bytes,
        remedy: str | None = None,
    ) -> None:
        super().__init__(
            what,
            remedy=remedy,
            values={"error": error, "arguments": dict(arguments), "data": "0x" + data.hex()},
        )
        self.error = error
        self.arguments = dict(arguments)
        self.data = data


class TransactionFailed(ChainError):
    """A transaction was mined and failed, or was not mined in time."""


class EpochError(DaoError):
    """An epoch's payouts do not fit the chain, the policy or their own files."""


class VoteRefused(DaoError):
    """This account cannot cast this ballot now."""


class Unsent(DaoError):
    """Nothing was sent, as it was asked for: the transactions were written to a file for others to sign.

    Args:
        path: The file.
        transactions: How many there are.
        checksum: The file's own checksum.
    """

    exit_code = 0

    def __init__(self, path: str, *, transactions: int, checksum: str) -> None:
        what = "the transaction is" if transactions == 1 else f"{transactions} transactions are"
        super().__init__(
            f"nothing was sent: {what} in {path}",
            remedy="load the file into the multisig's Transaction Builder, and run this again when it is executed",
            values={"path": path, "transactions": transactions, "checksum": checksum},
        )
        self.path = path
        self.transactions = transactions
        self.checksum = checksum


class FileError(DaoError):
    """A file or folder cannot be read or written."""


class NodeError(DaoError):
    """The local node cannot be started, stopped or found."""
