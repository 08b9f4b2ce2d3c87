"""Statement of account: what was invoiced and paid in any span of UTC days, to read, print and take along as a file."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app import clock
from app.domain.errors import Refused
from app.domain.invoices.statement import Span, presets
from app.domain.language import _
from app.forms import log_places
from app.forms import statement as asked
from app.forms.statement import SpanForm
from app.presenters import statement as words
from app.presenters.printed import around
from app.presenters.printed.around import Around
from app.presenters.printed.words import ACCOUNT_OF
from app.services.customers import address
from app.services.invoices import statement
from app.services.papers import stored
from app.services.tax import registrations
from app.web import exports, workbooks
from app.web.access import current_actor, current_catalog, current_customer, papers_too
from app.web.respond import show

bp = Blueprint("statement", __name__, url_prefix="/billing/invoices")
PAGE, CONTENT = "statement/page.html", "statement/_content.html"
TITLE = "Statement"


@bp.get("/statement")
@papers_too
def page() -> Response:
    """Show the statement of the days that were asked for, 100 entries at a time."""
    form, today = SpanForm(request.args), clock.now().date()
    if not form.validate():
        return show(PAGE, CONTENT, status=422, form=form, presets=_presets(None), found=None)
    span, after = form.span(today), asked.place()
    found = statement.statement(current_customer(), span, after)
    days = _days(span)
    return show(
        PAGE,
        CONTENT,
        form=SpanForm(MultiDict(days)),
        presets=_presets(span),
        found=found,
        rows=words.rows(found),
        is_first=after is None,
        sums=words.sums(found.sums, found.currency),
        opening=words.money(found.sums.opening, found.currency),
        closing=words.money(found.sums.closing, found.currency),
        credit_lines=words.credit_lines(found.credits),
        standing=words.standing(found.sums.closing, found.currency, is_over=span.last < today),
        later=url_for("statement.page", **days, after=_written(found.later)) if found.later else "",
        first=url_for("statement.page", **days),
        sides=_sides(),
        makes_pdf=stored.are_offered(),
        files={
            kind: url_for(f"statement.{view}", **days)
            for kind, view in ((_("Spreadsheet"), "spreadsheet"), ("CSV", "csv_file"))
        },
    )


@bp.get("/statement.csv")
@papers_too
def csv_file() -> Response:
    """Send the statement as CSV, its opening and closing balance first and last."""
    return _file("csv")


@bp.get("/statement.xlsx")
@papers_too
def spreadsheet() -> Response:
    """Send the statement as a spreadsheet with typed cells."""
    return _file("xlsx")


@bp.post("/statement/pdf")
@papers_too
def pdf() -> Response:
    """Let the statement be made as a PDF, and show the page that waits for it."""
    form = SpanForm(request.form)
    if not form.validate():
        return show(PAGE, CONTENT, status=422, form=form, presets=_presets(None), found=None)
    span = form.span(clock.now().date())
    try:
        paper_id = statement.paper(current_customer(), span, may_manage=current_actor().may_manage)
    except Refused as refusal:
        flash(refusal.sentence, "bad")
        return redirect(url_for("statement.page", **_days(span)), 303)
    return redirect(url_for("invoices.paper", paper_id=paper_id), 303)


def _sides() -> Around:
    """Return who stands on the printed statement: it goes to a bookkeeper without the portal around it."""
    customer = current_customer()
    to, numbers = address.current(customer.customer_id).address, registrations.tax_numbers(customer.customer_id)
    return around.of(current_catalog().seller, to, customer.name, ACCOUNT_OF, numbers)


def _file(kind: str) -> Response:
    form = SpanForm(request.args)
    if not form.validate():
        return page()
    span, customer = form.span(clock.now().date()), current_customer()
    exports.from_replica()
    name = f"statement-{span.first}-{span.last}.{kind}"
    if kind == "csv":
        found = statement.written(customer, span)
        return exports.as_csv_lines(name, words.HEADER, words.csv_lines(span, *found, customer.currency))
    sums, entries = statement.export(customer, span)
    rows = words.sheet_rows(span, sums, entries, customer.currency)
    return workbooks.as_workbook(name, TITLE, words.SHEET_HEADER, rows)


def _presets(span: Span | None) -> list[tuple[str, str, bool]]:
    return [
        (_(title), url_for("statement.page", **_days(each)), each == span)
        for title, each in presets(clock.now().date()).items()
    ]


def _days(span: Span) -> dict[str, Any]:
    return {"from": span.first.isoformat(), "to": span.last.isoformat()}


def _written(place: tuple[Any, int, str]) -> str:
    at, order, name = place
    return log_places.written(at, str(order), name)
