"""Sign-in by an identity provider: JWT bearer tokens of one issuer and audience, checked against its keys."""

import time
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.messaging.outcomes import Unavailable
from shared.runtime.principals import ROLES, Principal

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
_REFRESH_SECONDS = 300.0


class Oidc:
    """Claims: `roles` (list), `region` (scope, optional), `insurer` (optional), `sub` or `preferred_username`."""

    def __init__(self, issuer: str, audience: str) -> None:
        self._issuer, self._audience = issuer, audience
        self._keys: KeySet | None = None
        self._fetched_at = 0.0

    async def principal_of(self, token: str) -> Principal | None:
        """The principal of a valid token; None for anything else. Raises Unavailable when the issuer is away."""
        try:
            claims = await self._claims(token)
        except (JoseError, ValueError):
            return None
        said = claims.get("roles")
        roles = frozenset(r for r in ROLES if r in said) if isinstance(said, list) else frozenset[str]()
        name = str(claims.get("preferred_username") or claims["sub"])
        insurer = claims.get("insurer")
        return Principal(name, roles, str(claims.get("region") or ""), insurer if isinstance(insurer, str) else None)

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            decoded = jwt.decode(token, await self._key_set(), algorithms=_ALGORITHMS)
        except (JoseError, ValueError):
            decoded = jwt.decode(token, await self._key_set(renew=True), algorithms=_ALGORITHMS)
        rules = jwt.JWTClaimsRegistry(
            leeway=30,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        rules.validate(decoded.claims)
        return dict(decoded.claims)

    async def _key_set(self, renew: bool = False) -> KeySet:
        """The issuer's keys; an unknown key id has them fetched again, at most every five minutes."""
        if self._keys is None or (renew and time.monotonic() - self._fetched_at > _REFRESH_SECONDS):
            self._keys = await self._fetched()
            self._fetched_at = time.monotonic()
        return self._keys

    async def _fetched(self) -> KeySet:
        try:
            async with httpx2.AsyncClient(timeout=10, trust_env=False) as client:
                discovered = await client.get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
                keys = await client.get(discovered.raise_for_status().json()["jwks_uri"])
            return KeySet.import_key_set(keys.raise_for_status().json())
        except (httpx2.HTTPError, JoseError, KeyError, ValueError) as error:
            raise Unavailable(f"the keys of {self._issuer} cannot be had: {type(error).__name__}") from None
