"""A stranger's webhook URL never leads into our own house: schemes, ports, addresses, names that change their mind."""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import httpx2
import pytest

from services.notify.gateways import GivenUp, Letter, Sent, TryAgain
from services.notify.gateways.addresses import address_spelled_by, is_public, is_reserved
from services.notify.gateways.destinations import Border, DestinationError
from services.notify.gateways.webhook import Webhook
from tests.handlers.sinks import HttpSink, hang_up, tls_for

LETTER = Letter("notice-1", "标题", "正文", {}, datetime(2026, 11, 23, tzinfo=UTC))
SECRET = "whsec_bWVtb3JhYmxl"
NAME = "hooks.receiver.example"
PUBLIC, PUBLIC6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"


class Names:
    """A name service that gives its answers in turn and repeats the last one."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = answers, 0

    async def __call__(self, _: str) -> Sequence[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


def strict(names: Names) -> Webhook:
    return Webhook(lambda _: [SECRET], resolve=names, seconds=3.0)


def lenient(names: Names, tls: ssl.SSLContext | None = None) -> Webhook:
    trusted = tls or httpx2.create_ssl_context()
    return Webhook(lambda _: [SECRET], allow_private=True, resolve=names, tls=trusted, seconds=3.0)


NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.215.14",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::7f00:1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
IS_PUBLIC = [PUBLIC, PUBLIC6, "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.32.0.1", "198.20.0.1", "2400:3200::1"]


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_a_special_address_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", IS_PUBLIC)
def test_an_ordinary_address_is_public_unless_it_is_ours(text: str) -> None:
    assert is_public(ip_address(text))
    assert is_public(ip_address(text), ours=[ip_network("8.8.8.0/24"), ip_network("2620::/32")])
    assert not is_public(ip_address(text), ours=[ip_network(text)])


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("::1", "::1"),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
    ],
)
def test_an_address_is_recognised_in_every_spelling(host: str, address: str) -> None:
    assert address_spelled_by(host) == ip_address(address)


@pytest.mark.parametrize("host", [NAME, "localhost", "1.2.3.4.5", "256.256.256.256.example", "face.example"])
def test_a_name_spells_no_address(host: str) -> None:
    assert address_spelled_by(host) is None


@pytest.mark.parametrize("domain", ["invalid", "demo.invalid", "DEMO.Invalid", "demo.invalid."])
def test_reserved_domains(domain: str) -> None:
    assert is_reserved(domain)
    assert not is_reserved(f"{domain.strip('.')}.example")


FORBIDDEN_HOSTS = [
    "127.0.0.1",
    "[::1]",
    "[::ffff:10.0.0.1]",
    "0x7f.1",
    "2130706433",
    "169.254.169.254",
    "100.64.0.1",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "224.0.0.1",
    "[ff02::1]",
]


@pytest.mark.parametrize("host", FORBIDDEN_HOSTS)
async def test_a_url_with_a_forbidden_address_is_given_up(host: str) -> None:
    names = Names([PUBLIC])
    outcome = await strict(names).send(f"https://{host}:8443/hook", LETTER)
    assert outcome == GivenUp("the host is not on the public Internet")
    assert names.asked == 0


@pytest.mark.parametrize("text", NOT_PUBLIC)
@pytest.mark.parametrize("among", [[], [PUBLIC], [PUBLIC6, PUBLIC]], ids=["alone", "second", "third"])
async def test_a_name_with_one_forbidden_address_is_given_up(text: str, among: list[str]) -> None:
    outcome = await strict(Names([*among, text])).send(f"https://{NAME}/", LETTER)
    assert outcome == GivenUp("the host is not on the public Internet")


async def test_the_names_of_this_machine_are_given_up() -> None:
    outcome = await Webhook(lambda _: [SECRET]).send("https://localhost:8443/", LETTER)
    assert outcome == GivenUp("the host is not on the public Internet")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example/", "the URL is not https"),
        ("ftp://hooks.example/", "the URL is not https"),
        ("//hooks.example/", "the URL is not https"),
        ("https://hooks.example:22/", "the port is not open to webhooks"),
        ("https://hooks.example:80/", "the port is not open to webhooks"),
        ("https://hooks.example:0/", "the port is not open to webhooks"),
        ("https://hooks.example:8080/", "the port is not open to webhooks"),
        ("https://hunter2@hooks.example/", "the URL holds a user or password"),
        ("https://u:hunter2@hooks.example/", "the URL holds a user or password"),
        ("https://hooks.example\\@127.0.0.1/", "the URL holds a user or password"),
        ("https://hooks.invalid/", "switched off: reserved domain"),
        ("", "not a URL"),
        ("https:///hook", "not a URL"),
        ("hooks.example", "not a URL"),
        ("https://hooks.example/\r\nX: hunter2", "not a URL"),
        ("https://[::1/", "not a URL"),
        ("https://hooks.example:port/", "not a URL"),
    ],
)
async def test_a_url_that_is_not_for_webhooks_is_given_up(url: str, why: str) -> None:
    names = Names([PUBLIC])
    assert await strict(names).send(url, LETTER) == GivenUp(why)
    assert names.asked == 0


@pytest.mark.parametrize("url", ["https://a..b/", f"https://{'a' * 70}.example/", "https://h:99999/", "ftp://h/"])
async def test_a_malformed_url_is_given_up_even_where_much_is_allowed(url: str) -> None:
    assert isinstance(await Webhook(lambda _: [SECRET], allow_private=True).send(url, LETTER), GivenUp)


@pytest.mark.parametrize("url", [f"https://{NAME}/a?b=c", f"https://{NAME}:443/", f"HTTPS://{NAME.upper()}:8443/x"])
async def test_an_ordinary_url_is_pinned_to_its_addresses(url: str) -> None:
    names = Names([PUBLIC6, PUBLIC])
    found = await Border(names).find(url)
    assert found.host == NAME
    assert [pinned.host for pinned in found.pinned_urls()] == [PUBLIC6, PUBLIC]
    assert {pinned.raw_path for pinned in found.pinned_urls()} == {found.url.raw_path}
    assert names.asked == 1


async def test_our_own_public_network_is_out_of_bounds() -> None:
    with pytest.raises(DestinationError, match="not on the public Internet"):
        await Border(Names([PUBLIC]), ours=(ip_network("93.184.215.0/24"),)).find(f"https://{NAME}/")


async def test_a_name_that_changes_its_mind_is_asked_once_and_pinned(tmp_path: Path) -> None:
    server, client = tls_for(NAME, tmp_path)
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    async with HttpSink(tls=server) as first, HttpSink(host="127.0.0.2", port=first.port) as rebound:
        assert await lenient(names, client).send(f"https://{NAME}:{first.port}/hook", LETTER) == Sent("HTTP 200")
    assert (first.connections, rebound.connections, names.asked) == (1, 0, 1)
    assert first.server_names == [NAME]
    assert first.got[0].headers["host"] == f"{NAME}:{first.port}"


async def test_a_pinned_address_must_still_show_the_certificate_of_the_name(tmp_path: Path) -> None:
    server, client = tls_for("another.receiver.example", tmp_path)
    async with HttpSink(tls=server) as sink:
        outcome = await lenient(Names(["127.0.0.1"]), client).send(f"https://{NAME}:{sink.port}/", LETTER)
    assert outcome == TryAgain("no answer: ConnectError")
    assert sink.got == []


@pytest.mark.parametrize("addresses", [["127.0.0.3", "127.0.0.1"], ["127.0.0.1", "127.0.0.3"]])
async def test_a_dead_address_leaves_its_turn_to_the_next(addresses: list[str]) -> None:
    async with HttpSink() as sink:
        outcome = await lenient(Names(addresses)).send(f"http://{NAME}:{sink.port}/", LETTER)
    assert outcome == Sent("HTTP 200")


async def test_a_request_that_may_have_arrived_is_not_repeated_elsewhere() -> None:
    async with HttpSink() as sink:
        sink.usual = hang_up
        outcome = await lenient(Names(["127.0.0.1", "127.0.0.1"])).send(f"http://{NAME}:{sink.port}/", LETTER)
    assert isinstance(outcome, TryAgain)
    assert len(sink.got) == 1


async def test_private_addresses_may_be_allowed_but_names_and_passwords_not() -> None:
    async with HttpSink() as sink:
        hook = lenient(Names([]))
        assert await hook.send(sink.url, LETTER) == Sent("HTTP 200")
        assert isinstance(await hook.send(sink.url.replace("//", "//u:hunter2@"), LETTER), GivenUp)
    assert len(sink.got) == 1


async def test_a_name_that_cannot_be_looked_up_now_is_tried_again() -> None:
    async def fails(_: str) -> Sequence[str]:
        raise OSError("temporary failure")

    async def hangs(_: str) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    for resolve in (fails, hangs, Names([])):
        hook = Webhook(lambda _: [SECRET], resolve=resolve, seconds=0.2)
        assert isinstance(await hook.send(f"https://{NAME}/", LETTER), TryAgain)
