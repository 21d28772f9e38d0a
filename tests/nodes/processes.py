"""Child processes with a log file that are waited for when they start and never outlive the interpreter."""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_WATCH = 'read _; kill -"$1" "$0"; kill -CONT "$0"'
"""Reads until the interpreter is gone, then ends the process whose id is $0."""


class NodeError(Exception):
    """A private node did not do what it was told; the message ends with the tail of its log."""


class Child:
    """A process in a session of its own, and a watcher that ends it even when the interpreter is killed."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        env: Mapping[str, str],
        user: str | None = None,
        end: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.log, self.end = log, end
        self._process = _spawn(command, log, env, user)
        self.pid = self._process.pid
        self._watcher = _watch(self.pid, end)

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait_ready(self, is_ready: Callable[[], bool], seconds: float = 60) -> None:
        """Return once `is_ready` says so; raise NodeError when the process ends first or the time is over."""
        give_up = time.monotonic() + seconds
        while not is_ready():
            if not self.running:
                self._unwatch()
                raise self.error(f"ended with code {self._process.returncode} while it started")
            if time.monotonic() > give_up:
                raise self.error(f"was not ready after {seconds:.0f} s")
            time.sleep(0.05)

    def wait_end(self, seconds: float = 60) -> None:
        """Return when the process has done its work; raise NodeError when it failed."""
        code = self._process.wait(seconds)
        self._unwatch()
        if code:
            raise self.error(f"ended with code {code}")

    def send(self, number: signal.Signals) -> None:
        if self.running:
            os.kill(self.pid, number)

    def finish(self, number: signal.Signals, seconds: float = 60) -> None:
        """Send the signal and wait for the end; SIGKILL and NodeError when the process takes longer."""
        self._unwatch()
        self.send(number)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise self.error(f"was still there {seconds:.0f} s after {number.name}") from None

    def children(self) -> list[int]:
        """The processes that this one has started itself."""
        return [int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat") if _parent(stat) == self.pid]

    def _unwatch(self) -> None:
        self._watcher.kill()
        self._watcher.communicate()

    def error(self, what: str) -> NodeError:
        tail = self.log.read_text(errors="replace").splitlines()[-30:]
        return NodeError("\n".join([f"{self._process.args!r} {what}; the end of {self.log}:", *tail]))


def _spawn(
    command: Sequence[str | Path], log: Path, env: Mapping[str, str], user: str | None
) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env=dict(env),
            start_new_session=True,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
        )


def _watch(pid: int, end: signal.Signals) -> subprocess.Popen[bytes]:
    command = ["sh", "-c", _WATCH, str(pid), end.name.removeprefix("SIG")]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)


def _parent(stat: Path) -> int | None:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None
