"""A seller's logo: drawn anew when the catalog is applied, kept with its version, and shown as it was then."""

import base64
import io
import re
import struct
import zlib
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from PIL import Image, PngImagePlugin

from app import clock, printing
from app.domain.errors import Refused
from app.models.scope import as_service
from app.presenters.printed import logo
from app.services.catalog import logos, versions
from app.services.catalog.versions import WrongCatalog
from tests.support.cast import EXAMPLES
from tests.support.client import outside_contexts
from tests.support.printed_documents import parts

TEXT = (EXAMPLES / "platform.toml").read_text()
SAID = 'logo = "platform.png"\n'

HEAD = b"IHDR" + struct.pack(">IIBBBBB", 6_000, 5_000, 1, 0, 0, 0, 0)
ENDLESS = (
    b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + HEAD + zlib.crc32(HEAD).to_bytes(4) + b"\0\0\0\0IDAT5\xaf\x06\x1e"
)
"""What says of itself that it is a picture of 30 million pixels."""


def picture(kind: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (960, 200), colour: str = "navy") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, colour).convert(mode).save(made, kind)
    return made.getvalue()


def catalog_with(named: str) -> str:
    return TEXT.replace(SAID, f'logo = "{named}"\n')


def data(content: bytes) -> str:
    return logos.DATA + base64.b64encode(content).decode()


def _apply(app: Flask, folder: Path, named: str) -> Result:
    (folder / "platform.toml").write_text(catalog_with(named))
    with outside_contexts():
        return app.test_cli_runner().invoke(args=["portal", "apply-catalog", str(folder / "platform.toml")])


def test_a_file_beside_the_catalog_is_kept_as_a_small_png_in_its_text(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "logo.jpg").write_bytes(picture("JPEG"))
    before = _apply(app, tmp_path, "logo.jpg")
    assert before.exit_code == 0, before.output
    with as_service("test"):
        kept = versions.offered("platform")
    assert logos.size(kept.seller.logo) == (480, 100)
    assert _apply(app, tmp_path, "logo.jpg").output == before.output  # the same picture is the same version


def test_a_document_shows_the_logo_of_when_it_was_numbered(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(picture(colour="navy"))
    assert _apply(app, tmp_path, "logo.png").exit_code == 0
    numbered = clock.now()
    document = parts(catalog="platform", issued_at=numbered)
    with as_service("test"):
        first = printing.html_of(document)
    (tmp_path / "logo.png").write_bytes(picture(colour="red"))
    with clock.at(numbered + timedelta(days=1)):
        assert _apply(app, tmp_path, "logo.png").exit_code == 0
        with as_service("test"):
            assert printing.html_of(document) == first
            later = printing.html_of(parts(catalog="platform", issued_at=clock.now()))
    assert 'alt="Logo" width="200" height="42"' in first
    shown, shown_later = (re.findall(r'src="([^"]+)"', html)[0] for html in (first, later))
    assert logos.size(shown) == logos.size(shown_later) == (480, 100)
    assert shown != shown_later


def test_a_catalog_that_was_applied_without_its_file_shows_none() -> None:
    assert versions.parse(TEXT).seller.logo == "platform.png"
    assert logo.of("platform.png") is None


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.png")), ids=lambda path: path.stem)
def test_the_logos_of_the_examples_are_drawn(path: Path) -> None:
    shown = logo.of(data(logos.drawn(path.read_bytes())))
    assert shown is not None
    assert shown.height == logo.HIGHEST


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "1", "LA"])
def test_pngs_of_any_kind_become_one_that_is_ours(mode: str) -> None:
    assert logos.size(data(logos.drawn(picture(mode=mode)))) == (480, 100)


def test_its_white_margins_are_cut_off() -> None:
    framed, made = Image.new("RGBA", (600, 300), (255, 255, 255, 0)), io.BytesIO()
    framed.paste("navy", (100, 100, 340, 160))
    framed.save(made, "PNG")
    assert logos.size(data(logos.drawn(made.getvalue()))) == (240, 60)
    assert logos.size(data(logos.drawn(picture(colour="white")))) == (480, 100)  # all of it is white


def test_jpegs_for_print_become_one_too() -> None:
    assert logos.size(data(logos.drawn(picture("JPEG", "CMYK")))) == (480, 100)


def test_nothing_is_kept_of_the_file_but_its_picture() -> None:
    notes, made = PngImagePlugin.PngInfo(), io.BytesIO()
    notes.add_text("Comment", "canary")
    Image.new("RGB", (90, 30), "navy").save(made, "PNG", pnginfo=notes)
    assert b"canary" in made.getvalue()
    kept = logos.drawn(made.getvalue())
    assert b"canary" not in kept
    assert logos.drawn(kept) == kept
    assert logos.size(data(made.getvalue())) is None  # as it was given it is not taken


def test_the_most_colourful_picture_is_not_too_long() -> None:
    noise = Image.frombytes(
        "RGB", (480, 144), bytes(zlib.crc32(each.to_bytes(4)) & 255 for each in range(480 * 144 * 3))
    )
    made = io.BytesIO()
    noise.save(made, "PNG")
    kept = data(logos.drawn(made.getvalue()))
    assert len(kept) <= logos.LONGEST
    assert logos.size(kept) == (480, 144)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is no PNG or JPEG"),
        ("logo.png", b"", "is no PNG or JPEG"),
        ("logo.png", picture()[:100], "is no PNG or JPEG"),
        ("logo.png", ENDLESS, "more than 25,000,000 pixels"),
        ("missing.png", None, "cannot be read"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(
    app: Flask, tmp_path: Path, name: str, content: bytes | None, why: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    refused = _apply(app, tmp_path, name)
    assert refused.exit_code == 1
    assert why in refused.output


def _with(kind: bytes, body: bytes) -> bytes:
    """Return a PNG of ours with one more part before its end."""
    made = logos.drawn(picture())
    part = struct.pack(">I", len(body)) + kind + body + zlib.crc32(kind + body).to_bytes(4)
    return made[:-12] + part + made[-12:]


@pytest.mark.parametrize(
    "wrong",
    [
        "logo.svg",
        "https://seller.example/logo.png",
        "data:image/svg+xml;base64,PHN2Zy8+",
        logos.DATA,
        logos.DATA + "!!",
        data(picture("JPEG")),
        data(picture(size=(600, 20))),
        data(_with(b"tEXt", b"Comment\0canary")),
        data(_with(b"IDAT", zlib.compress(b"\0" * 10**6))),
        data(logos.drawn(picture()) + b"more"),
        data(logos.drawn(picture())[:-4] + b"\0\0\0\0"),
    ],
)
def test_a_catalog_holds_no_other_picture_than_one_that_was_drawn_here(wrong: str) -> None:
    with pytest.raises(WrongCatalog, match=r"seller\.logo"):
        versions.parse(catalog_with(wrong))


def test_a_logo_that_stands_elsewhere_in_the_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(picture())
    inline = TEXT.partition("[seller]")[0] + 'seller = { name = "Harbour", logo = "logo.png" }\n'
    with pytest.raises(Refused, match="on a line of its own"):
        logos.drawn_in(inline, tmp_path)
    assert logos.drawn_in("[seller", tmp_path) == "[seller"  # said by whoever reads it
