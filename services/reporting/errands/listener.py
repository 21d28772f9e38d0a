"""One who listens to the live stream: what is still to be written to them, and when to give them up."""

import asyncio
from collections.abc import Awaitable

import structlog
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

log = structlog.get_logger(__name__)
MOST_WAITING = 64
MOST_OF_ONE = 256
"""So many streams of one principal at a time: each waits for a socket, and a key may be shared by an office."""
KEEP_ALIVE_SECONDS = 15.0
LONGEST_SECONDS = 600.0
"""Then the client comes back with its last id, and a key that was taken away does not."""
_COME_BACK_SOON = format_sse_event(retry=1000)


class Listener:
    """Hears what lies inside `region`; came back with the event id `heard`, if it was here before."""

    def __init__(self, region: str, heard: str | None, whose: str = "") -> None:
        self.region, self.heard, self.whose = region, heard, whose
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(MOST_WAITING)
        self._waiting.put_nowait(_COME_BACK_SOON)
        self._until = asyncio.get_running_loop().time() + LONGEST_SECONDS
        self._writing: asyncio.Timeout | None = None
        self._over = False

    def tell(self, frames: bytes | None) -> bool:
        """False if they are too slow; None means goodbye."""
        try:
            self._waiting.put_nowait(frames)
        except asyncio.QueueFull:
            return False
        return True

    def drop(self) -> None:
        """Write nothing more, not even what is being written: it resumes where it has stopped reading."""
        self._over = True
        if self._writing is not None:
            self._writing.reschedule(0.0)

    async def while_patient(self, writing: Awaitable[None]) -> None:
        """Write until there is no more to say or the listener is dropped."""
        try:
            async with asyncio.timeout(None) as self._writing:
                await writing
        except TimeoutError:
            log.info("listener_dropped", region=self.region)
        finally:
            self._writing = None

    def __aiter__(self) -> "Listener":
        return self

    async def __anext__(self) -> bytes:
        if self._over or asyncio.get_running_loop().time() > self._until:
            raise StopAsyncIteration
        try:
            async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                frames = await self._waiting.get()
        except TimeoutError:
            return KEEPALIVE_COMMENT
        if frames is None:
            raise StopAsyncIteration
        return frames
