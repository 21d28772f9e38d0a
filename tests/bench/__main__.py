"""The command of the benchmarks: which, how large, and where the results go."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.bench.benchmarks import BENCHMARKS
from tests.bench.servers import machine, private_servers
from tests.bench.table import shown, written

Which = Annotated[list[str] | None, typer.Argument(help=f"Some of {', '.join(BENCHMARKS)} [default: all]")]
Policies = Annotated[int | None, typer.Option(min=200, envvar="GUANAI_BENCH_POLICIES", help="A smaller size to try")]
Output = Annotated[Path, typer.Option(help="Where the results are written")]


def main(which: Which = None, policies: Policies = None, output: Output = Path("bench.json")) -> None:
    """Run benchmarks on private RabbitMQ and PostgreSQL nodes; ends with 1 when a bar is missed at full size."""
    names = [name.upper() for name in which or BENCHMARKS]
    if unknown := set(names) - set(BENCHMARKS):
        raise typer.BadParameter(f"There is no {', '.join(sorted(unknown))}")
    console = Console()
    with private_servers() as servers:
        about = machine(servers)
        results = []
        for name in names:
            with console.status(f"{name} is running"):
                results.append(BENCHMARKS[name].at(servers, policies))
    console.print(shown(about, results))
    written(output, about, results)
    raise typer.Exit(any(result.full_size and not result.met for result in results))


if __name__ == "__main__":
    typer.run(main)
