"""When an automatic charge waits for the customer: use far above the usual, a large amount, quiet hours."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo, available_timezones

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.money import Credits, Money
from app.domain.top_ups import TopUp

PACE_DAYS = 14
"""So many whole days before are looked at for what is usual."""
LONGEST_DAYS = 60
"""So long a charge waits for a yes at most."""
KNOWN_DAYS = 7
"""With fewer whole days behind it nobody can say what a customer's usual use is."""
DAY_MINUTES = 24 * 60


class Brake(StrEnum):
    """How far above the busiest of the last days a day's use may come before a charge waits for a yes."""

    OFF = "off"
    WIDE = "wide"
    NARROW = "narrow"


BRAKES: Mapping[str, str] = {
    Brake.WIDE: marked("Ask me from three times the busiest of the last days"),
    Brake.NARROW: marked("Ask me from one and a half times the busiest of the last days"),
    Brake.OFF: marked("Do not ask"),
}
FACTORS = {Brake.WIDE: Fraction(3), Brake.NARROW: Fraction(3, 2)}


class Why(StrEnum):
    """Why a charge waits for a yes."""

    UNUSUAL = "unusual"
    LARGE = "large"


@dataclass(frozen=True)
class Caution:
    """What the customer chose. Quiet hours are minutes of the day in the zone; both or none of them are set."""

    brake: Brake = Brake.WIDE
    ask_above: Money | None = None
    quiet_from: int | None = None
    quiet_until: int | None = None
    zone: str = "UTC"

    def chosen(self) -> dict[str, object]:
        """Return what was chosen, for the audit trail."""
        return {
            "brake": self.brake.value,
            "ask_above_minor": self.ask_above.amount_minor if self.ask_above else None,
            "quiet_from": self.quiet_from,
            "quiet_until": self.quiet_until,
            "time_zone": self.zone,
        }


@dataclass(frozen=True)
class Use:
    """What is judged: the most of a day since credit fell below the threshold, and each whole day before, in micros."""

    most: Credits = Credits(0)
    days: Sequence[int] = ()


def judged(today: date, used: Mapping[date, int], below: Container[date], earliest: date, joined: date) -> Use:
    """Return the use that is judged today: of each day since the one on which credit fell below the threshold.

    `below` are the days at whose end credit was below it. So neither a worker that comes after midnight nor a question
    that nobody has answered lets a charge through. Days before `earliest` are not gone back to.
    """
    fell, earliest = today, max(earliest, today - timedelta(days=LONGEST_DAYS))
    while (before := fell - timedelta(days=1)) >= earliest and before in below:
        fell = before
    most = max(used.get(fell + timedelta(days=place), 0) for place in range((today - fell).days + 1))
    many = max(0, min(PACE_DAYS, (fell - joined).days))
    return Use(Credits(most), [used.get(fell - timedelta(days=many - place), 0) for place in range(many)])


def check(wanted: Caution) -> None:
    """Refuse (422) what cannot be kept."""
    if wanted.ask_above is not None and wanted.ask_above.amount_minor < 0:
        words = _("Enter an amount of zero or more, or leave it empty.")
        raise Refused(words, "ask_above_negative", 422, "ask_above")
    ends = (wanted.quiet_from, wanted.quiet_until)
    if (ends[0] is None) != (ends[1] is None):
        field = "quiet_from" if ends[0] is None else "quiet_until"
        words = _("Enter when the quiet hours begin and when they end.")
        raise Refused(words, "quiet_hours_half", 422, field)
    if ends[0] is not None and ends[0] == ends[1]:
        words = _("Quiet hours that never end would stop every charge. Enter another end, or switch auto-recharge off.")
        raise Refused(words, "quiet_hours_whole", 422, "quiet_until")
    if wanted.zone not in available_timezones():
        words = _("There is no time zone called {zone}. Choose one such as Europe/Zurich.", zone=wanted.zone[:60])
        raise Refused(words, "time_zone_unknown", 422, "time_zone")


def band(brake: Brake, use: Use, one: TopUp) -> Credits | None:
    """Return up to how much use of a day is usual; None where the brake is off, or too little is known.

    So many times the busiest of the last whole days, and never less than what one purchase gives.
    """
    if brake is Brake.OFF or len(use.days) < KNOWN_DAYS:
        return None
    return Credits(max(int(max(use.days) * FACTORS[brake]), one.credits.micros))


def asks(caution: Caution, use: Use, one: TopUp, amount: Money) -> Why | None:
    """Return why a charge of this amount waits for a yes; None: it need not."""
    usual = band(caution.brake, use, one)
    if usual is not None and use.most > usual:
        return Why.UNUSUAL
    return Why.LARGE if caution.ask_above is not None and amount > caution.ask_above else None


def quiet_until(caution: Caution, now: datetime) -> datetime | None:
    """Return when the quiet hours end that it is in now; None outside of them.

    Where the clocks are changed in that night, they end when the clock on the wall first shows their end.
    """
    begins, ends = caution.quiet_from, caution.quiet_until
    if begins is None or ends is None:
        return None
    zone = ZoneInfo(caution.zone)
    local = now.astimezone(zone)
    minute = local.hour * 60 + local.minute
    is_quiet = begins <= minute < ends if begins < ends else minute >= begins or minute < ends
    if not is_quiet:
        return None
    day = local.date() if minute < ends else local.date() + timedelta(days=1)
    end = datetime.combine(day, time(ends // 60, ends % 60), zone).astimezone(UTC)
    return max(end, now + timedelta(minutes=1))
