"""E-mail out: a mail is a row of the outbox, made into a message when it is sent.

`enqueue` is a work for whoever has something to say; `send` is for `delivery`. RFC 5322 (messages), RFC 5321 (what a server's codes
mean), RFC 3834 (automatic mail says so). Invariants: the Message-ID follows from the row, so a mail that is sent twice is one mail;
nothing of an address or a text is logged or kept in an error.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from mediaserver.errors import LocalError
from signalling import outbox
from signalling.ids import new_id
from signalling.store import Transaction
from signalling.times import to_datetime

TARGET = "mail"
TIMEOUT_S = 30.0
PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in."""

    host: str
    port: int
    tls: bool  # from the first byte on; otherwise STARTTLS where the server offers it
    user: str | None
    password: str | None


class MailRefused(Exception):
    """The mail was not taken. `permanent`: trying again changes nothing. `code`: the server's, where it gave one."""

    def __init__(self, reason: str, *, permanent: bool, code: int | None = None) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.code = code


def enqueue(
    tx: Transaction, tenant_id: str, to: str, subject: str, text: str, html: str | None = None, attachments: Sequence[Attachment] = ()
) -> str:
    """Sends a mail once this unit of work is committed. The id of its outbox row."""
    body = {
        "to": to,
        "subject": " ".join(subject.split()),
        "text": text,
        "html": html,
        "attachments": [
            {"name": each.name, "content_type": each.content_type, "content": base64.b64encode(each.content).decode()}
            for each in attachments
        ],
    }
    # A lane of its own: no mail waits for another.
    return outbox.add(tx, tenant_id, TARGET, new_id("mail"), 0, "mail", body)


def server(url: str) -> SmtpServer:
    """From `smtp_url`. LocalError says what is wrong with it, without the password."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise LocalError("smtp_url: the port is not a number") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise LocalError("smtp_url is written smtp://USER:PASSWORD@HOST:PORT or smtps://USER:PASSWORD@HOST:PORT")
    return SmtpServer(
        parts.hostname,
        port or PORTS[parts.scheme],
        parts.scheme == "smtps",
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
    )


def message(body: Mapping[str, Any], *, sender: str, row_id: str, created_at_us: int) -> EmailMessage:
    """The mail as it is sent. MailRefused (permanent) where an address is none."""
    name, address = parseaddr(sender)
    mail = EmailMessage(policy=SMTP_POLICY)
    try:
        mail["From"] = Address(display_name=name, addr_spec=address)
        mail["To"] = Address(addr_spec=body["to"])
        mail["Subject"] = body["subject"]
        mail["Date"] = format_datetime(to_datetime(created_at_us))
        mail["Message-ID"] = f"<{row_id}@{address.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(body["text"])
        if body["html"]:
            mail.add_alternative(body["html"], subtype="html")
        for each in body["attachments"]:
            main, _, sub = each["content_type"].partition("/")
            mail.add_attachment(base64.b64decode(each["content"]), maintype=main, subtype=sub, filename=each["name"])
    except (ValueError, IndexError, MessageError):
        raise MailRefused("the mail's address or subject cannot be written", permanent=True) from None
    return mail


async def send(mail: EmailMessage, to: SmtpServer) -> None:
    """Hands a mail to the server; returns when it has taken it. MailRefused otherwise."""
    try:
        await aiosmtplib.send(
            mail,
            hostname=to.host,
            port=to.port,
            use_tls=to.tls,
            username=to.user,
            password=to.password,
            timeout=TIMEOUT_S,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        worst = max((each.code for each in error.recipients), default=550)
        raise MailRefused("the mail server refused the recipient", permanent=worst >= 500, code=worst) from None
    except aiosmtplib.SMTPAuthenticationError as error:
        # Somebody mistyped the configuration and will mend it: the mail waits.
        raise MailRefused("the mail server refused our user or password", permanent=False, code=error.code) from None
    except aiosmtplib.SMTPResponseException as error:
        raise MailRefused("the mail server refused the mail", permanent=error.code >= 500, code=error.code) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise MailRefused(f"the mail server cannot be reached ({type(error).__name__})", permanent=False) from None
