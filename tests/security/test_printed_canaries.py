"""Harmless canaries of each kind in every field that reaches a PDF, the seller's too: all of it is printed as text."""

from collections.abc import Iterator

from flask import Flask
from sqlalchemy import String, Text

from app import printing
from app.gateways.pdf.renderer import Renderer
from app.models.documents import Document, DocumentLine, DocumentTax
from tests.support import canary
from tests.support.pdfs import text_of
from tests.support.typed_documents import AT, OURS, parts_of

NOT_PRINTED = {
    "seller_city", "seller_postal_code", "seller_contact",  # for e-invoices: on paper they stand in the address
    "customer_name",  # only where there is no invoice address
    "meter", "unit_price",
}  # fmt: skip
HOSTILE = {
    "script": "<script>app.alert('canary')</script>",
    "template": "{{ 7 * 7 }}{% include '/etc/hostname' %}",
    "closes": "</td></tr></table></body></html><!--",
    "page": "<pdf:nextpage/><pdf:toc/>",
}


def typed() -> Iterator[str]:
    """Yield every column that may hold what a person has typed and that is printed; a new one must be, or be named."""
    for table in (Document, DocumentLine, DocumentTax):
        for column in table.__table__.columns:
            is_text = isinstance(column.type, (String, Text)) and (column.type.length or 300) >= 40
            if is_text and column.name not in OURS | NOT_PRINTED:
                yield column.name


def test_whatever_is_typed_is_printed_as_it_was_typed_and_nothing_is_fetched(app: Flask, drawing: Renderer) -> None:
    with canary.singing() as singing:
        for kind, hostile in (singing.documents() | HOSTILE).items():
            html = printing.html_of(parts_of(hostile))
            assert hostile not in html, kind
            said = "".join(text_of(drawing.render(html, made_at=AT)).split())
            for name in typed():
                assert f"[{name}]{''.join(hostile.split())}" in said, (kind, name)
        assert singing.fetched == []
