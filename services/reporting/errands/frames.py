"""The live stream's events as text, each with the id to resume from."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from fastapi.sse import format_sse_event

from services.reporting.errands.look import MOST_MISSED
from services.reporting.queries.live import Said, Standing
from services.reporting.rules.marks import Mark

Frame = tuple[str, bytes]
"""(region that it is about, text)"""
_RESET = {"reason": "Too much has happened since: fetch everything anew"}


def frames_of(said: Iterable[Said], mark: Mark) -> tuple[list[Frame], Mark]:
    """Every fact that a mark has not heard, with the mark of one who has; and the mark after the last."""
    frames: list[Frame] = []
    for message in said:
        heard = mark.heard_of(message.position)
        if heard is None:
            continue
        last = len(message.facts)
        for number, (name, region, data) in enumerate(message.facts[heard:], heard + 1):
            mark = mark.after(message.position, number if number < last else None)
            frames.append((region, _written(name, data, mark)))
        mark = mark.after(message.position)
    return frames, mark


def within(frames: Iterable[Frame], scope: str) -> bytes:
    """Those that lie in a scope."""
    return b"".join(text for region, text in frames if region.startswith(scope))


def missed(said: Sequence[Said], heard: Mark | None, scope: str, now: Mark) -> bytes:
    """What somebody missed, up to now; `reset` where that cannot be told: too much, or an id that is none of ours."""
    if heard is None or heard.position > now.position or _is_beyond(said, heard):
        return _written("reset", _RESET, now)
    frames, _ = frames_of([message for message in said if now.heard_of(message.position) is None], heard)
    mine = [frame for frame in frames if frame[0].startswith(scope)]
    return _written("reset", _RESET, now) if len(mine) > MOST_MISSED else b"".join(text for _, text in mine)


def _is_beyond(said: Sequence[Said], heard: Mark) -> bool:
    return len(said) > MOST_MISSED and min(heard.open, default=heard.position) < said[0].position


def standings(standing: Standing, changed: Sequence[str], mark: Mark) -> bytes:
    """How the regions stand now."""
    told = {
        "year": standing.year,
        "as_of": standing.as_of,
        "fresh_to": standing.fresh_to,
        "changed": changed,
        "rows": standing.rows,
    }
    return _written("standings", told, mark)


def _written(name: str, data: Any, mark: Mark) -> bytes:
    return format_sse_event(data_str=orjson.dumps(data).decode(), event=name, id=mark.written())
