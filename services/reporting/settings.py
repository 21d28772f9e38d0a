"""When bulletins are drafted, and where the fonts lie that they are printed with."""

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def font_dir() -> Path | None:
    """`GUANAI_FONT_DIR`: take fonts from here alone, so that every machine prints the same; unset: the system's."""
    path = os.environ.get("GUANAI_FONT_DIR")
    return Path(path) if path else None


class BulletinSettings(BaseSettings):
    """`GUANAI_BULLETIN_WEEKDAY`: 1 (Monday) to 7, the day after a week of bulletins has ended."""

    model_config = SettingsConfigDict(env_prefix="GUANAI_", env_ignore_empty=True, extra="ignore")

    bulletin_weekday: int = Field(default=1, ge=1, le=7)
