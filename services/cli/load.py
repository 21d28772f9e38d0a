"""`guanai load`: a reference file, checked whole, into every service that needs it."""

import asyncio
from pathlib import Path

import typer

from services.cli.client import ask, client, fail
from services.cli.reference_data import NEEDS
from shared.contracts.reference import BadFile, rows_in, text_of
from shared.runtime.settings import Settings


def load_file(kind: str, file: Path, embedded: Settings | None) -> None:
    """Into running services over HTTP, or (`embedded`) straight into the files of a data directory."""
    text = _checked(kind, file)
    part = "villages" if "village" in file.name else ""
    if embedded is not None:
        asyncio.run(_into_files(embedded, kind, part, text))
    else:
        with client() as http:
            for service in NEEDS[kind]:
                parameters = {"part": part}
                ask(http, "PUT", f"/{service}/v1/reference/{kind}", content=text.encode(), params=parameters)
    typer.echo(f"loaded {kind} from {file.name} into {', '.join(NEEDS[kind])}")


def _checked(kind: str, file: Path) -> str:
    if kind not in NEEDS:
        fail(f"There is no kind {kind}: choose one of {', '.join(NEEDS)}")
    try:
        text = text_of(file)
        rows_in(kind, text)
    except BadFile as error:
        number = len(error.problems)
        fail(f"{file.name} has {number} mistake{'s' if number > 1 else ''}, nothing was changed:\n{error}")
    except (UnicodeDecodeError, OSError) as error:
        fail(f"{file.name} cannot be read as CSV in UTF-8 ({type(error).__name__}), nothing was changed")
    return text


async def _into_files(settings: Settings, kind: str, part: str, text: str) -> None:
    from services.cli.embedded import opened
    from shared.runtime.reference import take_in

    async with opened(settings) as running:
        for one in running:
            if one.service.name in NEEDS[kind]:
                async with one.desk.begin() as tx:
                    await take_in(tx, one.service.stores[kind], kind, text, part)
