"""What is running, how far it is and for how long: bars in a terminal, a line a step elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class Step(Protocol):
    """Something that takes a while."""

    def at(self, done: float) -> None:
        """So much of it is done."""

    def left(self, still: float) -> None:
        """So much is still to be done."""


class Quiet:
    """A step that nobody watches."""

    def at(self, done: float) -> None:
        pass

    def left(self, still: float) -> None:
        pass


QUIET = Quiet()


class Display:
    """`with Display(console) as display, display.step("B6: booked", 3_061_912) as step: step.at(200_000)`."""

    def __init__(self, console: Console) -> None:
        text = TextColumn("{task.description}", markup=False)
        columns = (text, BarColumn(30), _Counted(), TimeElapsedColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._console = console

    @contextmanager
    def step(self, what: str, total: float | None = None) -> Iterator[Step]:
        """A bar until the end of the block; without a total nobody knows how far it is."""
        if not self._console.is_terminal:
            self.say(what)
        task = self._progress.add_task(what, total=total)
        try:
            yield _Bar(self._progress, task, total)
        finally:
            self._progress.remove_task(task)

    def say(self, what: str) -> None:
        """A line that stays."""
        self._console.print(what, markup=False, highlight=False)

    def __enter__(self) -> "Display":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class _Bar:
    def __init__(self, progress: Progress, task: TaskID, total: float | None) -> None:
        self._progress, self._task, self._total = progress, task, total or 0

    def at(self, done: float) -> None:
        self._progress.update(self._task, completed=done)

    def left(self, still: float) -> None:
        self.at(self._total - still)


class _Counted(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.completed:,.0f} / {task.total:,.0f}" if task.total else "", justify="right")
