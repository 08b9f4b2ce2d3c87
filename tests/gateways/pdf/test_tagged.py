"""The other engine: the same HTML, tagged for readers by ear, behind the same doors. It is an extra: under proof alone."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO

import pypdf
import pytest
from flask import Flask

from app import printing
from app.config import WrongSetting
from app.domain.invoices.e_invoice import Profile
from app.gateways.e_invoice import embedding
from app.gateways.pdf.renderer import ENGINES, Renderer, RenderFailed, program
from tests.architecture.source import ROOT
from tests.security.test_paper_canaries import PAPERS
from tests.security.test_printed_canaries import HOSTILE
from tests.support import canary, golden, pdfs
from tests.support.databases import Database, settings_for
from tests.support.typed_documents import AT, parts_of

PACKAGES = str(ROOT / ".venv" / "weasyprint")
SCRIPTS = ("Łódź Ąęśćż", "Αθήνα", "Київ", "東京 株式会社", "한국", "北京", "مؤسسة النور", "חברת שלום")
RIGHT_TO_LEFT = re.compile(r"[\u0590-\u06ff]+")


@pytest.fixture(scope="module")
def tagged() -> Iterator[Renderer]:
    """A process that draws with WeasyPrint, as `make proof` installs it."""
    renderer = Renderer(program(ENGINES["weasyprint"], PACKAGES))
    yield renderer
    renderer.close()


def words(pdf: bytes) -> Counter[str]:
    return Counter(said(pdf))


def said(pdf: bytes) -> str:
    """Return the text without spaces and hyphens: where a line ends is each engine's own.

    xhtml2pdf writes Arabic letters by the shape that they have in their word, WeasyPrint as they are typed.
    """
    whole = "".join(pdfs.text_of(pdf).split()).replace("-", "").replace("\ufffe", "")
    return unicodedata.normalize("NFKC", whole)


def invoice(text: str, lines: int = 3) -> str:
    parts = parts_of(text, lines)
    parts.document.number = "INV-2026-000001"
    return printing.html_of(parts)


@pytest.mark.proof
def test_both_engines_say_the_same(app: Flask, drawing: Renderer, tagged: Renderer) -> None:
    for text in SCRIPTS:
        html = invoice(text)
        assert words(tagged.render(html, made_at=AT)) == words(drawing.render(html, made_at=AT)), text
    for name in ("arabic", "hebrew"):
        html = printing.page_of(golden.printed(name))
        one, other = (said(renderer.render(html, made_at=AT)) for renderer in (tagged, drawing))
        assert Counter(one) == Counter(other), name
        assert set(RIGHT_TO_LEFT.findall(one)) == set(RIGHT_TO_LEFT.findall(other)) != set(), "in the same order"
    for kind, (made, _names) in PAPERS.items():
        html = printing.page_of(made("Lodz"))
        assert words(tagged.render(html, made_at=AT)) == words(drawing.render(html, made_at=AT)), kind


@pytest.mark.proof
def test_it_has_its_structure_language_and_title_and_is_the_same_bytes_again(app: Flask, tagged: Renderer) -> None:
    html = invoice("Łódź", 200)
    made = tagged.render(html, made_at=AT)
    assert tagged.render(html, made_at=AT) == made
    with_xml = embedding.embed(made, b"<xml/>", Profile.EN_16931, "Invoice", AT)
    for each in (made, with_xml):
        root = pypdf.PdfReader(BytesIO(each)).trailer["/Root"]
        assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("en", True)
        assert "/StructTreeRoot" in root
    assert "Page 1 of " in " ".join(pdfs.text_of(made).split())
    assert len(pypdf.PdfReader(BytesIO(made)).pages) > 5


@pytest.mark.proof
def test_whatever_is_typed_is_printed_and_nothing_is_fetched_or_read(app: Flask, tagged: Renderer) -> None:
    with canary.singing() as singing:
        for kind, hostile in (singing.documents() | HOSTILE).items():
            text = said(tagged.render(invoice(hostile), made_at=AT))
            assert f"[buyer_company]{''.join(hostile.split()).replace('-', '')}" in text, kind
        at = datetime(2026, 1, 1, tzinfo=UTC)
        for hostile in singing.documents().values():  # past the template, as markup: no door opens
            with suppress(RenderFailed):
                tagged.render(pdfs.document(hostile), made_at=at)
        with pytest.raises(RenderFailed, match="refers to"):
            tagged.render(pdfs.document(singing.documents()["picture"]), made_at=at)
        assert singing.fetched == []


def test_an_engine_that_is_not_installed_stops_the_start(database: Database) -> None:
    with pytest.raises(WrongSetting, match="needs WeasyPrint"):
        settings_for(database, pdf_engine="weasyprint")
