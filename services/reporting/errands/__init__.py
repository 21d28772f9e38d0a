"""What reporting does by itself: it tells everybody who listens what has changed."""

from collections.abc import Awaitable, Callable, Sequence

from services.reporting.errands.hub import hub_of
from shared.runtime.service import Running


def errands(running: Running) -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
    """The hub of the live stream."""
    return [("live", hub_of(running).run)]
