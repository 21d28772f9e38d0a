"""The HTTP door for submissions: the same events, the same transaction, the same receipts as over AMQP."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request

from shared.contracts.envelope import BATCH, MOST_BYTES, ONE
from shared.contracts.receipts import Receipt
from shared.messaging.apply import Desk, Result, apply
from shared.messaging.door import ANYONE, Arrival, submission_lines_in, submissions_in
from shared.messaging.outcomes import Undecodable
from shared.messaging.transaction import Begin, Transaction
from shared.runtime.principals import Principal
from shared.runtime.security import only

_JSON = {ONE, BATCH, "application/json"}
_LINES = "application/x-ndjson"
Submitter = Annotated[Principal, Depends(only("insurer"))]


def intake(service: str, types: frozenset[str]) -> APIRouter:
    """`POST /<service>/v1/events` for events of these types."""
    router = APIRouter(prefix=f"/{service}/v1", tags=["intake"])

    @router.post("/events")
    async def submit(
        request: Request, principal: Submitter, dry_run: Annotated[bool, Query()] = False
    ) -> dict[str, Any]:
        """One CloudEvent, a JSON array of them, or NDJSON; answers a receipt per event. `dry_run` validates only."""
        arrivals = _arrivals(await _body(request), _content_type(request), types, _sender(principal))
        desk: Desk = request.app.state.running.desk
        result = await apply(replace(desk, begin=_rolled_back(desk.begin)) if dry_run else desk, arrivals)
        return _summary(_receipts(arrivals, result))

    return router


def _sender(principal: Principal) -> str:
    if principal.may():
        return ANYONE
    if not principal.insurer:
        raise HTTPException(403, "This key belongs to no insurer")
    return principal.insurer


def _content_type(request: Request) -> str:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {*_JSON, _LINES}:
        raise HTTPException(415, f"Send one of: {', '.join(sorted({*_JSON, _LINES}))}")
    return media_type


async def _body(request: Request) -> bytes:
    """The body, counted while it comes: 413 above 1 MiB."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_BYTES:
            raise HTTPException(413, "A body holds at most 1 MiB and 1,000 events: send it in parts")
        chunks.append(chunk)
    return b"".join(chunks)


def _arrivals(body: bytes, content_type: str, types: frozenset[str], sender: str) -> list[Arrival]:
    read = submission_lines_in if content_type == _LINES else submissions_in
    try:
        return read(body, types, sender)
    except Undecodable as error:
        if str(error) == "too_large":
            raise HTTPException(413, "A body holds at most 1,000 events: send it in parts") from None
        raise HTTPException(400, "The body is not JSON in UTF-8 (invalid_json)") from None


def _rolled_back(begin: Begin) -> Begin:
    @asynccontextmanager
    async def begin_and_forget() -> AsyncIterator[Transaction]:
        try:
            async with begin() as tx:
                yield tx
                raise _ForgetError
        except _ForgetError:
            return

    return begin_and_forget


class _ForgetError(Exception):
    pass


def _receipts(arrivals: Sequence[Arrival], result: Result) -> list[Receipt]:
    """The last answer to each submitted event, in the order they were sent."""
    given: defaultdict[tuple[str, str | None], list[Receipt]] = defaultdict(list)
    for answer in result.answers:
        given[answer.source, answer.receipt.event_id].append(answer.receipt)
    asked: defaultdict[tuple[str, str | None], int] = defaultdict(int)
    for arrival in arrivals:
        asked[arrival.source, arrival.event_id] += 1
    latest = {key: iter(receipts[-asked[key] :]) for key, receipts in given.items() if key in asked}
    return [next(latest[a.source, a.event_id]) for a in arrivals]


def _summary(receipts: Sequence[Receipt]) -> dict[str, Any]:
    statuses = [receipt.status for receipt in receipts]
    counts = {s: statuses.count(s) for s in ("accepted", "duplicate", "parked", "rejected", "conflict")}
    return {**counts, "receipts": [receipt.model_dump(mode="json") for receipt in receipts]}
