"""Documents as HTML for paper: what the process that draws PDFs is given."""

from flask import render_template

from app.presenters import invoices as words
from app.services.invoices.reads import DocumentParts


def html_of(parts: DocumentParts) -> str:
    """Return the document as it is printed. It names its own paper, and refers to nothing outside of it."""
    return render_template("pdf/plain.html", described=words.described(parts))
