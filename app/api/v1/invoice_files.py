"""The files of invoices: PDFs, e-invoices, receipts, and those of a year as one ZIP. The same bytes for ever."""

from flask import Response

from app.api.contract.operations import operation, resource
from app.api.v1.invoices import PATH, TAG
from app.models.customers import Customer
from app.services.invoices import files
from app.services.papers.stored import StoredFile
from app.services.receivables import receipts, year_archive
from app.web import exports
from app.web.session_cookie import known_file

bp = resource("invoice_files")


@operation(
    bp,
    "GET",
    f"{PATH}/<invoice_id>/pdf",
    scope="billing:read",
    answers={200: None, 304: None},
    refusals=(409,),
    tag=TAG,
    media_type="application/pdf",
)
def pdf(customer: Customer, invoice_id: str) -> Response:  # noqa: ARG001  # its scope is in force
    """Read the PDF of an invoice, credit note or receipt.

    It is made once and is the same for ever; its `ETag` is its SHA-256. Until it is made the answer is 409
    `file_not_made`: ask again after a few seconds.
    """
    return _file(invoice_id, files.PDF)


@operation(
    bp,
    "GET",
    f"{PATH}/<invoice_id>/xml",
    scope="billing:read",
    answers={200: None, 304: None},
    refusals=(409,),
    tag=TAG,
    media_type="application/xml",
)
def xml(customer: Customer, invoice_id: str) -> Response:  # noqa: ARG001  # its scope is in force
    """Read the e-invoice of an invoice or credit note, where it has one; otherwise the answer is 404 `not_offered`."""
    return _file(invoice_id, files.XML)


@operation(
    bp,
    "GET",
    f"{PATH}/<invoice_id>/receipts/<payment_id>",
    scope="billing:read",
    answers={200: None, 304: None},
    refusals=(409,),
    tag=TAG,
    media_type="application/pdf",
)
def receipt(customer: Customer, invoice_id: str, payment_id: str) -> Response:  # noqa: ARG001  # its scope is in force
    """Read the receipt of a payment of an invoice that had been open, as a PDF: made once, and the same for ever."""
    return sent(receipts.file(invoice_id, payment_id))


@operation(
    bp,
    "GET",
    f"{PATH}/years/<year>",
    scope="billing:read",
    answers={200: None},
    refusals=(409,),
    tag=TAG,
    media_type="application/zip",
)
def year(customer: Customer, year: str) -> Response:  # noqa: ARG001  # its scope is in force
    """Read all files of a UTC year as one ZIP: PDFs, e-invoices and receipts, as they are kept.

    While some are being made the answer is 409 `file_not_made`; what could not be made is named in `not-made.txt`.
    """
    found = year_archive.files(year_archive.year_of(year))
    return exports.as_zip(f"invoices-{year}.zip", ((each.name, each.issued_at, each.content) for each in found))


def sent(stored: StoredFile) -> Response:
    """Answer with a file as it is kept."""
    return exports.as_stored(stored.name, stored.content_type, stored.content, stored.sha256)


def _file(invoice_id: str, kind: str) -> Response:
    return sent(files.of(invoice_id, kind, known=known_file()))
