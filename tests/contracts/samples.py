"""The golden samples: events as they have been on the wire, append-only."""

import json
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden"


def samples_of(name: str) -> list[dict[str, Any]]:
    """All samples of one event type, the oldest first."""
    found: list[dict[str, Any]] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return found


def all_samples() -> list[tuple[str, dict[str, Any]]]:
    return [(path.stem, sample) for path in sorted(GOLDEN.glob("*.json")) for sample in samples_of(path.stem)]
