"""Servers that somebody else runs and whose addresses the environment gives; tests use them but never kill them."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

import aio_pika
import httpx2

from tests.nodes.postgresql import execute

AMQP_URL = "GUANAI_TEST_AMQP_URL"
MANAGEMENT_URL = "GUANAI_TEST_RABBITMQ_API"
DATABASE_URL = "GUANAI_TEST_DATABASE_URL"


class ExternalRabbitMQ:
    """A given broker; vhosts are made through its management API (port 15672 unless the environment says otherwise)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._parts = urlsplit(url)
        self._api = os.environ.get(MANAGEMENT_URL, f"http://{self._parts.hostname}:15672")

    def create_vhost(self, name: str) -> str:
        self._ask("PUT", f"/api/vhosts/{name}")
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self._ask("PUT", f"/api/permissions/{name}/{quote(self._user, safe='')}", everything)
        return self._parts._replace(path=f"/{name}").geturl()

    def drop_vhost(self, name: str) -> None:
        self._ask("DELETE", f"/api/vhosts/{name}")

    @property
    def _user(self) -> str:
        return self._parts.username or "guest"

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> None:
        login = (self._user, self._parts.password or "guest")
        httpx2.request(method, self._api + path, json=body, auth=login, timeout=30).raise_for_status()


class ExternalPostgreSQL:
    """A given cluster whose user may create databases."""

    def __init__(self, url: str) -> None:
        self.url = url

    def create(self, name: str) -> str:
        execute(self.url, f'CREATE DATABASE "{name}"')
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    def drop(self, name: str) -> None:
        execute(self.url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def divides_by_hash(amqp_url: str) -> bool:
    """Whether a broker has the plugin rabbitmq_consistent_hash_exchange."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _divides(amqp_url)).result()


async def _divides(amqp_url: str) -> bool:
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        try:
            await channel.declare_exchange("hashing", "x-consistent-hash", auto_delete=True)
        except aio_pika.exceptions.AMQPConnectionError:
            return False
        await channel.exchange_delete("hashing")
        return True
