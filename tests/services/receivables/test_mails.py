"""Mails about invoices that are due: the receipt of a payment, and a seller's credit note, to who wants such mails."""

import json

from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.mails import CREDIT_NOTE, INVOICE, RECEIPT
from app.domain.money import Money
from app.models.customers import Customer
from app.models.database import db
from app.models.invoicing import InvoiceRecipient
from app.models.mails import Mail
from app.models.scope import as_service
from app.services.customers import address
from app.services.mail import payment_text
from app.services.receivables import ending
from app.services.transaction import transaction
from tests.services.receivables.test_corrections_paid import STOCKHOLM
from tests.support import periods
from tests.support.corrections import OSLO, at, corrects
from tests.support.documents import documents_of
from tests.support.periods import now_of, pays
from tests.support.shop import GOOD, add_method

BOOKS, BILLS = "books@acme.example", "bills@acme.example"


def mailed(customer: Customer) -> list[Mail]:
    with as_service("look at mails"):
        return list(db.session.scalars(select(Mail).where(Mail.customer_id == customer.customer_id)))


def to_whom(customer: Customer, template: str) -> set[str]:
    return {each.recipient for each in mailed(customer) if each.template == template}


def words(customer: Customer, template: str) -> tuple[str, str]:
    """Return the mail to the billing e-mail of that kind, in text and in HTML."""
    (mail,) = (each for each in mailed(customer) if each.template == template and each.recipient == customer.email)
    said = payment_text.of(mail.template, customer.customer_id, json.loads(mail.context))
    assert said is not None
    return " ".join(f"{said.subject} {said.text}".split()), said.html


def test_a_payment_of_an_invoice_gets_its_receipt_and_a_credit_note_its_mail(app: Flask) -> None:
    small = periods.customer()
    with as_service("add recipients"), transaction() as session:
        for email, of in ((BOOKS, "receipts"), (BILLS, "invoices")):
            flags = {"receipts": False, "invoices": False, "payment_problems": False} | {of: True}
            now = clock.now()
            session.add(
                InvoiceRecipient(
                    customer_id=small.customer_id,
                    email=email,
                    token_hash=email,
                    asked_at=now,
                    confirmed_at=now,
                    **flags,
                )
            )
    periods.uses(small, 705)
    invoice = periods.closes(small)
    assert invoice is not None
    note = ending.credit(invoice.id, Money(200, "USD"), by="seller", reason="Goodwill")
    assert to_whom(small, CREDIT_NOTE) == {small.email, BILLS}
    with app.test_request_context():
        said, html = words(small, CREDIT_NOTE)
    assert said.startswith(f"Credit note {note.number} on invoice {invoice.number} from ")
    for line in ("Amount $2.00", "Reason Goodwill", "Left to pay $6.81", f"/billing/invoices/{note.id}"):
        assert line in said
    assert "$6.81" in html

    alice = periods.manager(small)
    payment = pays(alice, invoice, add_method(alice, GOOD).id, 681)
    assert to_whom(small, RECEIPT) == {small.email, BOOKS}
    assert to_whom(small, INVOICE) == {small.email, BILLS}
    assert [each.recipient for each in mailed(small) if each.template == INVOICE].count(small.email) == 1
    with app.test_request_context():
        said, html = words(small, RECEIPT)
    assert said.startswith("Receipt: $6.81 paid to ")
    for line in (
        f"received your payment of $6.81 for invoice {invoice.number}.",
        "Total $8.81",
        "Credit notes −$2.00",
        "Paid $6.81",
        "Payment method Visa ending in 4242",
        f"Payment {payment.id}",
        f"Invoice {invoice.number}: http",
    ):
        assert line in said, said
        if "http" not in line and "received" not in line:
            assert line.split()[-1] in html
    assert "Time " in said and "Credits added" not in said + html and "balance" not in said + html


def test_the_mail_about_a_correction_asks_for_what_is_more_than_was_paid(app: Flask) -> None:
    small = periods.customer()
    actor = periods.manager(small)
    address.change(small.customer_id, OSLO, "", 0, by="mem_alice", as_typed=True)
    periods.uses(small, 705)
    wrong = periods.closes(small)
    assert wrong is not None
    with clock.at(periods.OVER):
        pays(actor, wrong, add_method(actor, GOOD).id)
        corrects(small, now_of(wrong), at(STOCKHOLM))
    right = documents_of(small)[-1]
    (context,) = (json.loads(each.context) for each in mailed(small) if each.key.startswith(f"invoice:{right.id}"))
    with app.test_request_context():
        said = payment_text.of(INVOICE, small.customer_id, context)
    assert said is not None
    text = " ".join(said.text.split())
    assert f"It takes the place of {wrong.number}" in text
    assert "Total $8.81" in text
    assert "Paid before −$7.05 To pay $1.76" in text
    assert "Paid before" in said.html
