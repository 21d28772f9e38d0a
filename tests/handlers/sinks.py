"""The world outside, played by real servers on 127.0.0.1: an HTTP(S) sink, an SMTP sink and their certificates."""

import asyncio
import email
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Got:
    """A request as it came; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What to answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


class HttpSink:
    """Answers with `replies` in turn, then always with `usual`; a behaviour may write whatever it likes instead."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.got: list[Got] = []
        self.connections = 0
        self.server_names: list[str | None] = []
        self.replies: deque[Reply | Behaviour] = deque()
        self.usual: Reply | Behaviour = Reply()
        self.host, self.port, self._tls = host, port, tls
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        if self._tls:
            self._tls.sni_callback = lambda _, name, __: self.server_names.append(name)
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                self.got.append(await _read(reader))
                await _answer(self.replies.popleft() if self.replies else self.usual, writer)
        finally:
            self._tasks.discard(task)
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Got:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    request, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, target, _ = request.split(" ")
    return Got(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


async def _answer(reply: Reply | Behaviour, writer: asyncio.StreamWriter) -> None:
    if not isinstance(reply, Reply):
        await reply(writer)
        return
    headers = {"Content-Length": str(len(reply.body)), "Connection": "close", **reply.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {reply.status} -\r\n{lines}\r\n".encode() + reply.body)
    await writer.drain()


async def silence(_: asyncio.StreamWriter) -> None:
    """Take the request and never answer."""
    await asyncio.Event().wait()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Take the request and close the connection without a word."""
    writer.close()


@dataclass
class MailSink:
    """A real SMTP server; each list of replies is used up in turn, then everything is accepted."""

    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    password: str | None = None
    greet: bool = True
    to_rcpt: deque[str] = field(default_factory=deque)
    to_data: deque[str] = field(default_factory=deque)
    pause_seconds: float = 0.0
    hang_at: str = ""
    hanging: asyncio.Event = field(default_factory=asyncio.Event)
    drop_after_data: bool = False
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    rcpt_commands: list[str] = field(default_factory=list)
    port: int = 0

    async def __aenter__(self) -> Self:
        ssl_context = self.tls if self.implicit_tls else None
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", self.port, ssl=ssl_context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    def _protocol(self) -> asyncio.Protocol:
        if not self.greet:
            return asyncio.Protocol()
        starttls = None if self.implicit_tls else self.tls
        protocol: asyncio.Protocol = SMTP(
            self,
            hostname="sink.test",
            loop=asyncio.get_running_loop(),
            enable_SMTPUTF8=True,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=self.password is not None,
            authenticator=self._login,
        )
        return protocol

    def _login(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, said: Any) -> AuthResult:
        self.logins.append((said.login.decode(), said.password.decode()))
        return AuthResult(success=said.password.decode() == self.password, handled=False)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]) -> str:
        self.rcpt_commands.append(" ".join([address, *options]))
        await asyncio.sleep(self.pause_seconds)
        if self.hang_at == "RCPT":
            self.hanging.set()
            await asyncio.Event().wait()
        envelope.rcpt_tos.append(address)
        return self.to_rcpt.popleft() if self.to_rcpt else "250 ok"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        await asyncio.sleep(self.pause_seconds)
        reply = self.to_data.popleft() if self.to_data else "250 ok"
        if reply.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=policy.default))
            self.recipients.extend(envelope.rcpt_tos)
        if self.drop_after_data:
            server.transport.abort()
        return reply

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:
        if self.hang_at == "QUIT":
            await asyncio.Event().wait()
        return "221 bye"


def tls_for(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server context that shows a self-signed certificate for `name`, and a client context that trusts only that."""
    key, certificate = _certificate_for(name)
    pem = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cadata=certificate.public_bytes(serialization.Encoding.PEM).decode())


def _certificate_for(name: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return key, builder.sign(key, hashes.SHA256())
