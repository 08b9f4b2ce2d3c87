"""What stands in the addresses of usage: a billing period, a day, and a place in a day's events."""

from datetime import UTC, date, datetime

from app.domain.errors import NotFound
from app.domain.invoices.statement import EARLIEST, LATEST
from app.services.usage.meters import Place

_MOMENT = "%Y%m%dT%H%M%S.%f"


def period_number(text: str) -> int | None:
    """Return the number of the period; None where none is named; else `NotFound`."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text)):
        raise NotFound("billing period")
    return int(text)


def day(text: str) -> date:
    """Return the UTC day, or `NotFound`: also for one so far that there is no day beside it."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise NotFound("day") from None
    if not EARLIEST <= found <= LATEST:
        raise NotFound("day")
    return found


def place(text: str, on: date) -> Place:
    """Return the place in the events of that day, or `NotFound`."""
    moment, _, name = text.partition("_")
    try:
        moment.encode("ascii")  # Python reads digits of every script, and one place has one address
        return Place(on, datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC), name[:200])
    except ValueError:
        raise NotFound("place in the list") from None


def written(at: Place) -> str:
    """Return the place as it stands in an address."""
    return f"{at.received_at:{_MOMENT}}_{at.id}"
