"""What goes back is mailed: the credit note or refund receipt, once, to whoever is sent such mails."""

import json

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.mails import CREDIT_NOTE, RECEIPT, REFUND_RECEIPT
from app.domain.money import Money
from app.domain.people.members import Actor
from app.domain.reversals import ProcessorRefund, RefundState
from app.gateways.pdf.renderer import Renderer
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.invoicing import InvoiceRecipient
from app.models.mails import Mail
from app.models.scope import as_service
from app.services.invoices import file_making
from app.services.mail import attachments, payment_text
from app.services.mail.attachments import BeingMade
from app.services.reversals import refund_booking
from app.services.transaction import transaction
from tests.services.receivables.test_mails import BILLS, BOOKS, mailed, to_whom
from tests.support import cast
from tests.support.documents import documents_of, sold_at_use
from tests.support.reversals import buys, later, sends_back


def _recipients(customer: Customer) -> None:
    """Let somebody be sent receipts and another one invoices."""
    now = clock.now()
    with as_service("add recipients"), transaction() as session:
        for email, of in ((BOOKS, "receipts"), (BILLS, "invoices")):
            wants = {"receipts": False, "invoices": False, "payment_problems": False} | {of: True}
            named = {"email": email, "token_hash": email, "asked_at": now, "confirmed_at": now}
            session.add(InvoiceRecipient(customer_id=customer.customer_id, **named, **wants))


def _to_billing(customer: Customer, template: str) -> list[Mail]:
    found = [each for each in mailed(customer) if each.template == template and each.recipient == customer.email]
    return sorted(found, key=lambda each: each.created_at)


def _said(app: Flask, mail: Mail) -> tuple[str, str]:
    with app.test_request_context():
        words = payment_text.of(mail.template, mail.customer_id, json.loads(mail.context))
    assert words is not None
    return " ".join(f"{words.subject} {words.text}".split()), words.html


@pytest.mark.both_databases
def test_the_credit_notes_of_a_refund_and_of_a_lost_dispute_are_mailed_once_each(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    _recipients(acme)
    payment = buys(app, alice_actor, 2500)
    sends_back(payment, 1000)
    opened = controls.dispute(settings, payment.processor_id or "")
    later(app)
    controls.close_dispute(settings, opened, won=False)
    later(app)
    later(app)  # what is said again changes nothing
    invoice, refunded, lost = documents_of(acme)
    assert to_whom(acme, CREDIT_NOTE) == {acme.email, BILLS}
    assert to_whom(acme, RECEIPT) == {acme.email, BOOKS}
    first, second = _to_billing(acme, CREDIT_NOTE)
    assert [json.loads(each.context)["document"] for each in (first, second)] == [refunded.id, lost.id]
    said, html = _said(app, first)
    assert said.startswith(f"Credit note {refunded.number} on invoice {invoice.number} from ")
    assert f"has refunded $10.00 of invoice {invoice.number}." in said
    assert "Amount $10.00" in said and "Reason Refund" in said and f"/billing/invoices/{refunded.id}" in said
    assert "to be paid" not in said + html and "Left to pay" not in said + html
    said, html = _said(app, second)
    words = f"A dispute was decided in your favour: your bank returned $15.00 of invoice {invoice.number} to you."
    assert words in said and words in " ".join(html.split())


def test_where_no_tax_is_said_a_refund_receipt_is_mailed_to_who_is_sent_receipts(app: Flask) -> None:
    customer = sold_at_use()
    _recipients(customer)
    payment = buys(app, cast.make_actor(cast.ALICE, customer), 2500)
    sends_back(payment, 900)
    receipt, back = documents_of(customer)
    assert to_whom(customer, REFUND_RECEIPT) == {customer.email, BOOKS}
    assert to_whom(customer, CREDIT_NOTE) == set()
    (mail,) = _to_billing(customer, REFUND_RECEIPT)
    said, html = _said(app, mail)
    assert said.startswith(f"Refund receipt {back.number} on receipt {receipt.number} from ")
    assert f"has refunded $9.00 of receipt {receipt.number}." in said
    assert "invoice" not in said.replace("/invoices/", "").lower()
    assert "See the refund receipt" in html


def test_a_refund_that_bounces_before_its_mail_is_sent_is_not_mailed(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    refund = sends_back(payment, 1000)
    (mail,) = _to_billing(acme, CREDIT_NOTE)
    _said(app, mail)
    names, amount = (refund.processor_id or "", payment.processor_id or ""), Money(refund.amount_minor, "USD")
    failed = ProcessorRefund(*names, amount, RefundState.FAILED, "lost", clock.now())
    assert refund_booking.record(payment.id, failed) == ""
    with app.test_request_context():
        assert payment_text.of(mail.template, mail.customer_id, json.loads(mail.context)) is None


def test_the_mail_of_what_went_back_waits_for_its_pdf(
    app: Flask, drawing: Renderer, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    sends_back(payment, 1000)
    (mail,) = _to_billing(acme, CREDIT_NOTE)
    context = json.loads(mail.context)
    assert isinstance(attachments.of(mail, context, clock.now()), BeingMade)
    file_making.make_due()
    made = attachments.of(mail, context, clock.now())
    assert made is not None and not isinstance(made, BeingMade)
    assert made.name == f"credit-note-{documents_of(acme)[1].number}.pdf"
