"""Whether the queues of a service are on the broker as its settings say, and what to do where they are not."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from shared.messaging.topology import Topology
from shared.messaging.transport import Depth


def advised(topology: Topology, queues: Iterable[str], found: Iterable[Depth]) -> list[dict[str, Any]]:
    """Each queue that should be there or is; `advice` is null where all is well."""
    expected = [name for queue in queues for name in topology.names_of(topology.named(queue))]
    depths = {depth.queue: depth for depth in found}
    missing = [_shown(Depth(name, 0, 0), _missing(topology)) for name in expected if name not in depths]
    there = [_shown(depth, _listened(depth) if name in expected else _left(depth)) for name, depth in depths.items()]
    return [*missing, *there]


def _shown(depth: Depth, advice: str | None) -> dict[str, Any]:
    return {**asdict(depth), "advice": advice}


def _missing(topology: Topology) -> str:
    shards = f" with GUANAI_REPORTING_SHARDS={topology.shards}, as here" if topology.shards > 1 else ""
    return f"it is not there: run `guanai declare`{shards}"


def _listened(depth: Depth) -> str | None:
    return None if depth.consumers else "nobody takes from it: look into the log of its service"


def _left(depth: Depth) -> str:
    if depth.messages or not depth.consumers:
        restart = "" if depth.consumers else "; nobody takes from it: start its service again"
        return f"another number of shards has left it with {depth.messages} messages{restart}"
    name = depth.queue
    return (
        f"another number of shards has left it, and it is empty: once `guanai dead list` names it no more, run "
        f"`rabbitmqctl delete_queue {name}`, and the same for {name}.retry and {name}.dead"
    )
