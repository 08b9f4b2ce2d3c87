"""Draft a document: what it lists, and all that it says of its seller and customer as they are now (I26)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm.attributes import set_committed_value

from app import ids
from app.domain.catalog import Catalog
from app.domain.invoices.documents import ID_PREFIXES, Kind, State
from app.domain.invoices.lines import Line, Rate
from app.domain.invoices.numbers import prefix
from app.domain.invoices.totals import Taxed, Totals
from app.domain.money import Money, credits_from_money
from app.domain.tax.treatment import Treatment
from app.models.bulk import Row
from app.models.customers import Customer
from app.models.documents import Document
from app.models.invoicing import InvoiceAddress
from app.models.unit_of_work import waiting
from app.services.catalog import versions
from app.services.journal import in_hand
from app.services.ledger.posting import Books
from app.services.payments import fulfilment

MICROS = 1_000_000
ADDRESS = (
    "buyer_company",
    "buyer_line1",
    "buyer_line2",
    "buyer_city",
    "buyer_postal_code",
    "buyer_region",
    "buyer_country",
)
BUYER = (*ADDRESS, "po_number", "buyer_reference")
"""What a document says of its customer's address and order."""


_IS_THEIRS = InvoiceAddress.customer_id == bindparam("customer")
_ADDRESS = waiting.reads(select(InvoiceAddress).where(_IS_THEIRS))
_TERMS = fulfilment.asks(versions.own_and_newest().add_columns(InvoiceAddress).outerjoin(InvoiceAddress, _IS_THEIRS))


@dataclass(frozen=True)
class Source:
    """The fact that a document is made for. One fact has one document of a kind."""

    kind: str
    id: str
    payment_id: str | None = None
    returns_id: str | None = None
    reason: str = ""
    paid_with: str = ""
    language: str = ""
    """Of a document whose lines are taken over; empty: the customer's."""
    period_number: int | None = None
    carried_minor: int = 0
    overage_micros: int = 0
    taken_over_minor: int = 0
    """What was paid for an invoice that is corrected by this document."""


def rate_of(treatment: Treatment) -> Rate:
    """Return the rate under which a document lists what is treated so."""
    return Rate(treatment.category.value, treatment.percent)


def draft(
    books: Books,
    catalog: Catalog,
    kind: Kind,
    source: Source,
    lines: Sequence[Line],
    totals: Totals,
    treatments: Sequence[Treatment],
    buyer: Mapping[str, str],
) -> Document:
    """Write and return the draft. `totals` are of these lines, and `treatments` say why each rate is taxed so."""
    new = rows(books.customer, catalog, kind, source, lines, totals, treatments, buyer)
    waiting.add(books.session, new)
    document = Document(**new["new_documents"][0])
    set_committed_value(document, "is_corrected", False)  # it is new
    in_hand.hold(books.session, document)
    return document


def rows(
    customer: Customer,
    catalog: Catalog,
    kind: Kind,
    source: Source,
    lines: Sequence[Line],
    totals: Totals,
    treatments: Sequence[Treatment],
    buyer: Mapping[str, str],
) -> dict[str, list[Row]]:
    """Return the rows of the draft, of its lines and of its taxes, by the names of their changes."""
    document = waiting.whole(Document, _values(customer, catalog, kind, source, totals) | dict(buyer))
    why = {rate_of(each): each for each in treatments}
    taxed = totals.taxed if treatments else ()  # a receipt says nothing of tax
    key = {"customer_id": customer.customer_id, "document_id": document["id"]}
    return {
        "new_documents": [document],
        "new_document_lines": [_line(key, place, line) for place, line in enumerate(lines, 1)],
        "new_document_taxes": [_tax(key, each, why[each.rate]) for each in taxed],
    }


def buyer_of(books: Books) -> dict[str, str]:
    """Return the invoice address and order number; a customer who has given none is named by its name alone."""
    return buyer(books.session.scalars(_ADDRESS, {"customer": books.customer_id}).one_or_none())


