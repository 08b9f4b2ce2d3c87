"""Documents that are in no database, as a seller of services writes them: any kind, in any state, for any address."""

from datetime import UTC, date, datetime
from typing import Any

from app.models.documents import Document, DocumentLine, DocumentTax
from app.services.invoices.reads import DocumentParts

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEGINS, ENDS = date(2026, 2, 1), date(2026, 2, 28)
LINK = "https://billing.harbour.example/billing/invoices/inv_1"
BERLIN = {
    "buyer_company": "Nordlicht GmbH",
    "buyer_line1": "Friedrichstraße 123",
    "buyer_city": "Berlin",
    "buyer_postal_code": "10117",
    "buyer_country": "DE",
}
OPEN = {"state": "open", "source_type": "period", "due_on": date(2026, 3, 31)}
BOUGHT = {"state": "paid", "source_type": "payment", "paid_with": "Visa ending in 4242", "paid_at": AT}


def head(**said: Any) -> Document:
    """Return the head of an invoice of €1,242.50 and its VAT, open until the end of the month."""
    values: dict[str, Any] = {
        column.name: "" if "minor" not in column.name else 0 for column in Document.__table__.columns
    }
    values |= {"payment_id": None, "returns_id": None, "carried_to_id": None, "paid_at": None, "voided_at": None}
    values |= {
        "language": "en",
        "year": 2026,
        "place": 1,
        "catalog_version": 1,
        "period_number": None,
        "overage_micros": 0,
    }
    values |= {
        "id": "inv_1", "kind": "invoice", "number": "INV-2026-000123", "currency": "EUR", "issued_at": AT,
        "net_minor": 124250, "tax_minor": 23608, "total_minor": 147858, "payable_minor": 147858,
        "seller_name": "Harbour Cloud SAS", "seller_address": "13 rue Jacques Peirotes\n67000 Strasbourg",
        "seller_country": "FR", "seller_tax_id": "FR40303265045", "seller_email": "billing@harbour.example",
        "customer_name": "Nordlicht", "customer_email": "accounts@nordlicht.example",
    }  # fmt: skip
    values |= OPEN | BERLIN | said
    return Document(**values)


def line(place: int, words: str, minor: int, **said: Any) -> DocumentLine:
    """Return a line, taxed at 19 % where nothing else is said."""
    values: dict[str, Any] = {"quantity": 1, "unit_price": "", "kind": "usage", "category": "S"}
    values |= {"percent_micros": 19_000_000, "meter": "", "begins_on": None, "ends_on": None}
    return DocumentLine(place=place, description=words, net_minor=minor, **(values | said))


def tax(net: int, minor: int, **said: Any) -> DocumentTax:
    """Return what is taxed under a rate: Germany's where nothing else is said."""
    values: dict[str, Any] = {"category": "S", "percent_micros": 19_000_000, "name": "VAT", "country": "DE"}
    values |= {"reason": "standard", "buyer_number": "", "seller_number": "FR40303265045"}
    return DocumentTax(net_minor=net, tax_minor=minor, **(values | said))


def lines() -> list[DocumentLine]:
    """Return a line of each kind: a plan with seats, usage by steps and by a small price, a proration, a discount."""
    period = {"begins_on": BEGINS, "ends_on": ENDS}
    return [
        line(1, "Team plan, 5 seats, monthly", 50000, quantity=5, unit_price="100", kind="base_fee", **period),
        line(2, "API requests", 62500, quantity=50_000_000, unit_price="0.0000125", **period),
        line(3, "Storage, 1–28 February 2026", 12000, meter="storage", **period),
        line(4, "2 seats added", 1750, quantity=2, unit_price="8.75", kind="proration", **period),
        line(5, "Promotional credit used", -2000, kind="discount"),
    ]


def parts(taxes: list[DocumentTax] | None = None, returns: Document | None = None, **said: Any) -> DocumentParts:
    """Return an invoice with these lines and taxes; its head says what is `said`."""
    listed = said.pop("listed", None)
    return DocumentParts(
        head(**said),
        lines() if listed is None else listed,
        [tax(124250, 23608)] if taxes is None else taxes,
        returns,
        [],
    )
