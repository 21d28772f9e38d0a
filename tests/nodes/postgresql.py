"""A private PostgreSQL cluster on a free loopback port that trusts its one user."""

import asyncio
import os
import pwd
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import asyncpg

from tests.nodes.binaries import program, sibling
from tests.nodes.places import ended_at_exit, free_ports, listens, memory_directory, scratch_directory
from tests.nodes.processes import Child

_QUICK = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "128MB"}
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "synchronous_commit": "on",
}


@contextmanager
def private_postgresql(settings: Mapping[str, str] | None = None, *, durable: bool = False) -> Iterator["PostgreSQL"]:
    """A running cluster, gone at the end; a `durable` one is on disk and syncs every commit, as benchmarks must."""
    with ended_at_exit() as stack:
        home = stack.enter_context(scratch_directory("postgresql", None if durable else memory_directory()))
        chosen = {**_SETTINGS, **({} if durable else _QUICK), **(settings or {})}
        database = stack.enter_context(closing(PostgreSQL(home, chosen)))
        database.start()
        yield database


class PostgreSQL:
    """One cluster that can be killed, frozen and started again with the same data and port."""

    def __init__(self, home: Path, settings: Mapping[str, str]) -> None:
        self.home, self._data, self._settings = home, home / "data", settings
        (self.port,) = free_ports(1)
        self.url = self._address("postgres")
        self._user = _user_for_servers()
        self._server: Child | None = None

    def start(self) -> None:
        """Start the server if it does not run, and wait until it answers a query."""
        self.thaw()
        if self._server and self._server.running:
            return
        self.kill()
        self._create_cluster()
        self._server = self._run([program("postgres"), "-D", self._data, *self._options()])
        self._server.wait_ready(lambda: listens(self.port) and _answers(self.url))

    def stop(self) -> None:
        """Shut down in good order; open sessions are ended."""
        self._finish(signal.SIGINT)

    def kill(self) -> None:
        """End every server process at once without a checkpoint; the next start recovers from the log."""
        self._finish(signal.SIGQUIT)

    def restart(self) -> None:
        self.kill()
        self.start()

    def freeze(self) -> None:
        """Let the server and all its sessions hang with their connections open."""
        self._send_to_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send_to_all(signal.SIGCONT)

    def close(self) -> None:
        """End every process of this cluster."""
        self.kill()

    def create(self, name: str) -> str:
        """The address of a fresh, empty database."""
        execute(self.url, f'CREATE DATABASE "{name}"')
        return self._address(name)

    def drop(self, name: str) -> None:
        """Remove a database; sessions still open in it are ended."""
        execute(self.url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _address(self, name: str) -> str:
        return f"postgresql://guanai@127.0.0.1:{self.port}/{name}"

    def _options(self) -> list[str]:
        settings = {"port": str(self.port), **self._settings}
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _create_cluster(self) -> None:
        if self._data.exists():
            return
        if self._user:
            shutil.chown(self.home, self._user, pwd.getpwnam(self._user).pw_gid)
        options = ["--username=guanai", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        self._run([sibling("postgres", "initdb"), "-D", self._data, *options]).wait_end()

    def _run(self, command: Sequence[str | Path]) -> Child:
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(self.home)}
        return Child(command, self.home / "server.log", env, self._user, signal.SIGQUIT)

    def _finish(self, number: signal.Signals) -> None:
        self.thaw()
        if self._server:
            self._server.finish(number)
            self._server = None

    def _send_to_all(self, number: signal.Signals) -> None:
        if self._server:
            self._server.send(number)
            for pid in self._server.children():
                with suppress(ProcessLookupError):
                    os.kill(pid, number)


def execute(url: str, statement: str) -> None:
    """Run one statement outside a transaction; callable with or without a running event loop."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _execute(url, statement)).result()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _answers(url: str) -> bool:
    try:
        execute(url, "SELECT 1")
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    return True


def _user_for_servers() -> str | None:
    """PostgreSQL refuses to run as root; then an unprivileged system user runs it."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
