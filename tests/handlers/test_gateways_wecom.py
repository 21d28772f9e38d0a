"""Letters to a WeCom robot fit its limits and lose no line, and its errcode decides, against a real HTTP server."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.gateways import GivenUp, Letter, Outcome, Sent, TryAgain
from services.notify.gateways.allowance import Allowance
from services.notify.gateways.robot_messages import MESSAGE_BYTES, messages_of, packed, pieces_of
from services.notify.gateways.wecom import WeCom
from tests.handlers.sinks import HttpSink, Reply, silence

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
LETTER = Letter(
    notice_id="notice-1",
    title="横州市进度滞后提醒",
    text="完成年度目标的61.5%,\n排名第12。",
    data={},
    sent_at=datetime(2026, 11, 23, tzinfo=UTC),
)
LONG = replace(LETTER, text="\n".join(f"第{n}行:{'惠' * 200}" for n in range(14)))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def robot() -> AsyncIterator[HttpSink]:
    async with HttpSink() as sink:
        sink.usual = says(0)
        yield sink


def says(errcode: object) -> Reply:
    return Reply(200, json.dumps({"errcode": errcode, "errmsg": f"about {KEY}"}).encode())


def wecom(sink: HttpSink, clock: Clock | None = None) -> WeCom:
    return WeCom(sink.url, clock=clock or Clock(), seconds=3.0)


def heard(sink: HttpSink) -> list[str]:
    return [json.loads(got.body)["markdown"]["content"] for got in sink.got]


@pytest.mark.parametrize("whole", [True, False], ids=["url", "key"])
async def test_a_robot_hears_the_letter_as_markdown(robot: HttpSink, whole: bool) -> None:
    address = f"{robot.url}/cgi-bin/webhook/send?key={KEY}" if whole else KEY
    assert isinstance(await wecom(robot).send(address, LETTER), Sent)
    (got,) = robot.got
    assert (got.method, got.target) == ("POST", f"/cgi-bin/webhook/send?key={KEY}")
    assert json.loads(got.body) == {
        "msgtype": "markdown",
        "markdown": {"content": "**横州市进度滞后提醒**\n完成年度目标的61.5%,\n排名第12。"},
    }


@pytest.mark.parametrize(
    "address",
    [
        "",
        "{other}/cgi-bin/webhook/send?key=abc",
        "{base}.evil.example/cgi-bin/webhook/send?key=abc",
        "{base}@evil.example/cgi-bin/webhook/send?key=abc",
        "{base}/cgi-bin/../admin?key=abc",
        "{base}/cgi-bin/webhook/send?key=abc&debug=1",
        "{base}/cgi-bin/webhook/send?key=",
        "abc/../../admin",
        "abc\r\nHost: evil.example",
        "abc\n",
        "k" * 129,
    ],
)
async def test_an_address_that_is_no_robot_of_ours_is_given_up(robot: HttpSink, address: str) -> None:
    async with HttpSink() as other:
        url = address.format(base=robot.url, other=other.url)
        assert await wecom(robot).send(url, LETTER) == GivenUp("not a robot of this WeCom")
    assert robot.connections == other.connections == 0


CODES: list[tuple[object, Outcome]] = [
    (45009, TryAgain("errcode 45009", 60.0)),
    *((code, GivenUp(f"errcode {code}")) for code in (40001, 40008, 40058, 44004, 45002, 93000, 93004)),
    *((code, TryAgain(f"errcode {code}")) for code in (-1, 1, 45033, 50001)),
    *((odd, TryAgain("errcode None")) for odd in (None, "0", False, 0.0)),
]


@pytest.mark.parametrize(("code", "outcome"), CODES)
async def test_the_errcode_decides_not_the_http_status(robot: HttpSink, code: object, outcome: Outcome) -> None:
    robot.replies.append(says(code))
    assert await wecom(robot).send(KEY, LETTER) == outcome


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(502, b'{"errcode": 0}'), TryAgain("HTTP 502")),
        (Reply(302, headers={"Location": "/elsewhere"}), TryAgain("HTTP 302")),
        (Reply(200, b"<html>login</html>"), TryAgain("errcode None")),
        (Reply(200, b"[0]"), TryAgain("errcode None")),
        (Reply(200, b'{"errcode": 0' + b" " * 70_000 + b"}"), TryAgain("errcode None")),
    ],
)
async def test_an_answer_that_is_not_the_robots_is_tried_again(robot: HttpSink, reply: Reply, outcome: Outcome) -> None:
    robot.replies.append(reply)
    assert await wecom(robot).send(KEY, LETTER) == outcome
    assert len(robot.got) == 1


async def test_a_robot_that_is_down_or_silent_is_tried_again(robot: HttpSink) -> None:
    async with HttpSink() as down:
        pass
    assert await wecom(down).send(KEY, LETTER) == TryAgain("no answer: ConnectError")
    robot.replies.append(silence)
    assert await WeCom(robot.url, seconds=0.2).send(KEY, LETTER) == TryAgain("no answer: TimeoutError")


async def test_a_long_letter_comes_in_parts_that_repeat_the_title(robot: HttpSink) -> None:
    assert isinstance(await wecom(robot).send(KEY, LONG), Sent)
    parts = heard(robot)
    assert [part.partition("\n")[0] for part in parts] == [f"**{LONG.title}** ({n}/3)" for n in (1, 2, 3)]
    assert all(len(part.encode()) <= 4096 for part in parts)
    assert "".join(part.partition("\n")[2] for part in parts) == LONG.text
    assert all(part.partition("\n")[2].startswith("第") for part in parts)


async def test_a_letter_whose_second_part_fails_is_told_again_from_the_start(robot: HttpSink) -> None:
    robot.replies.extend([says(0), says(-1)])
    gateway = wecom(robot)
    assert await gateway.send(KEY, LONG) == TryAgain("errcode -1")
    assert len(robot.got) == 2
    assert isinstance(await gateway.send(KEY, LONG), Sent)
    assert len(robot.got) == 5


async def test_the_robot_is_never_asked_for_more_than_twenty_in_any_minute(robot: HttpSink) -> None:
    clock = Clock()
    gateway = wecom(robot, clock)
    for second in range(20):
        clock.now = 1000.0 + second
        assert isinstance(await gateway.send(KEY, LETTER), Sent)
    clock.now = 1059.0
    refusal = TryAgain("the robot has spoken enough for this minute", 1.0)
    assert await gateway.send(KEY, LETTER) == refusal
    assert isinstance(await gateway.send("another-robot", LETTER), Sent)
    clock.now += 1.0
    assert isinstance(await gateway.send(KEY, LETTER), Sent)
    assert await gateway.send(KEY, LETTER) == refusal
    assert len(robot.got) == 22


async def test_a_letter_in_parts_waits_until_all_of_them_may_go(robot: HttpSink) -> None:
    clock = Clock()
    gateway = wecom(robot, clock)
    for _ in range(18):
        clock.now += 1.0
        await gateway.send(KEY, LETTER)
    assert await gateway.send(KEY, LONG) == TryAgain("the robot has spoken enough for this minute", 43.0)
    clock.now += 43.0
    assert isinstance(await gateway.send(KEY, LONG), Sent)
    assert isinstance(await gateway.send(KEY, LETTER), TryAgain)
    assert len(robot.got) == 21


async def test_letters_at_the_same_time_share_the_allowance(robot: HttpSink) -> None:
    gateway = wecom(robot)
    outcomes = await asyncio.gather(*(gateway.send(KEY, LETTER) for _ in range(25)))
    assert sum(isinstance(outcome, Sent) for outcome in outcomes) == len(robot.got) == 20


async def test_a_url_and_its_key_are_the_same_robot(robot: HttpSink) -> None:
    gateway = wecom(robot)
    for _ in range(20):
        await gateway.send(KEY, LETTER)
    outcome = await gateway.send(f"{robot.url}/cgi-bin/webhook/send?key={KEY}", LETTER)
    assert isinstance(outcome, TryAgain)


async def test_a_letter_that_could_never_go_at_once_is_given_up_whole(robot: HttpSink) -> None:
    endless = replace(LETTER, text="惠民保险\n" * 20_000)
    assert isinstance(await wecom(robot).send(KEY, endless), GivenUp)
    assert robot.got == []


async def test_cancelling_passes_through(robot: HttpSink) -> None:
    reached = asyncio.Event()

    async def never(_: asyncio.StreamWriter) -> None:
        reached.set()
        await asyncio.Event().wait()

    robot.replies.append(never)
    sending = asyncio.create_task(wecom(robot).send(KEY, LETTER))
    await reached.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


@pytest.mark.parametrize("code", [0, 45009, 93000, -1])
async def test_neither_outcome_nor_log_tells_the_key(
    robot: HttpSink, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    robot.usual = says(code)
    gateway = wecom(robot)
    outcome = await gateway.send(KEY, LETTER)
    assert KEY not in f"{outcome}{gateway!r}"
    assert "693a91f6" not in f"{outcome}{caplog.text}"
    assert "abcd" not in str(await gateway.send("short-abcd", LETTER))


async def test_names_in_a_letter_neither_mention_nor_disguise(robot: HttpSink) -> None:
    await wecom(robot).send(KEY, replace(LETTER, title="<@all>\n标题", text="[点这里](https://evil.example) <@wang>"))
    assert heard(robot) == ["**< @all> 标题**\n[点这里] (https://evil.example) < @wang>"]


@given(st.lists(st.text(st.sampled_from("惠é a😀"), max_size=40), max_size=30), st.integers(4, 60))
def test_packing_loses_nothing_and_fits(lines: list[str], room: int) -> None:
    text = "\n".join(lines)
    pages = list(packed(text, room))
    assert "".join(pages) == text
    assert all(0 < len(page.encode()) <= room for page in pages)
    short = all(len(line.encode()) < room for line in lines)
    assert not short or all(page.endswith("\n") for page in pages[:-1])


@given(st.text(max_size=2000), st.text(max_size=6000), st.integers(1, 8))
def test_every_message_fits_whatever_the_letter(title: str, text: str, times: int) -> None:
    for message in messages_of(replace(LETTER, title=title, text=text * times)):
        assert len(message.encode()) <= MESSAGE_BYTES


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100), st.integers(4, 20))
def test_pieces_never_cut_a_character(line: str, room: int) -> None:
    pieces = list(pieces_of(line, room))
    assert "".join(pieces) == line
    assert all(len(piece.encode()) <= room for piece in pieces)


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 5)), max_size=60))
def test_no_stretch_of_time_sees_more_than_the_tokens(asks: list[tuple[float, int]]) -> None:
    clock, spent = Clock(), list[float]()
    allowance = Allowance(5, 60.0, clock)
    for pause, wanted in asks:
        clock.now += pause
        if allowance.seconds_until(wanted) == 0:
            allowance.spend(wanted)
            spent.extend([clock.now] * wanted)
    assert all(later - first >= 60.0 - 1e-9 for first, later in zip(spent, spent[5:], strict=False))
