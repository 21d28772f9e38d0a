"""Sign-in for people in a browser: a single-use link token becomes a session, kept in this process only."""

import secrets
import time

from shared.runtime.principals import Principal, hash_of

LINK_SECONDS = 600.0
SESSION_SECONDS = 12 * 3600.0
COOKIE = "guanai_session"


class Sessions:
    """Hashes of link tokens and sessions with the principal they stand for."""

    def __init__(self) -> None:
        self._links: dict[str, tuple[Principal, float]] = {}
        self._sessions: dict[str, tuple[Principal, float]] = {}

    def link_for(self, principal: Principal) -> str:
        """A token for one sign-in within ten minutes."""
        token = secrets.token_urlsafe(24)
        self._links[hash_of(token)] = (principal, time.monotonic() + LINK_SECONDS)
        return token

    def begin(self, token: str) -> str | None:
        """A session for a link token, which is used up by it; None for any other token."""
        principal, until = self._links.pop(hash_of(token), (None, 0.0))
        if principal is None or time.monotonic() > until:
            return None
        session = f"s_{secrets.token_urlsafe(32)}"
        self._sessions[hash_of(session)] = (principal, time.monotonic() + SESSION_SECONDS)
        return session

    def principal_of(self, session: str) -> Principal | None:
        """Whose session this is."""
        principal, until = self._sessions.get(hash_of(session), (None, 0.0))
        return principal if time.monotonic() <= until else None

    def end(self, session: str) -> None:
        """Sign out."""
        self._sessions.pop(hash_of(session), None)
