"""Tokens of an identity provider: only its own, for us, in time, and signed by a key that it publishes."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from services.cli.services import SERVICES
from shared.messaging.local import Local
from shared.runtime import oidc
from shared.runtime.migrations import migrate
from shared.runtime.oidc import Oidc
from shared.runtime.principals import Principal
from shared.runtime.service import prepare
from shared.runtime.settings import Settings

ENROLLMENT = next(service for service in SERVICES if service.name == "enrollment")


class Provider:
    """An identity provider on this machine: its keys, its discovery document, and what it signs."""

    def __init__(self, key: RSAKey | ECKey) -> None:
        self.keys: list[RSAKey | ECKey] = [key]
        self.asked, self.away = 0, False
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += self.path == "/keys"
                body = json.dumps(provider.pages.get(self.path, {})).encode()
                self.send_response(503 if provider.away else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    @property
    def pages(self) -> dict[str, Any]:
        keys = {"keys": [key.as_dict(private=False) for key in self.keys]}
        return {"/.well-known/openid-configuration": {"jwks_uri": f"{self.issuer}/keys"}, "/keys": keys}

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": "guanai",
            "sub": "li.lei",
            "exp": now + 300,
            "iat": now,
            "roles": ["operator"],
        }
        return {name: value for name, value in {**claims, **changes}.items() if value is not None}

    def token(self, key: Any = None, alg: str = "RS256", kid: str | None = None, **changes: Any) -> str:
        signer = key or self.keys[0]
        return jwt.encode({"alg": alg, "kid": kid or signer.kid}, self.claims(**changes), signer, algorithms=[alg])


@cache
def rsa(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid})


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider(rsa("first"))
    yield made
    made.close()


@pytest.fixture
def guard(provider: Provider) -> Oidc:
    return Oidc(provider.issuer, "guanai")


@asynccontextmanager
async def enrollment(directory: Path, issuer: str | None) -> AsyncIterator[httpx2.AsyncClient]:
    settings = Settings(data_dir=directory, oidc_issuer=issuer, oidc_audience="guanai")
    made = prepare(ENROLLMENT, settings, Local(directory / "broker.sqlite"))
    await migrate(made.database)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(made.app()), base_url="http://guanai.test") as client:
        yield client
    await made.database.close()
    await made.transport.close()


async def status_of(client: httpx2.AsyncClient, token: str) -> int:
    return (await client.get("/enrollment/v1/parked", headers={"Authorization": f"Bearer {token}"})).status_code


async def test_a_valid_token_has_the_rights_of_its_roles(provider: Provider, tmp_path: Path) -> None:
    async with enrollment(tmp_path, provider.issuer) as client:
        assert await status_of(client, provider.token()) == 200
        for roles in (["county"], ["no such role"], [], None):
            assert await status_of(client, provider.token(roles=roles)) == 403
        assert await status_of(client, provider.token(key=rsa("unknown"))) == 401


async def test_an_issuer_that_is_away_is_an_outage_and_nobodys_right(provider: Provider, tmp_path: Path) -> None:
    token = provider.token()
    provider.away = True
    async with enrollment(tmp_path, provider.issuer) as client:
        assert await status_of(client, token) == 503
        provider.away = False
        assert await status_of(client, token) == 200


async def test_without_an_issuer_a_token_opens_nothing(provider: Provider, tmp_path: Path) -> None:
    async with enrollment(tmp_path, None) as client:
        assert await status_of(client, provider.token()) == 401


async def test_a_token_says_who_it_is_and_what_it_may_see(guard: Oidc, provider: Provider) -> None:
    token = provider.token(preferred_username="李雷", roles=["county", "insurer"], region="4507", insurer="demo-life")
    principal = Principal("李雷", frozenset({"county", "insurer"}), "4507", "demo-life")
    assert await guard.principal_of(token) == principal


async def test_keys_are_fetched_once_for_many_tokens(guard: Oidc, provider: Provider) -> None:
    for _ in range(5):
        assert await guard.principal_of(provider.token())
    assert provider.asked == 1


REFUSED: dict[str, dict[str, Any]] = {
    "expired": {"exp": int(time.time()) - 120},
    "without an end": {"exp": None},
    "not valid yet": {"nbf": int(time.time()) + 3600},
    "for somebody else": {"aud": "another"},
    "for nobody": {"aud": None},
    "of another issuer": {"iss": "https://evil.example"},
    "of no issuer": {"iss": None},
    "of nobody": {"sub": None},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED.keys())
async def test_a_token_is_refused(guard: Oidc, provider: Provider, changes: dict[str, Any]) -> None:
    assert await guard.principal_of(provider.token()) is not None
    assert await guard.principal_of(provider.token(**changes)) is None


@pytest.mark.parametrize("roles", ["operator", {"operator": 1}, 7, [["operator"]], [None]])
async def test_odd_roles_are_no_roles(guard: Oidc, provider: Provider, roles: Any) -> None:
    principal = await guard.principal_of(provider.token(roles=roles))
    assert principal is not None
    assert principal.roles == frozenset()


@pytest.mark.parametrize("claim", [{"region": None}, {"insurer": 7}, {"insurer": ["x"]}])
async def test_odd_scopes_are_none(guard: Oidc, provider: Provider, claim: dict[str, Any]) -> None:
    principal = await guard.principal_of(provider.token(**claim))
    assert principal == Principal("li.lei", frozenset({"operator"}))


async def test_a_signature_of_another_key_is_refused(guard: Oidc, provider: Provider) -> None:
    assert await guard.principal_of(provider.token(key=rsa("unknown"), kid="first")) is None
    assert await guard.principal_of(provider.token(key=rsa("unknown"))) is None


def encoded(part: dict[str, Any] | bytes) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
async def test_a_token_without_a_signature_is_refused(guard: Oidc, provider: Provider, alg: str) -> None:
    unsigned = f"{encoded({'alg': alg, 'kid': 'first'})}.{encoded(provider.claims(roles=['admin']))}."
    assert await guard.principal_of(unsigned) is None


@pytest.mark.parametrize("encoding", ["PEM", "DER"])
async def test_the_public_key_is_no_secret_to_sign_with(guard: Oidc, provider: Provider, encoding: Any) -> None:
    signed = f"{encoded({'alg': 'HS256', 'kid': 'first'})}.{encoded(provider.claims(roles=['admin']))}"
    secret = provider.keys[0].as_bytes(encoding, private=False)
    forged = f"{signed}.{encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))}"
    assert await guard.principal_of(forged) is None


async def test_a_changed_payload_is_refused(guard: Oidc, provider: Provider) -> None:
    head, _, signature = provider.token().split(".")
    assert await guard.principal_of(f"{head}.{encoded(provider.claims(roles=['admin']))}.{signature}") is None


@pytest.mark.parametrize(
    "token", ["a.b.c", "..", "a.b", "é.é.é", "e30.e30.e30", "x" * 10_000 + ".a.b", "\x00.\x00.\x00"]
)
async def test_what_is_no_token_is_refused(guard: Oidc, token: str) -> None:
    assert await guard.principal_of(token) is None


async def test_a_new_key_of_the_issuer_is_found(
    guard: Oidc, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await guard.principal_of(provider.token())
    provider.keys.insert(0, rsa("second"))
    monkeypatch.setattr(oidc, "_REFRESH_SECONDS", -1.0)
    assert await guard.principal_of(provider.token())
    assert provider.asked == 2


async def test_unknown_keys_do_not_make_us_ask_the_issuer_each_time(guard: Oidc, provider: Provider) -> None:
    for _ in range(5):
        assert await guard.principal_of(provider.token(key=rsa("unknown"))) is None
    assert provider.asked == 1


async def test_an_elliptic_key_will_do_too(guard: Oidc, provider: Provider) -> None:
    provider.keys[:] = [ECKey.generate_key("P-256", {"kid": "first"})]
    assert await guard.principal_of(provider.token(alg="ES256"))
