"""The receipt of what pays an invoice: what it says, once for each payment, and the same whenever it is drawn."""

import pytest
from flask import Flask

from app import clock
from app.domain.errors import NotFound
from app.domain.money import Money
from app.gateways.pdf.renderer import Renderer
from app.models.customers import Customer
from app.models.documents import Document
from app.models.payments import Payment
from app.models.scope import as_customer
from app.services.invoices import payers
from app.services.mail import sending
from app.services.papers import papers
from app.services.receivables import ending, receipts
from app.services.receivables.receipts import Receipt
from tests.services.mail.test_sending import sending as mail_sending
from tests.services.mail.test_sending import server
from tests.services.receivables.test_carried import DECEMBER, small_and_later
from tests.support import cast, periods
from tests.support.api import api_for, problem_of
from tests.support.browser import Browser
from tests.support.mail_server import MailServer
from tests.support.outcome import faults
from tests.support.pdfs import text_of
from tests.support.periods import now_of, pays
from tests.support.reversals import sends_back
from tests.support.shop import GOOD, add_method

__all__ = ["mail_sending", "server"]
INVOICES = "/billing/invoices"


@pytest.fixture
def small(app: Flask) -> Customer:
    made = periods.customer()
    periods.uses(made, 705)
    return made


def due(whose: Customer) -> Document:
    document = periods.closes(whose)
    assert document is not None
    return document


def said(payment: Payment) -> Receipt:
    with as_customer(payment.customer_id):
        return receipts.read(payment.id)


def parts(receipt: Receipt) -> list[tuple[str | None, int]]:
    return [(each.number, money.amount_minor) for each, money in receipt.paid]


def test_it_is_the_same_on_the_page_by_the_api_and_in_the_mail_and_the_invoice_stays_as_it_was(
    app: Flask, origin: str, drawing: Renderer, mail_sending: MailServer, small: Customer
) -> None:
    invoice, alice = due(small), periods.manager(small)
    browser = cast.signed_in(app, origin, alice)
    assert "Receipt" not in browser.opens(INVOICES).texts("#invoices-history a")
    payment = pays(alice, invoice, add_method(alice, GOOD).id)
    path = f"{INVOICES}/{invoice.id}/receipts/{payment.id}"
    waiting = browser.opens(f"{INVOICES}/{invoice.id}")
    assert "The receipt is being made." in waiting.find("#invoices-file").text
    assert browser.client.get(path).status_code == 303
    api, by_api = api_for(app, "billing:read"), f"/customers/{small.customer_id}/invoices/{invoice.id}"
    assert problem_of(api.get(f"{by_api}/receipts/{payment.id}")) == (409, "file_not_made")
    assert papers.make_due() == 1
    answer = browser.client.get(path)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="receipt-{invoice.number}-R1.pdf"'
    assert api.get(f"{by_api}/receipts/{payment.id}").data == answer.data
    listed = {"payment": payment.id, "number": f"{invoice.number}-R1", "amount_minor": 881, "file": "made"}
    assert api.get(by_api).get_json()["receipts"] == [listed]
    assert sending.send_due() >= 1
    (mail,) = (each for each in mail_sending.mails if str(each["Subject"]).startswith("Receipt"))
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_payload(decode=True)) == (
        f"receipt-{invoice.number}-R1.pdf",
        answer.data,
    )
    text = " ".join(text_of(answer.data).split())
    for words in (f"{invoice.number}-R1", f"Invoice {invoice.number}", "$8.81", "Visa ending in 4242", payment.id):
        assert words in text
    assert "Please pay" not in text and "not an invoice" in text
    assert browser.opens(INVOICES).find("#invoices-history a[download]")["href"] == path
    sends_back(payment, 881)
    assert papers.make_due() == 0
    assert browser.client.get(path).data == answer.data


