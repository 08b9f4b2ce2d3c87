"""What correcting an invoice would come to: the invoice in its place, its tax, and what goes back. Nothing is kept."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock, locale
from app.domain.addresses import questions
from app.domain.addresses.address import NAMES, Address
from app.domain.catalog import Catalog
from app.domain.errors import NotFound, Refused, ensure
from app.domain.invoices import corrections as rule
from app.domain.invoices.corrections import Facts
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import Line, LineKind, Rate
from app.domain.invoices.totals import Totals, of_parts
from app.domain.language import _
from app.domain.money import Money
from app.domain.reversals import RefundState
from app.domain.tax.decision import Buyer, decide
from app.domain.tax.treatment import Treatment
from app.models.corrections import Correction
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document, DocumentLine, DocumentTax
from app.models.payments import OPEN_STATES, Payment
from app.models.reversals import Refund
from app.services.catalog import versions
from app.services.customers import address as addresses
from app.services.invoices import carrying, drafting
from app.services.invoices.credit_notes import OF_PERIODS, OF_PURCHASES
from app.services.invoices.reads import DocumentParts
from app.services.reversals import clawbacks, taken_off
from app.services.tax import decision, registrations


@dataclass(frozen=True)
class Wanted:
    """What the invoice ought to have said."""

    address: Address
    po_number: str = ""
    registration_id: str = ""
    """The tax registration that counts; empty: none."""
    as_typed: bool = False


@dataclass(frozen=True)
class Preview:
    """What a correction comes to. Its `mark` changes with anything that is shown of it."""

    document: Document
    wanted: Wanted
    treatment: Treatment
    lines: tuple[Line, ...]
    totals: Totals
    taken_over: Money
    """What was paid of the wrong one and pays the one in its place."""
    difference: Money
    """What goes back to where the payment came from."""
    returns_to: Payment | None
    """The payment whose money goes back; none: nothing does."""
    due: Money
    """What is to be paid then, with what is carried over to it."""
    taxed_on: date
    """The day whose rates are taken: of the sale, or the last of the period."""
    sold_on: date
    mark: str


def refused(customer: Customer, document: Document) -> Refused | None:
    """Return why the customer in scope may not correct the document; None: it may."""
    return _refusal(db.session(), document, _sold_on(db.session(), document), versions.of(customer))


def may_offer(parts: DocumentParts, catalog: Catalog) -> bool:
    """Say whether a page offers to correct it; what its payment says against it is said when somebody tries."""
    document = parts.document
    facts = _facts(document, parts.sold_on or _issued(document))
    return rule.refusal(facts, _today(), catalog.invoices.correct_within_days, "") is None


def preview(customer: Customer, document_id: str, wanted: Wanted) -> Preview:
    """Return what the correction would come to, for the customer in scope, or refuse it."""
    session = db.session()
    return reckoned(session, customer, found(session, customer.customer_id, document_id), wanted)


def reckoned(session: Session, customer: Customer, document: Document, wanted: Wanted) -> Preview:
    """Return what the correction of the document comes to as things are now, or refuse it."""
    catalog, sold_on = versions.of(customer), _sold_on(session, document)
    no = _refusal(session, document, sold_on, catalog)
    if no is not None:
        raise no
    po_number = questions.plain(wanted.po_number)
    kept = addresses.current(customer.customer_id)
    addresses.refuse(customer, kept, wanted.address, po_number, as_typed=wanted.as_typed)
    buyer = _buyer(customer.customer_id, wanted)
    old = _lines(session, document)
    taxed_on = max((line.ends_on for line in old if line.ends_on), default=sold_on)
    treatment = decide(catalog.seller, catalog.tax, buyer, taxed_on)
    total = Money(document.total_minor, document.currency)
    rate, inclusive = drafting.rate_of(treatment), catalog.tax.prices == "inclusive"
    lines, sums = rule.replaced(old, rate, total, inclusive=inclusive)
    applied = Money(document.credits_applied_minor, document.currency)
    if applied > sums.total:
        words = _("Credit has paid more of this invoice than it would come to. Nothing was changed.")
        raise Refused(f"{words} {_ask(catalog)}", "credit_would_return")
    sums = of_parts(sums.taxed, [applied])
    if said(session, document) == _would_say(wanted.address, po_number, treatment, sums):
        raise Refused(_("The invoice says all of this already."), "nothing_changes", 422)
    if sums.total != total or any(line.rate != rate for line in old):
        stays = taken_off.tax_stays(session, document, catalog.seller_name)
        if stays is not None:
            raise stays
    taken_over, back, own = rule.settled(Money(document.paid_minor, document.currency), sums.payable)
    due = own + Money(carried(session, document), document.currency)
    returns_to = _returning(session, document, back, catalog)
    return Preview(
        document,
        Wanted(wanted.address, po_number, wanted.registration_id, wanted.as_typed),
        treatment,
        tuple(lines),
        sums,
        taken_over,
        back,
        returns_to,
        due,
        taxed_on,
        sold_on,
        mark(document, wanted.registration_id, _would_say(wanted.address, po_number, treatment, sums), back, due),
    )


def carried(session: Session, document: Document) -> int:
    """Return what is to be paid of earlier invoices together with it."""
    return carrying.to_collect(session, document) - carrying.own_due(document)


def _returning(session: Session, document: Document, back: Money, catalog: Catalog) -> Payment | None:
    """Return the newest payment of the invoice that can return so much by itself."""
    if not back.amount_minor:
        return None
    for payment in carrying.payers(session, document):
        if clawbacks.left_of(payment) >= back.amount_minor:
            return payment
    words = _(
        "{amount} would go back, and no one payment of this invoice can return it. Nothing was changed.",
        amount=locale.exact(back),
    )
    raise Refused(f"{words} {_ask(catalog)}", "several_payments")


def found(session: Session, customer_id: str, document_id: str, *, lock: bool = False) -> Document:
    """Return the customer's document that has a number, locked if so wanted, or `NotFound`."""
    query = select(Document).where(
        Document.customer_id == customer_id, Document.id == document_id, Document.number.is_not(None)
    )
    query = query.with_for_update() if lock else query
    document = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if document is None:
        raise NotFound("invoice")
    return document


