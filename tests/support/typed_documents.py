"""Documents that are in no database, with any text in every field that a person may have typed."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import String, Text

from app.models.database import Base
from app.models.documents import Document, DocumentLine, DocumentTax
from app.services.invoices.reads import DocumentParts

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
# Words of ours and ids, which no person types.
OURS = {
    "id", "customer_id", "document_id", "kind", "state", "prefix", "source_type", "source_id", "payment_id",
    "returns_id", "currency", "category", "unit_price", "catalog", "seller_country", "buyer_country", "country",
    "reason_code", "carried_to_id",
}  # fmt: skip


def filled(table: type[Base], text: str, **ours: Any) -> dict[str, Any]:
    """Return a value for each column of the table; whatever a person may have typed holds the text."""
    values: dict[str, Any] = {}
    for column in table.__table__.columns:
        is_text = isinstance(column.type, (String, Text))
        typed = is_text and column.name not in OURS and (column.type.length or 300) >= 40
        values[column.name] = f"[{column.name}] {text}" if typed else "" if is_text else None
    return values | ours


def parts_of(text: str, lines: int = 1) -> DocumentParts:
    """Return an invoice of so many lines in which every typed text holds this one."""
    document = Document(
        **filled(
            Document, text, id="inv_1", kind="invoice", state="paid", source_type="payment", currency="USD", issued_at=AT,
            paid_at=AT, due_on=date(2026, 3, 31), net_minor=1000, tax_minor=250, total_minor=1250, credits_applied_minor=0,
            rounding_minor=0, payable_minor=1250, paid_minor=1250, returned_minor=0, credited_minor=0,
            carried_minor=0, overage_micros=0, taken_over_minor=0, seller_country="SE", buyer_country="DE",
            language="en",
        )
    )  # fmt: skip
    rate = {"category": "S", "percent_micros": 25_000_000}
    listed = [
        DocumentLine(**filled(DocumentLine, text, place=place, kind="usage", quantity=1, net_minor=1000, **rate))
        for place in range(1, lines + 1)
    ]
    taxed = {"net_minor": 1000, "tax_minor": 250, "country": "SE", "reason": "standard"}
    return DocumentParts(document, listed, [DocumentTax(**filled(DocumentTax, text, **taxed, **rate))], None, [])
