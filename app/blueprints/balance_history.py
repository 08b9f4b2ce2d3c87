"""Balance history: every movement of the customer's credits, what is behind each, and all of them as a file."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import DateField, Field, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import Length, Optional, ValidationError

from app import clock
from app.presenters.balance_history import (
    HEADER,
    KINDS,
    SHEET_HEADER,
    csv_row,
    described,
    json_row,
    sheet_row,
    standing,
)
from app.presenters.charts import day_label
from app.services.balance import breakdown, history
from app.services.balance.breakdown import Figure
from app.services.balance.history import HistoryQuery
from app.web import exports, workbooks
from app.web.access import current_catalog, current_customer, current_unit
from app.web.fields import PageForm
from app.web.respond import show, wants_fragment

bp = Blueprint("balance_history", __name__, url_prefix="/billing")
PAGE, HISTORY = "balance_history/page.html", "balance_history/_history.html"
ENTRY_PAGE, ENTRY = "balance_history/entry.html", "balance_history/_entry.html"
CHOICES = [SelectChoice(value, words) for value, words in {"": "All movements", **KINDS}.items()]
FILTERS = ("kind", "q", "from", "to")
# Each figure of the Overview that opens its rows: its name, how it is counted, and who counts it again.
FIGURES: dict[str, tuple[str, str, Callable[[], Figure]]] = {
    "total_credits": (
        "Total credits",
        "All credits bought and granted so far, before any use. Withdrawn credits do not count.",
        breakdown.total_credits,
    ),
    "usage_this_period": (
        "Usage this period",
        "All usage since {since}, when this billing period began, less corrections.",
        breakdown.usage_this_period,
    ),
    "all_usage": (
        "Used so far",
        "All usage since the beginning. Corrections are counted apart.",
        breakdown.all_usage,
    ),
    "sent_back": (
        "Sent back or held",
        "The credit removed for refunds and disputed payments, less the credit that was returned.",
        breakdown.sent_back,
    ),
    "remaining_credits": (
        "Remaining credits",
        "All credit added, less all credit used or removed.",
        breakdown.remaining_credits,
    ),
}

# Counted as what went out, and what the sum of their rows is called.
_GOES_OUT = {
    "usage_this_period": "Used, added up from the rows",
    "all_usage": "Used, added up from the rows",
    "sent_back": "Gone or held, added up from the rows",
}

# Counted in a figure, and not rows of the history.
_NO_ROWS = {
    breakdown.COUNTED: "Usage by meter and day",
    breakdown.WAITING: "Used, and not in this history yet",
    breakdown.OVER: "Expired, and not in this history yet",
}
_OF_METERS = (breakdown.COUNTED, breakdown.WAITING)
_KINDS_OF = {breakdown.OVER: "expired"}


class DayField(DateField):
    """A UTC day. What was typed stays, also when it is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day, or say how one is written."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Enter a day such as 2026-11-21.") from None


class FiltersForm(PageForm):
    """Which movements to show; it stands in the page's address."""

    class Meta:
        """It changes nothing, so it needs no token: the address can be kept and sent on."""

        csrf = False

    kind = SelectField("Show", choices=CHOICES, default="", validate_choice=False)
    q = StringField("Search", [Length(max=100, message="Search for at most 100 characters.")], default="")
    from_day = DayField("From", [Optional()], name="from")
    to_day = DayField("To", [Optional()], name="to")
    before = HiddenField()
    after = HiddenField()
    figure = HiddenField()

    def validate_kind(self, field: Field) -> None:
        """Refuse a kind that there is not."""
        if field.data and field.data not in KINDS:
            raise ValidationError("There is no such kind of movement. Choose one from the list.")

    def validate_to_day(self, field: Field) -> None:
        """Refuse days in the wrong order."""
        if self.from_day.data and field.data and field.data < self.from_day.data:
            raise ValidationError("The last day is before the first one.")

    def validate_before(self, _field: Field) -> None:
        """Refuse a place in the history that is none, or two at once."""
        for place in (self.before, self.after):
            if place.data and not (place.data.isascii() and place.data.isdigit() and len(place.data) <= 18):
                raise ValidationError("This page of the history does not exist. Start from the newest movement.")
        if self.before.data and self.after.data:
            raise ValidationError("Choose either older or newer movements.")

    def validate_figure(self, field: Field) -> None:
        """Refuse a figure that the Overview does not show."""
        if field.data and field.data not in FIGURES:
            raise ValidationError("There is no such figure on the Overview.")

    def query(self) -> HistoryQuery:
        """Return what is asked for. For a form that is valid."""
        return HistoryQuery(
            kind=self.kind.data or None,
            text=(self.q.data or "").strip() or None,
            from_day=self.from_day.data,
            to_day=self.to_day.data,
            before=int(self.before.data) if self.before.data else None,
            after=int(self.after.data) if self.after.data else None,
        )

    def address(self) -> dict[str, str]:
        """Return what was filled in, as it stands in an address."""
        return {name: value for name in FILTERS if (value := request.args.get(name, "").strip())}


