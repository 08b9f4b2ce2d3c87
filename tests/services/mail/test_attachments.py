"""The PDF that goes with a mail: waited for, the same bytes as on the page and by the API, and never a reason for silence."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.gateways.pdf.renderer import Renderer, RenderFailed
from app.models.customers import Customer
from app.services.invoices import file_making
from app.services.mail import sending
from app.services.papers import claims
from tests.services.mail.test_sending import sending as mail_sending
from tests.services.mail.test_sending import server
from tests.support import post
from tests.support.api import api_for
from tests.support.browser import Browser
from tests.support.documents import documents_of
from tests.support.mail_server import MailServer

__all__ = ["mail_sending", "server"]


def post_text(server: MailServer) -> str:
    """Return what a person reads in the first mail."""
    return str(server.mails[0].get_body(("plain",)).get_content())


@pytest.mark.both_databases
def test_a_receipt_waits_for_its_invoice_and_carries_the_bytes_of_page_and_api(
    app: Flask, drawing: Renderer, mail_sending: MailServer, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    post.paid(alice_actor)
    assert sending.send_due() == 0
    row = post.mail(acme)
    assert (row.state, row.tries, mail_sending.mails) == ("pending", 0, [])
    assert row.next_try_at <= clock.now() + timedelta(seconds=3)
    file_making.make_due()
    with clock.at(clock.now() + timedelta(seconds=3)):
        assert sending.send_due() == 1
    (document,) = documents_of(acme)
    (attached,) = mail_sending.mails[0].iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == f"invoice-{document.number}.pdf"
    content = attached.get_payload(decode=True)
    assert content == alice.client.get(f"/billing/invoices/{document.id}/pdf").data
    by_api = f"/customers/{acme.customer_id}/invoices/{document.id}/pdf"
    assert content == api_for(app, "billing:read").get(by_api).data
    assert f"Attached: invoice-{document.number}.pdf" in post_text(mail_sending)


@pytest.mark.parametrize("why", ["dead", "too_long"])
def test_a_file_that_does_not_come_keeps_no_mail_back(
    app: Flask,
    drawing: Renderer,
    mail_sending: MailServer,
    monkeypatch: pytest.MonkeyPatch,
    acme: Customer,
    alice_actor: Actor,
    why: str,
) -> None:
    def fail(_parts: object) -> str:
        raise RenderFailed("not_drawn")

    file_making.the_printer.set(app, fail)
    if why == "dead":
        monkeypatch.setattr(claims, "MAX_TRIES", 1)
    post.paid(alice_actor)
    file_making.make_due()
    with clock.at(clock.now() + timedelta(days=0 if why == "dead" else 2)):
        assert sending.send_due() == 1
    assert list(mail_sending.mails[0].iter_attachments()) == []
    assert "Attached" not in post_text(mail_sending)


def test_waiting_is_looked_at_more_and_more_seldom_and_no_try(
    app: Flask, drawing: Renderer, mail_sending: MailServer, acme: Customer, alice_actor: Actor
) -> None:
    post.paid(alice_actor)
    started, waits = clock.now(), []
    for seconds in (0, 60, 600, 7200):
        now = started + timedelta(seconds=seconds)
        with clock.at(now):
            sending.send_due()
        waits.append((post.mail(acme).next_try_at - now).total_seconds())
    assert [round(each) for each in waits] == [2, 15, 150, 600]
    assert post.mail(acme).tries == 0
