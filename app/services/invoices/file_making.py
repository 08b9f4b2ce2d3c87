"""Makes the files of documents that are asked for: drawn beside the database, and kept with their SHA-256.

How a file is claimed, kept and tried again is that of every file (`papers/claims`). Drawn again, it is the same: it is
made from a document that does not change.
"""

from collections.abc import Callable

from sqlalchemy.orm import Session

from app import clock
from app.extensions import Extension
from app.models.document_files import DocumentFile
from app.models.scope import as_service
from app.services.invoices import e_invoices, files, reads
from app.services.invoices.reads import DocumentParts
from app.services.papers import claims
from app.services.papers.claims import Claim, Made
from app.services.transaction import no_transaction

Print = Callable[[DocumentParts], str]
the_printer: Extension[Print] = Extension("printer")
"""What puts a document into HTML: registered from above, where words and templates are."""
the_renderer = claims.the_renderer


def make_due(limit: int = 20) -> int:
    """Make the files that are due, at most `limit`; return how many were made. Any number of workers may."""
    if not files.are_offered():
        return 0
    with as_service("make files of documents"):
        return claims.make_due(DocumentFile, limit, _drawn)


def _drawn(claim: Claim) -> Made:
    """Draw the PDF of a document, with the e-invoice that lies in it and is kept beside it, where it has one."""
    parts = reads.one(claim.about)
    html, made_at = the_printer()(parts), parts.document.issued_at or clock.now()
    no_transaction()
    pdf, xml = e_invoices.with_e_invoice(parts, the_renderer().render(html, made_at=made_at), made_at)
    if xml is None:
        return Made(pdf)
    values = claims.made_values(xml)

    def beside(session: Session) -> None:
        session.add(files.row(claim.customer_id, claim.about, files.XML, values))

    return Made(pdf, beside)
