"""Styles and scripts come in one file each, which may be kept for ever."""

import gzip
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.web import assets
from tests.architecture.source import APP
from tests.support.browser import Browser

STATIC = APP / "static"
APART = {"api_docs.css", "embed.js", "frame.js", "stripe_setup.js", "window.js", "pages/demo.css"}
"""What only one page has, what only a demo has, and what a frame, its windows and the page around it have."""


def test_a_page_asks_for_one_style_and_one_script(visitor: Browser) -> None:
    page = visitor.opens("/sign-in")
    (style,) = page.soup.select("link[rel=stylesheet]")
    (script,) = page.soup.select("script")
    for address, kind in ((style["href"], "text/css"), (script["src"], "text/javascript")):
        answer = visitor.client.get(str(address), base_url=visitor.origin)
        assert (answer.status_code, answer.mimetype) == (200, kind)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Set-Cookie" not in answer.headers and "Cookie" not in answer.headers.get("Vary", "")
        again = visitor.client.get(
            str(address), base_url=visitor.origin, headers={"If-None-Match": answer.headers["ETag"]}
        )
        assert again.status_code == 304


@pytest.mark.parametrize("selector", ["link[rel=stylesheet]", "script"])
def test_it_comes_zipped_to_whoever_can_read_that(visitor: Browser, selector: str) -> None:
    element = visitor.opens("/sign-in").find(selector)
    address = str(element.get("href") or element["src"])

    def answer(accepted: str, **headers: str) -> TestResponse:
        headers["Accept-Encoding"] = accepted
        return visitor.client.get(address, base_url=visitor.origin, headers=headers)

    plain, zipped = answer("br, gzip;q=0"), answer("gzip, deflate, br, zstd")
    assert "Content-Encoding" not in plain.headers and zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data and len(zipped.data) < len(plain.data) / 2
    assert zipped.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Vary"] == zipped.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["ETag"] != zipped.headers["ETag"]
    again = answer("gzip", **{"If-None-Match": zipped.headers["ETag"]})
    assert (again.status_code, again.headers["Vary"]) == (304, "Accept-Encoding")


def test_every_file_is_in_it(app: Flask, visitor: Browser) -> None:
    page = visitor.opens("/sign-in")
    styles = visitor.client.get(str(page.find("link[rel=stylesheet]")["href"]), base_url=visitor.origin).text
    scripts = visitor.client.get(str(page.find("script")["src"]), base_url=visitor.origin).text
    for path in sorted([*STATIC.rglob("*.css"), *STATIC.rglob("*.js")]):
        if (name := path.relative_to(STATIC).as_posix()) not in APART:
            assert path.read_text() in (styles if path.suffix == ".css" else scripts), name


def test_an_older_page_gets_what_there_is_now_and_does_not_keep_it(visitor: Browser) -> None:
    answer = visitor.client.get("/static/joined-0123456789abcdef.css", base_url=visitor.origin)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=3600")
    assert visitor.client.get("/static/joined-0123456789abcdef.txt", base_url=visitor.origin).status_code == 404


def test_other_words_have_another_name(tmp_path: Path) -> None:
    for name in (*assets.STYLES, assets.PRINT, *assets.SCRIPTS, *(f"pages/{page}.css" for page in assets.PAGES)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a")
    first = assets.joined(tmp_path, demo=False)
    (tmp_path / assets.PRINT).write_text("b")
    second = assets.joined(tmp_path, demo=False)
    assert first[0].name != second[0].name and first[1].name == second[1].name
