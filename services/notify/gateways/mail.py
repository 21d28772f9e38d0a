"""E-mail: one letter to one mailbox through our SMTP server; its refusals are told apart by whose trouble they are."""

import asyncio
import re
import ssl
from contextlib import suppress
from functools import partial
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

from services.notify.gateways import NO_MAIL_SERVER, SWITCHED_OFF, GivenUp, Letter, Outcome, Sent, TryAgain
from services.notify.gateways.addresses import is_reserved
from services.notify.gateways.letter_mail import is_mailbox, mail_of, sender_of

PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
GOODBYE_SECONDS = 2.0
ENHANCED_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


class Mail:
    """Sends letters from `sender` through `smtp_url`: smtp://, smtps:// or smtp+starttls://[user:password@]host[:port]."""

    def __init__(self, smtp_url: str, sender: str, *, tls: ssl.SSLContext | None = None, seconds: float = 15.0) -> None:
        self._client = client_for(smtp_url, tls, seconds)
        self._sender = sender_of(sender)
        self._seconds = seconds

    async def send(self, address: str, letter: Letter) -> Outcome:
        """Hand it to the server once."""
        if not is_mailbox(address):
            return GivenUp("not a mailbox")
        if is_reserved(address.rpartition("@")[2]):
            return GivenUp(SWITCHED_OFF)
        try:
            await self._hand_over(address, letter)
        except (aiosmtplib.SMTPException, OSError) as trouble:
            return outcome_of(trouble)
        return Sent("250")

    async def _hand_over(self, address: str, letter: Letter) -> None:
        client = self._client()
        try:
            async with asyncio.timeout(self._seconds):
                await client.connect()
                await client.send_message(mail_of(letter, self._sender, address))
            await _say_goodbye(client)
        finally:
            client.close()


class NoMail:
    """Stands where no SMTP server is set: letters wait, except those to mailboxes that nobody has."""

    async def send(self, address: str, letter: Letter) -> Outcome:
        """Nothing leaves the house."""
        return GivenUp(SWITCHED_OFF) if is_reserved(address.rpartition("@")[2]) else TryAgain(NO_MAIL_SERVER)


def client_for(smtp_url: str, tls: ssl.SSLContext | None, seconds: float) -> partial[aiosmtplib.SMTP]:
    """What makes a connection; raises ValueError, without the URL in it, for one that cannot be meant."""
    url = urlsplit(smtp_url)
    if url.scheme not in PORTS or not url.hostname:
        raise ValueError("the SMTP URL is none of smtp://host, smtps://host and smtp+starttls://host")
    return partial(
        aiosmtplib.SMTP,
        hostname=url.hostname,
        port=_port_of(url) or PORTS[url.scheme],
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        use_tls=url.scheme == "smtps",
        start_tls=url.scheme == "smtp+starttls",
        tls_context=None if url.scheme == "smtp" else tls or ssl.create_default_context(),
        timeout=seconds,
    )


def outcome_of(trouble: Exception) -> Outcome:
    """5xx about the mailbox or the message is final; about ourselves (login, sender, greeting) it can be put right."""
    if isinstance(trouble, aiosmtplib.SMTPRecipientsRefused):
        trouble = trouble.recipients[0]
    if not isinstance(trouble, aiosmtplib.SMTPResponseException):
        return TryAgain(f"no answer: {type(trouble).__name__}")
    about_the_letter = isinstance(trouble, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError)
    said = f"{type(trouble).__name__} {_codes_of(trouble)}"
    return GivenUp(said) if about_the_letter and trouble.code >= 500 else TryAgain(said)


def _codes_of(trouble: aiosmtplib.SMTPResponseException) -> str:
    """The numbers only: the words around them like to repeat the mailbox."""
    enhanced = ENHANCED_CODE.match(trouble.message)
    return f"{trouble.code} {enhanced[0]}" if enhanced else str(trouble.code)


async def _say_goodbye(client: aiosmtplib.SMTP) -> None:
    """Politeness only: the letter has been taken, whatever happens to QUIT."""
    with suppress(aiosmtplib.SMTPException, OSError):
        async with asyncio.timeout(GOODBYE_SECONDS):
            await client.quit()


def _port_of(url: SplitResult) -> int | None:
    try:
        return url.port
    except ValueError:
        raise ValueError("the SMTP URL has no usable port") from None
