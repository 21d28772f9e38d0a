"""What time it is: real, or a set date for a demonstration of a past year."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


class Clock:
    """`today` may be fixed; moments of the machinery stay real."""

    def __init__(self, fixed: date | None = None) -> None:
        self._fixed = fixed

    def now(self) -> datetime:
        """The real moment, in Asia/Shanghai."""
        return datetime.now(ZONE)

    def today(self) -> date:
        """The date that counts for business."""
        return self._fixed or self.now().date()
