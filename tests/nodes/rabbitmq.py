"""A private RabbitMQ node on free loopback ports with an epmd, a cookie and a data directory of its own."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import aio_pika

from tests.nodes.binaries import MissingProgramError, program, sibling
from tests.nodes.places import ended_at_exit, free_ports, listens, scratch_directory
from tests.nodes.processes import Child, NodeError
from tests.nodes.rabbitmq_config import NODE, environment, write_files

_SETTLED_SECONDS = 1.5
_ADD_VHOST = (
    'rabbit_vhost:add(<<"{0}">>, <<"guest">>), rabbit_auth_backend_internal:set_permissions('
    '<<"guest">>, <<"{0}">>, <<".*">>, <<".*">>, <<".*">>, <<"guest">>).'
)
_DROP_VHOST = 'rabbit_vhost:delete(<<"{0}">>, <<"guest">>).'


@contextmanager
def private_rabbitmq(settings: Mapping[str, str] | None = None) -> Iterator["RabbitMQ"]:
    """A running broker; `settings` are further lines of its rabbitmq.conf. Gone, with its data, at the end."""
    with ended_at_exit() as stack:
        home = stack.enter_context(scratch_directory("rabbitmq"))
        broker = stack.enter_context(closing(RabbitMQ(home, settings or {})))
        broker.start()
        yield broker


class RabbitMQ:
    """One broker that can be killed, stopped, frozen and started again with the same data and ports."""

    def __init__(self, home: Path, settings: Mapping[str, str]) -> None:
        self.home = home
        self.port, dist_port, epmd_port = free_ports(3)
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/"
        self._env = environment(home, dist_port, epmd_port)
        self._frozen = False
        self._epmd: Child | None = None
        self._node: Child | None = None
        write_files(home, self.port, settings)

    def start(self) -> None:
        """Start the node if it does not run, and wait until it lets a client in."""
        self.thaw()
        if self._node and self._node.running:
            return
        self._finish(signal.SIGKILL)
        server = program("rabbitmq-server")
        self._start_epmd()
        self._node = Child([server], self.home / "node.log", self._env)
        self._node.wait_ready(lambda: listens(self.port) and _lets_in(self.url), seconds=120)

    def stop(self) -> None:
        """Shut down in good order."""
        self._finish(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL the Erlang VM, after it has had time to write down new quorum queues.

        RabbitMQ 3.10 writes them up to a second late, and a queue that was killed before never elects a leader again.
        """
        if self._node and self._node.running and not self._frozen:
            time.sleep(_SETTLED_SECONDS)
            self.evaluate("mnesia:sync_log(), [dets:sync(T) || T <- dets:all()].")
        self._finish(signal.SIGKILL)

    def freeze(self) -> None:
        """Let the node hang with its connections open, as a stalled machine does."""
        self._send(signal.SIGSTOP)
        self._frozen = True

    def thaw(self) -> None:
        self._send(signal.SIGCONT)
        self._frozen = False

    def close(self) -> None:
        """End every process of this node."""
        self._finish(signal.SIGKILL)
        if self._epmd:
            self._epmd.finish(signal.SIGKILL)
            self._epmd = None

    def ctl(self, *args: str) -> str:
        """What `rabbitmqctl` answers for this node; it takes about a second."""
        return self._ask([str(sibling("rabbitmq-server", "rabbitmqctl")), "--quiet", *args])

    def evaluate(self, erlang: str) -> str:
        """The value of an Erlang expression (with its full stop) in the node, within milliseconds by erl_call."""
        try:
            call = str(program("erl_call"))
        except MissingProgramError:
            return self.ctl("eval", erlang)
        return _value(self._ask([call, "-sname", NODE, "-timeout", "30", "-e"], f"{erlang}\n"))

    def create_vhost(self, name: str) -> str:
        """The address of a new, empty vhost."""
        self.evaluate(_ADD_VHOST.format(name))
        return self.url + name

    def drop_vhost(self, name: str) -> None:
        self.evaluate(_DROP_VHOST.format(name))

    def _finish(self, number: signal.Signals) -> None:
        self.thaw()
        if self._node:
            self._node.finish(number)
            self._node = None

    def _send(self, number: signal.Signals) -> None:
        if self._node:
            self._node.send(number)

    def _start_epmd(self) -> None:
        if self._epmd is None or not self._epmd.running:
            self._epmd = Child([program("epmd")], self.home / "epmd.log", self._env)

    def _ask(self, command: list[str], text: str = "") -> str:
        done = subprocess.run(
            command, input=text, env=self._env, cwd=self.home, capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode:
            raise NodeError(f"{command} ended with code {done.returncode}: {done.stderr or done.stdout}")
        return done.stdout


def _value(answer: str) -> str:
    if not answer.startswith("{ok, "):
        raise NodeError(f"the node answered {answer}")
    return answer.removeprefix("{ok, ").removesuffix("}")


def _lets_in(url: str) -> bool:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _connects(url)).result()


async def _connects(url: str) -> bool:
    try:
        async with asyncio.timeout(5), await aio_pika.connect(url) as connection:
            await connection.channel()
    except (OSError, TimeoutError, aio_pika.exceptions.AMQPError):
        return False
    return True
