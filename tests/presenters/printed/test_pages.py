"""How documents look on paper: the pages of a kept sample, where each text stands, and what their QR codes say."""

import pytest
from flask import Flask
from PIL import Image, ImageOps

from app.domain.bank_transfers import epc
from app.domain.money import Money
from app.gateways.pdf.renderer import Renderer
from app.presenters.printed import payment
from app.presenters.printed.document import PrintedDocument
from tests.support import golden
from tests.support.pdfs import codes_of
from tests.support.printed_documents import LINK

MARGIN = 50
"""Points: a little less than 18 millimetres, for letters that lean over their box."""


@pytest.mark.case("AC-63", "AC-64")
@pytest.mark.parametrize("name", [*golden.DOCUMENTS, *golden.TRANSLATED])
def test_the_pages_are_as_they_were_kept(app: Flask, drawing: Renderer, name: str) -> None:
    pdf = golden.drawn(drawing, golden.printed(name))
    assert golden.texts(pdf) == (golden.FOLDER / f"{name}.txt").read_text()
    for which, picture in golden.pictures(pdf).items():
        with Image.open(golden.FOLDER / f"{name}.{which}.png") as kept:
            assert not golden.differs(picture, kept.convert("L")), which


def test_a_page_that_looks_otherwise_is_noticed() -> None:
    with Image.open(golden.FOLDER / "two_rates.first.png") as kept:
        page = kept.convert("L")
    assert not golden.differs(page, page.point(lambda grey: max(0, grey - 1)))
    moved = Image.new("L", page.size, 255)
    moved.paste(page, (0, 3))
    assert golden.differs(page, moved)
    assert golden.differs(page, ImageOps.mirror(page))


@pytest.mark.parametrize("name", sorted(golden.BUYERS))
def test_a_name_of_any_script_takes_one_page(name: str) -> None:
    assert (golden.FOLDER / f"{name}.txt").read_text().count("page ") == 1


@pytest.mark.parametrize("name", sorted(golden.DOCUMENTS))
def test_nothing_runs_over_the_margins_and_each_page_has_its_number(name: str) -> None:
    pages = (golden.FOLDER / f"{name}.txt").read_text().split("page ")[1:]
    for number, page in enumerate(pages, 1):
        size, *texts = page.strip().splitlines()
        width = int(size.split()[1])
        edges = [(int(left), int(right)) for left, right, *_rest in (text.split() for text in texts)]
        assert min(left for left, _right in edges) >= MARGIN
        assert max(right for _left, right in edges) <= width - MARGIN
        assert f"Page {number} of {len(pages)}" in page
        assert page.count(golden.printed(name).number) >= 1


def test_the_code_of_an_open_invoice_leads_to_where_it_is_paid(app: Flask, drawing: Renderer) -> None:
    assert _read(drawing, golden.printed("american")) == [LINK]


def test_the_code_of_a_transfer_says_whom_how_much_and_what_for(app: Flask, drawing: Renderer) -> None:
    asked = Money(147858, "EUR")
    pay = payment.by_transfer(golden.ACCOUNT, asked, "INV-2026-000123")
    (said,) = _read(drawing, golden.printed("american", how_to_pay=pay))
    assert said == epc.text("Harbour Cloud SAS", "DE89370400440532013000", "COBADEFFXXX", asked, "INV-2026-000123")
    details = {fact.label: fact.value for fact in pay.details}
    assert details["IBAN"] == "DE89 3704 0044 0532 0130 00"
    assert (details["Amount"], details["Reference"]) == ("€1,478.58", "INV-2026-000123")


def test_a_transfer_in_another_currency_has_no_code() -> None:
    assert payment.by_transfer(golden.ACCOUNT, Money(100, "USD"), "INV-1").code is None


def _read(renderer: Renderer, document: PrintedDocument) -> list[str]:
    return codes_of(golden.drawn(renderer, document))
