"""Papers of every kind: the mail's attachment, the page's download and the API's answer are the same bytes."""

from datetime import date, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.invoices.statement import Span
from app.domain.people.members import Actor
from app.gateways.pdf.renderer import Renderer, RenderFailed
from app.models.customers import Customer
from app.models.database import db
from app.models.paper_files import PaperFile
from app.models.scope import as_customer, as_service
from app.services.bank_transfers import accounts, orders
from app.services.invoices import file_making, statement
from app.services.mail import sending
from app.services.papers import claims, papers
from tests.services.mail.test_sending import sending as mail_sending
from tests.services.mail.test_sending import server
from tests.support import cast, methods
from tests.support import papers as sold
from tests.support.api import api_for
from tests.support.documents import documents_of
from tests.support.mail_server import MailServer
from tests.support.outcome import faults
from tests.support.reversals import buys, sends_back

__all__ = ["mail_sending", "server"]
INVOICES = "/billing/invoices"
BY_API = {
    papers.STATEMENT: "statement/pdf/{paper}",
    papers.PRO_FORMA: "pro_formas/{subject}/pdf",
    papers.MANDATE: "payment_methods/mandates/{subject}/pdf",
}


def attached(server: MailServer) -> dict[str, bytes]:
    """Return what the mails carry, by the names of the files."""
    files = [part for mail in server.mails for part in mail.iter_attachments()]
    found = {str(each.get_filename()): each for each in files}
    assert all(each.get_content_type() == "application/pdf" for each in files)
    return {name: part.get_payload(decode=True) for name, part in found.items() if isinstance(part, EmailMessage)}


def sends_all(server: MailServer) -> None:
    """Send the mails that wait, make what they wait for, and send them again."""
    sending.send_due()
    while file_making.make_due() + papers.make_due():
        pass
    with clock.at(clock.now() + timedelta(minutes=10)):
        sending.send_due()


def papers_of(customer: Customer) -> list[PaperFile]:
    """Return the customer's papers as they are now."""
    with as_service("look at papers"):
        wanted = select(PaperFile).where(PaperFile.customer_id == customer.customer_id)
        return list(db.session.scalars(wanted.execution_options(populate_existing=True)))


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("seller", "mailed"),
    [("platform", {"receipt", "refund_receipt", "pro_forma", "mandate"}), ("gateway", {"invoice", "credit_note"})],
)
def test_mail_page_and_api_have_the_same_bytes_of_every_kind_of_paper(
    app: Flask,
    origin: str,
    drawing: Renderer,
    mail_sending: MailServer,
    acme: Customer,
    alice_actor: Actor,
    seller: str,
    mailed: set[str],
) -> None:
    """The receipt of what pays an open invoice has its own: `tests/services/receivables/test_receipts.py`."""
    if seller == "gateway":
        whose, actor = acme, alice_actor
        sends_back(buys(app, actor, 2500), 1000)
    else:
        whose, actor = sold.customer()
        sends_back(sold.buys(actor), 1000)
        methods.begins(actor, methods.ACCOUNT)
        sold.orders(actor)
        with as_customer(whose.customer_id):
            statement.paper(whose, Span(date(2026, 1, 1), date(2026, 1, 31)))
    sends_all(mail_sending)
    by_mail, browser = attached(mail_sending), cast.signed_in(app, origin, actor)
    api, path = api_for(app, "billing:read", customer=whose), f"/customers/{whose.customer_id}"
    places = {each.kind: (f"{INVOICES}/{each.id}/pdf", f"invoices/{each.id}/pdf") for each in documents_of(whose)}
    for row in papers_of(whose):
        address = BY_API[row.kind].format(paper=row.id, subject=row.subject)
        places[row.kind] = (f"{INVOICES}/papers/{row.id}/pdf", address)
    carried = set()
    for kind, (page, address) in places.items():
        shown, answer = browser.client.get(page), api.get(f"{path}/{address}")
        assert (shown.status_code, answer.status_code) == (200, 200), kind
        assert shown.data == answer.data and shown.headers["ETag"] == answer.headers["ETag"], kind
        name = shown.headers["Content-Disposition"].partition("filename=")[2].strip('"')
        if name in by_mail:
            carried.add(kind)
            assert by_mail[name] == shown.data, kind
    assert (carried, len(by_mail)) == (mailed, len(mailed))
    assert set(places) - mailed == ({papers.STATEMENT} if seller == "platform" else set())


def test_the_mail_of_an_order_says_how_much_to_send_and_goes_only_while_it_waits(
    app: Flask, drawing: Renderer, mail_sending: MailServer
) -> None:
    whose, actor = sold.customer()
    first, second = sold.orders(actor), sold.orders(actor)
    with as_customer(whose.customer_id):
        orders.give_up(actor, second.id)
    sends_all(mail_sending)
    (mail,) = mail_sending.mails
    said = str(mail.get_body(("plain",)).get_content())
    assert mail["Subject"] == "Pro-forma of €25.00 from Harbour Cloud SAS"
    for words in ("Send exactly €25.00", first.id, "not an invoice", f"Attached: pro-forma-{first.id}.pdf"):
        assert words in said, words
    assert second.id not in said
    assert [(each.kind, each.subject) for each in papers_of(whose)] == [("pro_forma", first.id)]


def test_the_mail_of_an_order_waits_for_the_account_to_send_to(
    app: Flask, drawing: Renderer, mail_sending: MailServer
) -> None:
    whose, actor = sold.customer()
    with faults(app, ("create_funding_instructions", "500_before", 9)):
        sold.orders(actor)
    sends_all(mail_sending)
    assert (mail_sending.mails, papers_of(whose)) == ([], [])
    accounts.ensure_known(whose.customer_id)
    sends_all(mail_sending)
    with clock.at(clock.now() + timedelta(hours=1)):
        sends_all(mail_sending)
    assert len(attached(mail_sending)) == 1


def test_the_mail_of_a_mandate_has_its_words_and_goes_without_a_file_that_cannot_be_made(
    app: Flask, drawing: Renderer, mail_sending: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    whose, actor = sold.customer()
    methods.begins(actor, methods.ACCOUNT)
    monkeypatch.setattr(claims, "MAX_TRIES", 1)

    def fail(_claim: object) -> papers.Sheet:
        raise RenderFailed("not_drawn")

    papers.the_paper_printer.set(app, fail)
    sends_all(mail_sending)
    (mail,) = mail_sending.mails
    said = " ".join(str(mail.get_body(("plain",)).get_content()).split())
    assert mail["Subject"] == "SEPA Direct Debit mandate for Harbour Cloud SAS"
    for words in ("ending in 3000", "Nora Nord", "within 8 weeks"):
        assert words in said, words
    assert attached(mail_sending) == {} and "Attached" not in said
    assert mail_sending.recipients == [whose.email]


def test_where_no_pdfs_are_made_the_mails_wait_for_none(app: Flask, mail_sending: MailServer) -> None:
    _whose, actor = sold.customer()
    with faults(app, ("create_funding_instructions", "500_before", 9)):
        sold.orders(actor)
    methods.begins(actor, methods.ACCOUNT)
    sending.send_due()
    assert len(mail_sending.mails) == 2
    assert attached(mail_sending) == {}
