"""Harmless canaries of each kind in every field that reaches a paper beside documents: all of it is printed as text."""

from collections.abc import Callable

import pytest
from flask import Flask

from app import printing
from app.domain.money import Money
from app.gateways.pdf.renderer import Renderer
from app.presenters.printed import receipts
from app.presenters.printed.document import PrintedDocument
from app.services.receivables.receipts import Receipt
from tests.security.test_printed_canaries import HOSTILE
from tests.support import canary
from tests.support.pdfs import text_of
from tests.support.typed_documents import AT, parts_of

MONEY = Money(1250, "USD")
PARTIES = (
    "seller_name", "seller_address", "seller_email", "seller_phone", "seller_tax_id", "customer_email",
    "buyer_company", "buyer_line1", "buyer_line2", "buyer_city", "buyer_postal_code", "buyer_region",
)  # fmt: skip


def receipt(text: str) -> PrintedDocument:
    """Return a receipt in which every text is this one."""
    invoice = parts_of(text).document
    said = [f"[{name}] {text}" for name in ("given", "payment", "way")]
    return receipts.printed(Receipt(said[0], said[1], MONEY, AT, said[2], invoice, [(invoice, MONEY)], MONEY))


PAPERS: dict[str, tuple[Callable[[str], PrintedDocument], tuple[str, ...]]] = {
    "receipt": (receipt, (*PARTIES, "po_number", "number", "given", "payment", "way")),
}


@pytest.mark.parametrize("kind", PAPERS)
def test_whatever_is_typed_is_printed_as_it_was_typed_and_nothing_is_fetched(
    app: Flask, drawing: Renderer, kind: str
) -> None:
    made, names = PAPERS[kind]
    with canary.singing() as singing:
        for form, hostile in (singing.documents() | HOSTILE).items():
            html = printing.page_of(made(hostile))
            assert hostile not in html, form
            said = "".join(text_of(drawing.render(html, made_at=AT)).split())
            for name in names:
                assert f"[{name}]{''.join(hostile.split())}" in said, (form, name)
        assert singing.fetched == []
