"""Harmless canaries of each kind in every field that reaches a PDF, the seller's too: all of it is printed as text."""

from datetime import UTC, date, datetime

from flask import Flask
from sqlalchemy import String, Text

from app import printing
from app.gateways.pdf.renderer import Renderer
from app.models.database import Base
from app.models.documents import Document, DocumentLine, DocumentTax
from app.services.invoices.reads import DocumentParts
from tests.support import canary
from tests.support.pdfs import text_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
# Words of ours and ids, which no person types.
OURS = {
    "id", "customer_id", "document_id", "kind", "state", "prefix", "source_type", "source_id", "payment_id",
    "returns_id", "currency", "category", "unit_price", "catalog", "seller_country", "buyer_country", "country",
    "reason_code", "carried_to_id",
}  # fmt: skip
SHOWN = {
    "seller_name", "seller_address", "buyer_company", "buyer_line1", "buyer_city", "po_number", "description",
    "number", "paid_with", "seller_tax_id",
}  # fmt: skip
HOSTILE = {
    "script": "<script>app.alert('canary')</script>",
    "template": "{{ 7 * 7 }}{% include '/etc/hostname' %}",
    "closes": "</td></tr></table></body></html><!--",
    "page": "<pdf:nextpage/><pdf:toc/>",
}


def filled(table: type[Base], hostile: str, **ours: object) -> dict[str, object]:
    """Return a value for each column of the table; whatever a person may have typed holds the canary."""
    values: dict[str, object] = {}
    for column in table.__table__.columns:
        is_text = isinstance(column.type, (String, Text))
        typed = is_text and column.name not in OURS and (column.type.length or 300) >= 40
        values[column.name] = f"[{column.name}] {hostile}" if typed else "" if is_text else None
    return values | ours


def parts_of(hostile: str) -> DocumentParts:
    """Return an invoice in which every typed text holds the canary."""
    document = Document(
        **filled(
            Document, hostile, id="inv_1", kind="invoice", state="paid", currency="USD", issued_at=AT, paid_at=AT,
            due_on=date(2026, 3, 31), net_minor=1000, tax_minor=250, total_minor=1250, credits_applied_minor=0,
            rounding_minor=0, payable_minor=1250, paid_minor=1250, returned_minor=0, credited_minor=0,
            carried_minor=0, overage_micros=0, seller_country="SE", buyer_country="DE",
        )
    )  # fmt: skip
    line = DocumentLine(
        **filled(DocumentLine, hostile, place=1, kind="usage", quantity=1, net_minor=1000, category="S", percent_micros=25_000_000)
    )  # fmt: skip
    tax = DocumentTax(
        **filled(DocumentTax, hostile, category="S", percent_micros=25_000_000, net_minor=1000, tax_minor=250, country="SE", reason="standard")
    )  # fmt: skip
    return DocumentParts(document, [line], [tax], None, [])


def test_whatever_is_typed_is_printed_as_it_was_typed_and_nothing_is_fetched(app: Flask, drawing: Renderer) -> None:
    with canary.singing() as singing:
        for kind, hostile in (singing.documents() | HOSTILE).items():
            html = printing.html_of(parts_of(hostile))
            assert hostile not in html, kind
            said = "".join(text_of(drawing.render(html, made_at=AT)).split())
            for name in SHOWN:
                assert f"[{name}]{''.join(hostile.split())}" in said, (kind, name)
        assert singing.fetched == []
