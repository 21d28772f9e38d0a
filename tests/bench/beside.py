"""A process of its own with a line to it, so that what it does takes nothing from the one who measures."""

import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self


class Ended(Exception):
    """The process at the other end of the line is gone; what it said before stands above."""


class Beside:
    """Runs `work(line, *arguments)` until the end of the block."""

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self.line, other = context.Pipe()
        self._process = context.Process(target=_run, args=(work, other, arguments), daemon=True)
        self._process.start()
        other.close()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def heard(self) -> Any:
        """What it says next. Raises Ended."""
        try:
            return self.line.recv()
        except EOFError:
            raise Ended(self._process.name) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.line.close()
        self._process.terminate()
        self._process.join()


def _run(work: Callable[..., None], line: Connection, arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it ends it
    work(line, *arguments)
