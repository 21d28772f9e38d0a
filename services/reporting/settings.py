"""What an operator sets about judging regions and printing bulletins."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.reporting.rules.indicators import ElderGoal


class ReportingSettings(BaseSettings):
    """Each variable is `GUANAI_<NAME>`.

    The elder goal's ratio is 0.10 of the guideline or 1.10 of an elder target of its own. Bulletins are drafted on
    `bulletin_weekday`, 1 (Monday) to 7, for the week that ended the day before. From `font_dir` alone fonts are taken,
    so that every machine prints the same; unset: the system's.
    """

    model_config = SettingsConfigDict(env_prefix="GUANAI_", env_ignore_empty=True, extra="ignore")

    stale_after_days: int = Field(default=7, ge=1)
    elder_goal: Literal["guideline", "own_target"] = "guideline"
    elder_goal_ratio: float | None = Field(default=None, gt=0)
    bulletin_weekday: int = Field(default=1, ge=1, le=7)
    font_dir: Path | None = None

    @property
    def goal(self) -> ElderGoal:
        """How many elder units a region owes."""
        own_target = self.elder_goal == "own_target"
        return ElderGoal(self.elder_goal_ratio or (1.10 if own_target else 0.10), own_target)
