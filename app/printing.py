"""Documents and papers as HTML for paper: what the process that draws PDFs is given."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from flask import render_template

from app import clock
from app.domain.addresses.address import Address
from app.domain.amounts import CreditUnit
from app.domain.errors import ensure
from app.domain.invoices import statement as rule
from app.domain.language import RIGHT_TO_LEFT, of_documents, using, written_in
from app.domain.money import Money
from app.models.customers import Customer
from app.models.database import db
from app.presenters import bank_transfers as transfers
from app.presenters.printed import around, invoices, logo, mandates, mirrored, pro_formas, receipts, statements, words
from app.presenters.printed.around import Around
from app.presenters.printed.document import Logo, PrintedDocument
from app.services import portal_links
from app.services.bank_transfers import accounts, movements, pro_forma_files
from app.services.catalog import versions
from app.services.customers import address
from app.services.invoices import payers, reads, statement
from app.services.invoices.reads import DocumentParts
from app.services.papers import papers
from app.services.papers.claims import Claim
from app.services.papers.papers import Sheet
from app.services.payment_methods import mandates as kept_mandates
from app.services.receivables import differences
from app.services.receivables import receipts as read_receipts
from app.services.tax import registrations

Printed = tuple[PrintedDocument, datetime]
"""A paper, and the moment that stands in its file."""


def html_of(parts: DocumentParts) -> str:
    """Return the document as it is printed, in its language. It names its own paper, and refers to nothing outside."""
    with of_documents(parts.document.language):
        return page_of(_document(parts))


def _document(parts: DocumentParts) -> PrintedDocument:
    document = parts.document
    link = portal_links.page("invoices.document", document_id=document.id)
    its_logo = logo_of(document.catalog, document.issued_at)
    back = invoices.Back(movements.keeps(document), differences.of(document))
    return invoices.printed(parts, link=link, logo=its_logo, taken_over=payers.taken_over(document), back=back)


def logo_of(catalog: str, moment: datetime | None) -> Logo | None:
    """Return the logo that the seller had at the moment: a document that is drawn again shows the same."""
    found = versions.newest_at(catalog, moment) if moment else None
    return logo.of(found.seller.logo) if found else None


def paper_of(claim: Claim) -> Sheet:
    """Return a paper of the customer in scope as it is printed, in its language."""
    language = kept_mandates.language_of(claim.about) if claim.kind == papers.MANDATE else written_in(claim.language)
    with using(language):
        printed, made_at = _PAPERS[claim.kind](claim)
        return Sheet(page_of(replace(printed, language=language)), made_at)


def _receipt(claim: Claim) -> Printed:
    found = read_receipts.read(claim.about)
    its_logo = logo_of(found.invoice.catalog, found.paid_at)
    return receipts.printed(found, logo=its_logo), found.paid_at


def _statement(claim: Claim) -> Printed:
    customer, span = _customer(claim), rule.of_subject(claim.about)
    asked_at = claim.asked_at or clock.now()
    sums, entries = statement.export(customer, span)
    account = statement.statement(customer, span, limit=1).credits
    parties = _around(customer, words.ACCOUNT_OF, registrations.tax_numbers(customer.customer_id))
    unit = CreditUnit(customer.credit_unit, versions.of(customer).credit_unit_label)
    printed = statements.printed((span, asked_at), (sums, account), entries, (customer.currency, unit), parties)
    return printed, asked_at


def _pro_forma(claim: Claim) -> Printed:
    (found, asks), account = pro_forma_files.of_subject(claim.about), accounts.read()
    ensure(account, f"{claim.about} is to be paid to no account that is known")
    customer, row = _customer(claim), found.pro_forma
    invoice = reads.head(row.document_id) if row.document_id else None
    order = transfers.line(found, row.amount_minor - asks)
    ordered = transfers.ordered(row, customer, (invoice.number or "") if invoice else "")
    numbers = () if invoice else registrations.tax_numbers(customer.customer_id)
    parties = _around(customer, words.BILL_TO, numbers, transfers.address_of(invoice) if invoice else None)
    to_send, due_on = Money(asks, row.currency), invoice.due_on if invoice else None
    printed = pro_formas.printed(order, ordered, account, parties, to_send=to_send, due_on=due_on)  # type: ignore[arg-type]  # ensured above
    return printed, claim.asked_at or clock.now()


def _mandate(claim: Claim) -> Printed:
    found = kept_mandates.read(claim.about)
    return mandates.printed(found, _around(_customer(claim), words.DEBTOR)), found.accepted_at


_PAPERS = {
    papers.RECEIPT: _receipt,
    papers.STATEMENT: _statement,
    papers.PRO_FORMA: _pro_forma,
    papers.MANDATE: _mandate,
}


def _customer(claim: Claim) -> Customer:
    return db.session.get_one(Customer, claim.customer_id)


def _around(customer: Customer, title: str, numbers: Sequence[str] = (), to: Address | None = None) -> Around:
    address_now = to or address.current(customer.customer_id).address
    return around.of(versions.of(customer).seller, address_now, customer.name, title, numbers)


def page_of(printed: PrintedDocument) -> str:
    """Return what is printed as HTML: the same blocks for every kind of document."""
    if printed.language in RIGHT_TO_LEFT:
        printed = mirrored.isolated(printed)
    return render_template("pdf/document.html", printed=printed, words=words)
