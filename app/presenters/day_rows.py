"""Rows of the history by day in words, and as rows of a file."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from app import locale
from app.domain.amounts import finest
from app.domain.catalog import Catalog
from app.domain.language import _, in_english, marked
from app.domain.usage_words import without_a_meter
from app.presenters.balance_history import counted, number, standing, written_time
from app.presenters.kept import movements
from app.presenters.spreadsheets import cell, cells_once
from app.presenters.usage_charts import WITHOUT_METER
from app.services.balance.by_day import BEGUN, LAPSED, DayRow
from app.services.balance.usage_of_day import UsageOfDay

HEADER = ["Day", "Description", "Amount", "Running balance", "Unit", "Kind", "Created time", "Id"]
SHEET_HEADER = ["Day (UTC)", "Description", "Amount", "Running balance", "Unit", "Kind", "Created time (UTC)", "Id"]
_NOT_BOOKED = {LAPSED: marked("Expired credits, booked soon"), BEGUN: marked("Credits that begin, booked soon")}


def name(row: DayRow, today: date) -> str:
    """Return what a row is called: what happened, or the usage of which day."""
    if row.movement:
        return movements.said(row.movement.description)
    if not row.is_usage:
        return _(_NOT_BOOKED[row.kind])
    if row.day == today and row.until is None:
        return _("Today so far")
    return _("Usage, {day}", day=locale.short_day(row.day) if row.day.year == today.year else locale.day(row.day))


def part(row: DayRow) -> str:
    """Return which part of its UTC day the usage is of, where something else moved the balance in its midst."""
    since, until = (locale.time(each) if each else "" for each in (row.since, row.until))
    if since and until:
        return _("from {since} to {until}", since=since.removesuffix(" UTC"), until=until)
    if since:
        return _("from {since}", since=since)
    return _("until {until}", until=until) if until else ""


def note(row: DayRow) -> str:
    """Return where the refund or dispute behind the row stands now; nothing when the row says it all."""
    return standing(row.movement) if row.movement else ""


def csv_lines(rows: Iterable[DayRow], unit: str) -> Iterator[str]:
    """Yield the lines of a CSV file: texts made harmless, amounts as plain signed numbers."""
    unit, texts = cell(unit), cells_once()
    for row in rows:
        moved = row.movement
        yield (
            f"{row.day},{texts[moved.description if moved else _in_file(row)]},{number(row.change)},"
            f"{number(row.balance_after)},{unit},{row.kind},{written_time(moved) if moved else ''},"
            f"{moved.id if moved else ''}\r\n"
        )


def sheet_row(row: DayRow, unit: str) -> list[str | Decimal | date]:
    """Return the row as typed cells of a spreadsheet."""
    moved = row.movement
    return [
        row.day,
        _in_file(row),
        row.change.units,
        row.balance_after.units,
        unit,
        row.kind,
        moved.booked_at.replace(microsecond=0) if moved else "",
        moved.id if moved else "",
    ]


def json_row(row: DayRow, unit: str) -> dict[str, object]:
    """Return the row as the Billing API writes one: credits as decimal strings; usage of a day has no id."""
    moved = row.movement
    return {
        "day": f"{row.day}",
        "description": _in_file(row),
        "amount": number(row.change),
        "balance_after": number(row.balance_after),
        "credit_unit": unit,
        "kind": row.kind,
        "created_at": written_time(moved) if moved else None,
        "id": moved.id if moved else None,
    }


def described(usage: UsageOfDay, catalog: Catalog) -> dict[str, object]:
    """Return what the page of a day's usage says."""
    return {
        "usage": usage,
        "called": movements.said,
        "without_a_meter": without_a_meter(),
        "change": -usage.used,
        "decimals": finest([*(each.cost for each in usage.meters), usage.at_once, usage.used, usage.closing]),
        "meters": [(*counted(each, catalog), each.meter or WITHOUT_METER, each) for each in usage.meters],
    }


@in_english
def _in_file(row: DayRow) -> str:
    """Return what a row is called where programs read it."""
    if not row.is_usage:
        return name(row, row.day)
    return ", ".join(filter(None, (f"Usage, {locale.day(row.day)}", part(row))))
