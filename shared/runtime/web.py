"""The HTTP form of every service: prefix, problem answers, health, metrics, one transaction a request."""

import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import StatementError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.messaging.outcomes import Unavailable
from shared.messaging.transaction import Transaction
from shared.runtime.observe import Metrics, truth
from shared.runtime.security import Caller

log = structlog.get_logger(__name__)
ALLOWANCE = "guanai.most_bytes"
MOST_BYTES = 1_048_576
_MOST_ERRORS = 100
PROBLEM = "application/problem+json"


async def _reading(request: Request) -> AsyncIterator[Transaction]:
    async with request.app.state.running.database.glance() as tx:
        yield tx


async def _long_reading(request: Request) -> AsyncIterator[Transaction]:
    async with request.app.state.running.database.read() as tx:
        yield tx


async def _writing(request: Request) -> AsyncIterator[Transaction]:
    async with request.app.state.running.desk.begin() as tx:
        yield tx


Reading = Annotated[Transaction, Depends(_reading, scope="function")]
LongReading = Annotated[Transaction, Depends(_long_reading, scope="function")]
"""For questions that take their time."""
Writing = Annotated[Transaction, Depends(_writing, scope="function")]


def problem(status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """RFC 9457: what is wrong and, where it can be said, what to do."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, headers, PROBLEM)


def make_app(running: Any, *routers: APIRouter) -> FastAPI:
    """The ASGI app of one service; every path begins with its name."""
    name, title = running.service.name, running.service.title
    app = FastAPI(
        title=f"Guan'ai {name}",
        description=title,
        version="1",
        docs_url=f"/{name}/docs",
        redoc_url=None,
        openapi_url=f"/{name}/openapi.json",
    )
    app.state.running = running
    for router in (*routers, _health(name)):
        app.include_router(router)
    app.add_exception_handler(StarletteHTTPException, _http_problem)
    app.add_exception_handler(RequestValidationError, _validation_problem)
    app.add_exception_handler(Unavailable, _unavailable_problem)
    app.add_exception_handler(StatementError, _database_problem)
    app.add_exception_handler(Exception, _unexpected_problem)
    app.add_middleware(Front, metrics=running.metrics)
    return app


def _health(name: str) -> APIRouter:
    router = APIRouter(prefix=f"/{name}", tags=["health"])

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz(request: Request, response: Response) -> dict[str, Any]:
        """Every part that it cannot do without; advice to the operator does not make it less ready."""
        running = request.app.state.running
        parts, advice = await truth(running.probes), await truth(running.advisers())
        ready = all(state == "ok" for state in parts.values())
        response.status_code = 200 if ready else 503
        return {"status": "ready" if ready else "not ready", **parts, **advice}

    @router.get("/metrics")
    async def metrics(request: Request) -> Response:
        if request.client is None or request.client.host not in ("127.0.0.1", "::1"):
            await _admitted(request)
        return Response(request.app.state.running.metrics.page(), media_type="text/plain; version=0.0.4")

    return router


async def _admitted(request: Request) -> None:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not token or await request.app.state.running.guard.principal_of(token) is None:
        raise HTTPException(401, "Metrics need a key unless asked for from this machine")


async def _http_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    return problem(error.status_code, str(error.detail), dict(error.headers or {}))


async def _validation_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    errors = [
        {"field": ".".join(map(str, e["loc"])), "code": e["type"], "message": e["msg"]} for e in found[:_MOST_ERRORS]
    ]
    return problem(422, "The request does not have the documented form", errors=errors)


async def _unavailable_problem(_: Request, error: Exception) -> Response:
    return problem(503, f"Try again in a moment: {error}", {"Retry-After": "2"})


async def _database_problem(request: Request, error: Exception) -> Response:
    """A value that no database can keep, such as a NUL, is the caller's trouble (SQLSTATE class 22)."""
    refused = getattr(error, "orig", None)
    odd = any(isinstance(e, ValueError | OverflowError) for e in (refused, getattr(refused, "__cause__", None)))
    if odd or (getattr(refused, "sqlstate", None) or "").startswith("22"):
        return problem(422, "The request holds a value that cannot be stored, such as a NUL character")
    return await _unexpected_problem(request, error)


async def _unexpected_problem(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, exc_type=type(error).__name__)
    return problem(500, "Something is wrong on our side; it is in the log")


class Front:
    """Pure ASGI: times requests, counts what they bring, and adds the headers that every answer carries."""

    _HEADERS = (
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-frame-options", b"DENY"),
    )

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._HEADERS]
                seconds = time.perf_counter() - began
                self.metrics.note("request_seconds", seconds, method=scope["method"], status=str(message["status"]))
            await send(message)

        await self.app(scope, _counted(scope, receive), send_with_headers)


def _counted(scope: Scope, receive: Receive) -> Receive:
    """A body is counted while it comes, whatever its Content-Length says: 413 beyond 1 MiB, or what a route allows."""
    taken = 0

    async def receive_some() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        most = scope.setdefault(ALLOWANCE, MOST_BYTES)
        if taken > most:
            raise HTTPException(413, f"A body holds at most {most // 1024:,} KiB: send it in parts")
        return message

    return receive_some


def allow_bytes(request: Request, most: int) -> None:
    """Let the body of this request be as large as this."""
    request.scope[ALLOWANCE] = most


__all__ = ["Caller", "LongReading", "Reading", "Writing", "allow_bytes", "make_app", "problem"]
