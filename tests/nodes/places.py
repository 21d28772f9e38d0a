"""Where a private node lives: free ports, a directory of its own, and the promise that both are given back."""

import atexit
import os
import random
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

PORTS = range(20_000, 32_000)
"""Below the ports that the system gives to outgoing connections, so that a stopped node finds its own free again."""

_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 2 * 1024**3


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface on which nothing listens now."""
    candidates = random.SystemRandom().sample(PORTS, 20 + count)
    return [port for port in candidates if not listens(port)][:count]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def scratch_directory(name: str, parent: Path | None = None) -> Iterator[Path]:
    """A directory for one node, removed with everything in it; in `parent` or where temporary files go."""
    path = Path(tempfile.mkdtemp(prefix=f"guanai-{name}-", dir=parent))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def memory_directory() -> Path | None:
    """A file system in memory with room for a test database, unless TMPDIR says where temporary files go."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK):
        return None
    return _MEMORY if shutil.disk_usage(_MEMORY).free > _ROOM_BYTES else None


@contextmanager
def ended_at_exit() -> Iterator[ExitStack]:
    """A stack that is unwound at the end of the block, or with the interpreter if the block never ends."""
    with ExitStack() as stack:
        atexit.register(stack.close)
        try:
            yield stack
        finally:
            atexit.unregister(stack.close)
