"""The days of the Usage page's chart as a file: what each meter counted and cost, day by day."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.forms.usage import HistoryForm, offer
from app.presenters import usage_files as words
from app.services.usage import meters, stretches
from app.services.usage.stretches import PERIOD
from app.web import exports, workbooks
from app.web.access import current_customer

bp = Blueprint("usage_files", __name__, url_prefix="/billing")


@bp.get("/usage.csv")
def csv_file() -> Response:
    """Send the days that the chart shows as CSV."""
    return _file("csv")


@bp.get("/usage.xlsx")
def spreadsheet() -> Response:
    """Send the days that the chart shows as a spreadsheet with typed cells."""
    return _file("xlsx")


def _file(kind: str) -> Response:
    customer = current_customer()
    usage, form = meters.usage(customer), HistoryForm(request.args)
    offer(usage, form)
    if not form.validate():  # the page says what is wrong
        return redirect(url_for("usage.page", meter=form.meter.data, days=form.days.data), 303)
    exports.from_replica()
    found = stretches.compared(customer, usage, form.days.data or PERIOD, form.meter.data or None)
    given = found.days, usage, customer.credit_unit
    name = f"usage-{found.first}-{min(found.last, found.today)}.{kind}"
    if kind == "csv":
        return exports.as_csv_lines(name, words.HEADER, exports.together(words.csv_lines(*given)))
    return workbooks.as_workbook(name, "Usage", words.SHEET_HEADER, words.rows(*given))
