"""A bulletin as one message of a chat group: at most 2,048 bytes, cut where a line ends."""

from services.reporting.rules.bulletins import outline
from services.reporting.rules.bulletins.document import Document

MOST_BYTES = 2_048
"""What WeCom takes in a message of text."""
_CUT = "…"


def write(document: Document) -> bytes:
    """UTF-8."""
    return "\n".join(spoken(document)).encode()


def spoken(document: Document, most_bytes: int = MOST_BYTES) -> list[str]:
    """The lines that a group reads, as many as fit; a draft says that it is one."""
    mark = [f"【{outline.DRAFT}】"] if document.is_draft else []
    lines = [*mark, *(document.chat or (document.title,))]
    if _size(lines) <= most_bytes:
        return lines
    while len(lines) > 1 and _size([*lines, _CUT]) > most_bytes:
        lines.pop()
    return [*lines, _CUT] if _size([*lines, _CUT]) <= most_bytes else [_shortened(lines[0], most_bytes)]


def _size(lines: list[str]) -> int:
    return len("\n".join(lines).encode())


def _shortened(line: str, most_bytes: int) -> str:
    room = most_bytes - len(_CUT.encode())
    return line.encode()[:room].decode(errors="ignore") + _CUT
