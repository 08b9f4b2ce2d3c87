"""Mail against a real server: what arrives, what each refusal means, and that nothing goes to whoever pretends to be it."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from app.gateways.smtp import Delivered, Letter, Never, NotNow, Unreachable, deliver
from tests.support.mail_server import SENDER, MailServer, certificate, mail_server
from tests.support.ports import free_port

LETTER = Letter(
    id="mail_01kam000000000000000000000",
    sender=SENDER,
    sender_name="Relay Networks, Inc.",
    reply_to="help@relay.example",
    recipient="billing@acme.example",
    subject="Receipt: €25.00 paid to Süd – Ost",
    text="Grüße.\n.\n.. a line that begins with a dot\n" + "y" * 1200 + "\n",
    html="<p>Grüße</p>\n",
    written_at=datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC),
)


def lines(part: EmailMessage) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A server without TLS."""
    with mail_server() as made:
        yield made


def test_a_letter_arrives_whole(server: MailServer) -> None:
    assert deliver(server.url, LETTER) == Delivered()
    (mail,) = server.mails
    assert (server.senders, server.recipients) == (["billing@relay.example"], ["billing@acme.example"])
    assert mail["Subject"] == LETTER.subject
    assert mail["From"] == SENDER and mail["To"] == LETTER.recipient and mail["Reply-To"] == LETTER.reply_to
    assert mail["Message-ID"] == f"<{LETTER.id}@relay.example>"
    assert mail["Date"] == "Sat, 21 Nov 2026 12:00:05 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert text.get_content_type() == "text/plain" and lines(text) == LETTER.text
    assert html.get_content_type() == "text/html" and lines(html) == LETTER.html
    assert server.raw[0].isascii() and max(map(len, server.raw[0].split(b"\r\n"))) < 200


def test_the_greeting_does_not_disclose_the_machines_name(server: MailServer) -> None:
    deliver(server.url, LETTER)
    assert server.greetings == ["relay.example"]


def test_the_seller_is_named_where_the_setting_names_nobody(server: MailServer) -> None:
    deliver(server.url, replace(LETTER, sender="billing@relay.example", reply_to=""))
    assert server.mails[0]["From"] == '"Relay Networks, Inc." <billing@relay.example>'
    assert server.mails[0]["Reply-To"] is None


@pytest.mark.parametrize(
    ("step", "answer", "outcome"),
    [
        ("RCPT", "550 no such user", Never("recipient_refused 550")),
        ("RCPT", "450 mailbox busy", NotNow("recipient_refused 450")),
        ("DATA", "554 looks like spam", Never("refused 554")),
        ("DATA", "451 try again later", NotNow("refused 451")),
        ("DATA", "421 shutting down", NotNow("refused 421")),
        ("MAIL", "553 not your address", Unreachable("server_refused 553")),
        ("MAIL", "421 shutting down", Unreachable("server_refused 421")),
        ("MAIL", "reset", NotNow("connection_lost")),
        ("DATA", "reset", NotNow("connection_lost")),
    ],
)
def test_each_refusal_is_distinguished(server: MailServer, step: str, answer: str, outcome: object) -> None:
    server.will(step, answer)
    assert deliver(server.url, LETTER) == outcome
    assert deliver(server.url, LETTER) == Delivered()


def test_sent_again_it_is_the_same_mail(server: MailServer) -> None:
    server.will("DATA", "reset")
    deliver(server.url, LETTER)
    deliver(server.url, replace(LETTER, written_at=datetime(2026, 11, 22, tzinfo=UTC)))
    assert len(server.mails) == 2
    assert {mail["Message-ID"] for mail in server.mails} == {f"<{LETTER.id}@relay.example>"}


def test_nobody_listens() -> None:
    assert deliver(f"smtp://127.0.0.1:{free_port()}?tls=off", LETTER) == Unreachable(
        "unreachable ConnectionRefusedError"
    )


def test_somebody_else_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        assert client
        client.close()
        listener.settimeout(0)
        listener.accept()[0].close()
    assert isinstance(deliver(f"smtp://127.0.0.1:{port}?tls=off", LETTER), Unreachable)


