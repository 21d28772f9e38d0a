"""`guanai reconcile`: the sources tell their totals, reporting hears them, and then the books are held against them."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx2
import typer
from rich.console import Console
from rich.table import Table

from services.cli.client import ask, client, fail

SOURCES = ("enrollment", "claims")
_SETTLING_SECONDS = 6.0
"""A little longer than clocks may differ: what is told after it was told after the look before."""
_MOST_SECONDS = 120.0
_SHOWN = 40


def reconcile() -> None:
    """Print where the books differ, or that they agree; ends with 1 on differences."""
    with client() as http:
        found = _looked(http)
        if found["unsettled"]:
            with Console().status(f"{found['unsettled']} differences may still come right: looking again"):
                time.sleep(_SETTLING_SECONDS)
            found = _looked(http)
    _tell(found)
    if found["differences"]:
        fail(f"{found['differences']:,} differences stand: `guanai rebuild reporting` books everything again.")


def _looked(http: httpx2.Client) -> dict[str, Any]:
    told = {source: ask(http, "POST", f"/{source}/v1/totals") for source in SOURCES}
    number = sum(int(answer["told"]) for answer in told.values())
    with Console().status(f"{number:,} totals of counties and days are told"):
        _until_heard(http, {s: datetime.fromisoformat(a["told_at"]) for s, a in told.items() if a["told"]})
    found: dict[str, Any] = ask(http, "POST", "/reporting/v1/reconciliations")
    return found


def _until_heard(http: httpx2.Client, told: Mapping[str, datetime]) -> None:
    deadline = time.monotonic() + _MOST_SECONDS
    while late := sorted(set(told) - _heard(http, told)):
        if time.monotonic() > deadline:
            fail(f"Reporting has not heard what {' and '.join(late)} told: see `guanai doctor` and `guanai dead list`.")
        time.sleep(0.2)


def _heard(http: httpx2.Client, told: Mapping[str, datetime]) -> set[str]:
    items = ask(http, "GET", "/reporting/v1/tellings")["items"]
    heard = {item["source"]: datetime.fromisoformat(item["told_at"]) for item in items}
    return {source for source, told_at in told.items() if source in heard and heard[source] >= told_at}


def _tell(found: dict[str, Any]) -> None:
    if not found["differences"] and not found["unsettled"]:
        typer.echo(f"All {found['compared']:,} county-days agree.")
        return
    table = Table("county", "year", "day", "measure", "booked", "told", "")
    for item in found["items"][:_SHOWN]:
        cells = (item[name] for name in ("region", "year", "booked_on", "measure", "booked", "told"))
        table.add_row(*map(str, cells), "stands" if item["stands"] else "on its way")
    Console().print(table)
    if found["unsettled"]:
        typer.echo(f"{found['unsettled']:,} differences changed while we looked: run the command again later.")
