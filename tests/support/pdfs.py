"""What a PDF says, read by another library than the one that wrote it."""

import functools

import pypdfium2

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
