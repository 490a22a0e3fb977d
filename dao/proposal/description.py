"""The text that a proposal carries on chain: written for people, and enough to verify the proposal by.

It holds title, summary and discussion for a reader, then the canonical YAML of the whole document in a fenced block,
and ends with OpenZeppelin's `#proposer=0x…`, so that nobody but the proposer can submit it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dao.document.forms import parse_address
from dao.errors import DaoError, ProposalError
from dao.proposal.document import ProposalDocument, canonical_yaml, read_proposal
from dao.types import Address

MAX_DESCRIPTION = 128 * 1024
"""The longest description that is written or read, in bytes of UTF-8."""

_MARKER = "#proposer="
_END = re.compile(r"\n(?P<fence>`{3,})\n\n#proposer=(?P<proposer>0x[0-9a-fA-F]{40})\Z")
_TICKS = re.compile(r"`+")


@dataclass(frozen=True, slots=True)
class Described:
    """What a description says.

    Args:
        document: The proposal document that it carries.
        proposer: The only account that can submit it.
    """

    document: ProposalDocument
    proposer: Address


def describe(document: ProposalDocument, *, proposer: Address) -> str:
    """The description of `document` for a submission by `proposer`.

    The summary stands in a block quote, and the fence is longer than any run of backticks in the YAML: whatever the
    author wrote, Markdown that is left open ends with its own block. Raises ProposalError when the text is too long.
    """
    yaml = canonical_yaml(document)
    fence = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(yaml)), default=0))
    quoted = "\n".join(f"> {line}".rstrip() for line in document.summary.split("\n"))
    parts = [f"# {document.title}", quoted]
    if document.discussion:
        parts.append(f"Discussion: {document.discussion}")
    parts += [f"{fence}yaml\n{yaml}{fence}", f"{_MARKER}{proposer}"]
    text = "\n\n".join(parts)
    if len(text.encode()) > MAX_DESCRIPTION:
        raise ProposalError(
            "the description is too long",
            expected=f"at most {MAX_DESCRIPTION} bytes",
            found=len(text.encode()),
            remedy="shorten the summary, or split the proposal",
        )
    return text


def parse_description(text: str) -> Described:
    """The document and the proposer in a description from the chain.

    The text is answered only if it is, byte for byte, what `describe` writes for them: nothing that a reader sees
    stands outside of what is verified. Raises ProposalError for every other text.
    """
    if len(text) > MAX_DESCRIPTION or len(text.encode("utf-8", "surrogatepass")) > MAX_DESCRIPTION:
        raise _foreign("it is too long")
    end = _END.search(text)
    if end is None:
        raise _foreign("it does not end with a YAML block and `#proposer=`")
    close = len(text) - (end.end() - end.start())
    opening = f"\n{end['fence']}yaml\n"
    begin = text.rfind(opening, 0, close + 1)
    if begin < 0:
        raise _foreign("it has no YAML block")
    yaml = text[begin + len(opening) : close + 1]
    try:
        document, _ = read_proposal(yaml, path="description")
        described = Described(document, Address(parse_address(end["proposer"])))
        same = describe(described.document, proposer=described.proposer) == text
    except DaoError as error:
        raise _foreign(error.what) from error
    if not same:
        raise _foreign("its text and its YAML block do not say the same")
    return described


def _foreign(found: str) -> ProposalError:
    return ProposalError(
        "the description does not carry a proposal document",
        expected="the text that `proposal submit` writes",
        found=found,
        remedy="verify the decoded calls instead; the proposal was made with another tool",
    )