def terms(books: Books) -> tuple[Catalog, dict[str, str]]:
    """Return the customer's catalog and what `buyer_of` does, both in one statement."""
    name, version = books.customer.catalog, books.customer.catalog_version
    asked = {"name": name, "version": version, "customer": books.customer_id}
    found = books.session.execute(_TERMS, asked).all()
    return versions.had(name, version, found), buyer(found[0][2])


def buyer(row: InvoiceAddress | None) -> dict[str, str]:
    """Return what a document says of its customer's address and order."""
    return {
        name: "" if row is None else str(getattr(row, name.removeprefix("buyer_") if name in ADDRESS else name))
        for name in BUYER
    }


def micros_of(money: Money) -> int:
    """Return the credit that the money is, where credit is counted in money."""
    return credits_from_money(money).micros


def percent_micros(percent: Decimal) -> int:
    """Return a percent in whole millionths of a percent: 25 % is 25,000,000."""
    return int(percent * MICROS)


def percent_of(micros: int) -> Decimal:
    """Return the percent that was kept."""
    return Decimal(micros) / MICROS


def _values(customer: Customer, catalog: Catalog, kind: Kind, source: Source, totals: Totals) -> dict[str, Any]:
    seller = catalog.seller
    return {
        "id": ids.new(ID_PREFIXES[kind]),
        "customer_id": customer.customer_id,
        "kind": kind.value,
        "state": State.DRAFT.value,
        "prefix": prefix(kind, invoice=catalog.invoices.prefix, credit_note=catalog.invoices.credit_note_prefix),
        "source_type": source.kind,
        "source_id": source.id,
        "payment_id": source.payment_id,
        "returns_id": source.returns_id,
        "currency": totals.total.currency,
        "net_minor": totals.net.amount_minor,
        "tax_minor": totals.tax.amount_minor,
        "total_minor": totals.total.amount_minor,
        "credits_applied_minor": totals.credits_applied.amount_minor,
        "rounding_minor": totals.rounding.amount_minor,
        "payable_minor": totals.payable.amount_minor,
        "reason": source.reason,
        "paid_with": source.paid_with,
        "period_number": source.period_number,
        "carried_minor": source.carried_minor,
        "overage_micros": source.overage_micros,
        "taken_over_minor": source.taken_over_minor,
        "catalog": customer.catalog,
        "catalog_version": customer.catalog_version,
        "seller_name": seller.name,
        "seller_address": "\n".join(seller.address),
        "seller_country": seller.country,
        "seller_tax_id": seller.tax_id,
        "seller_email": seller.email,
        "seller_city": seller.city,
        "seller_postal_code": seller.postal_code,
        "seller_contact": seller.contact,
        "seller_phone": seller.phone,
        "customer_name": customer.name,
        "customer_email": customer.email,
        "language": source.language or customer.language,
    }


def _line(document: Row, place: int, line: Line) -> dict[str, Any]:
    return {
        **document,
        "place": place,
        "kind": line.kind.value,
        "description": line.description,
        "quantity": line.quantity,
        "unit_price": "" if line.unit_price is None else format(line.unit_price, "f"),
        "meter": line.meter,
        "begins_on": line.begins_on,
        "ends_on": line.ends_on,
        "net_minor": line.net.amount_minor,
        "category": line.rate.category,
        "percent_micros": percent_micros(line.rate.percent),
    }


def _tax(document: Row, taxed: Taxed, treatment: Treatment) -> dict[str, Any]:
    return {
        **document,
        "category": taxed.rate.category,
        "percent_micros": percent_micros(taxed.rate.percent),
        "name": treatment.name,
        "country": treatment.country,
        "reason": treatment.reason.value,
        "buyer_number": treatment.buyer_number,
        "seller_number": treatment.seller_number,
        "net_minor": taxed.net.amount_minor,
        "tax_minor": taxed.tax.amount_minor,
    }
