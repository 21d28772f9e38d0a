"""How much memory processes hold: their peaks, and their level over time, as the kernel counts it."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from types import TracebackType

EVERY_SECONDS = 0.5
_KIB_A_MIB = 1024


def held_mib(pid: int, what: str = "VmRSS") -> float:
    """What a process holds now, or its peak with VmHWM; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / _KIB_A_MIB for line in lines if line.startswith(f"{what}:")), 0.0)


def with_descendants(pid: int) -> Iterator[int]:
    """A process and all that it has started, and so on."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from with_descendants(int(child))


class Memory:
    """Looks at some processes until the end of the block."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = pids
        self._levels: dict[str, list[float]] = {name: [] for name in pids}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def peaks_mib(self) -> dict[str, float]:
        """The most that each has ever held, by name."""
        return {name: held_mib(pid, "VmHWM") for name, pid in self._pids.items()}

    def level_mib(self, name: str, part: float) -> float:
        """What it held after this part of the time, 0 to 1: the median of a twentieth of all looks."""
        levels = self._levels[name]
        wide = max(1, len(levels) // 20)
        start = min(int(len(levels) * part), len(levels) - wide)
        return median(levels[start : start + wide])

    def _look(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            for name, pid in self._pids.items():
                self._levels[name].append(held_mib(pid))

    def __enter__(self) -> "Memory":
        for name, pid in self._pids.items():
            self._levels[name].append(held_mib(pid))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
