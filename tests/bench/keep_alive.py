"""HTTP with as little work as possible on this side: a client that is slow would be taken for the product."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.journeys.platform import KEY, Platform


@dataclass(frozen=True)
class Answer:
    """The status and the body of an answer."""

    status: int
    body: bytes


class Connection:
    """Asks one service one thing at a time; connects again when the other side has hung up meanwhile."""

    def __init__(self, ready: Platform, service: str = "reporting") -> None:
        self._port = ready.ports[service]
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> Answer:
        """The whole answer, whatever its status."""
        try:
            return await self._asked(path)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return await self._asked(path)

    async def _asked(self, path: str) -> Answer:
        head, reader = await self.begin(path)
        length = next(int(line.split(b":")[1]) for line in head if line.lower().startswith(b"content-length:"))
        return Answer(int(head[0].split()[1]), await reader.readexactly(length))

    async def begin(self, path: str) -> tuple[list[bytes], asyncio.StreamReader]:
        """Ask; the lines of the answer's head, and where its body comes from."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=2**24)
        reader, writer = self._streams
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n\r\n".encode())
        return (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n"), reader

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def server_sent(connection: Connection, path: str) -> AsyncIterator[bytes]:
    """The events of a stream as text, each as soon as it has come whole, until the other side ends it."""
    _, reader = await connection.begin(path)
    text = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        text += (await reader.readexactly(size + 2))[:-2]
        *whole, text = text.split(b"\n\n")
        for event in whole:
            yield event


def asked(path: str, **parameters: Any) -> str:
    """A path of reporting with what is asked."""
    return f"/reporting/v1/{path}?{urlencode(parameters)}"
