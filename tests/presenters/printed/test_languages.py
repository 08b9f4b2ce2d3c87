"""Documents in other languages: nothing of ours is left in English, no text leaves its place, and Hebrew is mirrored."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask

from app.domain import language
from app.domain.money import Money
from app.domain.reversals import RefundState
from app.gateways.pdf.renderer import Renderer
from app.languages import PSEUDO
from app.models.documents import DocumentLine
from app.presenters.printed import invoices, mirrored
from app.presenters.printed.document import PrintedDocument
from app.services.invoices.reads import DocumentParts
from app.services.receivables.differences import Difference
from tests.security.test_paper_canaries import PAPERS
from tests.support import golden
from tests.support.pdfs import searched, text_of
from tests.support.printed_documents import BEGINS, ENDS, LINK, head, line, parts, tax

WORD, NOT_READ = re.compile(r"[A-Za-z]{2,}"), {"picture", "link", "language", "paper"}
EVERYWHERE = ("UTC", "SEPA", "IBAN", "BIC", "VAT", "EUR", "USD", "Visa")
DATA = re.compile(r"\[\w+\] 7")
LINES = [line(1, "99", 124250, begins_on=BEGINS, ends_on=ENDS, quantity=2, unit_price="7.5")]
RETURNED: dict[str, Any] = {"kind": "credit_note", "state": "issued", "number": "CN-1", "due_on": None}
FULL: dict[str, Any] = {"po_number": "4711", "buyer_reference": "04011000", "paid_with": "Visa ending in 4242"}


def document(text: str = "", **said: Any) -> DocumentParts:
    """Return an invoice that says what is `said`; its lines are numbers."""
    return parts(**{"listed": LINES, **FULL, **said})


DOCUMENTS: dict[str, tuple[DocumentParts, invoices.Back]] = {
    "open": (document(), invoices.Back()),
    "paid": (document(**golden.BOUGHT), invoices.Back()),
    "small": (document(due_on=None), invoices.Back()),
    "carried, from credit, rounded": (
        document(carried_minor=5, credits_applied_minor=5, rounding_minor=-1, payable_minor=147852),
        invoices.Back(),
    ),
    "credit note": (document(**RETURNED, source_type="refund", returns=head()), invoices.Back()),
    "the seller's": (document(**RETURNED, source_type="seller", reason="99", returns=head()), invoices.Back()),
    "corrected": (document(**RETURNED, source_type="correction", returns=head()), invoices.Back()),
    "receipt": (document(taxes=[], **golden.BOUGHT | {"kind": "receipt", "state": "issued"}), invoices.Back()),
    "refund receipt": (
        document(taxes=[], **RETURNED | {"kind": "refund_receipt", "source_type": "refund"}, returns=head()),
        invoices.Back(is_kept=True),
    ),
    "goes back": (
        document(**golden.BOUGHT),
        invoices.Back(difference=Difference("re_1", Money(500, "EUR"), "Visa ending in 4242", RefundState.PENDING, "")),
    ),
    "reverse charge": (
        document(taxes=[tax(124250, 0, category="AE", percent_micros=0, reason="reverse_charge", buyer_number="DE8")]),
        invoices.Back(),
    ),
}


def texts(value: Any) -> Iterator[str]:
    """Yield each text of a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from texts(each)
    elif is_dataclass(value):
        for field in fields(value):
            if field.name not in NOT_READ:
                yield from texts(getattr(value, field.name))


def plain(said: PrintedDocument, known: set[str]) -> list[str]:
    """Return what is not translated, the texts of the data left out."""
    found = []
    for text in texts(said):
        rest = DATA.sub("", text)
        for each in sorted({*known, *EVERYWHERE}, key=len, reverse=True):
            rest = rest.replace(each, "")
        if WORD.search(rest):
            found.append(text)
    return found


def data(found: DocumentParts) -> set[str]:
    """Return every text of the rows."""
    rows = [found.document, *filter(None, [found.returns, found.replaces]), *found.lines, *found.taxes]
    kept = {str(getattr(row, column.name)) for row in rows for column in row.__table__.columns}
    return {line for each in kept for line in each.split("\n") if WORD.search(line)} - {
        "invoice",
        "Visa ending in 4242",
    }


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "OFFERED", ("en", PSEUDO))


