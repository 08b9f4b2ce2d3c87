"""Who has paid an invoice that corrects another, and the receipts of these payments: page, list, API and mail."""

import pytest
from flask import Flask

from app import clock
from app.domain.money import Money
from app.gateways.pdf.renderer import Renderer
from app.models.customers import Customer
from app.models.documents import Document
from app.models.payments import Payment
from app.models.scope import as_customer
from app.services.invoices import payers
from app.services.mail import attachments, sending
from app.services.papers import papers
from app.services.receivables import receipts
from tests.services.invoices.test_corrections_more_tax import bought_in_oslo
from tests.services.mail.test_sending import sending as mail_sending
from tests.services.mail.test_sending import server
from tests.services.receivables.test_corrections_paid import LATER, STOCKHOLM, due, paid
from tests.support import cast, periods
from tests.support.api import api_for
from tests.support.corrections import BERLIN, OSLO, at, corrects
from tests.support.documents import documents_of
from tests.support.mail_server import MailServer
from tests.support.periods import now_of

__all__ = ["mail_sending", "server"]
INVOICES = "/billing/invoices"


def given(whose: Customer, document: Document) -> list[tuple[str, int]]:
    """Return number and amount of the receipts that the invoice shows."""
    with as_customer(whose.customer_id):
        return [(each.number, each.amount.amount_minor) for each in receipts.of_invoice(now_of(document))]


def paid_by(whose: Customer, document: Document) -> list[tuple[str, int, str | None]]:
    """Return who has paid it: the payment, how much of it, and for which invoice it came."""
    with as_customer(whose.customer_id):
        return [
            (each.payment_id, each.amount.amount_minor, each.invoice.number) for each in payers.of(now_of(document))
        ]


def parts(payment: Payment) -> tuple[list[tuple[str | None, int]], int]:
    with as_customer(payment.customer_id):
        found = receipts.read(payment.id)
    return [(each.number, money.amount_minor) for each, money in found.paid], found.left_over.amount_minor


@pytest.mark.both_databases
def test_the_difference_of_a_corrected_purchase_has_its_receipt_wherever_receipts_are(
    app: Flask, origin: str, drawing: Renderer, mail_sending: MailServer
) -> None:
    customer, actor, first = bought_in_oslo(app)
    (wrong,) = documents_of(customer)
    corrects(customer, wrong, at(BERLIN))
    right = documents_of(customer)[-1]
    assert given(customer, right) == []
    second = paid(actor, right, 1_900)
    number = f"{right.number}-R1"
    assert given(customer, right) == [(number, 1_900)]
    assert parts(second) == ([(right.number, 1_900)], 0)
    assert (given(customer, wrong), paid_by(customer, wrong)) == ([], [(first.id, 10_000, wrong.number)])
    both = [(first.id, 10_000, wrong.number), (second.id, 1_900, right.number)]
    assert paid_by(customer, right) == both
    while papers.make_due():
        pass
    path = f"{INVOICES}/{right.id}/receipts/{second.id}"
    browser = cast.signed_in(app, origin, actor)
    answer = browser.client.get(path)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="receipt-{number}.pdf"'
    assert [each["href"] for each in browser.opens(INVOICES).soup.select("#invoices-history a[download]")] == [path]
    page = browser.opens(f"{INVOICES}/{right.id}")
    assert page.find("#invoices-file a[href*=receipts]")["href"] == path
    shown = page.texts("#invoices-paid li")
    assert [each.split(" on ")[0] for each in shown] == ["$100.00", "$19.00"]
    assert (f"taken over from {wrong.number}" in shown[0], f"taken over from {wrong.number}" in shown[1]) == (
        True,
        False,
    )
    api = api_for(app, "billing:read")
    sent = api.get(f"/customers/{customer.customer_id}/invoices/{right.id}").get_json()
    assert [each["number"] for each in sent["receipts"]] == [number]
    assert [(each["payment"], each["amount_minor"], each["taken_over_from"]) for each in sent["paid_by"]] == [
        (first.id, 10_000, wrong.id),
        (second.id, 1_900, None),
    ]
    sending.send_due()
    (mail,) = (each for each in mail_sending.mails if str(each["Subject"]).startswith("Receipt: $19.00"))
    assert [each.get_filename() for each in mail.iter_attachments()] == [f"receipt-{number}.pdf"]


def test_a_purchase_that_is_corrected_twice_keeps_the_receipt_of_the_difference(app: Flask, drawing: Renderer) -> None:
    customer, actor, first = bought_in_oslo(app)
    corrects(customer, documents_of(customer)[0], at(BERLIN))
    right = documents_of(customer)[-1]
    second = paid(actor, right, 1_900)
    corrects(customer, now_of(right), at(BERLIN, po_number="7"))
    last = documents_of(customer)[-1]
    assert given(customer, last) == given(customer, right) == [(f"{right.number}-R1", 1_900)]
    assert parts(second) == ([(right.number, 1_900)], 0)
    with as_customer(customer.customer_id):
        of_purchase = attachments._document({"payment": first.id})
        assert of_purchase is not None
        assert of_purchase.number == last.number  # as the mail names it
    with as_customer(customer.customer_id):
        assert receipts.payments_of([last, now_of(right)]) == dict.fromkeys((last.id, right.id), second.id)


def test_a_corrected_invoice_of_a_period_keeps_the_receipts_of_all_that_has_paid_it(
    app: Flask, drawing: Renderer
) -> None:
    small = periods.customer()
    actor = periods.manager(small)
    wrong = due(small, OSLO)
    with clock.at(LATER):
        first = paid(actor, wrong)
        corrects(small, now_of(wrong), at(STOCKHOLM))
        right = documents_of(small)[-1]
        assert given(small, right) == [(f"{wrong.number}-R1", 705)]
        second = paid(actor, right, 176)
        corrects(small, now_of(right), at(STOCKHOLM, po_number="7"))
        last = documents_of(small)[-1]
        corrects(small, last, at(OSLO))  # 1.76 goes back
        without = documents_of(small)[-1]
    expected = [(f"{wrong.number}-R1", 705), (f"{right.number}-R1", 176)]
    assert [given(small, each) for each in (wrong, right, last)] == [expected[:1], expected, expected]
    assert [parts(each) for each in (first, second)] == [([(wrong.number, 705)], 0), ([(right.number, 176)], 0)]
    both = [(first.id, 705, wrong.number), (second.id, 176, right.number)]
    assert [paid_by(small, each) for each in (wrong, right, last, without)] == [both[:1], both, both, both[:1]]


def test_what_came_beside_a_difference_has_not_paid_what_was_taken_over() -> None:
    invoice = Document(id="right", paid_minor=11_900, taken_over_minor=10_000, credit_paid_minor=0, carried_to_id=None)
    payment = Payment(id="pay_0", document_id="right", received_minor=2_900, currency="USD")
    assert payers.shares([payment], [invoice]) == {"pay_0": [(invoice, Money(1_900, "USD"))]}
