"""A real mail server on loopback that takes what it is sent, or fails as configured."""

import logging
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.ports import free_port

logging.getLogger("mail.log").setLevel(logging.WARNING)  # it logs each connection
HOST = "127.0.0.1"
SENDER = "Relay Billing <billing@relay.example>"
USER, PASSWORD = "purser@relay", "p:a/s@s word"


@dataclass
class MailServer:
    """What the server was sent, and what it is to answer next: by step, the oldest first."""

    port: int
    options: str = "?tls=off"
    scheme: str = "smtp"
    user: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    signed_in: list[bool] = field(default_factory=list)
    greetings: list[str] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    takes_utf8: bool = True
    after_data: Callable[[], None] | None = None
    """Called when a mail is taken, before the client hears of it."""

    @property
    def url(self) -> str:
        """The server as MAIL_URL names it."""
        return f"{self.scheme}://{self.user}{HOST if self.options else 'localhost'}:{self.port}{self.options}"

    def will(self, step: str, *answers: str) -> None:
        """Answer the next times at this step so, and then as usual; `reset` breaks the connection instead."""
        self.answers[step] = list(answers)

    async def handle_EHLO(  # noqa: N802  # aiosmtpd names them
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet."""
        self.greetings.append(hostname)
        session.host_name = hostname
        return [each for each in responses if self.takes_utf8 or "SMTPUTF8" not in each]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender."""
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self._next("MAIL", server) or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the recipient."""
        answer = self._next("RCPT", server)
        if not answer:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the mail; a connection that is reset here has brought it all the same."""
        content = envelope.content
        assert isinstance(content, bytes)
        answer = self._next("DATA", server)
        if not answer or answer == "reset":
            self.raw.append(content)
            self.mails.append(message_from_bytes(content, policy=default))  # type: ignore[arg-type]  # by that policy
            self.senders.append(envelope.mail_from or "")
            self.recipients.extend(envelope.rcpt_tos)
            if self.after_data:
                self.after_data()
        return answer or "250 OK"

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, data: Any) -> AuthResult:
        """Let one name and password in."""
        good = isinstance(data, LoginPassword) and data == LoginPassword(USER.encode(), PASSWORD.encode())
        self.signed_in.append(good)
        return AuthResult(success=good, handled=False)

    def _next(self, step: str, server: SMTP) -> str:
        planned = self.answers.get(step) or []
        answer = planned.pop(0) if planned else ""
        if answer == "reset":
            server.transport.abort()
        return answer


@contextmanager
def mail_server(
    tls: ssl.SSLContext | None = None, *, implicit: bool = False, sign_in: bool = False
) -> Iterator[MailServer]:
    """Run a server inside the block; with `tls` by STARTTLS or from the start, and with a name and password."""
    server = MailServer(free_port())
    options: dict[str, Any] = {"ready_timeout": 60}
    if tls and implicit:
        server.scheme, server.options = "smtps", ""
        options["ssl_context"] = tls
    elif tls:
        server.options = ""
        options |= {"tls_context": tls, "require_starttls": True}
    if sign_in:
        server.user = "purser%40relay:p%3Aa%2Fs%40s%20word@"
        # Of TLS from the start, which is there before it, this server knows nothing.
        options |= {
            "authenticator": server.authenticate,
            "auth_required": not implicit,
            "auth_require_tls": not implicit,
        }
    controller = Controller(server, HOST, server.port, server_hostname="mail.relay.example", **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def certificate(directory: Path) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate for `localhost` that nobody else has signed; return its file and what a server shows it by."""
    key, chain = directory / "key.pem", directory / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(chain)], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)
    return chain, context
