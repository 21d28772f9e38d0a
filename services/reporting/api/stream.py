"""The live stream: server-sent events of what changes and happens inside the caller's region."""

from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Query, Request
from fastapi.sse import EventSourceResponse
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.reporting.errands.hub import Hub, hub_of
from services.reporting.errands.listener import Listener
from shared.runtime.security import Reader

_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_EXAMPLE = 'id: 120\nevent: standings\ndata: {"year": 2021, "as_of": "2021-08-31", "changed": ["4507"], "rows": []}\n\n'
_LastId = Annotated[str | None, Header(max_length=4096, description="the `id` of the last event that was heard")]
_SameInQuery = Annotated[str | None, Query(alias="last_event_id", max_length=4096, description="the same in the query")]


class Live(EventSourceResponse):
    """What the hub tells one listener, for as long as both stay."""

    def __init__(self, hub: Hub, listener: Listener) -> None:
        super().__init__(listener, headers=_HEADERS)
        self._hub, self._listener = hub, listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._hub.listening(self._listener):
            await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        await self._listener.while_patient(super().stream_response(send))


def stream() -> APIRouter:
    """`/stream`."""
    router = APIRouter(prefix="/reporting/v1", tags=["live"])

    @router.get(
        "/stream",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}}}},
    )
    async def live(request: Request, caller: Reader, last_event_id: _LastId = None, asked: _SameInQuery = None) -> Live:
        """Server-sent events, resumed after `Last-Event-ID`.

        `standings`: how the children of the caller's region stand, at once and whenever anything changes; `changed`
        names the cities (inside a city the own region) whose figures are worth asking for again.
        `lagging`, `recovered`, `milestone`, `bulletin`: the facts themselves, as they happen. `reset`: too much was
        missed, ask for everything again.
        """
        heard = last_event_id if last_event_id is not None else asked
        hub, whose = hub_of(request.app.state.running), caller.id or caller.name
        if not hub.has_room_for(whose):
            raise HTTPException(429, "Too many streams are open with this key: close some", {"Retry-After": "10"})
        return Live(hub, Listener(caller.region, heard, whose))

    return router
