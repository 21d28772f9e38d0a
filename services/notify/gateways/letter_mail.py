"""A letter as an e-mail: Chinese headers, plain text with an HTML twin, the same Message-ID on every retry."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from html import escape
from uuid import NAMESPACE_URL, uuid5

from services.notify.gateways import Letter

MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
HTML = """<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>{title}</title></head>
<body><h3>{title}</h3>
<p>{text}</p></body>
</html>
"""


def is_mailbox(address: str) -> bool:
    """Whether `address` is exactly one plain mailbox: no name, no list, no white space, nothing outside ASCII."""
    return MAILBOX.fullmatch(address) is not None


def sender_of(text: str) -> Address:
    """`notice@example.org` or `观爱 <notice@example.org>`; raises ValueError."""
    name, mailbox = parseaddr(text)
    if not (text.isprintable() and is_mailbox(mailbox)):
        raise ValueError("the sender has no plain mailbox")
    return Address(display_name=name, addr_spec=mailbox)


def mail_of(letter: Letter, sender: Address, recipient: str) -> EmailMessage:
    """The message; `recipient` is a mailbox."""
    mail, title = EmailMessage(), one_line(letter.title)
    mail["Subject"] = title
    mail["From"] = sender
    mail["To"] = recipient
    mail["Date"] = letter.sent_at
    mail["Message-ID"] = message_id(letter.notice_id, sender.domain)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    mail.add_alternative(html_of(title, letter.text), subtype="html")
    return mail


def message_id(notice_id: str, domain: str) -> str:
    """By which a receiver knows a repeat: it depends on the notice alone."""
    return f"<{uuid5(NAMESPACE_URL, f'urn:guanai:notice:{notice_id}')}@{domain}>"


def html_of(title: str, text: str) -> str:
    """The same words for readers of HTML; nothing in them is markup."""
    return HTML.format(title=escape(title), text=escape(text).replace("\n", "<br>\n"))


def one_line(text: str) -> str:
    """What may stand in a header: line breaks and control characters become one space."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
