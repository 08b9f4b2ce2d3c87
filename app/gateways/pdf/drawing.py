"""One document drawn with xhtml2pdf: nothing is fetched or read for it, and whatever it complains of is a failure."""

import io
import logging
import os
from datetime import UTC, datetime

from xhtml2pdf.config.resources import ResourceAccessPolicy  # type: ignore[import-untyped]
from xhtml2pdf.document import pisaDocument  # type: ignore[import-untyped]

from app.gateways.pdf import fonts, process, tables

PICTURE = "data:image/png;base64,"
"""All that a document may show: a picture that is in it."""
SECONDS = 90
"""How long the renderer itself lets a document take. Whoever started the process ends it a little later."""
NOTHING_ELSE = ResourceAccessPolicy.server(None, allow_remote=False, max_render_seconds=SECONDS)


class Complaint(Exception):
    """The document cannot be drawn as it is written; the words say why."""


class Drawing:
    """What draws, with its fonts in memory."""

    def __init__(self) -> None:
        logging.disable()  # what the library logs quotes the document; what it counts is looked at below
        self._drawn = fonts.register()
        tables.install()

    def __call__(self, html: str, made_at: datetime) -> bytes:
        """Return the PDF, the same bytes for the same document and moment, or raise."""
        os.environ["SOURCE_DATE_EPOCH"] = str(int(made_at.astimezone(UTC).timestamp()))
        made = io.BytesIO()
        context = pisaDocument(
            fonts.drawable(html, self._drawn),
            made,
            link_callback=_only_pictures,
            resource_policy=NOTHING_ELSE,
            capacity=-1,  # or what is above 100 kB goes by a file, which is forbidden here
        )
        if context.err or context.warn:
            raise Complaint("; ".join(str(message) for _kind, _line, message, _code in context.log[:3]) or "unknown")
        return made.getvalue()


def _only_pictures(uri: str, _base: str | None) -> str:
    if str(uri).startswith(PICTURE):
        return uri
    raise Complaint(f"the document refers to {str(uri)[:60]!r}")


def main() -> None:
    """Draw what comes, until the input ends."""
    process.serve(Drawing)


if __name__ == "__main__":
    main()
