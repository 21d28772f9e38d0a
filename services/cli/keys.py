"""`guanai user add` and `guanai insurer add`: one key for all services, and what RabbitMQ needs to know."""

import asyncio
import re
import secrets
from typing import Any

import typer

from services.cli.client import PORTS, ask, client, fail
from services.cli.rabbitmq_users import create_or_tell
from shared.contracts.values import INSURER_NAME, LEVELS
from shared.runtime.principals import ROLES, Principal, hash_of, new_key
from shared.runtime.settings import Settings


def add_user(name: str, role: str, region: str, embedded: Settings | None) -> None:
    """Print a key with a role and a region."""
    if role not in ROLES or role == "insurer":
        fail(f"There is no role {role} for users: choose one of {', '.join(r for r in ROLES if r != 'insurer')}")
    if region and (not region.isdigit() or len(region) not in LEVELS):
        fail(f"{region} is no region code: use 2, 4, 6, 9 or 12 digits, such as 4507")
    key = _store(Principal(name, frozenset({role}), region), embedded)
    typer.echo(f"API key of {name} ({role}{f', region {region}' if region else ''}), shown only now:\n{key}")


def add_insurer(name: str, embedded: Settings | None) -> None:
    """Print an insurer's key, and create its RabbitMQ user where that may be done."""
    if not re.fullmatch(INSURER_NAME, name):
        fail(f"{name} cannot be the name of an insurer: 3 to 32 of a-z, 0-9 and -, such as demo-life")
    key = _store(Principal(name, frozenset({"insurer"}), "", name), embedded)
    typer.echo(f"API key of {name}, shown only now:\n{key}\n")
    create_or_tell(name, secrets.token_urlsafe(32))


def _store(principal: Principal, embedded: Settings | None) -> str:
    """The same key for all four services."""
    key_id, key = new_key()
    made = Principal(principal.name, principal.roles, principal.region, principal.insurer, key_id)
    if embedded is not None:
        asyncio.run(_into_files(embedded, made, hash_of(key)))
        return key
    with client() as http:
        for service in PORTS:
            ask(http, "POST", f"/{service}/v1/principals", json=_form(made, hash_of(key)))
    return key


def _form(principal: Principal, secret_hash: str) -> dict[str, Any]:
    (role,) = principal.roles
    return {
        "name": principal.name,
        "role": role,
        "region": principal.region,
        "insurer": principal.insurer,
        "id": principal.id,
        "secret_hash": secret_hash,
    }


async def _into_files(settings: Settings, principal: Principal, secret_hash: str) -> None:
    from services.cli.embedded import opened
    from shared.runtime.principals import add

    async with opened(settings) as running:
        for one in running:
            async with one.desk.begin() as tx:
                await add(tx, principal, secret_hash)
