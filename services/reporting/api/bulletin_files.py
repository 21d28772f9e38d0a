"""A bulletin in a format: the very bytes that were published, or a draft rendered at once."""

import asyncio
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response

from services.reporting.api.bulletins import visible
from services.reporting.gateways.documents import FORMATS, missing_fonts, write
from services.reporting.handlers.correct_bulletins import changes_now
from services.reporting.handlers.draft_bulletins import composed_now
from services.reporting.queries import bulletins as queries
from services.reporting.queries.bulletins import Bulletin
from services.reporting.rules.bulletins.document import Document
from services.reporting.rules.bulletins.frame import file_name
from services.reporting.rules.bulletins.life import with_corrections
from shared.messaging.transaction import Transaction
from shared.runtime.security import Operator, Reader

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Found:
    """What to send: the bytes that were kept, else a document to be written."""

    bulletin: Bulletin
    document: Document
    content: bytes | None


def bulletin_files(start_month: int) -> APIRouter:
    """`/bulletins/{id}.html` and the other formats, and `/fonts` that they are printed with."""
    router = APIRouter(prefix="/reporting/v1", tags=["bulletins"])

    @router.get("/fonts")
    async def fonts(_: Operator) -> dict[str, bool]:
        """Whether PDFs and pictures can show Chinese characters."""
        return {"chinese": not await asyncio.to_thread(missing_fonts)}

    for form in sorted(FORMATS, key=len, reverse=True):  # chat.txt before txt, which would swallow it
        _serve(router, form, start_month)
    return router


def _serve(router: APIRouter, form: str, start_month: int) -> None:
    async def found(request: Request, caller: Reader, bulletin_id: str, errata: bool = False) -> Found:
        """Looked up in a transaction that ends before anything is rendered."""
        async with request.app.state.running.database.read() as tx:
            bulletin = await visible(tx, caller, bulletin_id)
            return await _found(tx, bulletin, "" if errata else form, start_month)

    async def file(found: Annotated[Found, Depends(found)]) -> Response:
        content = found.content
        if content is None:
            content = await asyncio.to_thread(write, found.document, form)
        return Response(content, media_type=FORMATS[form].media_type, headers=_headers(found, form))

    says = f"The bulletin as {form}; `errata=true` appends corrections and what has changed since publication."
    router.add_api_route(
        f"/bulletins/{{bulletin_id}}.{form}", file, description=says, response_class=Response, name=f"bulletin_{form}"
    )


async def _found(tx: Transaction, bulletin: Bulletin, form: str, start_month: int) -> Found:
    composed = await composed_now(tx, bulletin, start_month)
    content = await queries.file_of(tx, bulletin.id, form) if bulletin.is_published and form else None
    if content is not None or not bulletin.is_published:
        return Found(bulletin, composed.document, content)
    changes = await changes_now(tx, bulletin, start_month)
    return Found(
        bulletin, with_corrections(composed.document, await queries.errata_of(tx, bulletin.id), changes), content
    )


def _headers(found: Found, form: str) -> dict[str, str]:
    name = quote(file_name(found.document.title, found.bulletin.as_of, FORMATS[form].suffix), safe="")
    shown = "inline" if form in ("html", "txt", "chat.txt", "chat.png") else "attachment"
    plain = f"bulletin-{found.bulletin.id}{FORMATS[form].suffix}"
    headers = {
        "Content-Disposition": f"{shown}; filename=\"{plain}\"; filename*=UTF-8''{name}",
        "Cache-Control": "no-store",
    }
    return headers | ({"Content-Security-Policy": _POLICY} if form == "html" else {})
