"""How results are shown to people: one table, with the machine above it and what the numbers stand for below."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tests.bench.result import Check, Result

COLUMNS = ("", "work", "product", "peer", "limit", "ratio", "bar", "met")
LEFT = ("", "work", "met")
Row = tuple[str, ...]


def shown(machine: Mapping[str, Any], results: Sequence[Result]) -> RenderableType:
    """The table with the machine above it and what one must know below."""
    table = Table(title="Benchmarks", title_style="bold")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in LEFT else "right", no_wrap=name != "work")
    for result in in_order(results):
        for row in rows_of(result):
            table.add_row(*row)
        table.add_section()
    about = [f"{name.replace('_', ' '):>12}  {value}" for name, value in machine.items()]
    return Group(*map(Text, about), table, *(Text(note) for note in notes_of(results)))


def in_order(results: Sequence[Result]) -> list[Result]:
    """By their ids: they run in another order."""
    return sorted(results, key=lambda result: result.id)


def rows_of(result: Result) -> Iterator[Row]:
    """The benchmark with its first bar, and a row for each further one."""
    numbers = [_number(value, result.unit) for value in (result.product, result.peer, result.limit)]
    first = result.checks[0] if result.checks else None
    ratio = "" if result.ratio is None else f"{_rounded(result.ratio)} ×"
    yield (result.id, result.work, *numbers, ratio, _bar(first), _met(result, first))
    for check in result.checks[1:]:
        yield ("", f"  {check.what}", _number(check.value, check.unit), "", "", "", _bar(check), _met(result, check))


def notes_of(results: Sequence[Result]) -> list[str]:
    """What the numbers stand for, and why there are none."""
    return [f"{r.id}: {r.failed or r.notes}" for r in in_order(results) if r.failed or r.notes]


def _number(value: float | None, unit: str) -> str:
    return "" if value is None else f"{_rounded(value)} {unit}".rstrip()


def _rounded(value: float) -> str:
    """Three digits are enough, whole numbers are whole."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _bar(check: Check | None) -> str:
    return "" if check is None else f"{check.must_be} {_number(check.bar, check.unit)}"


def _met(result: Result, check: Check | None) -> str:
    if check is None:
        return result.verdict
    met = "yes" if check.met else "NO"
    return met if result.full_size else f"({met})"
