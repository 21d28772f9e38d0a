"""Standing by for the shards of others: who first asks a single active queue is given it, who asks later waits."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from shared.messaging.transport import Transport

OWN_FIRST_SECONDS = 3.0
TURN_SECONDS = 60.0


async def stand_by(transport: Transport, queue: str, own: str, take: Callable[[str], Awaitable[None]]) -> None:
    """Take, for ever, from every shard of a queue but one's own, and from what another number of shards has left.

    After a turn the consumers leave and come back behind those who wait: so a shard returns to its own replica.
    Raises BrokerAway.
    """
    await asyncio.sleep(OWN_FIRST_SECONDS)
    others = [depth.queue for depth in await transport.depths(queue) if depth.queue != own]
    while True:
        await _for_a_turn([take(name) for name in others])


async def _for_a_turn(work: Sequence[Awaitable[None]]) -> None:
    """Until the turn is over or one of them fails; then none goes on. Raises what it raised."""
    tasks = [asyncio.ensure_future(item) for item in (*work, asyncio.sleep(TURN_SECONDS))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
