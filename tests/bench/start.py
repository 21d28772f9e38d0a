"""B9: how soon `guanai up` in an empty directory is ready, and what it holds in memory then."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.bench.memory import held_mib, with_descendants
from tests.bench.result import Check, Result
from tests.bench.stand import Stand
from tests.journeys.platform import SERVICES, free_port

TIMES = 3
MOST_SECONDS = 60.0
LOOK_SECONDS = 0.02
ROOT = str(Path(__file__).parents[2])


class NotReady(Exception):
    """It did not become ready."""


@dataclass(frozen=True)
class Started:
    """Seconds until ready, and the memory of the process and all that it has started, then."""

    seconds: float
    mib: float


def start(stand: Stand) -> Result:
    """Three times each, every time in a new directory."""
    with stand.display.step("B9: guanai up in an empty directory", 2 * TIMES) as step:
        ups, bares = [], []
        for number in range(TIMES):
            ups.append(_started(_up, _is_up))
            step.at(2 * number + 1)
            bares.append(_started(_bare, _is_bare))
            step.at(2 * number + 2)
    seconds, bare = (median(one.seconds for one in all_of) for all_of in (ups, bares))
    memory, bare_memory = (median(one.mib for one in all_of) for all_of in (ups, bares))
    return Result(
        id="B9",
        work="`guanai up` in an empty directory until it is ready",
        unit="s",
        product=seconds,
        limit=bare,
        ratio=seconds / bare,
        checks=[Check("seconds", seconds, "<", 3, "s"), Check("memory", memory, "<", 250, "MiB")],
        notes=f"the limit is FastAPI on uvicorn with one table in SQLite, which holds {bare_memory:.0f} MiB.",
        details={
            "seconds": [round(one.seconds, 2) for one in ups],
            "bare_seconds": [round(b.seconds, 2) for b in bares],
        },
    )


def _up(port: int) -> Sequence[str]:
    return ("-m", "services", "up", "--port", str(port))


def _is_up(port: int) -> bool:
    return all(_answers(port, f"/{service}/readyz") for service in SERVICES)


def _bare(port: int) -> Sequence[str]:
    return ("-m", "tests.bench.bare_app", str(port))


def _is_bare(port: int) -> bool:
    return _answers(port, "/regions")


def _started(words: Callable[[int], Sequence[str]], is_ready: Callable[[int], bool]) -> Started:
    port = free_port()
    began = time.monotonic()
    with _run(words(port)) as process:
        while not is_ready(port):
            if process.poll() is not None or time.monotonic() - began > MOST_SECONDS:
                raise NotReady(" ".join(words(port)))
            time.sleep(LOOK_SECONDS)
        seconds = time.monotonic() - began
        return Started(seconds, sum(held_mib(pid) for pid in with_descendants(process.pid)))


@contextmanager
def _run(words: Sequence[str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A Python program in a new, empty directory, until the end of the block."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GUANAI_")}
    with TemporaryDirectory(prefix="guanai-bench-") as directory:
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=directory,
            env={**clean, "PYTHONPATH": ROOT},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
