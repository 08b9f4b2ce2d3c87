"""One document drawn with WeasyPrint, an extra that is not installed by default: tagged, for readers by ear.

It is given the same HTML as xhtml2pdf, in the same process with the same doors shut. What is xhtml2pdf's own in it (the
frame of the foot, the numbers of pages) is said in the CSS of paged media here.
"""

import importlib
import logging
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.gateways.pdf import fonts, process

FONT_CONFIGURATION = Path(__file__).resolve().parent / "fonts.conf"
VARIANT = "pdf/ua-1"
PICTURE = "data:image/png;base64,"
_FRAME = re.compile(r"@frame [a-z]+ \{[^}]*\}")
_NUMBERS = {"<pdf:pagenumber/>": '<span class="page"></span>', "<pdf:pagecount/>": '<span class="pages"></span>'}
_PAGED = """
  #foot { position: running(foot) }
  @page { @bottom-left { content: element(foot); width: 100%; vertical-align: top; padding-top: 4mm } }
  .page::before { content: counter(page) }
  .pages::before { content: counter(pages) }
  table { border-collapse: collapse }
"""
_DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_FIRST = f'<html lang="en"><head><title>-</title></head><body><img src="{PICTURE}{_DOT}" alt="-">-</body></html>'


class Complaint(Exception):
    """The document cannot be drawn as it is written; the words say why."""


class TaggedDrawing:
    """What draws, with its fonts known."""

    def __init__(self) -> None:
        os.environ["FONTCONFIG_FILE"] = str(FONT_CONFIGURATION)  # only the fonts that ship with the portal
        # An extra; its C libraries read the line above when they are loaded.
        weasyprint: Any = importlib.import_module("weasyprint")
        urls: Any = importlib.import_module("weasyprint.urls")

        class OnlyPictures(urls.URLFetcher):  # type: ignore[misc]  # typed where the extra is installed
            """Fetches nothing but pictures that lie in the document."""

            def fetch(self, url: str, headers: object = None) -> object:
                if not url.startswith(PICTURE):
                    raise urls.FatalURLFetchingError(f"the document refers to {url[:60]!r}")
                return super().fetch(url, headers)

        self._library, self._refused = weasyprint, urls.FatalURLFetchingError
        self._fetcher = OnlyPictures(allowed_protocols=("data",), allow_redirects=False)
        self._complaints = _Complaints()
        self._drawn = fonts.register()
        self(_FIRST, datetime(2026, 1, 1, tzinfo=UTC))  # what is read once is read before the doors are shut

    def __call__(self, html: str, made_at: datetime) -> bytes:
        """Return the PDF, the same bytes for the same document and moment, or raise."""
        self._complaints.said.clear()
        said = _paged(fonts.drawable(html, self._drawn), made_at)
        try:
            made = self._made(said)
        except self._refused as refused:  # no Exception of Python's: it would end the process
            raise Complaint(str(refused)) from None
        if self._complaints.said:
            raise Complaint("; ".join(self._complaints.said[:3]))
        return made

    def _made(self, html: str) -> bytes:
        sheet = self._library.CSS(string=_PAGED, url_fetcher=self._fetcher)
        document = self._library.HTML(string=html, url_fetcher=self._fetcher)
        made: bytes = document.write_pdf(
            stylesheets=[sheet], pdf_variant=VARIANT, presentational_hints=True, pdf_identifier=b"purser"
        )
        return made


class _Complaints(logging.Handler):
    """What the library warns of: each is a failure, so that no document is kept that looks wrong."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []
        logger = logging.getLogger("weasyprint")
        logger.handlers, logger.propagate = [self], False

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.said.append(record.getMessage()[:200])


def _paged(html: str, made_at: datetime) -> str:
    """Return the document in the words of paged media. What a person typed is escaped, and never one of these."""
    moment = f'<meta name="dcterms.created" content="{made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}">'
    said = _FRAME.sub("", html, count=1).replace('<meta charset="utf-8">', f'<meta charset="utf-8">{moment}', 1)
    for ours, theirs in _NUMBERS.items():
        said = said.replace(ours, theirs)
    return said


def main() -> None:
    """Draw what comes, until the input ends."""
    process.serve(TaggedDrawing)
