"""What a PDF says, read by another library than the one that wrote it."""

import ctypes
import functools
from collections.abc import Callable

import pypdfium2
import pypdfium2.raw
import zxingcpp

from app.gateways.pdf.renderer import Renderer

FONTS = "font-family: 'Noto Sans', 'Noto Sans Arabic', 'Noto Sans Hebrew', 'Droid Sans Fallback', 'NanumSquare'; font-size: 9pt"


@functools.cache
def shared() -> Renderer:
    """The process that draws for all tests of this process; it ends with it."""
    return Renderer()


def document(body: str) -> str:
    """Return a document with this body, in the fonts that ship with the portal."""
    return f'<html lang="en"><head><style>@page {{ size: A4; margin: 2cm }} body {{ {FONTS} }}</style></head><body>{body}</body></html>'


def text_of(pdf: bytes) -> str:
    """Return the text of all pages."""
    opened = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in opened)
    finally:
        opened.close()


def searched(pdf: bytes) -> Callable[[str], bool]:
    """Return what says whether a reader's search finds words on the first page."""
    text = pypdfium2.PdfDocument(pdf)[0].get_textpage()
    return lambda words: text.search(words).get_next() is not None


def codes_of(pdf: bytes) -> list[str]:
    """Return what a phone reads off the QR codes of the first page."""
    opened = pypdfium2.PdfDocument(pdf)
    try:
        picture = opened[0].render(scale=3, grayscale=True).to_pil()
    finally:
        opened.close()
    found = zxingcpp.read_barcodes(picture)
    assert all(each.ec_level == "M" for each in found)
    return [each.text for each in found]


def language_of(pdf: bytes) -> str:
    """Return the language that a PDF says it is in."""
    opened = pypdfium2.PdfDocument(pdf)
    try:
        size = pypdfium2.raw.FPDFCatalog_GetLanguage(opened, None, 0)
        found = ctypes.create_string_buffer(size)
        pypdfium2.raw.FPDFCatalog_GetLanguage(opened, ctypes.cast(found, ctypes.POINTER(ctypes.c_ushort)), size)
        return found.raw.decode("utf-16-le").rstrip("\0")
    finally:
        opened.close()


def tops_of(pdf: bytes) -> list[float]:
    """Return where the lines of the first page stand, from top to bottom, in points."""
    opened = pypdfium2.PdfDocument(pdf)
    try:
        text, x, y = opened[0].get_textpage(), ctypes.c_double(), ctypes.c_double()
        found = set()
        for place in range(text.count_chars()):
            if pypdfium2.raw.FPDFText_GetUnicode(text, place) > ord(" "):
                pypdfium2.raw.FPDFText_GetCharOrigin(text, place, x, y)
                found.add(round(y.value, 1))
        return sorted(found, reverse=True)
    finally:
        opened.close()
