"""The table of contents of the command line."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from services.cli.client import fail
from shared.runtime.observe import configure_logs
from shared.runtime.settings import Settings

app = typer.Typer(
    help="Guan'ai (关爱): family insurance of a whole region, with numbers that are always current.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
insurer = typer.Typer(help="Insurers that may submit events.", no_args_is_help=True)
user = typer.Typer(help="People and programs with a key.", no_args_is_help=True)
dead = typer.Typer(help="Messages that were given up.", no_args_is_help=True)
app.add_typer(insurer, name="insurer")
app.add_typer(user, name="user")
app.add_typer(dead, name="dead")

DataDir = Annotated[Path | None, typer.Option(help="Where SQLite files and keys are kept [default: ./.guanai]")]
Host = Annotated[str, typer.Option(help="Address to listen on")]


def _settings(data_dir: Path | None = None) -> Settings:
    settings = Settings()
    return settings.model_copy(update={"data_dir": data_dir}) if data_dir else settings


@app.command()
def up(
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on")] = 8000,
    data_dir: DataDir = None,
    reference: Annotated[Path | None, typer.Option(help="Directory with the reference CSV files")] = None,
    demo: Annotated[bool, typer.Option(help="First load programme years 2020 and 2021, today = 2021-08-31")] = False,
) -> None:
    """Run all four services in this process with SQLite files; nothing else is needed."""
    from services.cli.up import run_up

    with _plainly():
        uvloop.run(run_up(_settings(data_dir), host, port, reference, demo))


@app.command()
def serve(
    service: Annotated[str, typer.Argument(help="enrollment, claims, reporting or notify")],
    host: Host = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="[default: 8001 to 8004 in the order above]")] = None,
    web_only: Annotated[bool, typer.Option("--web-only", help="Answer people, and nothing else")] = False,
) -> None:
    """Run one service against RabbitMQ and PostgreSQL."""
    from services.cli.services import BY_NAME
    from shared.runtime.process import serve as serve_one

    settings = Settings()
    if service not in BY_NAME:
        fail(f"There is no service {service}: choose one of {', '.join(BY_NAME)}")
    if not settings.amqp_url:
        fail("Set GUANAI_AMQP_URL: services in processes of their own need RabbitMQ (`guanai up` does not).")
    configure_logs(settings.log_level)
    with _plainly():
        uvloop.run(serve_one(BY_NAME[service], settings, host, port, web_only=web_only))


@app.command()
def declare() -> None:
    """Make every exchange, queue and binding; may be repeated, comes before any service."""
    from shared.runtime.process import declare_all

    settings = Settings()
    configure_logs("ERROR", human=True)
    with _plainly():
        asyncio.run(declare_all(settings))
    typer.echo(f"declared: {', '.join(settings.topology.names)} (each with .retry and .dead)")


@app.command()
def migrate() -> None:
    """Bring the schemas of all services to the newest version; may be repeated, comes before any service."""
    from services.cli.services import SERVICES
    from shared.runtime.process import migrate_all

    configure_logs("ERROR", human=True)
    with _plainly():
        asyncio.run(migrate_all(SERVICES, Settings(), typer.echo))


@contextmanager
def _plainly() -> Iterator[None]:
    """What an operator can mend is said in a sentence, not in a traceback."""
    from services.cli.embedded import DirectoryInUse
    from services.cli.reference_data import NoReference
    from services.enrollment.settings import NoKey
    from shared.messaging.outcomes import Unavailable
    from shared.messaging.transport import BrokerAway, MissingPlugin
    from shared.runtime.process import PortInUse

    try:
        yield
    except (NoKey, NoReference, DirectoryInUse, PortInUse, MissingPlugin) as error:
        fail(str(error))
    except (Unavailable, BrokerAway, OSError) as error:
        fail(f"Cannot be reached: {error}")


@app.command()
def load(
    kind: Annotated[str, typer.Argument(help="regions, populations, targets, products, contacts or changes")],
    file: Annotated[Path, typer.Argument(help="a CSV file, .gz too", exists=True, dir_okay=False)],
    data_dir: DataDir = None,
) -> None:
    """Load reference data into every service that needs it; a file with a mistake changes nothing."""
    from services.cli.load import load_file

    with _plainly():
        load_file(kind, file, _settings(data_dir) if data_dir else None)


@insurer.command("add")
def insurer_add(name: str, data_dir: DataDir = None) -> None:
    """Register an insurer: prints its API key and what to create on RabbitMQ."""
    from services.cli.keys import add_insurer

    with _plainly():
        add_insurer(name, _settings(data_dir) if data_dir else None)


@user.command("add")
def user_add(
    name: str,
    role: Annotated[str, typer.Option(help="admin, analyst, operator, county or auditor")],
    region: Annotated[str, typer.Option(help="code of the region it may see; empty: everywhere")] = "",
    data_dir: DataDir = None,
) -> None:
    """Make an API key with a role and a region."""
    from services.cli.keys import add_user

    with _plainly():
        add_user(name, role, region, _settings(data_dir) if data_dir else None)


@app.command()
def simulate(
    year: Annotated[int, typer.Option(help="programme year of the calibrated tables")],
    policies: Annotated[int | None, typer.Option(help="how many policies make up the year's units")] = None,
    via: Annotated[str, typer.Option(help="http or amqp")] = "http",
    rate: Annotated[float, typer.Option(help="events a second, 0 for as fast as they are taken")] = 0,
    seed: Annotated[int, typer.Option(help="the same seed sends the same events")] = 0,
) -> None:
    """Act as insurers: send a programme year that adds up exactly to the calibrated tables."""
    from services.cli.simulate import simulate_year

    simulate_year(year, policies, via, rate, seed)


@app.command()
def reconcile() -> None:
    """Hold the books of reporting against those of enrollment and claims, for every county and day."""
    from services.cli.reconcile import reconcile as look

    look()


@app.command()
def rebuild(
    service: Annotated[str, typer.Argument(help="reporting")],
    yes: Annotated[bool, typer.Option("--yes", help="replace books that differ without asking")] = False,
) -> None:
    """Book all facts again into new books while the old stay readable, compare, and switch."""
    from services.cli.rebuild import rebuild as book_again

    book_again(service, yes)


@app.command()
def bulletin(  # noqa: PLR0913, PLR0917
    kind: Annotated[str, typer.Argument(help="annual, quarterly or weekly")],
    region: Annotated[str, typer.Option(help="code of the region, such as 45 or 4507")],
    year: Annotated[int, typer.Option(help="programme year")],
    as_of: Annotated[str | None, typer.Option(help="its last day [default: the period's end, or today]")] = None,
    form: Annotated[str, typer.Option("--format", help="html, docx, xlsx, pdf, txt, chat.txt or chat.png")] = "docx",
    out: Annotated[Path | None, typer.Option(help="where to write it [default: here, under its title]")] = None,
) -> None:
    """Draft a bulletin and download it; a person publishes it."""
    from services.cli.bulletin import write_bulletin

    write_bulletin({"kind": kind, "region": region, "year": year, "as_of": as_of}, form, out)


@app.command()
def doctor() -> None:
    """Look at everything that can be wrong and say what to do."""
    from services.cli.doctor import examine

    examine()


@dead.command("list")
def dead_list() -> None:
    """What was given up, and why."""
    from services.cli.dead import list_all

    list_all()


@dead.command("show")
def dead_show(dead_id: str) -> None:
    """One dead letter: queue, reason, size and digest (never its content)."""
    from services.cli.dead import show

    show(dead_id)


@dead.command("requeue")
def dead_requeue(dead_id: str) -> None:
    """Send a dead letter to its queue again, once its cause is mended."""
    from services.cli.dead import requeue

    requeue(dead_id)
