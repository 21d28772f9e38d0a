"""The command of the benchmarks: which, how large, and where the results go."""

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.bench.benchmarks import BENCHMARKS
from tests.bench.document import NoPlace, document_in
from tests.bench.progress import Display
from tests.bench.record import written
from tests.bench.result import Result, failure
from tests.bench.servers import machine, private_servers
from tests.bench.stand import Stand
from tests.bench.table import shown

Which = Annotated[list[str] | None, typer.Argument(help=f"Some of {', '.join(sorted(BENCHMARKS))} [default: all]")]
Policies = Annotated[int | None, typer.Option(min=2_500, envvar="GUANAI_BENCH_POLICIES", help="A smaller size to try")]
Output = Annotated[Path, typer.Option(help="Where the results are written, each as soon as it is there")]
Document = Annotated[Path | None, typer.Option(help="Run nothing: put the table of --output into this Markdown file")]
INTERRUPTED, WIDE = 130, 132


def main(
    which: Which = None, policies: Policies = None, output: Output = Path("bench.json"), document: Document = None
) -> None:
    """Run benchmarks on private RabbitMQ and PostgreSQL nodes; ends with 1 when a bar is missed at full size."""
    if document is not None:
        _document(document, output)
        return
    names = _chosen(which or [])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    results: list[Result] = []
    try:
        _run(names, policies, output, results)
    except KeyboardInterrupt:
        Console(stderr=True).print(f"interrupted; {output} holds what was done" if results else "interrupted")
        raise typer.Exit(INTERRUPTED) from None
    raise typer.Exit(any(result.failed or (result.full_size and not result.met) for result in results))


def _document(document: Path, record: Path) -> None:
    try:
        document_in(document, record)
    except (NoPlace, FileNotFoundError) as error:
        raise typer.BadParameter(str(error)) from None


def _chosen(which: Sequence[str]) -> list[str]:
    """In the order in which they run."""
    asked = {name.upper() for name in which} or set(BENCHMARKS)
    if unknown := asked - set(BENCHMARKS):
        raise typer.BadParameter(f"There is no {', '.join(sorted(unknown))}")
    return [name for name in BENCHMARKS if name in asked]


def _run(names: Sequence[str], policies: int | None, output: Path, results: list[Result]) -> None:
    with private_servers() as servers, ExitStack() as kept, Display(Console(stderr=True)) as display:
        about = machine(servers)
        try:
            for result in _results(names, Stand(servers, display, kept, policies)):
                results.append(result)
                written(output, about, results)
        finally:
            if results:
                _console().print(shown(about, results))


def _results(names: Sequence[str], stand: Stand) -> Iterator[Result]:
    if "B6" not in names and (waiting := [name for name in names if BENCHMARKS[name].needs_year]):
        stand.display.say(f"The year of B6 is loaded first, for {', '.join(waiting)}")
    for name in names:
        began, result = time.monotonic(), _result(name, stand)
        stand.display.say(f"{name} {result.verdict}: {result.work}, after {time.monotonic() - began:.0f} s")
        yield result


def _result(name: str, stand: Stand) -> Result:
    benchmark = BENCHMARKS[name]
    try:
        return benchmark.run(stand)
    except Exception as error:
        stand.display.say(f"{name} failed: {error}")
        return failure(name, benchmark.work, error)


def _console() -> Console:
    """Wide enough where nobody says how wide it is."""
    return Console() if Console().is_terminal else Console(width=WIDE)


if __name__ == "__main__":
    typer.run(main)
