"""`guanai doctor`: everything that can be wrong, each with what to do about it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import typer

from services.cli.client import PORTS, address, base_url, client, fail
from services.cli.reference_data import NEEDS

Finding = tuple[bool, str]


def examine() -> None:
    """Print a line a check; ends with 1 when something is wrong."""
    findings: list[Finding] = []
    with client() as http:
        for finding in _findings(http):
            findings.append(finding)
            typer.secho(f"{'ok  ' if finding[0] else 'FAIL'}  {finding[1]}", fg="green" if finding[0] else "red")
    if not all(ok for ok, _ in findings):
        fail("Something is wrong: the lines marked FAIL say what.")


def _findings(http: httpx2.Client) -> Iterator[Finding]:
    silent = [service for service in PORTS if not _answers(http, service)]
    for service in silent:
        yield False, f"{service} does not answer at {base_url(service)}: start it, or set GUANAI_URL"
    if silent:
        return
    for service in PORTS:
        yield from _readiness(http, service)
    yield from _queues(http)
    yield from _reference(http)
    yield from _left_over(http)
    yield from _trust(http)
    yield from _fonts(http)


def _answers(http: httpx2.Client, service: str) -> bool:
    try:
        return http.get(address(f"/{service}/healthz")).status_code == 200
    except httpx2.TransportError:
        return False


def _readiness(http: httpx2.Client, service: str) -> Iterator[Finding]:
    parts: dict[str, str] = http.get(address(f"/{service}/readyz")).json()
    for part, state in parts.items():
        if part != "status":
            yield state == "ok", f"{service}: {part}: {state}"


def _reference(http: httpx2.Client) -> Iterator[Finding]:
    """Every service that needs a kind must have the same file of it."""
    loaded = {service: _loaded(http, service) for service in PORTS}
    for kind, services in NEEDS.items():
        versions = {tuple(sorted(loaded[service].get(kind, ()))) for service in services}
        if versions == {()}:
            yield kind not in ("regions", "products"), f"{kind}: not loaded (guanai load {kind} FILE)"
        else:
            same = len(versions) == 1
            advice = "" if same else f": load the same file again (guanai load {kind} FILE)"
            yield same, f"{kind}: {'the same' if same else 'DIFFERENT'} in {', '.join(services)}{advice}"


def _loaded(http: httpx2.Client, service: str) -> dict[str, list[tuple[str, str]]]:
    answer = http.get(address(f"/{service}/v1/reference"))
    if answer.status_code == 401:
        fail("The key in GUANAI_ADMIN_KEY is not the admin key of these services.")
    found: dict[str, list[tuple[str, str]]] = {}
    items: list[dict[str, Any]] = answer.json().get("items", [])
    for item in items:
        found.setdefault(item["kind"], []).append((item["part"], item["sha256"]))
    return found


def _queues(http: httpx2.Client) -> Iterator[Finding]:
    for service in PORTS:
        queues: list[dict[str, Any]] = http.get(address(f"/{service}/v1/queues")).json().get("items", [])
        for queue in queues:
            if queue["advice"]:
                yield False, f"{service}: queue {queue['queue']}: {queue['advice']}"
        waiting = sum(queue["messages"] for queue in queues)
        yield True, f"{service}: {len(queues)} queues, {waiting:,} messages wait"


def _left_over(http: httpx2.Client) -> Iterator[Finding]:
    for service in PORTS:
        dead = http.get(address(f"/{service}/v1/dead?limit=500")).json().get("items", [])
        yield not dead, f"{service}: {len(dead)} dead letters" + (" (guanai dead list)" if dead else "")


def _trust(http: httpx2.Client) -> Iterator[Finding]:
    """The last look at the control totals, and whether the books are sound within themselves."""
    looks: list[dict[str, Any]] = http.get(address("/reporting/v1/reconciliations?limit=1")).json()["items"]
    for last in looks:
        told = f"{last['compared']:,} county-days, {last['differences']:,} differences stand"
        yield not last["differences"], f"reconciliation: {told}{' (guanai reconcile)' if last['differences'] else ''}"
        minutes = (datetime.now(UTC) - datetime.fromisoformat(last["looked_at"])).total_seconds() / 60
        late = minutes > 60
        yield not late, f"reconciliation: {minutes:.0f} minutes ago{': too long (guanai reconcile)' if late else ''}"
    unbalanced: list[Any] = http.get(address("/reporting/v1/invariants"), timeout=300).json()["items"]
    advice = f"{len(unbalanced)} rows are NOT the sum of their parts: guanai rebuild reporting"
    yield not unbalanced, f"books: {advice if unbalanced else 'every region is the sum of its parts'}"


def _fonts(http: httpx2.Client) -> Iterator[Finding]:
    chinese: bool = http.get(address("/reporting/v1/fonts")).json()["chinese"]
    advice = "no Chinese font: install fonts-noto-cjk where reporting runs, or set GUANAI_FONT_DIR"
    yield chinese, f"bulletins: {'a Chinese font is there' if chinese else advice}"
