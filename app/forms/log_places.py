"""What stands in the addresses of the logs of Spend management: a place in a list, the newest row first."""

from datetime import UTC, datetime

from app.domain.errors import NotFound

_MOMENT = "%Y%m%dT%H%M%S.%f"
_BETWEEN = "~"


def place(text: str) -> tuple[datetime, str] | None:
    """Return the time and id of the row that the list begins behind; None where none is named; else `NotFound`."""
    if not text:
        return None
    moment, names = _read(text, 1)
    return moment, names[0]


def place_of_notice(text: str) -> tuple[datetime, str, str] | None:
    """Return the time, rule and occasion of the notice that the list begins behind; None where none is named."""
    if not text:
        return None
    moment, names = _read(text, 2)
    return moment, names[0], names[1]


def written(at: datetime, *names: str) -> str:
    """Return the place as it stands in an address."""
    return _BETWEEN.join((f"{at.astimezone(UTC):{_MOMENT}}", *names))


def _read(text: str, count: int) -> tuple[datetime, list[str]]:
    moment, *names = text.split(_BETWEEN)
    try:
        moment.encode("ascii")  # Python reads digits of every script, and one place has one address
        at = datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        raise NotFound("place in the list") from None
    if len(names) != count or any(len(each) > 200 or not each.isprintable() for each in names):
        raise NotFound("place in the list")
    return at, names
