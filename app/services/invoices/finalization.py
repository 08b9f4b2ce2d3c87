"""Write the document of a payment as it is settled: a paid invoice, or a receipt where it is no sale yet.

Credit that is taxed when it is bought gets a paid invoice. Under `tax.credits = "at_use"` a top-up is a payment on
account, and gets a receipt. docs/decisions/0024-documents-with-their-fact.md says what holds when the process dies.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from app.domain.amounts import CreditUnit, decimals_of
from app.domain.catalog import Catalog
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import Line, LineKind, Rate
from app.domain.invoices.totals import Taxed, included, of_parts
from app.domain.invoices.written import number
from app.domain.language import _, of_documents
from app.domain.mails import PO_NUMBER_MISSING
from app.domain.money import Credits, Money
from app.domain.tax import kept
from app.domain.tax.treatment import Category, Treatment
from app.domain.top_ups import credits_for
from app.models.bulk import Row, Rows
from app.models.customers import Customer
from app.models.documents import Document
from app.models.invoicing import InvoiceAddress
from app.models.payments import Payment
from app.services.invoices import drafting, files, numbering
from app.services.ledger.posting import Books
from app.services.outbox import events, mails
from app.services.tax import decision

NO_TAX_SAID = Rate(Category.OUTSIDE.value)
"""How a receipt lists what was paid: it says nothing of tax."""


def top_up(books: Books, payment: Payment, received: Money, paid_with: str, now: datetime) -> Document:
    """Write the document of a payment that has bought credit, in the transaction that settles it; return it final."""
    catalog, buyer = drafting.terms(books)
    kind, treatment, sold = _as_ordered(payment, received) or _before_tax_was_charged(books, catalog, received, now)
    line, source = _listed(books.customer, payment, received, sold), _source(payment, paid_with)
    treatments = [treatment] if treatment is not None else []
    document = drafting.draft(books, catalog, kind, source, [line], of_parts([sold]), treatments, buyer)
    numbering.finalize(books.session, document, State.PAID if kind is Kind.INVOICE else State.ISSUED, now)
    if kind is Kind.INVOICE:
        report(books, document, "invoice.finalized", "invoice.paid")
        miss_po_number(books, document)
    return document


def rows(
    customer: Customer,
    catalog: Catalog,
    address: InvoiceAddress | None,
    payment: Payment,
    paid_with: str,
    mark: str,
    now: datetime,
) -> Rows | None:
    """Return the rows of the same document, and of what is written with it; None: it is not as plain as most.

    The payment is received as it was asked for. What is not known before its series is locked is not in them: the
    number, for which the mark stands, and the places of the events.
    """
    received = Money(payment.amount_minor, payment.currency)
    decided = _as_ordered(payment, received)
    buyer = drafting.buyer(address)
    if decided is None or (customer.po_required and not buyer["po_number"]):
        return None
    kind, treatment, sold = decided
    line, source = _listed(customer, payment, received, sold), _source(payment, paid_with)
    treatments = [treatment] if treatment is not None else []
    new = drafting.rows(customer, catalog, kind, source, [line], of_parts([sold]), treatments, buyer)
    (draft,) = new["new_documents"]
    numbered = numbering.ahead(draft, State.PAID if kind is Kind.INVOICE else State.ISSUED, now)
    facts = _facts({**draft, **numbered, "number": mark})
    written = ("invoice.finalized", "invoice.paid") if kind is Kind.INVOICE else ()
    return {
        **new,
        "new_document_files": [files.asked(customer.customer_id, draft["id"])],
        "numbers": [{"year": numbered["year"], **{name: draft[name] for name in ("catalog", "kind", "prefix")}}],
        "numbered_documents": [{"id": draft["id"], **numbered}],
        "new_events": [events.row(customer.customer_id, each, draft["id"], facts) for each in written],
    }


def _listed(customer: Customer, payment: Payment, received: Money, sold: Taxed) -> Line:
    bought = credits_for(received, Money(payment.amount_minor, payment.currency), Credits(payment.credits_micros))
    unit = CreditUnit(customer.credit_unit)
    with of_documents(customer.language):
        words = _("Credit: {number} {unit}", number=number(bought.units, decimals_of(unit)), unit=unit.name)
    return Line(LineKind.TOP_UP, words, sold.net, sold.rate)


def _source(payment: Payment, paid_with: str) -> drafting.Source:
    return drafting.Source("payment", payment.id, payment.id, paid_with=paid_with)


def miss_po_number(books: Books, document: Document) -> None:
    """Write the mail that an invoice lacks the order number that it needs: once, until the address is saved anew."""
    if not books.customer.po_required or document.po_number:
        return
    wanted = select(InvoiceAddress.version).where(InvoiceAddress.customer_id == books.customer_id)
    key = f"{PO_NUMBER_MISSING}:{books.customer_id}:{books.session.scalar(wanted) or 0}"
    to = books.customer.email
    mails.write(books.session, books.customer_id, PO_NUMBER_MISSING, key=key, to=to, document=document.id)


def report(books: Books, document: Document, *names: str) -> None:
    """Write what hosts are sent of an invoice."""
    for each in names:
        books.outbox.write(each, document.id, facts_of(document))


def _as_ordered(payment: Payment, received: Money) -> tuple[Kind, Treatment | None, Taxed] | None:
    """Return which document it is, how it is taxed and what it comes to: as was decided when it was ordered.

    Whatever has changed since is the next order's. The order's net and tax stand, to the cent, where just what was
    ordered was received; of another amount the tax is what is in it. None: it was ordered before tax was charged.
    """
    if payment.net_minor is None:
        return None
    ordered = kept.read(payment.treatment, Money(payment.net_minor, payment.currency)) if payment.treatment else None
    if ordered is None:
        return Kind.RECEIPT, None, included(received, NO_TAX_SAID)
    treatment, price = ordered
    rate = drafting.rate_of(treatment)
    as_ordered = received.amount_minor == payment.amount_minor
    return Kind.INVOICE, treatment, Taxed(rate, price.net, price.tax) if as_ordered else included(received, rate)


def _before_tax_was_charged(
    books: Books, catalog: Catalog, received: Money, now: datetime
) -> tuple[Kind, Treatment | None, Taxed]:
    """Return the same for what was ordered before Purser charged tax: by what holds when the money comes."""
    treatment = decision.treatment(books.session, books.customer_id, catalog, now.date())
    kind = kind_of(catalog, treatment)
    if kind is Kind.RECEIPT:
        return kind, None, included(received, NO_TAX_SAID)
    return kind, treatment, included(received, drafting.rate_of(treatment))


def kind_of(catalog: Catalog, treatment: Treatment) -> Kind:
    """Return which document a top-up gets whose tax was not charged: a sale without its tax gets no invoice."""
    taxed_now = catalog.tax.credits == "at_purchase" and treatment.category is not Category.STANDARD
    return Kind.INVOICE if taxed_now else Kind.RECEIPT


def facts_of(document: Document) -> Mapping[str, object]:
    """Return what an event says of a document."""
    return _facts({name: getattr(document, name) for name in _FACTS})


def _facts(document: Row) -> Mapping[str, object]:
    return {"invoice" if name == "id" else name: document[name] for name in _FACTS}


_FACTS = ("id", "number", "state", "currency", "tax_minor", "total_minor", "payable_minor")
