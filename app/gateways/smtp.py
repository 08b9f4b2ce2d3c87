"""Mail by SMTP: one letter, one connection, and an answer that says what is known of it.

Addresses look like `smtp://user:password@host:587` (STARTTLS is required), `smtps://host` (TLS from the start) and, for
a relay on the same machine, `smtp://localhost:25?tls=off`.
"""

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

import structlog

from app import mailboxes

log = structlog.get_logger()
SECONDS = 20
_PORTS = {"smtp": 587, "smtps": 465}
# No header of ours needs any of these, and each could begin a header of somebody else's.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Attachment:
    """A PDF that goes with a letter."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """A mail in words. `id` makes its Message-ID: sent twice, it is still the same mail."""

    id: str
    sender: str
    """MAIL_FROM: an address, with or without a name."""
    sender_name: str
    """Who it is from where MAIL_FROM names nobody."""
    reply_to: str
    recipient: str
    subject: str
    text: str
    html: str
    written_at: datetime
    attachment: Attachment | None = None


@dataclass(frozen=True)
class Delivered:
    """The server has taken it."""


@dataclass(frozen=True)
class NotNow:
    """It was not taken, or nobody knows: to be tried again as the same mail."""

    why: str


@dataclass(frozen=True)
class Unreachable(NotNow):
    """The server cannot be talked to: no other mail would get through either."""


@dataclass(frozen=True)
class Never:
    """It was refused for good, or cannot be written at all."""

    why: str


Outcome = Delivered | NotNow | Never


def deliver(url: str, letter: Letter) -> Outcome:
    """Hand the letter to the server at `url`."""
    try:
        sender, recipient = _as_sent(parseaddr(letter.sender)[1]), _as_sent(letter.recipient)
        beyond_ascii = not (sender + recipient).isascii()
        # The message's own bytes: what smtplib makes of a message turns a line "From …" into ">From …".
        content = written(letter).as_bytes(policy=SMTPUTF8 if beyond_ascii else SMTP)
    except Exception as problem:  # noqa: BLE001  # whatever cannot be written is this mail's, and no other's
        log.warning("mail_cannot_be_written", id=letter.id, kind=type(problem).__name__)
        return Never("address_or_header_malformed")
    server: smtplib.SMTP | None = None
    try:
        server = _connected(url, letter)
        server.ehlo_or_helo_if_needed()
        if beyond_ascii and not server.has_extn("smtputf8"):
            return Never("address_not_supported")
        # Of several recipients smtplib would only return who was refused: each letter has one, so that it raises.
        server.sendmail(sender, [recipient], content, ["SMTPUTF8", "BODY=8BITMIME"] if beyond_ascii else [])
    except smtplib.SMTPRecipientsRefused as refused:
        return _refused("recipient_refused", max(code for code, _words in refused.recipients.values()))
    except smtplib.SMTPDataError as refused:
        return _refused("refused", refused.smtp_code)
    except smtplib.SMTPNotSupportedError:
        return Unreachable("tls_or_sign_in_not_offered")
    except smtplib.SMTPResponseException as refused:
        # Sign-in, greeting or sender refused: the seller's setting, which may be corrected before the next try.
        return Unreachable(f"server_refused {refused.smtp_code}")
    except ssl.SSLCertVerificationError:
        return Unreachable("certificate_not_trusted")
    except (smtplib.SMTPException, OSError) as problem:
        return NotNow("connection_lost") if server else Unreachable(f"unreachable {type(problem).__name__}")
    finally:
        if server:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()  # the mail is taken already: what is answered here changes nothing
    return Delivered()


def written(letter: Letter) -> EmailMessage:
    """Return the letter as it travels, or raise ValueError where a header would not be one line."""
    name, typed = parseaddr(letter.sender)
    address, reply_to = _as_sent(typed), mailboxes.as_sent(letter.reply_to)
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = f"<{letter.id}@{_host(address)}>"
    message["Date"] = format_datetime(letter.written_at)
    message["From"] = _header(address, _one_line(name or letter.sender_name))
    message["To"] = _header(_as_sent(letter.recipient))
    if reply_to and reply_to.isascii():  # the seller's of the catalog; without it answers go to the sender
        message["Reply-To"] = _header(reply_to)
    message["Subject"] = _one_line(letter.subject)
    message["Auto-Submitted"] = "auto-generated"  # so that no holiday answer comes back (RFC 3834)
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    if letter.attachment is not None:
        file = letter.attachment
        message.add_attachment(file.content, maintype="application", subtype="pdf", filename=file.name)
    return message


def _connected(url: str, letter: Letter) -> smtplib.SMTP:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    # Said in the greeting; the machine's own name is nobody's business.
    own_name = _host(_as_sent(parseaddr(letter.sender)[1]))
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, own_name, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, own_name, timeout=SECONDS)
    try:
        if parts.scheme == "smtp" and parse_qs(parts.query).get("tls") != ["off"]:
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _refused(why: str, code: int) -> Outcome:
    """Five hundreds are the last word about a mail; four hundreds ask to come back."""
    return Never(f"{why} {code}") if code >= 500 else NotNow(f"{why} {code}")


def _header(address: str, name: str = "") -> Address:
    """Return the address for a header. From its text the library would take none whose name is beyond ASCII."""
    local, _at, host = address.rpartition("@")
    return Address(name, local, host)


def _as_sent(address: str) -> str:
    sent = mailboxes.as_sent(address)
    if sent is None:
        raise ValueError("not an address")
    return sent


def _one_line(words: str) -> str:
    return " ".join(_CONTROL.sub(" ", words).split())


def _host(address: str) -> str:
    return address.rpartition("@")[2]
