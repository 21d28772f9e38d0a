"""`guanai rebuild reporting`: all facts are told again into new books, which then take the place of the old."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx2
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from services.cli.client import address, detail_of, fail, headers

SOURCES = ("enrollment", "claims")
_REBUILDS = "/reporting/v1/rebuilds"
_PAUSE_SECONDS = 0.3
_BUSY_SECONDS = 60.0
_IDLE_SECONDS = 120.0
Json = dict[str, Any]


class NotRebuilt(Exception):
    """Why the old books stay, and what to do."""


def rebuild(service: str, yes: bool) -> None:
    """Over HTTP; asks before books that differ are replaced."""
    if service != "reporting":
        fail("Only reporting is made of facts: `guanai rebuild reporting`")
    try:
        asyncio.run(_over_http(yes))
    except NotRebuilt as error:
        fail(str(error))


async def _over_http(yes: bool) -> None:
    async with httpx2.AsyncClient(headers=headers(), timeout=900, trust_env=False) as http:
        books = Rebuild(http, address)
        agreed = yes or await books.is_needed()
        await books.run(lambda: agreed or typer.confirm("Put the rebuilt books in their place?", err=True))


class Rebuild:
    """The way from begin to switch, gone on where an earlier command was cut off."""

    def __init__(self, http: httpx2.AsyncClient, address_of: Callable[[str], str]) -> None:
        self._http, self._address_of = http, address_of
        columns = (TextColumn("{task.description:>18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns)

    async def is_needed(self) -> bool:
        """Whether the books lack what an older version has booked."""
        return bool((await self._ask("GET", "/reporting/readyz"))["books"] != "ok")

    async def run(self, consents: Callable[[], bool]) -> None:
        """Rebuild, compare, switch, look again. Raises NotRebuilt; the old books stay then."""
        began = time.monotonic()
        found = await self._running() or await self._ask("POST", _REBUILDS)
        with self._bar:
            facts = await self._fill(found)
        mine = f"{_REBUILDS}/{found['id']}"
        result = await self._ask("POST", f"{mine}/comparison")
        if not result["identical"] and not self._consented(result, consents):
            raise NotRebuilt(f"The old books stay. To give the new ones up: DELETE {mine}")
        await self._ask("POST", f"{mine}/switch", json={"accept_differences": True})
        await self._ask("POST", "/reporting/v1/reconciliations")
        same = "identical row by row" if result["identical"] else f"{result['differing_rows']:,} rows have changed"
        typer.echo(f"Rebuilt from {facts:,} facts in {time.monotonic() - began:.1f} s: {same}.")

    async def _running(self) -> Json | None:
        newest = (await self._ask("GET", f"{_REBUILDS}?limit=1"))["items"]
        return newest[0] if newest and newest[0]["state"] == "running" else None

    def _consented(self, result: Json, consents: Callable[[], bool]) -> bool:
        table = Table("table", "row", "as it was", "rebuilt", title=f"{result['differing_rows']:,} rows differ")
        for item in result["differing"]:
            table.add_row(item["table"], *(_short(item[name]) for name in ("key", "live", "rebuilt")))
        Console().print(table)
        return consents()

    async def _fill(self, found: Json) -> int:
        """Have every source replay its facts, until all of them are booked; how many they were."""
        replays = {source: await self._replay_of(source, found) for source in SOURCES}
        tasks = {source: self._bar.add_task(f"{source} tells", total=None) for source in SOURCES}
        booked = self._bar.add_task("reporting books", total=None)
        moved, seen = time.monotonic(), -1
        while True:
            events = [await self._told(source, replays[source], tasks[source], found["id"]) for source in SOURCES]
            now = sum((await self._ask("GET", f"{_REBUILDS}/{found['id']}"))["replayed"].values())
            done = all(known is not None for known, _ in events)
            total = sum(number for _, number in events)
            self._bar.update(booked, completed=now, total=total)
            if done and now >= total:
                return total
            moved, seen = (time.monotonic(), now) if now != seen else (moved, seen)
            if time.monotonic() - moved > _IDLE_SECONDS:
                raise NotRebuilt(_stuck(found["id"], now, total))
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _replay_of(self, source: str, found: Json) -> str:
        """The replay that was begun before, or a new one."""
        if (known := found["replays"].get(source)) is not None:
            return str(known["id"])
        begun = await self._ask("POST", f"/{source}/v1/replays", json={"queue": "reporting.rebuild"})
        await self._ask("PUT", f"{_REBUILDS}/{found['id']}/replays/{source}", json={"id": begun["id"]})
        return str(begun["id"])

    async def _told(self, source: str, replay: str, task: Any, rebuild_id: str) -> tuple[int | None, int]:
        """(all its events once it is done, its events so far); reporting learns of the former."""
        found = await self._ask("GET", f"/{source}/v1/replays/{replay}")
        self._bar.update(task, completed=found["messages"], total=found["total_messages"])
        if not found["done"]:
            return None, found["events"]
        counted = {"id": replay, "events": found["events"]}
        await self._ask("PUT", f"{_REBUILDS}/{rebuild_id}/replays/{source}", json=counted)
        return found["events"], found["events"]

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        """The JSON answer, asked for again while something is busy. Raises NotRebuilt."""
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                answer = await self._http.request(method, self._address_of(path), **more)
            except httpx2.TransportError as error:
                raise NotRebuilt(
                    f"Nothing answers at {self._address_of(path)} ({type(error).__name__}). "
                    "Start it and run the command again: it goes on where it was."
                ) from None
            if answer.status_code < 400:
                return answer.json()
            if answer.status_code != 503 or time.monotonic() > deadline:
                raise NotRebuilt(f"{path}: {answer.status_code} {detail_of(answer)}")
            await asyncio.sleep(_PAUSE_SECONDS)


def _stuck(rebuild_id: str, booked: int, total: int) -> str:
    advice = f"see `guanai dead list` and run the command again, or give it up: DELETE {_REBUILDS}/{rebuild_id}"
    return f"Only {booked:,} of {total:,} facts are booked: {advice}"


def _short(told: Json | None) -> str:
    return "—" if told is None else ", ".join(f"{name} {value}" for name, value in told.items())[:120]
