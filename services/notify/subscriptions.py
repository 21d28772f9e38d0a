"""Which fact goes to which handler."""

from collections.abc import Mapping, Sequence

from services.notify.handlers import write_notices
from shared.contracts.judgements import BulletinPublished, RegionLagging, RegionMilestone, RegionRecovered
from shared.messaging.happenings import Route, on
from shared.runtime.settings import Settings


def listens_to(_: Settings) -> Mapping[str, Sequence[Route]]:
    """The table of contents, by queue."""
    return {
        "notify.facts": [
            on(RegionLagging, write_notices),
            on(RegionRecovered, write_notices),
            on(RegionMilestone, write_notices),
            on(BulletinPublished, write_notices),
        ]
    }
