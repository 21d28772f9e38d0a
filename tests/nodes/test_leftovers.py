"""However a test run ends, no server process stays behind."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.nodes.binaries import missing_packages
from tests.nodes.places import scratch_directory
from tests.nodes.unavailable import unavailable

BOTH_THEN = """
from tests.nodes.postgresql import private_postgresql
from tests.nodes.rabbitmq import private_rabbitmq
with private_postgresql() as database, private_rabbitmq() as broker:
    print(database.home, broker.home, flush=True)
    {end}
"""
NEVER_LEFT = """
from tests.nodes.postgresql import private_postgresql
nodes = private_postgresql()
print(nodes.__enter__().home, flush=True)
"""
KILLED = BOTH_THEN.format(end="import os; os.kill(os.getpid(), 9)")
INTERRUPTED = BOTH_THEN.format(end="raise KeyboardInterrupt")


@pytest.mark.parametrize(
    ("program", "code"), [(KILLED, -signal.SIGKILL), (INTERRUPTED, -signal.SIGINT), (NEVER_LEFT, 0)]
)
def test_a_run_leaves_no_process_behind(program: str, code: int) -> None:
    if missing := missing_packages():
        unavailable(f"not installed: {', '.join(missing)}")
    with scratch_directory("run") as directory:
        homes = homes_of(program, code, directory)
        wait_until_gone(homes)


def homes_of(program: str, code: int, directory: Path) -> list[str]:
    """Run the program with `directory` as its place for temporary files; the homes of the nodes that it started."""
    directory.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(directory), "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout.split()


def wait_until_gone(homes: list[str]) -> None:
    assert homes
    give_up = time.monotonic() + 30
    while left := processes_with(homes):
        assert time.monotonic() < give_up, f"still running: {left}"
        time.sleep(0.05)


def processes_with(homes: list[str]) -> list[str]:
    """The command lines of processes whose HOME is one of `homes`."""
    wanted = [f"HOME={home}".encode() for home in homes]
    return [command(process) for process in Path("/proc").glob("[0-9]*") if any(w in environ(process) for w in wanted)]


def environ(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


def command(process: Path) -> str:
    return (process / "cmdline").read_text(errors="replace").replace("\0", " ")
