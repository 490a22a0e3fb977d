"""Progress bars on standard error, for work that may take more than two seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from dao.render.console import err


@contextmanager
def progress(*, hidden: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A function that is told a step's name, how much of it is done and how much there is; it draws one bar a step.

    Between two steps nothing is drawn, so that somebody can be asked something.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bars = Progress(*columns, console=err(), transient=True, disable=hidden or not err().is_terminal)
    try:
        tasks: dict[str, TaskID] = {}

        def told(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)
            if done < total:
                bars.start()
            else:
                bars.stop()

        yield told
    finally:
        bars.stop()
