"""What can be seen from outside: structured logs, ALL metrics in one list, and health that tells the truth."""

import logging
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

# name -> (kind, what it says, labels). Every metric is called guanai_<name>; regions at most to city level.
METRICS: dict[str, tuple[type[Counter] | type[Gauge] | type[Histogram], str, tuple[str, ...]]] = {
    "events_applied": (Counter, "Events brought into effect", ("queue",)),
    "events_known": (Counter, "Events that were in effect already", ("queue",)),
    "deliveries": (Counter, "Deliveries settled, by outcome", ("queue", "outcome")),
    "relayed": (Counter, "Messages published from the outbox and confirmed", ()),
    "replayed": (Counter, "Messages sent again from the outbox to a queue of their own", ()),
    "database_away": (Counter, "Transactions tried again because the database was away or busy", ()),
    "loop_restarts": (Counter, "Loops started again after the broker or database was away", ("loop",)),
    "intake_refused": (Counter, "Submissions without an identity that the broker vouches for", ("reason",)),
    "loop_lag_seconds": (Gauge, "How late the event loop ran its last tick", ()),
    "loop_blocked_seconds": (Gauge, "Longest that the event loop was blocked since this page was last read", ()),
    "loop_blocked_longest_seconds": (Gauge, "Longest that the event loop was blocked since the process began", ()),
    "job_seconds": (Histogram, "How long a scheduled job took", ("job",)),
    "request_seconds": (Histogram, "How long an HTTP request took", ("method", "status")),
    "reconciliation_differences": (Gauge, "Standing differences between the books and the control totals", ()),
    "notices_sent": (Counter, "Attempts to deliver a notice, by channel and outcome", ("channel", "outcome")),
}
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """The metrics of one service, in a registry of their own."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        self._service = service
        self._metrics = {name: self._made(name, *spec) for name, spec in METRICS.items()}
        self._blocked = self._blocked_longest = 0.0

    def _made(self, name: str, kind: Any, says: str, labels: tuple[str, ...]) -> Any:
        extra: dict[str, Any] = {"buckets": _BUCKETS} if kind is Histogram else {}
        return kind(f"guanai_{name}", says, ("service", *labels), registry=self.registry, **extra)

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter of the list."""
        self._metrics[name].labels(service=self._service, **labels).inc(amount)

    def note(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge, or observe seconds."""
        metric = self._metrics[name].labels(service=self._service, **labels)
        (metric.observe if isinstance(metric, Histogram) else metric.set)(value)

    def note_blocked(self, seconds: float) -> None:
        """The event loop was blocked for so long; the page shows the longest."""
        if seconds > self._blocked:
            self._blocked, self._blocked_longest = seconds, max(seconds, self._blocked_longest)

    def page(self) -> bytes:
        """What `/metrics` answers."""
        self.note("loop_blocked_seconds", self._blocked)
        self.note("loop_blocked_longest_seconds", self._blocked_longest)
        self._blocked = 0.0
        return generate_latest(self.registry)


Probe = Callable[[], Awaitable[None]]


async def truth(probes: Mapping[str, Probe]) -> dict[str, str]:
    """`ok` or the reason, per part that a service cannot do without."""
    found = {}
    for name, probe in probes.items():
        try:
            await probe()
            found[name] = "ok"
        except Exception as error:
            found[name] = str(error) or type(error).__name__
    return found


def configure_logs(level: str = "INFO", human: bool = False) -> None:
    """One JSON object a line on standard error (a readable line for a person at a terminal), libraries included."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    look = (
        structlog.dev.ConsoleRenderer(colors=False) if human else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            look,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for noisy in ("aiormq", "aio_pika", "alembic", "httpx2", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
