"""What meters counted day by day, as rows of a file."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from app.domain.catalog import Meter
from app.domain.money import six_decimals
from app.domain.usage_words import WITHOUT_A_METER
from app.presenters.spreadsheets import Once, cell
from app.services.usage.meters import DayUse, Usage

HEADER = ["Day", "Meter", "Name", "Quantity", "Counted in", "Events", "Cost", "Unit"]
SHEET_HEADER = ["Day (UTC)", *HEADER[1:]]
Cell = str | int | Decimal | date | None


def rows(days: Sequence[DayUse], usage: Usage, unit: str) -> list[list[Cell]]:
    """Return a row for each meter and day, the oldest first. What was used without a meter has no quantity."""
    known = _known(usage)
    made: list[list[Cell]] = []
    for each in days:
        title, counted_in = _named(each.meter, known)
        quantity = each.quantity if each.meter else None
        made.append([each.day, each.meter, title, quantity, counted_in, each.events, each.cost.units, unit])
    return made


def csv_lines(days: Sequence[DayUse], usage: Usage, unit: str) -> Iterator[str]:
    """Yield the same as lines of the CSV file: texts made harmless, numbers plain."""
    unit, known = cell(unit), _known(usage)
    names = Once[str](lambda key: f"{cell(key)},{cell(_named(key, known)[0])}")
    units = Once[str](lambda key: cell(_named(key, known)[1]))
    for each in days:
        meter = each.meter
        yield (
            f"{each.day},{names[meter]},{each.quantity if meter else ''},{units[meter]},{each.events},"
            f"{six_decimals(each.cost.micros)},{unit}\r\n"
        )


def _known(usage: Usage) -> dict[str, Meter]:
    return {each.meter.key: each.meter for each in usage.meters}


def _named(key: str, known: Mapping[str, Meter]) -> tuple[str, str]:
    """Return what the meter is called, and what it counts in; one that is not sold any more has its key alone."""
    meter = known.get(key)
    return (meter.title, meter.unit) if meter else (key or WITHOUT_A_METER, "")
