"""The logs as rows of files: notifications, refused calls, and automatic charges with those that were not made."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from app.domain.catalog import Catalog
from app.domain.language import in_english
from app.domain.money import Credits, Money
from app.domain.notices import BALANCE_DEPLETED, CALL_REFUSED, USAGE_ALERT
from app.models.authorizations import Authorization
from app.models.limits import Notice
from app.presenters.auto_recharge import method_words
from app.presenters.kept.notices import NOTICES
from app.presenters.recharge_log import outcome_words
from app.presenters.refused_calls import REFUSED
from app.presenters.spreadsheets import harmless
from app.services.auto_recharge.log import Entry

Cell = str | int | Decimal | Money | date | None
NOTIFIED = ["Date", "Time", "Rule", "Notification", "Limit", "Limit unit", "At that time", "Unit"]
CALLS = ["Date", "Time", "Reason", "Why", "Meter", "Quantity", "Credits", "Unit", "Id"]
CHARGES = [
    "Date", "Time", "Outcome", "What", "Amount", "Currency", "Credit then", "Threshold", "Unit", "Limit of the period",
    "Used before", "Charged to", "Payment", "Id",
]  # fmt: skip
_BOUNDS = ("limit_micros", "threshold_micros", "low_balance_micros")
_outcome, _method = in_english(outcome_words), in_english(method_words)
_LEVELS = ("used_micros", "credits_micros", "remaining_micros")


def sheet_header(header: Sequence[str]) -> list[str]:
    """Return the header of a spreadsheet, which says whose days and times these are."""
    return [f"{each} (UTC)" if each in {"Date", "Time"} else each for each in header]


def notified(notices: Iterable[Notice], unit: str) -> Iterator[list[Cell]]:
    """Yield the notifications, with the figures of their time."""
    for each in notices:
        figures = json.loads(each.data)
        if each.rule == USAGE_ALERT:
            of = figures["unit"]
            cells: list[Cell] = [figures["threshold"], "%" if figures["is_percent"] else of, figures["quantity"], of]
            title = f"{NOTICES[USAGE_ALERT]}: {figures['title']}"
        else:
            bound = Decimal(0) if each.rule == BALANCE_DEPLETED else _credits(figures, _BOUNDS)
            cells = [bound, unit, _credits(figures, _LEVELS), unit]
            title = NOTICES[CALL_REFUSED if figures.get("reason") == CALL_REFUSED else each.rule]
        yield [each.created_at.date(), f"{each.created_at:%H:%M:%S}", each.rule, title, *cells]


def calls(refused: Iterable[Authorization], catalog: Catalog, unit: str) -> Iterator[list[Cell]]:
    """Yield the refused calls: why, what was asked for, and what it would have cost."""
    for each in refused:
        meter = catalog.meter(each.meter) if each.meter else None
        asked: list[Cell] = [meter.title if meter else each.meter, each.quantity if each.meter else None]
        why = REFUSED.get(each.reason, each.reason)
        at: list[Cell] = [each.created_at.date(), f"{each.created_at:%H:%M:%S}"]
        yield [*at, each.reason, why, *asked, Credits(each.micros).units, unit, each.id]


def charges(entries: Iterable[Entry], unit: str, currency: str) -> Iterator[list[Cell]]:
    """Yield what was charged automatically, and why not where it was not."""
    for each in entries:
        kept, payment = each.decision, each.payment
        money = payment.currency if payment else currency
        yield [
            kept.at.date(),
            f"{kept.at:%H:%M:%S}",
            kept.outcome,
            _outcome(each),
            Money(payment.amount_minor, money) if payment else None,
            money,
            Credits(kept.remaining_micros).units,
            Credits(kept.threshold_micros).units,
            unit,
            Money(kept.limit_minor, money),
            Money(kept.used_minor, money),
            _method(each.method) if payment else "",
            payment.id if payment else "",
            kept.id,
        ]


def csv_rows(found: Iterable[Sequence[Cell]]) -> Iterator[list[str]]:
    """Yield the rows of the CSV file: texts made harmless, amounts plain and exact."""
    for row in found:
        yield [harmless(each) if isinstance(each, str) else _plain(each) for each in row]


def _credits(figures: dict[str, object], names: Sequence[str]) -> Decimal | None:
    found = next((figures[each] for each in names if figures.get(each) is not None), None)
    return Credits(int(str(found))).units if found is not None else None


def _plain(value: int | Decimal | Money | date | None) -> str:
    if value is None:
        return ""
    if isinstance(value, Money):
        return format(value.major, "f")
    return f"{value:.6f}" if isinstance(value, Decimal) else f"{value}"
