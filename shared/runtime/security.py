"""The guard of every endpoint: a bearer key or token becomes a principal, roles open doors, regions hide the rest."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from shared.runtime.database import Database
from shared.runtime.oidc import Oidc
from shared.runtime.principals import Principal, hash_of, principal_of
from shared.runtime.sessions import COOKIE, Sessions

_bearer = HTTPBearer(auto_error=False, description="An API key (gk_...) or a JWT of the configured issuer")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class Guard:
    """Knows the principals of one service: the configured admin key, sessions, stored API keys, an OIDC issuer."""

    def __init__(self, database: Database, admin_key: str | None, oidc: Oidc | None) -> None:
        self._database = database
        self._admin_hash = hash_of(admin_key) if admin_key else None
        self._oidc = oidc
        self.sessions = Sessions()

    async def principal_of(self, token: str) -> Principal | None:
        """Whose token this is, None if nobody's."""
        if self._admin_hash and hmac.compare_digest(hash_of(token), self._admin_hash):
            return Principal("admin", frozenset({"admin"}))
        if token.startswith("s_"):
            return self.sessions.principal_of(token)
        if token.startswith("gk_"):
            async with self._database.glance() as tx:
                return await principal_of(tx, token)
        return await self._oidc.principal_of(token) if self._oidc and token.count(".") == 2 else None


async def caller(request: Request, credentials: Credentials) -> Principal:
    """The principal of this request. 401 without a valid key or token."""
    token = credentials.credentials if credentials else _session(request)
    guard: Guard = request.app.state.running.guard
    principal = await guard.principal_of(token) if token else None
    if principal is None:
        raise HTTPException(
            401, "Send a valid API key or token: Authorization: Bearer <key>", {"WWW-Authenticate": "Bearer"}
        )
    return principal


def _session(request: Request) -> str:
    """The session of a browser; for anything but reading only from a page of our own."""
    session = request.cookies.get(COOKIE, "")
    own_page = request.headers.get("sec-fetch-site", "none") in ("same-origin", "none")
    return session if own_page or request.method in ("GET", "HEAD") else ""


PROVINCE_DIGITS = 2
"""A programme is a province's: whoever sees the province sees all of it."""
Caller = Annotated[Principal, Depends(caller)]


def only(*roles: str) -> Callable[[Principal], Awaitable[Principal]]:
    """A dependency that lets only these roles (and admin) in: 403 for others."""

    async def with_role(principal: Caller) -> Principal:
        if not principal.may(*roles):
            raise HTTPException(403, f"This needs one of the roles: {', '.join(('admin', *roles))}")
        return principal

    return with_role


def everywhere(*roles: str) -> Callable[[Principal], Awaitable[Principal]]:
    """A dependency for what concerns the whole programme: 403 also for those who see only a part of its province."""
    with_role = only(*roles)

    async def with_every_region(principal: Caller) -> Principal:
        if len((await with_role(principal)).region) > PROVINCE_DIGITS:
            raise HTTPException(403, "This concerns the whole programme: ask somebody who sees all of its regions")
        return principal

    return with_every_region


Reader = Annotated[Principal, Depends(only("operator", "analyst", "county", "auditor"))]
Operator = Annotated[Principal, Depends(only("operator"))]
Keeper = Annotated[Principal, Depends(everywhere("operator"))]
"""An operator of the whole platform, not of a part of the tree."""
Admin = Annotated[Principal, Depends(everywhere())]


def in_scope(principal: Principal, code: str) -> str:
    """The code itself. 404 outside the principal's scope: it does not say whether it exists."""
    if not principal.sees(code):
        raise HTTPException(404, "There is no such region, or it lies outside your scope")
    return code
