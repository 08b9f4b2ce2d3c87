"""Documents as HTML for paper: what the process that draws PDFs is given."""

from flask import render_template

from app.presenters.printed import invoices, words
from app.presenters.printed.document import PrintedDocument
from app.services import portal_links
from app.services.invoices.reads import DocumentParts


def html_of(parts: DocumentParts) -> str:
    """Return the document as it is printed. It names its own paper, and refers to nothing outside of it."""
    link = portal_links.page("invoices.document", document_id=parts.document.id)
    return page_of(invoices.printed(parts, link=link))


def page_of(printed: PrintedDocument) -> str:
    """Return what is printed as HTML: the same blocks for every kind of document."""
    return render_template("pdf/document.html", printed=printed, words=words)
