"""Many letters to one address become one: every notice by number and title, then every text in full."""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

from services.notify.gateways import Letter

MOST_BYTES = {"mail": 1_000_000, "wecom": 40_000}
"""Of titles and texts in one digest; a robot's is split into messages, and it may send 20 a minute."""


def portions(channel: str, letters: Sequence[Letter]) -> list[int]:
    """How many letters in a row go into each message, in order; a channel that is read by programs takes one each."""
    most, sizes, room = MOST_BYTES.get(channel, 0), list[int](), 0
    for letter in letters:
        size = len(f"{_listed(1, letter)}{_whole(1, letter)}".encode())
        if sizes and size <= room:
            sizes[-1] += 1
        else:
            sizes.append(1)
            room = most
        room -= size
    return sizes


def one_letter(letters: Sequence[Letter]) -> Letter:
    """The letter itself, or a digest whose id is the same for the same notices."""
    if len(letters) == 1:
        return letters[0]
    ids = sorted(letter.notice_id for letter in letters)
    return Letter(
        notice_id=f"digest.{sha256(' '.join(ids).encode()).hexdigest()[:24]}",
        title=f"【汇总】关爱保险通知{len(letters)}条：{_tally(letters)}",
        text="\n".join([*_contents(letters), *(_whole(n, letter) for n, letter in enumerate(letters, 1))]),
        data={"notices": ids},
        sent_at=max(letter.sent_at for letter in letters),
    )


def _tally(letters: Sequence[Letter]) -> str:
    """滞后提醒14条、好消息26条"""
    marks = Counter(letter.title.partition("】")[0].removeprefix("【") for letter in letters)
    return "、".join(f"{mark}{count}条" for mark, count in marks.most_common())


def _contents(letters: Sequence[Letter]) -> list[str]:
    lines = [_listed(number, letter) for number, letter in enumerate(letters, 1)]
    return [f"本次共有{len(letters)}条通知，目录如下，全文附后。", *lines]


def _listed(number: int, letter: Letter) -> str:
    return f"{number}、{letter.title}（编号 {letter.notice_id}）"


def _whole(number: int, letter: Letter) -> str:
    return f"\n{number}、{letter.title}\n{letter.text}"
