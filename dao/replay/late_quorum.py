"""The longer vote after a late quorum: `GovernorLateQuorum`."""

from __future__ import annotations


def extended_deadline(*, previous: int, reached: bool, clock: int, extension: int) -> int:
    """The deadline that quorum gives a proposal, after a ballot; `GovernorLateQuorum._extendIfLate`.

    It is set once, when quorum is first reached, to the time of that ballot and the extension then in force, even where
    that lies before the deadline: only the later of both counts. The contract, which keeps one deadline, forgets the
    earlier; OpenZeppelin's `GovernorPreventLateQuorum` keeps both, as is done here.

    Args:
        previous: The value before the ballot: zero until quorum was reached.
        reached: Whether quorum is reached now.
        clock: Timepoint of the ballot (seconds).
        extension: The late quorum extension in force (seconds).
    """
    return clock + extension if previous == 0 and reached else previous
