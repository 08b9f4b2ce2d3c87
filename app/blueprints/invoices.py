"""Invoices: what is to be paid, and every invoice, credit note and receipt, to read, print and take along as a file."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.domain.errors import Forbidden
from app.domain.invoices.documents import Kind, State
from app.domain.language import _
from app.forms import log_places
from app.presenters import bank_transfers as transfers
from app.presenters import invoice_files, unpaid
from app.presenters import invoices as words
from app.services.bank_transfers import movements, pro_forma_files
from app.services.dunning import reads as dunning
from app.services.invoices import correction_preview, files, payers, reads
from app.services.invoices.reads import DocumentQuery
from app.services.papers import papers
from app.services.papers.stored import NotMade, StoredFile
from app.services.receivables import differences, payments_due, receipts, year_archive, year_files
from app.web import exports, workbooks
from app.web.access import PAPERS_ALONE, current_actor, current_catalog, current_customer, papers_too
from app.web.respond import saved, show, wants_fragment
from app.web.session_cookie import portal_session

bp = Blueprint("invoices", __name__, url_prefix="/billing")
PAGE, CONTENT = "invoices/page.html", "invoices/_content.html"
DOCUMENT_PAGE, DOCUMENT = "invoices/document.html", "invoices/_document.html"
FILE = "invoices/_file.html"
PAPER_PAGE, PAPER = "invoices/paper.html", "invoices/_paper.html"
_BACK = {
    papers.RECEIPT: "invoices.page",
    papers.STATEMENT: "statement.page",
    papers.PRO_FORMA: "bank_transfers.page",
    papers.MANDATE: "payment_methods.page",
}
YEAR_PAGE, YEAR = "invoices/year.html", "invoices/_year.html"
LONGEST_SEARCH = 40


@bp.get("/invoices")
@papers_too
def page() -> Response:
    """Show what is due, and the history, 25 rows at a time."""
    query = _query(log_places.place(request.args.get("before", "")))
    found, filters = reads.listed(query), {"show": _kind(), "q": query.text}
    older = log_places.written(*found.older) if found.older else ""
    is_first = query.before is None
    is_asked = is_first or any(each.state == State.OPEN for each in found.rows)
    standing = payments_due.standing() if is_asked else {}
    paid_by = receipts.payments_of(found.rows)
    due = [each for each in standing.values() if each.is_due or each.is_processing] if is_first else []
    return show(
        PAGE,
        CONTENT,
        due=[words.due_row(each) for each in due if each.is_due],
        stands=_stands() if due else None,
        is_first=is_first,
        rows=[words.row(each, standing.get(each.id), paid_by.get(each.id)) for each in found.rows],
        text=query.text,
        kind=filters["show"],
        kinds=[
            (_(title), _address(filters | {"show": kind}), kind == filters["show"])
            for kind, title in words.FILTERS.items()
        ],
        older=_address(filters | {"before": older}) if older else "",
        years=year_files.years() if is_first else [],
        newest="" if is_first else _address(filters),
        csv=url_for("invoices.csv_file", **_given(filters)),
        spreadsheet=url_for("invoices.spreadsheet", **_given(filters)),
    )


def _stands() -> unpaid.StandingWords | None:
    """Say how the customer stands whose invoices are past due."""
    customer, catalog = current_customer(), current_catalog()
    found = dunning.of(customer.customer_id, catalog)
    return unpaid.standing(
        customer.standing, found.past_due, catalog.dunning, found.charged, is_processing=found.is_processing
    )


def _charged_on(document_id: str) -> str:
    customer = current_customer()
    found = dunning.of(customer.customer_id, current_catalog())
    one = found.one(document_id)
    return unpaid.charged_on(one, found.charged) if one is not None else ""


@bp.get("/invoices.csv")
@papers_too
def csv_file() -> Response:
    """Send every document that matches as CSV."""
    exports.from_replica()
    lines = invoice_files.csv_lines(reads.written(_query(None)))
    return exports.as_csv_lines(f"invoices-{clock.now():%Y-%m-%d}.csv", invoice_files.HEADER, lines)


@bp.get("/invoices.xlsx")
@papers_too
def spreadsheet() -> Response:
    """Send every document that matches as a spreadsheet with typed cells."""
    exports.from_replica()
    rows = (invoice_files.sheet_row(each) for each in reads.export(_query(None)))
    return workbooks.as_workbook(f"invoices-{clock.now():%Y-%m-%d}.xlsx", "Invoices", invoice_files.SHEET_HEADER, rows)


@bp.get("/invoices/<year>.zip")
@papers_too
def year_zip(year: str) -> Response:
    """Send the files of a year as one ZIP; until all are made show the page that waits for them."""
    try:
        files_of_year = year_archive.files(year_archive.year_of(year))
    except year_archive.NotAllMade:
        return redirect(url_for("invoices.year", year=year), 303)
    return exports.as_zip(f"invoices-{year}.zip", ((each.name, each.issued_at, each.content) for each in files_of_year))


@bp.get("/invoices/years/<year>")
@papers_too
def year(year: str) -> Response:
    """Say how far the files of a year are, and offer them once all are made."""
    asked = year_archive.year_of(year)
    return show(YEAR_PAGE, YEAR, year=asked, progress=year_archive.progress(asked))


@bp.post("/invoices/years/<year>/mail")
def year_mail(year: str) -> Response:
    """Let a mail be sent to the member when all files of the year are made."""
    found = year_archive.mail_when_made(current_actor(), asked := year_archive.year_of(year))
    notice = _("All files are made.")
    if found.pending:
        notice = _("We e-mail {email} when all files are made.", email=current_actor().email)
    around = {"year": asked, "progress": found}
    return saved("invoices.year", YEAR, notice, values={"year": year}, **around)


@bp.get("/invoices/<document_id>")
@papers_too
def document(document_id: str) -> Response:
    """Show one document, which is also what is printed."""
    parts = reads.one(document_id)
    is_open = parts.document.kind == Kind.INVOICE and parts.document.state == State.OPEN
    due = payments_due.standing().get(document_id) if is_open else None
    return show(
        DOCUMENT_PAGE,
        DOCUMENT,
        described=words.described(parts, due, is_kept=movements.keeps(parts.document)),
        files=files.states(document_id),
        receipts=receipts.of_invoice(parts.document),
        paid_by=payers.of(parts.document),
        difference=differences.of(parts.document),
        due=due,
        charged_on=_charged_on(document_id) if due is not None and due.is_due else "",
        may_correct=correction_preview.may_offer(parts, current_catalog()),
    )


@bp.get("/invoices/<document_id>/file")
@papers_too
def file(document_id: str) -> Response:
    """Say how the files of a document stand, to the page that waits for them; opened by itself it leads there."""
    parts = reads.one(document_id)
    if not wants_fragment():
        return redirect(url_for("invoices.document", document_id=document_id), 303)
    return show(
        DOCUMENT_PAGE,
        FILE,
        described=words.described(parts),
        document=parts.document,
        files=files.states(document_id),
        receipts=receipts.of_invoice(parts.document),
    )


@bp.get("/invoices/<document_id>/pdf")
@papers_too
def pdf(document_id: str) -> Response:
    """Send the PDF as it was made; until then show the page that waits for it."""
    return _file(document_id, files.PDF)


@bp.get("/invoices/<document_id>/xml")
@papers_too
def xml(document_id: str) -> Response:
    """Send the e-invoice as it was made, where the document has one."""
    return _file(document_id, files.XML)


@bp.get("/invoices/<document_id>/receipts/<payment_id>")
@papers_too
def receipt(document_id: str, payment_id: str) -> Response:
    """Send the receipt of a payment of the invoice as it was made; until then show the page that waits for it."""
    return _stored(document_id, lambda: receipts.file(document_id, payment_id))


@bp.get("/invoices/papers/<paper_id>")
@papers_too
def paper(paper_id: str) -> Response:
    """Show a paper that was asked for: being made, then there to download."""
    found = papers.head(paper_id)
    _ask_may_see(found.kind)
    title, back = _(words.PAPERS[found.kind]), url_for(_BACK[found.kind])
    note = transfers.about_paper(*pro_forma_files.state_of(found)) if found.kind == papers.PRO_FORMA else ""
    return show(PAPER_PAGE, PAPER, paper=found, title=title, back=back, back_to=_(words.BACK[found.kind]), note=note)


@bp.get("/invoices/papers/<paper_id>/pdf")
@papers_too
def paper_pdf(paper_id: str) -> Response:
    """Send a paper as it was made; until then show the page that waits for it."""
    _ask_may_see(papers.head(paper_id).kind)
    try:
        found = papers.file(paper_id)
    except NotMade:
        return redirect(url_for("invoices.paper", paper_id=paper_id), 303)
    return exports.as_stored(found.name, found.content_type, found.content, found.sha256)


def _ask_may_see(kind: str) -> None:
    """Refuse mandates and orders to whoever holds a read-only link: they are no invoice and no statement."""
    if current_actor().is_link and kind not in {papers.RECEIPT, papers.STATEMENT}:
        raise Forbidden(_(PAPERS_ALONE))


def _file(document_id: str, kind: str) -> Response:
    return _stored(document_id, lambda: files.of(document_id, kind, portal_session().file))


def _stored(document_id: str, read: Callable[[], StoredFile]) -> Response:
    try:
        stored = read()
    except NotMade:
        return redirect(url_for("invoices.document", document_id=document_id), 303)
    return exports.as_stored(stored.name, stored.content_type, stored.content, stored.sha256)


def _query(before: reads.Place | None) -> DocumentQuery:
    text = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    kinds = words.SHOWN.get(_kind(), ())
    return DocumentQuery(kinds=kinds, text=text if text.isprintable() else "", before=before)


def _kind() -> str:
    kind = request.args.get("show", "")
    return kind if kind in words.FILTERS else ""


def _given(filters: dict[str, str]) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value}


def _address(filters: dict[str, str]) -> str:
    return url_for("invoices.page", **_given(filters))
