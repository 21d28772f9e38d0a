"""What reporting does by itself: it tells everybody who listens what has changed, and shows whether the books agree."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from services.reporting.errands.hub import hub_of
from services.reporting.errands.reconciliation import show_reconciliation
from shared.runtime.service import Running


def errands(running: Running) -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
    """The hub of the live stream, and the metric of reconciliation."""
    return [("live", hub_of(running).run), ("show_reconciliation", partial(show_reconciliation, running))]
