"""Documents and papers as HTML for paper: what the process that draws PDFs is given."""

from datetime import datetime

from flask import render_template

from app.presenters.printed import invoices, logo, receipts, words
from app.presenters.printed.document import Logo, PrintedDocument
from app.services import portal_links
from app.services.catalog import versions
from app.services.invoices.reads import DocumentParts
from app.services.papers.claims import Claim
from app.services.papers.papers import Sheet
from app.services.receivables import receipts as read_receipts


def html_of(parts: DocumentParts) -> str:
    """Return the document as it is printed. It names its own paper, and refers to nothing outside of it."""
    document = parts.document
    link = portal_links.page("invoices.document", document_id=document.id)
    return page_of(invoices.printed(parts, link=link, logo=logo_of(document.catalog, document.issued_at)))


def logo_of(catalog: str, moment: datetime | None) -> Logo | None:
    """Return the logo that the seller had at the moment: a document that is drawn again shows the same."""
    found = versions.newest_at(catalog, moment) if moment else None
    return logo.of(found.seller.logo) if found else None


def paper_of(claim: Claim) -> Sheet:
    """Return a paper of the customer in scope as it is printed, from what never changes again."""
    receipt = read_receipts.read(claim.about)
    its_logo = logo_of(receipt.invoice.catalog, receipt.paid_at)
    return Sheet(page_of(receipts.printed(receipt, logo=its_logo)), receipt.paid_at)


def page_of(printed: PrintedDocument) -> str:
    """Return what is printed as HTML: the same blocks for every kind of document."""
    return render_template("pdf/document.html", printed=printed, words=words)
