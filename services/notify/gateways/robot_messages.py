"""A letter in the words of a group robot: markdown messages within its byte limit, cut between lines where possible."""

from collections.abc import Iterator

from services.notify.gateways import Letter

MESSAGE_BYTES = 4096
TITLE_BYTES = 512
MOST_PARTS = 999


def messages_of(letter: Letter, limit: int = MESSAGE_BYTES) -> list[str]:
    """One message if it fits; otherwise parts that repeat the title with (2/3). No line is lost."""
    title = next(pieces_of(" ".join(plain(letter.title).split()), TITLE_BYTES), "")
    text = plain(letter.text)
    whole = f"**{title}**\n{text}"
    if size(whole) <= limit:
        return [whole]
    parts = list(packed(text, limit - size(_heading(title, MOST_PARTS, MOST_PARTS))))
    return [_heading(title, number, len(parts)) + part for number, part in enumerate(parts, 1)]


def plain(text: str) -> str:
    """Disarm mentions and disguised links: a letter quotes names that people typed."""
    return text.replace("<@", "< @").replace("](", "] (")


def packed(text: str, room: int) -> Iterator[str]:
    """As many whole lines as fit into `room` bytes, again and again."""
    page = ""
    for line in text.splitlines(keepends=True):
        for piece in pieces_of(line, room):
            if page and size(page + piece) > room:
                yield page
                page = ""
            page += piece
    if page:
        yield page


def pieces_of(line: str, room: int) -> Iterator[str]:
    """The line itself, or pieces of at most `room` bytes if it is longer, never cutting a character."""
    raw = line.encode()
    while raw:
        piece = raw[:room].decode(errors="ignore")
        yield piece
        raw = raw[size(piece) :]


def size(text: str) -> int:
    """Bytes in UTF-8: what the limits of the robot are counted in."""
    return len(text.encode())


def _heading(title: str, number: int, count: int) -> str:
    return f"**{title}** ({number}/{count})\n"
