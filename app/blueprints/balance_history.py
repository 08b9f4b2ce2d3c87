"""Balance history: the customer's credits by day or row by row, what is behind each row, and all of them as a file."""

from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app import clock, locale
from app.domain.errors import NotFound
from app.domain.language import _
from app.domain.money import Credits
from app.forms import log_places
from app.forms.amounts import sought_problem
from app.forms.balance_history import FILTERS, ROWS, FiltersForm, months
from app.presenters import balance_figures, balance_history, day_rows
from app.presenters.kept import movements
from app.services.balance import breakdown, by_day, history, remaining_grants, usage_of_day
from app.services.balance.by_day import DayPage, DayRow
from app.services.balance.history import HistoryPage, HistoryQuery
from app.web import exports, workbooks
from app.web.access import current_catalog, current_customer, current_unit
from app.web.respond import show, wants_fragment

bp = Blueprint("balance_history", __name__, url_prefix="/billing")
PAGE, HISTORY = "balance_history/page.html", "balance_history/_history.html"
ENTRY_PAGE, ENTRY = "balance_history/entry.html", "balance_history/_entry.html"
DAY_PAGE, DAY = "balance_history/day.html", "balance_history/_day.html"
CREDITS_PAGE, CREDITS = "balance_history/credits.html", "balance_history/_credits.html"
MONTHS = 3


@bp.get("/balance-history")
def page() -> Response:
    """Show the movements that match, 25 rows at a time. What was refused is said, and the list stays."""
    form, today = FiltersForm(request.args), clock.now().date()
    is_valid = form.validate()
    query = form.query(current_catalog(), current_unit())
    filters = form.address()
    shown, remaining = _shown(form, query, today)
    answer = show(
        PAGE,
        HISTORY,
        status=200 if is_valid else 422,
        form=form,
        history=shown,
        today=today,
        filters=filters,
        older=_address(filters, before=shown.older) if shown.older is not None else "",
        newer=_address(filters, after=shown.newer) if shown.newer is not None else "",
        amount_problem=sought_problem(query.text or "", current_unit()),
        figure=balance_figures.figure(form.asked("figure")) if form.asked("figure") else None,
        **_choices(form, filters, today),
        **remaining,
    )
    if wants_fragment():  # the address without the fields that were left empty
        given = {each.name: value for each in form if (value := request.args.get(each.name, "").strip())}
        answer.headers["HX-Push-Url"] = _address(given)
    return answer


@bp.get("/balance-history.csv")
def csv_file() -> Response:
    """Send every row that matches as CSV."""
    return _file("csv")


@bp.get("/balance-history.xlsx")
def spreadsheet() -> Response:
    """Send every row that matches as a spreadsheet with typed cells."""
    return _file("xlsx")


@bp.get("/balance-history.json")
def json_file() -> Response:
    """Send every row that matches as JSON."""
    return _file("json")


@bp.get("/balance-history/credits")
def credits_left() -> Response:
    """Show what the balance is made of: each grant, in the order in which it is used, and those that are used up."""
    numbers, before = history.numbers(), log_places.place(request.args.get("before", ""))
    gone, more = remaining_grants.used_up(before)
    older = log_places.written(gone[-1].effective_at, gone[-1].id) if more else ""
    return show(
        CREDITS_PAGE,
        CREDITS,
        numbers=numbers,
        left=remaining_grants.listed(numbers) if not before else [],
        waiting=remaining_grants.waiting() if not before else [],
        gone=gone,
        kinds=balance_history.KINDS,
        called=movements.said,
        in_micros=Credits,
        older=url_for("balance_history.credits_left", before=older) if older else "",
        newest=url_for("balance_history.credits_left") if before else "",
        remaining_credits=lambda: numbers.remaining_credits,
    )


@bp.get("/balance-history/<txn_id>")
def entry(txn_id: str) -> Response:
    """Show what is behind one movement."""
    found, method = breakdown.behind(txn_id)
    words = balance_history.described(found, method, current_catalog(), current_unit(), clock.now())
    return show(ENTRY_PAGE, ENTRY, described=words)


