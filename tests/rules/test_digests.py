"""A digest loses no letter, keeps their order, and fits the ways it is sent."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notify.gateways import Letter
from services.notify.gateways.robot_messages import MESSAGE_BYTES, messages_of
from services.notify.gateways.wecom import MESSAGES
from services.notify.rules.digests import one_letter, portions

NOW = datetime(2021, 8, 31, 1, 0, tzinfo=UTC)
LINES = st.lists(st.text(st.sampled_from("惠民保险，。a1"), min_size=1, max_size=600), min_size=1, max_size=8)


def letter(number: int, text: str = "文\n——关爱保险平台", title: str = "【滞后提醒】题") -> Letter:
    return Letter(f"stalled.4501{number:02d}.2021.1.warning", title, text, {}, NOW + timedelta(minutes=number))


LETTERS = st.lists(LINES, min_size=1, max_size=120).map(
    lambda texts: [letter(number, "\n".join(lines)) for number, lines in enumerate(texts)]
)


@given(st.sampled_from(["mail", "wecom", "webhook"]), LETTERS)
def test_every_letter_has_its_place_in_exactly_one_message(channel: str, letters: list[Letter]) -> None:
    sizes = portions(channel, letters)
    assert sum(sizes) == len(letters)
    assert min(sizes) >= 1
    assert channel != "webhook" or set(sizes) == {1}


@given(LETTERS)
def test_a_robot_may_always_say_a_digest_at_once(letters: list[Letter]) -> None:
    first = 0
    for many in portions("wecom", letters):
        messages = messages_of(one_letter(letters[first : first + many]))
        assert many == 1 or len(messages) <= MESSAGES
        assert all(len(message.encode()) <= MESSAGE_BYTES for message in messages)
        first += many


def test_a_mail_holds_hundreds() -> None:
    assert portions("mail", [letter(number, "惠" * 300) for number in range(500)]) == [500]


def test_the_same_notices_are_the_same_digest_whatever_their_order() -> None:
    letters = [letter(number) for number in range(3)]
    digest, again = one_letter(letters), one_letter(letters[::-1])
    assert (digest.notice_id, digest.sent_at) == (again.notice_id, again.sent_at)
    assert one_letter(letters[:2]).notice_id != digest.notice_id
    assert one_letter(letters[:1]) == letters[0]


def test_a_digest_lists_its_letters_and_quotes_them() -> None:
    digest = one_letter([letter(1), letter(2, title="【好消息】喜")])
    assert digest.title == "【汇总】关爱保险通知2条：滞后提醒1条、好消息1条"
    assert digest.text.split("\n") == [
        "本次共有2条通知，目录如下，全文附后。",
        "1、【滞后提醒】题（编号 stalled.450101.2021.1.warning）",
        "2、【好消息】喜（编号 stalled.450102.2021.1.warning）",
        "",
        "1、【滞后提醒】题",
        "文",
        "——关爱保险平台",
        "",
        "2、【好消息】喜",
        "文",
        "——关爱保险平台",
    ]