@pytest.mark.usefixtures("app", "offered")
@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_document_has_a_sentence_that_is_not_translated(name: str) -> None:
    found, back = DOCUMENTS[name]
    with language.using(PSEUDO):
        said = invoices.printed(found, link=LINK, back=back)
    assert plain(said, {*data(found), "re_1"}) == []


@pytest.mark.usefixtures("app", "offered")
@pytest.mark.parametrize("name", PAPERS)
def test_no_paper_has_a_sentence_that_is_not_translated(name: str) -> None:
    with language.using(PSEUDO):
        said = PAPERS[name][0]("7")
    known = {"inv_1", "pf_1", "man_1", "COBADEFFXXX", "DE89", "pf-1"}
    assert plain(said, known) == []


def drawn(renderer: Renderer, name: str, found: DocumentParts) -> bytes:
    found.document.language = name
    with language.using(name):
        said = replace(invoices.printed(found, link=LINK), language=name)
    return golden.drawn(renderer, said)


LANGUAGES = [pytest.param("de"), *(pytest.param(each, marks=pytest.mark.proof) for each in ("fr", "es", "he"))]


@pytest.mark.parametrize("name", LANGUAGES)
def test_no_text_runs_into_another_or_over_the_margin(app: Flask, drawing: Renderer, name: str) -> None:
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
    listed: list[DocumentLine] = [line(1, word, 124250, quantity=10**9, unit_price="0.0000125")]
    pdf = drawn(drawing, name, parts(**{**FULL, "buyer_company": word, "listed": listed, "due_on": date(2026, 12, 31)}))
    rows = dict[int, list[tuple[int, int]]]()
    for text in golden.texts(pdf).splitlines()[1:]:
        left, right, bottom, *_words = text.split()
        rows.setdefault(int(bottom), []).append((int(left), int(right)))
        assert int(left) >= 50 and int(right) <= 545, text
    for row in rows.values():
        assert all(one[1] <= other[0] for one, other in pairwise(sorted(row))), row


def test_a_hebrew_document_is_mirrored_and_keeps_each_text_as_it_is_read(app: Flask, drawing: Renderer) -> None:
    pdf = drawn(drawing, "he", parts(listed=[line(1, "Team plan, 5 seats", -500, kind="proration")]))
    said = golden.texts(pdf)
    places = {" ".join(words): int(left) for left, _right, _bottom, *words in map(str.split, said.splitlines()[1:])}
    assert places["Harbour Cloud SAS"] > places["Nordlicht GmbH"]
    assert places["חשבונית"] > 400 and places["–5.00"] < places["Team plan, 5 seats"]
    assert "13 rue Jacques Peirotes" in said and "�" not in text_of(pdf)


def test_what_a_hebrew_document_says_is_found_by_a_search(app: Flask, drawing: Renderer) -> None:
    """As Chrome reads: it puts a line in order by itself, and takes letters and digits of a number apart there."""
    found = searched(golden.drawn(drawing, golden.printed("in_hebrew")))
    for words in (
        "חשבונית", "מספר חשבונית", "לתשלום עד 31 במרץ 2026", "סכום לתשלום", "חברת שלום בע״מ", "שדרות רוטשילד 22",
        "1 בפבר׳ 2026 – 28 בפבר׳ 2026", "1,478.58", "1,242.50", "Harbour Cloud SAS", "13 rue Jacques Peirotes",
        "Team plan, 5 seats, monthly", "billing@harbour.example", "2026-000123",
    ):  # fmt: skip
        assert found(words), words
    assert not found("INV-2026-000123"), "say so in docs/decisions/0062 where it is whole"
    german = searched(golden.drawn(drawing, golden.printed("in_german")))
    assert german("INV-2026-000123") and german("1.478,58 € fällig am 31. März 2026")


def test_nothing_that_somebody_typed_turns_the_text_around_it() -> None:
    said = mirrored.isolated(invoices.printed(parts(buyer_company="a\u202e\u2069\u2067b"), link=LINK))
    assert said.buyer.name == "\u2068a���b\u2069"
    assert said.how_to_pay is not None and said.how_to_pay.link == LINK
