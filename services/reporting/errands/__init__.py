"""What reporting does by itself: it tells who listens what has changed, shows whether the books agree, keeps warm."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from services.reporting.errands.hub import hub_of
from services.reporting.errands.reconciliation import show_reconciliation
from services.reporting.errands.warmth import keep_warm
from shared.runtime.service import Running


def errands(running: Running) -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
    """The metric of reconciliation."""
    return [("show_reconciliation", partial(show_reconciliation, running))]


def beside_web(running: Running) -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
    """The hub of the live stream, and the memory of the books."""
    return [("live", hub_of(running).run), ("keep_warm", partial(keep_warm, running))]