@bp.get("/balance-history/usage/<day>")
def usage(day: str) -> Response:
    """Show what is behind the usage of a UTC day: its meters, and the rows that booked it."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise NotFound("day of usage") from None
    if day != wanted.isoformat():
        raise NotFound("day of usage")
    words = day_rows.described(usage_of_day.usage_of(wanted), current_catalog())
    return show(DAY_PAGE, DAY, described=words, today=clock.now().date())


def _shown(form: FiltersForm, query: HistoryQuery, today: date) -> tuple[DayPage | HistoryPage, dict[str, Any]]:
    """Return the rows, and the balance beside them where they were counted together."""
    if not form.is_by_day:
        return _rows(form, history.history(query))
    found = by_day.page(query, **form.places())
    if not form.is_whole:
        return found, {}
    numbers = history.numbers()
    waiting = by_day.not_booked(numbers, found.rows[0] if found.rows else None, today)
    return DayPage([*waiting, *found.rows], found.older, found.newer), {
        "remaining_credits": lambda: numbers.remaining_credits
    }


def _rows(form: FiltersForm, found: HistoryPage) -> tuple[HistoryPage, dict[str, Any]]:
    """Return every row, and beside the newest of all what is used and not booked yet: the balance counts it."""
    newest = found.entries[0].balance_after if found.entries else None
    if not form.is_whole or newest is None:
        return found, {}
    numbers = history.numbers()
    to_book = numbers.remaining_credits - newest
    return found, {"remaining_credits": lambda: numbers.remaining_credits, "to_book": to_book}


def _choices(form: FiltersForm, filters: dict[str, str], today: date) -> dict[str, Any]:
    """Return the words of the rows, and the ways to other rows: views, quick filters and months."""

    def without(*names: str, **more: str) -> str:
        return _address({name: value for name, value in filters.items() if name not in names} | more)

    chosen = form.asked("show") or (form.asked("kind") and "kind")
    first_last = form.asked("from"), form.asked("to")
    of_months = [
        (locale.month_name(first), first.isoformat(), last.isoformat()) for first, last in months(today, MONTHS)
    ]
    return {
        "words": day_rows,
        "standing": balance_history.standing,
        "called": movements.said,
        "by_day": form.is_by_day,
        "views": [
            (_("By day"), without("view"), form.is_by_day),
            (_("Every row"), without("view", view=ROWS), not form.is_by_day),
        ],
        "groups": [
            (_(title), without("show", "kind", **({"show": group} if group else {})), group == chosen)
            for group, title in balance_history.GROUP_TITLES.items()
        ],
        "one_kind": _(balance_history.KINDS[form.asked("kind")]) if form.asked("kind") else "",
        "months": [
            (_("Any time"), without("from", "to"), first_last == ("", "")),
            *(
                (title, without("from", "to", **{"from": first, "to": last}), first_last == (first, last))
                for title, first, last in of_months
            ),
        ],
        "everything": _address({"view": ROWS} if not form.is_by_day else {}),
    }


def _file(kind: str) -> Response:
    form = FiltersForm(MultiDict((name, value) for name, value in request.args.items() if name in FILTERS))
    if not form.validate():
        return page()
    unit, query = current_customer().credit_unit, form.query(current_catalog(), current_unit())
    exports.from_replica()
    name = f"balance-history-{'' if form.is_by_day else 'rows-'}{clock.now():%Y-%m-%d}.{kind}"
    if kind == "csv" and not form.is_by_day:
        lines = balance_history.csv_lines(history.written(query), unit)
        return exports.as_csv_lines(name, balance_history.HEADER, lines)
    written: Any = day_rows if form.is_by_day else balance_history
    rows: Iterator[Any] = _all_days(form, query) if form.is_by_day else history.export(query)
    if kind == "csv":
        return exports.as_csv_lines(name, day_rows.HEADER, exports.together(day_rows.csv_lines(rows, unit)))
    if kind == "xlsx":
        cells = (written.sheet_row(row, unit) for row in rows)
        return workbooks.as_workbook(name, "Movements", written.SHEET_HEADER, cells)
    return exports.as_json(name, (written.json_row(row, unit) for row in rows))


def _all_days(form: FiltersForm, query: HistoryQuery) -> Iterator[DayRow]:
    rows = by_day.export(query)
    if not form.is_whole:
        return rows
    first = next(rows, None)
    waiting = by_day.not_booked(history.numbers(), first, clock.now().date())
    return chain(waiting, [first] if first else [], rows)


def _address(filters: dict[str, str], **place: object) -> str:
    values: dict[str, Any] = {**filters, **{name: str(each) for name, each in place.items()}}
    return url_for("balance_history.page", **values)
