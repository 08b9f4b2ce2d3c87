"""The fonts that ship with the portal, for the process that renders: one list of families serves every script.

A character is drawn by the first family that has it. What no family has is replaced before the document is parsed: a
name with an emoji must not keep an invoice from being made. Characters that turn the direction of the text around them
are replaced too, so that no name can show an amount in another order. The minus sign is in none of them, and is drawn
as the dash of its width.
"""

from pathlib import Path

from reportlab.lib.fonts import addMapping  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]
from xhtml2pdf import default  # type: ignore[import-untyped]

FOLDER = Path(__file__).resolve().parent / "fonts"
FAMILIES = {
    "Noto Sans": ("NotoSans-Regular", "NotoSans-Bold"),
    "Noto Sans Arabic": ("NotoSansArabic-Regular", "NotoSansArabic-Bold"),
    "Noto Sans Hebrew": ("NotoSansHebrew-Regular", "NotoSansHebrew-Bold"),
    "Droid Sans Fallback": ("DroidSansFallbackFull", "DroidSansFallbackFull"),
    "NanumSquare": ("NanumSquareR", "NanumSquareB"),
}
"""Each family's face and its bold one. Chinese and Japanese have no bold: it would be 4 MB more."""
MISSING = "\ufffd"
_DRAWN_AS = {"\u2212": "\u2013"}
_SPACES = "\t\n\r\u00a0\u00ad\u2002\u2003\u2009\u200a\u200c\u200d\u202f"
"""What is not printed but belongs to the text: a soft hyphen, and what joins or parts Arabic letters, among them."""
MIRRORED, HEAD = 'dir="rtl"', 100
"""What says of a document that it is written from right to left, and within how many characters of its beginning."""
_MARKS = "\u200e\u200f\u2068\u2069"
_TURNING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def register() -> frozenset[str]:
    """Give the fonts to the renderer by name, so that no document reads one; return every character they have."""
    drawn, extent = set[str](), None
    for family, faces in FAMILIES.items():
        for face in dict.fromkeys(faces):
            font = TTFont(face, str(FOLDER / f"{face}.ttf"))
            extent = extent or (font.face.ascent, font.face.descent)
            font.face.ascent, font.face.descent = extent  # the first's, so that lines stand evenly in all scripts
            pdfmetrics.registerFont(font)
            drawn.update(map(chr, font.face.charToGlyph))
        for name in {family.lower(), *faces}:
            for italic in (0, 1):
                addMapping(name, 0, italic, faces[0])
                addMapping(name, 1, italic, faces[1])
        default.DEFAULT_FONT[family.lower()] = faces[0]
    return frozenset({each for each in drawn if each.isprintable()}.difference(_TURNING).union(_SPACES))


def drawable(html: str, drawn: frozenset[str]) -> str:
    """Return the document with what no font has replaced by a sign that says so.

    In one that is written from right to left texts are set apart from each other before it comes here, and nobody's
    text has what does it.
    """
    missing = set(html).difference(drawn, _MARKS if MIRRORED in html[:HEAD] else ())
    return html.translate({ord(each): _DRAWN_AS.get(each, MISSING) for each in missing}) if missing else html
