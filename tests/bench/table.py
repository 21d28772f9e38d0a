"""How results are shown: one table for people, one JSON file for programs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tests.bench.benchmarks import Result

NOTES = {
    "B1": "the limit is COPY of the same rows; the peer took {peer_policies:,} policies, its rate is taken to go on.",
    "B2": "the limit is a bare aio-pika loop that empties a full queue of the same messages; "
    "while they are published, as in the product's run, it takes {limit_while_publishing:,.0f}/s.",
}


def shown(machine: Mapping[str, Any], results: Sequence[Result]) -> RenderableType:
    """The table with the machine above it and what one must know below."""
    table = Table(title="Policies a second", title_style="bold")
    for name in ("", "product", "peer", "limit", "to peer", "bar", "to limit", "bar", "met"):
        table.add_column(name, justify="left" if name in ("", "met") else "right", no_wrap=True)
    for result in results:
        table.add_row(*_cells(result))
    about = [f"{name.replace('_', ' '):>12}  {value}" for name, value in machine.items()]
    notes = [f"{r.id}: {r.work}; {NOTES[r.id].format(**r.details)}" for r in results]
    return Group(*map(Text, about), table, *map(Text, notes))


def _cells(result: Result) -> list[str]:
    return [
        result.id,
        f"{result.product:,.0f}",
        f"{result.peer:,.0f}" if result.peer else "–",
        f"{result.limit:,.0f}",
        f"{result.peer_ratio:.1f} ×" if result.peer_ratio else "–",
        f"≥ {result.peer_bar:g} ×" if result.peer_bar else "–",
        f"{result.ratio:.3f} ×",
        f"≥ {result.bar:g} ×",
        _verdict(result),
    ]


def _verdict(result: Result) -> str:
    if not result.full_size:
        return "trial"
    return "yes" if result.met else "NO"


def written(path: Path, machine: Mapping[str, Any], results: Sequence[Result]) -> None:
    """bench.json: rates in policies a second."""
    content = {"machine": dict(machine), "results": [_plain(result) for result in results]}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _plain(result: Result) -> dict[str, Any]:
    return {
        "id": result.id,
        "work": result.work,
        "product": round(result.product, 1),
        "peer": result.peer and round(result.peer, 1),
        "limit": round(result.limit, 1),
        "ratio": round(result.ratio, 4),
        "bar": result.bar,
        "peer_ratio": result.peer_ratio and round(result.peer_ratio, 2),
        "peer_bar": result.peer_bar,
        "met": result.met,
        "full_size": result.full_size,
        **result.details,
    }
