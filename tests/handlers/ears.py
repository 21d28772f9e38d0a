"""Browsers that listen: a real server, and clients that read its events from the socket as they come."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from shared.messaging.topology import TOPOLOGY
from shared.runtime.process import server
from shared.runtime.service import Running, supervise


@asynccontextmanager
async def served(running: Running) -> AsyncIterator[int]:
    """The service on a port of its own, with its relay and its live stream; gives the port."""
    await running.transport.declare(TOPOLOGY)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    web = server(running.app(), "127.0.0.1", port)
    loops = [*running.loops(), *running.schedule()]
    work = [supervise(name, loop, running.metrics) for name, loop in loops if name in ("relay", "live")]
    tasks = [asyncio.ensure_future(part) for part in (*work, web.serve())]
    try:
        await until(lambda: web.started)
        yield port
    finally:
        web.should_exit = True
        for task in tasks[:-1]:
            task.cancel()
        await asyncio.wait(tasks, timeout=10)


async def until(is_so: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for a fact."""
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Heard:
    """One event."""

    name: str
    id: str
    data: Any


class Cut(Exception):
    """The server has ended the stream."""


class Ear:
    """One connection; `status` and `headers` are those of the answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._text = b""
        self.comments = 0
        self.status, self.headers = 0, ""

    async def begin(self, request: str) -> None:
        self._writer.write(request.encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        self.status, self.headers = int(head.split()[1]), head

    async def next(self, seconds: float = 5.0) -> Heard:
        """The next event. Raises TimeoutError, or Cut at the end."""
        async with asyncio.timeout(seconds):
            while True:
                while b"\n\n" not in self._text:
                    self._text += await self._chunk()
                block, _, self._text = self._text.partition(b"\n\n")
                if (event := self._read(block.decode())) is not None:
                    return event

    async def until(self, name: str) -> list[Heard]:
        """Everything up to and including the next event of a name."""
        heard = [await self.next()]
        while heard[-1].name != name:
            heard.append(await self.next())
        return heard

    async def nothing(self, seconds: float = 0.4) -> bool:
        """Whether nothing is heard for so long."""
        try:
            return (await self.next(seconds)) is None
        except TimeoutError:
            return True

    async def _chunk(self) -> bytes:
        try:
            size = int(await self._reader.readline() or b"0", 16)
            text = (await self._reader.readexactly(size + 2))[:-2]
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Cut from None
        if not size:
            raise Cut
        return text

    def _read(self, block: str) -> Heard | None:
        self.comments += block.startswith(":")
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        return Heard(fields["event"], fields["id"], json.loads(fields["data"])) if "data" in fields else None

    async def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def listening(
    port: int, key: str, heard: str | None = None, query: str = "", small: bool = False
) -> AsyncIterator[Ear]:
    """Connected; `heard` is sent as Last-Event-ID; a `small` one has little room for what it does not read."""
    ear = await connected(port, key, heard, query, small)
    try:
        yield ear
    finally:
        await ear.close()


async def connected(port: int, key: str, heard: str | None = None, query: str = "", small: bool = False) -> Ear:
    connection = socket.socket()
    if small:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
    ear = Ear(*await asyncio.open_connection(sock=connection, limit=2**12 if small else 2**16))
    lines = [f"GET /reporting/v1/stream{query} HTTP/1.1", "Host: guanai.test", f"Authorization: Bearer {key}"]
    lines += [f"Last-Event-ID: {heard}"] if heard is not None else []
    await ear.begin("\r\n".join([*lines, "", ""]))
    return ear


def names(heard: Sequence[Heard]) -> list[str]:
    return [event.name for event in heard]
