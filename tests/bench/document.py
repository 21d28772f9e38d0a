"""The table of a run as Markdown, so that no number in a document is ever typed by hand."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.record import read
from tests.bench.result import Result
from tests.bench.table import COLUMNS, LEFT, in_order, notes_of, rows_of

BEGIN, END = "<!-- results -->", "<!-- end of results -->"


class NoPlace(Exception):
    """The document does not say where the results go."""


def document_in(document: Path, record: Path) -> None:
    """Put what `record` holds between the two marks of the document. Raises NoPlace."""
    text = document.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoPlace(f"{document} needs the lines {BEGIN} and {END}")
    document.write_text(f"{before}{BEGIN}\n{markdown(*read(record))}\n{END}{after}")


def markdown(machine: Mapping[str, Any], results: Sequence[Result]) -> str:
    """The machine, the table and the notes."""
    about = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in machine.items() if name != "date")
    notes = [f"- {note.splitlines()[0]}" for note in notes_of(results)]
    return "\n".join([f"{machine['date']}: {about}", "", *_table(results), "", *notes])


def _table(results: Sequence[Result]) -> Iterator[str]:
    yield _line(COLUMNS)
    yield _line(["---" if name in LEFT else "---:" for name in COLUMNS])
    for result in in_order(results):
        for row in rows_of(result):
            yield _line(row)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.strip() for cell in cells)} |"
