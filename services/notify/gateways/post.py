"""One HTTP POST into a world that may be slow, endless or hostile: no redirects, no proxies, no cookies."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2

ANSWER_BYTES = 64 * 1024
CONNECT_SECONDS = 5.0
HEADERS = {"User-Agent": "guanai-notify/1", "Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Answer:
    """What came back: the status is whole, the body may be only its beginning (at most 64 KB)."""

    status: int
    headers: httpx2.Headers
    body: bytes


@dataclass(frozen=True)
class Post:
    """A body on its way to `url`; `server_name` is the certificate's name if the URL holds a bare address."""

    url: httpx2.URL
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    server_name: str | None = None


async def answer_to(post: Post, tls: ssl.SSLContext, deadline: float) -> Answer:
    """Send it and wait until `deadline` (loop time); raises httpx2.TransportError or TimeoutError.

    A bare transport for one request: a client would log the URL, which may be a secret, and follow the environment;
    a pool would keep connections by address, and two names may share one.
    """
    async with httpx2.AsyncHTTPTransport(verify=tls, trust_env=False) as transport:
        async with asyncio.timeout_at(deadline):
            response = await transport.handle_async_request(_request(post))
        async with aclosing(response):
            return Answer(response.status_code, response.headers, await _beginning_of(response, deadline))


def _request(post: Post) -> httpx2.Request:
    headers = {**HEADERS, **post.headers}
    extensions: dict[str, Any] = {"timeout": httpx2.Timeout(None, connect=CONNECT_SECONDS).as_dict()}
    if post.server_name:
        extensions["sni_hostname"] = post.server_name
    return httpx2.Request("POST", post.url, content=post.body, headers=headers, extensions=extensions)


async def _beginning_of(response: httpx2.Response, deadline: float) -> bytes:
    """The body up to the limit; one that drips or breaks off does not take back the status already given."""
    body = bytearray()
    with suppress(TimeoutError, httpx2.TransportError):
        async with asyncio.timeout_at(deadline), aclosing(response.aiter_raw()) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) >= ANSWER_BYTES:
                    break
    return bytes(body[:ANSWER_BYTES])
