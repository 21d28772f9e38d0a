"""Where the fonts lie that bulletins are printed with."""

import os
from pathlib import Path


def font_dir() -> Path | None:
    """`GUANAI_FONT_DIR`: take fonts from here alone, so that every machine prints the same; unset: the system's."""
    path = os.environ.get("GUANAI_FONT_DIR")
    return Path(path) if path else None
