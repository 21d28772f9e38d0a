"""`guanai bulletin`: make a draft, download it, say where it lies."""

import re
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
import typer
from rich.console import Console

from services.cli.client import answer_to, ask, client, fail

KINDS = ("annual", "quarterly", "weekly")
FORMATS = ("html", "docx", "xlsx", "pdf", "txt", "chat.txt", "chat.png")
_DRAFTS = "/reporting/v1/bulletins"
_ON_DISK = re.compile(r"[\\/:*?\"<>|\x00-\x1f]")


def write_bulletin(wanted: dict[str, Any], form: str, out: Path | None) -> None:
    """A new draft as a file."""
    _refuse_unknown("kind", wanted["kind"], KINDS)
    _refuse_unknown("format", form, FORMATS)
    _refuse_no_day(wanted["as_of"])
    if out is not None and not out.parent.is_dir():
        fail(f"There is no directory {out.parent}: make it first")
    with client() as http, Console(stderr=True).status("composing the draft …") as status:
        draft = ask(http, "POST", _DRAFTS, json={k: v for k, v in wanted.items() if v is not None})
        status.update(f"writing {draft['title']} as {form} …")
        answer = answer_to(http, "GET", f"{_DRAFTS}/{draft['id']}.{form}")
        place = out or Path(_name_of(answer))
        place.write_bytes(answer.content)
    typer.echo(f"{draft['title']}\ndraft {draft['id']}, as of {draft['as_of']}: {place.resolve()}")


def _refuse_unknown(what: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        fail(f"There is no {what} {given}: choose one of {', '.join(known)}")


def _refuse_no_day(as_of: str | None) -> None:
    try:
        date.fromisoformat(as_of or "2021-08-31")
    except ValueError:
        fail(f"There is no day {as_of}: write it as 2021-08-31")


def _name_of(answer: httpx2.Response) -> str:
    told = re.search(r"filename\*=UTF-8''(\S+)", answer.headers.get("content-disposition", ""))
    return _ON_DISK.sub("_", unquote(told[1])) if told else "bulletin"