def _refusal(session: Session, document: Document, sold_on: date, catalog: Catalog) -> Refused | None:
    payments = carrying.payers(session, document) if document.kind == Kind.INVOICE else []
    refunding = session.scalar(
        select(func.count()).where(
            Refund.customer_id == document.customer_id,
            Refund.payment_id.in_([each.id for each in payments]),
            Refund.state == RefundState.CREATED.value,
            Refund.of_correction.is_(False),
        )
    )
    facts = replace(
        _facts(document, sold_on),
        refunding=refunding or 0,
        disputed=sum(each.disputed_minor for each in payments),
        is_being_paid=document.state == State.OPEN and _is_being_paid(session, document),
    )
    return rule.refusal(facts, _today(), catalog.invoices.correct_within_days, _ask(catalog))


def _is_being_paid(session: Session, document: Document) -> bool:
    under_way = select(Payment.id).where(
        Payment.customer_id == document.customer_id, Payment.document_id == document.id, OPEN_STATES
    )
    return session.scalar(under_way.limit(1)) is not None


def _facts(document: Document, sold_on: date) -> Facts:
    """Return what the document itself says."""
    return Facts(
        Kind(document.kind),
        State(document.state),
        document.is_corrected,
        sold_on,
        document.returned_minor,
        refunding=0,
        disputed=0,
        of_top_up=document.payment_id is not None and document.source_type in OF_PURCHASES,
        of_period=document.payment_id is None and document.source_type in OF_PERIODS,
        is_partly_paid=document.state == State.OPEN and document.paid_minor > document.taken_over_minor,
        is_carried_over=document.carried_to_id is not None,
        comes_to_nothing=not document.total_minor,
    )


def _today() -> date:
    return clock.now().astimezone(UTC).date()


def _issued(document: Document) -> date:
    ensure(document.issued_at is not None, f"{document.id} is a draft")
    return document.issued_at.astimezone(UTC).date()  # type: ignore[union-attr]  # said above


def _ask(catalog: Catalog) -> str:
    return _("Ask {seller} about it.", seller=catalog.seller_name)


def _sold_on(session: Session, document: Document) -> date:
    """Return the day of the first invoice of the sale."""
    day = session.scalar(
        select(Correction.sold_on).where(
            Correction.customer_id == document.customer_id, Correction.replacement_id == document.id
        )
    )
    return day or _issued(document)


def _buyer(customer_id: str, wanted: Wanted) -> Buyer:
    known = registrations.listed(customer_id) if wanted.registration_id else []
    chosen = tuple(decision.as_decided(each) for each in known if each.id == wanted.registration_id)
    if wanted.registration_id and not chosen:
        words = _("This tax number is not in your list any more.")
        raise Refused(words, "registration_unknown", 422, "registration")
    place = wanted.address
    return Buyer(place.country, place.postal_code, place.region, chosen)


def _lines(session: Session, document: Document) -> list[Line]:
    rows = session.scalars(
        select(DocumentLine)
        .where(DocumentLine.customer_id == document.customer_id, DocumentLine.document_id == document.id)
        .order_by(DocumentLine.place)
    )
    return [
        Line(
            LineKind(row.kind),
            row.description,
            Money(row.net_minor, document.currency),
            Rate(row.category, drafting.percent_of(row.percent_micros)),
            row.quantity,
            Decimal(row.unit_price) if row.unit_price else None,
            meter=row.meter,
            begins_on=row.begins_on,
            ends_on=row.ends_on,
        )
        for row in rows
    ]


def said(session: Session, document: Document) -> list[object]:
    """Return what the document says of its customer and the tax."""
    taxes: Sequence[DocumentTax] = session.scalars(
        select(DocumentTax).where(
            DocumentTax.customer_id == document.customer_id, DocumentTax.document_id == document.id
        )
    ).all()
    buyer = [getattr(document, f"buyer_{name}") for name in NAMES]
    rates = [[tax.category, tax.percent_micros, tax.buyer_number, tax.seller_number, tax.country] for tax in taxes]
    return [*buyer, document.po_number, rates, document.total_minor]


def _would_say(address: Address, po_number: str, treatment: Treatment, sums: Totals) -> list[object]:
    rate = [treatment.category.value, drafting.percent_micros(treatment.percent)]
    rates = [[*rate, treatment.buyer_number, treatment.seller_number, treatment.country]]
    return [*(getattr(address, name) for name in NAMES), po_number, rates, sums.total.amount_minor]


def mark(document: Document, registration_id: str, says: list[object], back: Money, due: Money, state: str = "") -> str:
    """Return the mark of a preview; `state`: that of the document then. Nothing of it was returned yet."""
    money = [document.paid_minor, back.amount_minor, due.amount_minor]
    all_of_it = [document.id, state or document.state, 0, registration_id, says, *money]
    return hashlib.sha256(json.dumps(all_of_it).encode()).hexdigest()
