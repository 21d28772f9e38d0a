"""`guanai dead`: what was given up in any service, and sending it again."""

from typing import Any

import httpx2
from rich.console import Console
from rich.table import Table

from services.cli.client import PORTS, ask, client, fail


def _all(http: httpx2.Client) -> list[dict[str, Any]]:
    return [
        {**letter, "service": service}
        for service in PORTS
        for letter in ask(http, "GET", f"/{service}/v1/dead?limit=500")["items"]
    ]


def list_all() -> None:
    """A table of all dead letters."""
    with client() as http:
        letters = _all(http)
    if not letters:
        Console().print("Nothing was given up.")
        return
    table = Table("id", "queue", "reason", "bytes")
    for letter in letters:
        table.add_row(letter["id"], letter["queue"], letter["reason"], str(letter["size_bytes"]))
    Console().print(table)


def show(dead_id: str) -> None:
    """Everything that may be known of one."""
    with client() as http:
        for letter in _all(http):
            if letter["id"] == dead_id:
                Console().print_json(data=letter)
                return
    fail(f"No dead letter has the id {dead_id}: see `guanai dead list`")


def requeue(dead_id: str) -> None:
    """Back to its queue."""
    with client() as http:
        for letter in _all(http):
            if letter["id"] == dead_id:
                answer = ask(http, "POST", f"/{letter['service']}/v1/dead/{dead_id}/requeue")
                Console().print(f"{dead_id} is in {answer['queue']} again")
                return
    fail(f"No dead letter has the id {dead_id}: see `guanai dead list`")