@bp.get("/balance-history")
def page() -> Response:
    """Show the movements that match, 25 at a time."""
    form = FiltersForm(request.args)
    if not form.validate():
        return _refused(form)
    movements, filters = history.history(form.query()), form.address()
    answer = show(
        PAGE,
        HISTORY,
        form=form,
        problems=[],
        history=movements,
        standing=standing,
        filters=filters,
        older=_address(filters, before=movements.older) if movements.older is not None else "",
        newer=_address(filters, after=movements.newer) if movements.newer is not None else "",
        figure=_figure(form.figure.data) if form.figure.data else None,
    )
    if wants_fragment():  # the address without the fields that were left empty
        answer.headers["HX-Push-Url"] = _address(
            {each.name: given for each in form if (given := request.args.get(each.name, "").strip())}
        )
    return answer


@bp.get("/balance-history.csv")
def csv_file() -> Response:
    """Send every movement that matches as CSV."""
    return _file("csv")


@bp.get("/balance-history.xlsx")
def spreadsheet() -> Response:
    """Send every movement that matches as a spreadsheet with typed cells."""
    return _file("xlsx")


@bp.get("/balance-history.json")
def json_file() -> Response:
    """Send every movement that matches as JSON."""
    return _file("json")


@bp.get("/balance-history/<txn_id>")
def entry(txn_id: str) -> Response:
    """Show what is behind one movement."""
    found, method = breakdown.behind(txn_id)
    return show(ENTRY_PAGE, ENTRY, described=described(found, method, current_catalog(), current_unit(), clock.now()))


def _file(kind: str) -> Response:
    form = FiltersForm(MultiDict((name, value) for name, value in request.args.items() if name in FILTERS))
    if not form.validate():
        return _refused(form)
    unit, name = current_customer().credit_unit, f"balance-history-{clock.now():%Y-%m-%d}.{kind}"
    rows = history.export(form.query())
    if kind == "csv":
        return exports.as_csv(name, HEADER, (csv_row(row, unit) for row in rows))
    if kind == "xlsx":
        return workbooks.as_workbook(name, "Movements", SHEET_HEADER, (sheet_row(row, unit) for row in rows))
    return exports.as_json(name, (json_row(row, unit) for row in rows))


def _refused(form: FiltersForm) -> Response:
    problems = [*form.before.errors, *form.figure.errors]
    return show(PAGE, HISTORY, status=422, form=form, history=None, problems=problems, figure=None)


def _figure(key: str) -> dict[str, Any]:
    title, formula, count = FIGURES[key]
    figure = count()
    since = {"from": figure.since.isoformat()} if figure.since else {}
    spent = key in _GOES_OUT  # counted as what went out, while each row says what it did to the balance
    lines = [
        (
            _NO_ROWS.get(line.kind, KINDS.get(line.kind, line.kind)),
            line.rows,
            -line.total if spent else line.total,
            "" if line.kind in _OF_METERS else _address(since | {"kind": _KINDS_OF.get(line.kind, line.kind)}),
        )
        for line in figure.lines
    ]
    if figure.since:
        formula = formula.format(since=f"{day_label(figure.since)} {figure.since.year}")
    return {
        "title": title,
        "formula": formula,
        "sum_words": _GOES_OUT.get(key, "Added up from the rows"),
        "shown": figure.shown,
        "summed": figure.summed,
        "lines": lines,
    }


def _address(filters: dict[str, str], **place: int) -> str:
    values: dict[str, Any] = {**filters, **place}
    return url_for("balance_history.page", **values)