def test_it_is_nobody_elses_and_no_other_payments(
    app: Flask, drawing: Renderer, small: Customer, mallory: Browser, globex: Customer
) -> None:
    invoice, alice = due(small), periods.manager(small)
    payment = pays(alice, invoice, add_method(alice, GOOD).id)
    papers.make_due()
    path = f"{INVOICES}/{invoice.id}/receipts/{payment.id}"
    assert mallory.client.get(path).status_code == 404
    by_api = f"/customers/{globex.customer_id}/invoices/{invoice.id}/receipts/{payment.id}"
    assert problem_of(api_for(app).get(by_api))[0] == 404
    with as_customer(small.customer_id), pytest.raises(NotFound):
        receipts.file(invoice.id, "pay_0")


def test_one_payment_of_two_invoices_says_what_of_it_paid_which(app: Flask) -> None:
    whose = periods.customer(overage="100")
    small, later = small_and_later(whose)
    with clock.at(DECEMBER):
        alice = periods.manager(whose)
        payment = pays(alice, later, add_method(alice, GOOD).id)
    found = said(payment)
    assert (found.amount, found.left_over) == (Money(919, "USD"), Money(0, "USD"))
    assert parts(found) == [(small.number, 38), (later.number, 881)]
    with as_customer(whose.customer_id):
        numbers = [[each.number for each in receipts.of_invoice(now_of(one))] for one in (small, later)]
    assert numbers == [[], []]  # where no PDFs are made there is none to read


def test_the_earlier_invoice_shows_the_receipt_of_the_later_one(app: Flask, drawing: Renderer) -> None:
    whose = periods.customer(overage="100")
    small, later = small_and_later(whose)
    with clock.at(DECEMBER):
        alice = periods.manager(whose)
        pays(alice, later, add_method(alice, GOOD).id)
    with as_customer(whose.customer_id):
        numbers = [[each.number for each in receipts.of_invoice(now_of(one))] for one in (small, later)]
    assert numbers == [[f"{later.number}-R1"]] * 2


@pytest.mark.case("AC-18")
def test_what_came_beside_what_was_due_is_named(app: Flask, small: Customer) -> None:
    invoice, alice = due(small), periods.manager(small)
    with faults(app, ("confirm_intent", "other_amount", 1)):
        payment = pays(alice, invoice, add_method(alice, GOOD).id)
    found = said(payment)
    assert (found.amount, found.left_over, parts(found)) == (
        Money(981, "USD"),
        Money(100, "USD"),
        [(invoice.number, 881)],
    )


def test_what_a_credit_note_has_settled_has_no_receipt(app: Flask, drawing: Renderer, small: Customer) -> None:
    invoice = due(small)
    ending.credit(invoice.id, None, by="seller", reason="Goodwill")
    paid = now_of(invoice)
    assert (paid.state, paid.paid_minor) == ("paid", 0)
    with as_customer(small.customer_id):
        assert receipts.of_invoice(paid) == []
    assert papers.make_due() == 0


PARTS = [
    # payments as (invoice paid, received), what was paid of the small one and the later one, who paid what
    ([("later", 919)], (38, 881), [[38, 881]]),
    ([("later", 500), ("later", 419)], (38, 881), [[38, 462], [419]]),
    ([("later", 30), ("later", 889)], (38, 881), [[30], [8, 881]]),
    ([("small", 20), ("later", 899)], (38, 881), [[20], [18, 881]]),
    ([("later", 1_000)], (38, 881), [[38, 881]]),
    ([("later", 500)], (38, 462), [[38, 462]]),  # drawn before the rest has come
]


@pytest.mark.parametrize(("came", "paid", "expected"), PARTS)
def test_each_payment_has_paid_what_was_left_by_those_before_it(
    came: list[tuple[str, int]], paid: tuple[int, int], expected: list[list[int]]
) -> None:
    invoices = [
        Document(id="small", paid_minor=paid[0], taken_over_minor=0, credit_paid_minor=0, carried_to_id="later"),
        Document(id="later", paid_minor=paid[1], taken_over_minor=0, credit_paid_minor=0, carried_to_id=None),
    ]
    payments = [
        Payment(id=f"pay_{number}", document_id=whose, received_minor=minor, currency="USD")
        for number, (whose, minor) in enumerate(came)
    ]
    found = [[money.amount_minor for _each, money in payers.shares(payments, invoices)[each.id]] for each in payments]
    assert found == expected
