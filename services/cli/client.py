"""How commands talk to running services: HTTP with the admin key, and errors that say what to do."""

import os
from typing import Any

import httpx2
import typer

PORTS = {"enrollment": 8001, "claims": 8002, "reporting": 8003, "notify": 8004}


def base_url(service: str) -> str:
    """`GUANAI_<SERVICE>_URL` where services run apart, else `GUANAI_URL`, else the local `guanai up`."""
    own = os.environ.get(f"GUANAI_{service.upper()}_URL") or os.environ.get("GUANAI_URL")
    return (own or "http://127.0.0.1:8000").rstrip("/")


def headers(key: str | None = None) -> dict[str, str]:
    """Who asks: the admin key of `GUANAI_ADMIN_KEY` (or another key)."""
    bearer = key or os.environ.get("GUANAI_ADMIN_KEY")
    if not bearer:
        fail("Set GUANAI_ADMIN_KEY to the admin key that the first `guanai up` printed.")
    return {"Authorization": f"Bearer {bearer}"}


def client(key: str | None = None) -> httpx2.Client:
    """A client that sends a key."""
    return httpx2.Client(headers=headers(key), timeout=60, trust_env=False)


def address(path: str) -> str:
    """`/reporting/v1/...` at the service that the path names."""
    return base_url(path.split("/")[1]) + path


def ask(http: httpx2.Client, method: str, path: str, **more: Any) -> Any:
    """The JSON answer; ends the command with the problem's own words when there is one."""
    answer = answer_to(http, method, path, **more)
    return answer.json() if answer.content else None


def answer_to(http: httpx2.Client, method: str, path: str, **more: Any) -> httpx2.Response:
    """The whole answer, when it is no JSON."""
    try:
        answer = http.request(method, address(path), **more)
    except httpx2.TransportError as error:
        fail(f"Nothing answers at {address(path)} ({type(error).__name__}). Start `guanai up`, or set GUANAI_URL.")
    if answer.status_code >= 400:
        fail(f"{path}: {answer.status_code} {detail_of(answer)}")
    return answer


def detail_of(answer: httpx2.Response) -> str:
    """A problem's own words."""
    try:
        return str(answer.json().get("detail"))
    except ValueError:
        return answer.text[:200]


def fail(message: str) -> Any:
    """End the command with a message on standard error."""
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)
