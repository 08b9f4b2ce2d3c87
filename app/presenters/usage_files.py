"""What meters counted day by day, as rows of a file."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from app.domain.usage_words import WITHOUT_A_METER
from app.presenters.spreadsheets import harmless
from app.services.usage.meters import DayUse, Usage

HEADER = ["Day", "Meter", "Name", "Quantity", "Counted in", "Events", "Cost", "Unit"]
SHEET_HEADER = ["Day (UTC)", *HEADER[1:]]
Cell = str | int | Decimal | date | None


def rows(days: Sequence[DayUse], usage: Usage, unit: str) -> list[list[Cell]]:
    """Return a row for each meter and day, the oldest first. What was used without a meter has no quantity."""
    known = {each.meter.key: each.meter for each in usage.meters}
    made: list[list[Cell]] = []
    for each in days:
        meter = known.get(each.meter)
        title = meter.title if meter else each.meter or WITHOUT_A_METER
        counted: list[Cell] = [each.quantity, meter.unit if meter else ""] if each.meter else [None, ""]
        made.append([each.day, each.meter, title, *counted, each.events, each.cost.units, unit])
    return made


def csv_rows(found: Iterable[Sequence[Cell]]) -> Iterator[list[str]]:
    """Yield the rows of the CSV file: texts made harmless, numbers plain."""
    for row in found:
        yield [harmless(each) if isinstance(each, str) else _plain(each) for each in row]


def _plain(value: int | Decimal | date | None) -> str:
    if value is None:
        return ""
    return f"{value:.6f}" if isinstance(value, Decimal) else f"{value}"
