"""An insurer's RabbitMQ user: it may write its own submissions and read its own receipts, nothing else."""

import os
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx2
import typer

from shared.messaging.topology import INTAKE, RECEIPTS

API = "GUANAI_RABBITMQ_API"


def permissions(name: str) -> dict[str, str]:
    """What the user may configure, write and read, as the broker's regular expressions."""
    own = rf"receipts\.{name}"
    return {
        "configure": rf"^{own}$",
        "write": rf"^({INTAKE.replace('.', '[.]')}|{own})$",
        "read": rf"^({RECEIPTS.replace('.', '[.]')}|{own})$",
    }


def topic_permissions(name: str) -> list[dict[str, str]]:
    """Which routing keys, literally for this insurer."""
    return [
        {"exchange": INTAKE, "write": rf"^{name}\.(policy|claim)\.", "read": "^$"},
        {"exchange": RECEIPTS, "write": "^$", "read": rf"^{name}$"},
    ]


def commands(name: str, password: str, vhost: str) -> list[str]:
    """The same as rabbitmqctl commands for a person."""
    may = permissions(name)
    topics = [
        f"rabbitmqctl set_topic_permissions -p {vhost} {name} {t['exchange']} '{t['write']}' '{t['read']}'"
        for t in topic_permissions(name)
    ]
    return [
        f"rabbitmqctl add_user {name} '{password}'",
        f"rabbitmqctl set_permissions -p {vhost} {name} '{may['configure']}' '{may['write']}' '{may['read']}'",
        *topics,
    ]


def create_or_tell(name: str, password: str) -> None:
    """Create the user by the management API of `GUANAI_RABBITMQ_API`, else print what to run."""
    broker = urlsplit(os.environ.get("GUANAI_AMQP_URL", "amqp://guest:guest@localhost/"))
    vhost = unquote(broker.path.lstrip("/")) or "/"
    api = os.environ.get(API)
    if api and (reason := _create(api, name, password, vhost)) is None:
        typer.echo(f"RabbitMQ user {name} created, password shown only now:\n{password}")
        return
    why = f"{API} did not do it ({reason})" if api else f"{API} is not set"
    typer.echo(f"To let {name} submit over AMQP, run this on the broker ({why}):")
    for command in commands(name, password, vhost):
        typer.echo(f"  {command}")


def _create(api: str, name: str, password: str, vhost: str) -> str | None:
    """None when done, else why not."""
    place = quote(vhost, safe="")
    calls: list[tuple[str, Any]] = [
        (f"users/{name}", {"password": password, "tags": ""}),
        (f"permissions/{place}/{name}", permissions(name)),
        *((f"topic-permissions/{place}/{name}", topic) for topic in topic_permissions(name)),
    ]
    try:
        with httpx2.Client(base_url=f"{api.rstrip('/')}/api/", timeout=10, trust_env=False) as http:
            for path, body in calls:
                http.put(path, json=body).raise_for_status()
    except httpx2.HTTPError as error:
        return type(error).__name__
    return None
