"""A bulletin in every format: the same `Document` always gives the same bytes, so that a hash can be kept.

A writer's module, and the library behind it, is imported by the first bulletin that needs it. Writers are synchronous.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from services.reporting.rules.bulletins.document import Document

Writer = Callable[[Document], bytes]


@dataclass(frozen=True)
class Format:
    """A format of bulletins, and the module of this package that writes it."""

    media_type: str
    suffix: str
    module: str

    def write(self, document: Document) -> bytes:
        """The bytes of the file."""
        writer: Writer = import_module(f"{__name__}.{self.module}").write
        return writer(document)


_OFFICE = "application/vnd.openxmlformats-officedocument"
_TEXT = "text/plain; charset=utf-8"
FORMATS: Mapping[str, Format] = {
    "html": Format("text/html; charset=utf-8", ".html", "web_page"),
    "docx": Format(f"{_OFFICE}.wordprocessingml.document", ".docx", "word"),
    "xlsx": Format(f"{_OFFICE}.spreadsheetml.sheet", ".xlsx", "workbook"),
    "pdf": Format("application/pdf", ".pdf", "official_pdf"),
    "txt": Format(_TEXT, ".txt", "plain_text"),
    "chat.txt": Format(_TEXT, ".chat.txt", "chat_text"),
    "chat.png": Format("image/png", ".chat.png", "chat_picture"),
}


def write(document: Document, format: str) -> bytes:
    """The bulletin as the bytes of a file; `format` is a key of FORMATS."""
    return FORMATS[format].write(document)


def missing_fonts() -> bool:
    """Whether pictures and PDFs would lack Chinese characters on this machine."""
    from services.reporting.gateways.documents.typesetting import missing_fonts as missing

    return missing()
