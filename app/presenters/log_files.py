"""The logs as rows of files: notifications, refused calls, and automatic charges with those that were not made."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any

from app.domain.catalog import Catalog
from app.domain.language import _, in_english
from app.domain.money import Credits, Money, in_major, six_decimals
from app.domain.notices import BALANCE_DEPLETED, CALL_REFUSED, USAGE_ALERT
from app.domain.payments import method_name
from app.presenters.auto_recharge import METHOD
from app.presenters.kept.notices import NOTICES
from app.presenters.recharge_log import outcome_words
from app.presenters.refused_calls import REFUSED
from app.presenters.spreadsheets import DAY, TIME, Once, cell, cells_once
from app.services.auto_recharge.log import WrittenEntry
from app.services.notices.decisions import WrittenNotice
from app.services.spend_management.blocked_calls import WrittenCall

Cell = str | int | Decimal | Money | date | None
NOTIFIED = ["Date", "Time", "Rule", "Notification", "Limit", "Limit unit", "At that time", "Unit"]
CALLS = ["Date", "Time", "Reason", "Why", "Meter", "Quantity", "Credits", "Unit", "Id"]
CHARGES = [
    "Date", "Time", "Outcome", "What", "Amount", "Currency", "Credit then", "Threshold", "Unit", "Limit of the period",
    "Used before", "Charged to", "Payment", "Id",
]  # fmt: skip
_BOUNDS = ("limit_micros", "threshold_micros", "low_balance_micros")
_outcome = in_english(outcome_words)
_LEVELS = ("used_micros", "credits_micros", "remaining_micros")


def sheet_header(header: Sequence[str]) -> list[str]:
    """Return the header of a spreadsheet, which says whose days and times these are."""
    return [f"{each} (UTC)" if each in {"Date", "Time"} else each for each in header]


def notified(notices: Iterable[Sequence[WrittenNotice]], unit: str) -> Iterator[list[Cell]]:
    """Yield the notifications, with the figures of their time."""
    for at, rule, figures in chain.from_iterable(notices):
        title, bound, bound_unit, level, level_unit = _figures(rule, figures, unit)
        bounds = [each if rule == USAGE_ALERT else _units(each) for each in (bound, level)]
        yield [*_moment(at), rule, title, bounds[0], bound_unit, bounds[1], level_unit]


def notice_lines(notices: Iterable[Sequence[WrittenNotice]], unit: str) -> Iterator[str]:
    """Yield the lines of the CSV file, by chunks."""
    texts = cells_once()

    def line(at: str, rule: str, figures: dict[str, Any]) -> str:
        title, bound, bound_unit, level, level_unit = _figures(rule, figures, unit)
        first, last = (
            "" if each is None else f"{each}" if rule == USAGE_ALERT else six_decimals(each) for each in (bound, level)
        )
        head = f"{at[:DAY]},{at[TIME]},{texts[rule]},{cell(title)}"
        return f"{head},{first},{texts[bound_unit]},{last},{texts[level_unit]}\r\n"

    for rows in notices:
        yield "".join([line(*each) for each in rows])


def calls(refused: Iterable[Sequence[WrittenCall]], catalog: Catalog, unit: str) -> Iterator[list[Cell]]:
    """Yield the refused calls: why, what was asked for, and what it would have cost."""
    for at, name, reason, meter, quantity, micros in chain.from_iterable(refused):
        asked: list[Cell] = [_meter(catalog, meter), quantity if meter else None]
        why = REFUSED.get(reason, reason)
        yield [*_moment(at), reason, why, *asked, Credits(micros).units, unit, name]


def call_lines(refused: Iterable[Sequence[WrittenCall]], catalog: Catalog, unit: str) -> Iterator[str]:
    """Yield the lines of the CSV file, by chunks. What many rows have alike is said once."""
    unit, reasons = cell(unit), Once[str](lambda reason: f"{cell(reason)},{cell(REFUSED.get(reason, reason))}")
    meters = Once[str](lambda meter: cell(_meter(catalog, meter)))
    for rows in refused:
        yield "".join(
            [
                f"{at[:DAY]},{at[TIME]},{reasons[reason]},{meters[meter]},{quantity if meter else ''},"
                f"{six_decimals(micros)},{unit},{name}\r\n"
                for at, name, reason, meter, quantity, micros in rows
            ]
        )


def charges(entries: Iterable[Sequence[WrittenEntry]], unit: str, currency: str) -> Iterator[list[Cell]]:
    """Yield what was charged automatically, and why not where it was not."""
    for at, name, outcome, left, threshold, limit, used, paid, state, minor, paid_in, *method in chain.from_iterable(
        entries
    ):
        money = paid_in or currency
        yield [
            *_moment(at),
            outcome,
            _outcome(outcome, state),
            Money(minor, money) if paid else None,
            money,
            Credits(left).units,
            Credits(threshold).units,
            unit,
            Money(limit, money),
            Money(used, money),
            _charged_to(*method) if paid else "",
            paid or "",
            name,
        ]


def charge_lines(entries: Iterable[Sequence[WrittenEntry]], unit: str, currency: str) -> Iterator[str]:
    """Yield the lines of the CSV file, by chunks."""
    unit, texts = cell(unit), cells_once()
    outcomes = Once[tuple[str, str | None]](lambda each: f"{texts[each[0]]},{cell(_outcome(*each))}")
    methods = Once[tuple[str | None, str | None]](lambda each: cell(_charged_to(*each)))
    money = Once[tuple[int, str]](lambda each: in_major(*each))
    for rows in entries:
        yield "".join(
            [
                f"{at[:DAY]},{at[TIME]},{outcomes[outcome, state]},{money[minor, paid_in] if paid else ''},"
                f"{paid_in or currency},{six_decimals(left)},{six_decimals(threshold)},{unit},"
                f"{money[limit, paid_in or currency]},{in_major(used, paid_in or currency)},"
                f"{methods[brand, last4] if paid else ''},{paid or ''},{name}\r\n"
                for at, name, outcome, left, threshold, limit, used, paid, state, minor, paid_in, brand, last4 in rows
            ]
        )


def _figures(rule: str, figures: dict[str, Any], unit: str) -> tuple[str, int | None, str, int | None, str]:
    """Return what a notification is called, its limit, what there was, and in which units they are.

    They are micros of credit, but of a usage alert, which counts what its meter does.
    """
    if rule == USAGE_ALERT:
        of = figures["unit"]
        bound_unit = "%" if figures["is_percent"] else of
        return f"{NOTICES[USAGE_ALERT]}: {figures['title']}", figures["threshold"], bound_unit, figures["quantity"], of
    bound = 0 if rule == BALANCE_DEPLETED else _micros(figures, _BOUNDS)
    title = NOTICES[CALL_REFUSED if figures.get("reason") == CALL_REFUSED else rule]
    return title, bound, unit, _micros(figures, _LEVELS), unit


def _micros(figures: dict[str, Any], names: Sequence[str]) -> int | None:
    found = next((figures[each] for each in names if figures.get(each) is not None), None)
    return int(found) if found is not None else None


def _units(micros: int | None) -> Decimal | None:
    return Credits(micros).units if micros is not None else None


def _moment(exact: str) -> tuple[date, str]:
    return date.fromisoformat(exact[:DAY]), exact[TIME]


def _meter(catalog: Catalog, key: str) -> str:
    meter = catalog.meter(key) if key else None
    return meter.title if meter else key


@in_english
def _charged_to(brand: str | None, last4: str | None) -> str:
    return method_name(brand, last4 or "") if brand is not None else _(METHOD)
