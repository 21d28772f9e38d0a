"""The whole platform as a user runs it: four processes, a broker, a database, and the command line."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2

from services.cli.reference_data import SHIPPED

SERVICES = ("enrollment", "claims", "reporting", "notify")
TWO_SHARDS = ("enrollment", "claims", "reporting", "reporting.1", "notify")
"""Two replicas of reporting, each with a shard of its own; with `GUANAI_REPORTING_SHARDS="2"`."""
TWO_OF_EACH = ("enrollment", "enrollment.1", "claims", "claims.1", "reporting", "reporting.1", "notify")
KEY = "test-admin-key"


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], bool], seconds: float = 90, what: str = "") -> None:
    """Wait for a fact. Fails when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


REFERENCE = (
    ("regions", "regions.csv"),
    ("regions", "regions_villages.csv.gz"),
    ("products", "products.csv"),
    ("targets", "targets.csv"),
    ("populations", "population.csv"),
    ("contacts", "contacts.csv"),
)


@contextmanager
def furnished(
    directory: Path, amqp_url: str, database_url: str, processes: Sequence[str] = SERVICES, **environment: str
) -> Iterator["Platform"]:
    """Four services on RabbitMQ and PostgreSQL with Guangxi's reference data; today is the last day of 2021."""
    surroundings = {"GUANAI_AMQP_URL": amqp_url, "GUANAI_DATABASE_URL": database_url, "GUANAI_TODAY": "2021-08-31"}
    made = Platform(directory, {**surroundings, **environment})
    try:
        made.command("migrate")
        made.command("declare")
        made.start(*processes)
        for kind, name in REFERENCE:
            made.command("load", kind, str(SHIPPED / name))
        yield made
    finally:
        made.close()


class Platform:
    """Services in processes of their own; stop one, kill one, start it again.

    A second replica of a service is called `reporting.1`; of reporting it has the shard of that number.
    """

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self.ports = {service: free_port() for service in SERVICES}
        urls = {f"GUANAI_{name.upper()}_URL": f"http://127.0.0.1:{port}" for name, port in self.ports.items()}
        own = {"GUANAI_ADMIN_KEY": KEY, "GUANAI_DATA_DIR": str(directory / "data"), "GUANAI_PII_KEY": "11" * 32}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GUANAI_")}
        self.environment = {**clean, **own, **urls, **environment}
        self._directory = directory
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._files = ExitStack()
        self.http = httpx2.Client(headers={"Authorization": f"Bearer {KEY}"}, timeout=60, trust_env=False)

    def command(self, *words: str, **environment: str) -> str:
        """Run `guanai ...` to its good end; its output."""
        run = self.attempt(*words, **environment)
        assert run.returncode == 0, f"guanai {' '.join(words)}: {run.stdout}\n{run.stderr}"
        return run.stdout

    def attempt(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run `guanai ...` to its end, good or bad."""
        return subprocess.run(
            [sys.executable, "-m", "services", *words],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def begin(self, *words: str) -> "subprocess.Popen[str]":
        """Begin `guanai ...`, to see what becomes of it."""
        words = (sys.executable, "-m", "services", *words)
        return subprocess.Popen(words, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def start(self, *processes: str) -> None:
        """Start services, or replicas of them, and wait until they are ready."""
        for name in processes:
            service, port = name.partition(".")[0], self.ports.setdefault(name, free_port())
            log = self._files.enter_context((self._directory / f"{name}.log").open("ab"))
            words = [sys.executable, "-m", "services", "serve", service, "--port", str(port)]
            words += ["--web-only"] * name.endswith(".web")
            environment = {**self.environment, **self._shard_of(name)}
            self._processes[name] = subprocess.Popen(words, env=environment, stderr=log, stdout=log)
        for name in processes:
            until(lambda name=name: self.is_ready(name), what=f"{name} is ready: {self.log_of(name)}")  # type: ignore[misc]

    def _shard_of(self, process: str) -> dict[str, str]:
        service, _, number = process.partition(".")
        divided = service == "reporting" and "GUANAI_REPORTING_SHARDS" in self.environment
        return {"GUANAI_REPORTING_SHARD": number} if divided and number.isdigit() else {}

    def is_ready(self, service: str) -> bool:
        """What `readyz` says."""
        try:
            return self.get(service, f"/{service.partition('.')[0]}/readyz").status_code == 200
        except httpx2.TransportError:
            return False

    def log_of(self, service: str) -> str:
        """The end of a service's log."""
        return (self._directory / f"{service}.log").read_text()[-2000:]

    def pid(self, service: str) -> int:
        """The process of a service that was started."""
        return self._processes[service].pid

    def kill(self, service: str) -> None:
        """SIGKILL: no good-bye."""
        self._processes[service].kill()
        self._processes[service].wait()

    def stop(self, service: str) -> int:
        """SIGTERM; the exit code."""
        self._processes[service].send_signal(signal.SIGTERM)
        return self._processes[service].wait(timeout=25)

    def get(self, service: str, path: str, **parameters: Any) -> httpx2.Response:
        """GET from a service."""
        return self.http.get(f"http://127.0.0.1:{self.ports[service]}{path}", params=parameters or None)

    def post(self, service: str, path: str, **more: Any) -> httpx2.Response:
        """POST to a service."""
        return self.http.post(f"http://127.0.0.1:{self.ports[service]}{path}", **more)

    def close(self) -> None:
        """End everything."""
        for process in self._processes.values():
            process.kill()
            process.wait()
        self._files.close()
        self.http.close()
