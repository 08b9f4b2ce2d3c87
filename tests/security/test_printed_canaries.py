"""Harmless canaries of each kind in every field that reaches a PDF, the seller's too: all of it is printed as text."""

from flask import Flask

from app import printing
from app.gateways.pdf.renderer import Renderer
from tests.support import canary
from tests.support.pdfs import text_of
from tests.support.typed_documents import AT, parts_of

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


def test_whatever_is_typed_is_printed_as_it_was_typed_and_nothing_is_fetched(app: Flask, drawing: Renderer) -> None:
    with canary.singing() as singing:
        for kind, hostile in (singing.documents() | HOSTILE).items():
            html = printing.html_of(parts_of(hostile))
            assert hostile not in html, kind
            said = "".join(text_of(drawing.render(html, made_at=AT)).split())
            for name in SHOWN:
                assert f"[{name}]{''.join(hostile.split())}" in said, (kind, name)
        assert singing.fetched == []