@pytest.mark.parametrize(
    "change",
    [
        {"recipient": "billing@acme.example\r\nBcc: mallory@globex.example"},
        {"recipient": "billing@acme.example, mallory@globex.example"},
        {"recipient": "billing@acme.example\u2028Bcc: x"},
        {"recipient": "<billing@acme.example> ORCPT=x"},
        {"recipient": "no address"},
        {"recipient": "a" * 250 + "@acme.example"},
        {"recipient": "a@example..test"},
        {"recipient": "a..b@example.test"},
        {"recipient": ".a@example.test"},
        {"recipient": "a@-example.test"},
        {"recipient": "a@example.test."},
        {"recipient": "a@" + "b" * 64 + ".test"},
        {"recipient": '"a b"@example.test'},
        {"sender": "Relay <billing@relay..example>"},
    ],
)
def test_an_address_that_would_be_more_than_one_is_never_sent(server: MailServer, change: dict[str, str]) -> None:
    assert deliver(server.url, replace(LETTER, **change)) == Never("address_or_header_malformed")
    assert server.mails == [] and server.recipients == []


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r", "\x85", "\u2028", "\x0b", "\r\n\r\n", "\x00"])
def test_words_never_begin_a_header(server: MailServer, breaks: str) -> None:
    evil = f"Relay{breaks}Bcc: mallory@globex.example{breaks}X-Evil: 1"
    letter = replace(LETTER, subject=evil, sender="billing@relay.example", sender_name=evil)
    assert deliver(server.url, letter) == Delivered()
    (mail,) = server.mails
    assert mail["Bcc"] is None and mail["X-Evil"] is None
    assert mail["Subject"] == "Relay Bcc: mallory@globex.example X-Evil: 1"
    assert server.recipients == ["billing@acme.example"]
    assert len(list(mail.iter_parts())) == 2


@pytest.mark.parametrize(
    "reply_to", ["help@relay.example\nBcc: mallory@globex.example", "help@relay..example", "hélp@relay.example"]
)
def test_an_answer_s_address_that_cannot_be_written_is_left_out(server: MailServer, reply_to: str) -> None:
    assert deliver(server.url, replace(LETTER, reply_to=reply_to)) == Delivered()
    assert (server.mails[0]["Reply-To"], server.mails[0]["Bcc"]) == (None, None)
    assert server.recipients == ["billing@acme.example"]


def test_a_host_beyond_ascii_goes_everywhere_and_a_name_only_where_it_is_taken(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = replace(LETTER, recipient="zoë@acmé.example")
    assert deliver(server.url, replace(LETTER, recipient="billing@acmé.example")) == Delivered()
    assert deliver(server.url, named) == Delivered()
    assert server.recipients == ["billing@xn--acm-dma.example", "zoë@xn--acm-dma.example"]
    assert [str(mail["To"]) for mail in server.mails] == server.recipients
    assert lines(next(iter(server.mails[1].iter_parts()))) == LETTER.text  # type: ignore[arg-type]
    monkeypatch.setattr(server, "takes_utf8", False)
    assert deliver(server.url, named) == Never("address_not_supported")
    assert deliver(server.url, LETTER) == Delivered()


@pytest.mark.parametrize("recipient", ["billing@acme.example", "zoë@acme.example"])
def test_a_line_that_begins_with_from_stays_as_it_is(server: MailServer, recipient: str) -> None:
    text = "From 1 December on, prices change.\nFrom: nobody\n>From here\n.\n\nFrom\n"
    html = "<p>\nFrom now on</p>\n"
    assert deliver(server.url, replace(LETTER, recipient=recipient, text=text, html=html)) == Delivered()
    plain, rich = server.mails[0].iter_parts()
    assert (lines(plain), lines(rich)) == (text, html)  # type: ignore[arg-type]


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "tls"])
def test_it_signs_in_over_tls_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, implicit: bool) -> None:
    trusted, context = certificate(tmp_path)
    with mail_server(context, implicit=implicit, sign_in=True) as server:
        assert deliver(server.url, LETTER) == Unreachable("certificate_not_trusted")
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert deliver(server.url, LETTER) == Delivered() and server.signed_in == [True]
        assert deliver(server.url.replace("p%3A", "x"), LETTER) == Unreachable("server_refused 535")
        assert server.signed_in[1:] and not any(server.signed_in[1:])
        assert deliver(server.url.replace("localhost", "127.0.0.1"), LETTER) == Unreachable("certificate_not_trusted")
        assert len(server.mails) == 1


def test_a_server_without_tls_gets_no_password(server: MailServer) -> None:
    server.user, server.options = "purser:secret@", ""
    assert deliver(server.url, LETTER) == Unreachable("tls_or_sign_in_not_offered")
    assert server.mails == []
