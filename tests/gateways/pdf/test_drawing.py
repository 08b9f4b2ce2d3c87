"""What is drawn: every script in its font, the same bytes each time, and nothing fetched, read or left out in silence."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from pypdf import PdfReader

from app.gateways.pdf import renderer as renderers
from app.gateways.pdf.renderer import Renderer, RenderFailed
from tests.support import canary
from tests.support.pdfs import document, text_of, tops_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCRIPTS = {
    "latin": ("Łódź Šiauliai Đà Nẵng ₺ ₹ €", "NotoSans"),
    "greek": ("Ελληνική Εταιρεία", "NotoSans"),
    "cyrillic": ("Общество Їжак", "NotoSans"),
    "arabic": ("مؤسسة النور", "NotoSansArabic"),
    "hebrew": ("חברת שלום", "NotoSansHebrew"),
    "japanese": ("株式会社サンプル東京", "DroidSansFallback"),
    "chinese": ("上海贸易有限公司 台灣", "DroidSansFallback"),
    "korean": ("주식회사 예시", "NanumSquare"),
}


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Renderer]:
    """One process for all of them, started where there are no fonts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        running = Renderer()
        running.render(document("warm"), made_at=AT)
    yield running
    running.close()


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("tag", ["p", "b"])
def test_each_script_is_drawn_in_a_font_that_has_it(renderer: Renderer, tmp_path: Path, script: str, tag: str) -> None:
    words, font = SCRIPTS[script]
    made = renderer.render(document(f"<{tag}>{words}</{tag}>"), made_at=AT)
    (tmp_path / "made.pdf").write_bytes(made)
    fonts = {font["/BaseFont"].partition("+")[2] for font in _fonts(tmp_path / "made.pdf")}
    assert any(each.startswith(font) for each in fonts)
    if script not in {"arabic", "hebrew"}:  # which lie in the file as presentation forms, in the order they are drawn
        assert words in text_of(made)
    if script not in {"japanese", "chinese"}:
        assert any(each.endswith(("Bold", "B", "SquareEB")) for each in fonts) == (tag == "b")


def test_the_same_document_and_moment_give_the_same_bytes_in_another_process(renderer: Renderer) -> None:
    html = document("<h1>Invoice</h1>" + "".join(words for words, _font in SCRIPTS.values()))
    made = renderer.render(html, made_at=AT)
    other = Renderer()
    try:
        assert other.render(html, made_at=AT) == made
        assert other.render(html, made_at=AT + timedelta(seconds=1)) != made
    finally:
        other.close()


@pytest.mark.parametrize("odd", ["\U0001f642", "\u0e44\u0e17\u0e22", "\x00", "\x1b", "\u202e", "\u2066", "\ud800"])
def test_a_character_that_no_font_has_keeps_nothing_from_being_made(renderer: Renderer, odd: str) -> None:
    said = text_of(renderer.render(document(f"<p>Acme {odd} Ltd 12.00</p>"), made_at=AT))
    assert said.startswith("Acme ")
    assert said.rstrip().endswith("Ltd 12.00")
    assert odd not in said


def test_a_family_that_is_not_there_is_a_failure_and_not_helvetica(renderer: Renderer) -> None:
    with pytest.raises(RenderFailed, match="font families"):
        renderer.render("<html><body style='font-family: Missing'>Łódź</body></html>", made_at=AT)


def test_a_long_document_needs_no_file(renderer: Renderer) -> None:
    made = renderer.render(document(f"<!-- {'x' * 200_000} --><p>after a long one</p>"), made_at=AT)
    assert text_of(made).strip() == "after a long one"


def test_a_failed_document_leaves_the_process_to_the_next(renderer: Renderer) -> None:
    before = renderer.pid
    with pytest.raises(RenderFailed):
        renderer.render(document('<img src="file:///etc/hostname">'), made_at=AT)
    assert text_of(renderer.render(document("next"), made_at=AT)).strip() == "next"
    assert renderer.pid == before


def test_a_picture_inside_of_the_document_is_shown(renderer: Renderer) -> None:
    made = renderer.render(document(f'<img src="{canary.PICTURE}">'), made_at=AT)
    assert b"/Subtype /Image" in made


@pytest.fixture(scope="module")
def singing() -> Iterator[canary.Canary]:
    with canary.singing() as running:
        yield running


HARMLESS = {"svg_inside", "entity"}  # never looked at, whatever is allowed


@pytest.mark.parametrize("kind", canary.Canary().documents())
def test_nothing_that_a_document_refers_to_is_fetched_or_read(
    renderer: Renderer, singing: canary.Canary, kind: str
) -> None:
    html = document(singing.documents()[kind])
    if kind in HARMLESS:
        renderer.render(html, made_at=AT)
    else:
        with pytest.raises(RenderFailed, match="refers to"):
            renderer.render(html, made_at=AT)
    assert singing.fetched == []


def test_the_canary_is_fetched_where_nothing_is_forbidden() -> None:
    with canary.singing() as control:
        html = document("".join(each for kind, each in control.documents().items() if kind != "entity"))
        program = [sys.executable, "-W", "ignore", "-m", "tests.programs.draws_anything"]
        subprocess.run(program, input=html.encode(), cwd=renderers.APP.parent, check=True, capture_output=True)
    wanted = {"/picture.png", "/picture.svg", "/sheet.css", "/import.css", "/font.ttf", "/background.png", "/page.pdf"}
    assert set(control.fetched) >= wanted


def _fonts(path: Path) -> list[dict[str, str]]:
    with path.open("rb") as opened:
        pages = PdfReader(opened).pages
        return [
            font.get_object()
            for page in pages
            for font in page["/Resources"]["/Font"].values()
            if "+" in str(font.get_object()["/BaseFont"])
        ]


def test_an_amount_below_zero_keeps_its_sign(renderer: Renderer) -> None:
    made = renderer.render(document("<p>Promotional credit \N{MINUS SIGN}\u20ac20.00</p>"), made_at=AT)
    assert text_of(made).strip() == "Promotional credit \N{EN DASH}\u20ac20.00"


def test_lines_stand_evenly_whatever_their_script(renderer: Renderer) -> None:
    lines = "<br>".join(["Strasbourg", "France", *(words for words, _font in SCRIPTS.values()), "Germany", "Spain"])
    tops = tops_of(renderer.render(document(f"<p>{lines}</p>"), made_at=AT))
    steps = [round(above - below, 1) for above, below in pairwise(tops)]
    assert len(steps) == len(SCRIPTS) + 3
    assert max(steps) - min(steps) <= 0.2, steps
