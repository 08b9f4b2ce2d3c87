"""The span of a statement of account, in UTC days, and what its entries add up to."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from app.domain.errors import Refused, ensure
from app.domain.language import _, marked

EARLIEST, LATEST = date(1970, 1, 2), date(9000, 1, 1)
"""The days that a statement may name."""
THIS_MONTH = marked("This month")


@dataclass(frozen=True)
class Span:
    """UTC days, both included. Where one ends the next begins: no moment is in both, and none in neither."""

    first: date
    last: date

    def __post_init__(self) -> None:
        ensure(EARLIEST <= self.first <= self.last <= LATEST, f"a statement of {self.first} to {self.last}")

    @property
    def begins(self) -> datetime:
        """The first moment in it."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def ends(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last, time(), UTC) + timedelta(days=1)


def span(first: date, last: date) -> Span:
    """Return the span, or refuse days in the wrong order and days that no statement has."""
    if not (EARLIEST <= first <= LATEST and EARLIEST <= last <= LATEST):
        words = _("Choose days between {first} and {last}.", first=EARLIEST, last=LATEST)
        raise Refused(words, "day_out_of_range", 422, "to")
    if last < first:
        raise Refused(_("The last day is before the first one."), "days_out_of_order", 422, "to")
    return Span(first, last)


def subject(span: Span, now: datetime) -> str:
    """Return what the paper of a statement is about: its days, and the moment, where these are not over."""
    days = f"{span.first}..{span.last}"
    return days if span.ends <= now else f"{days}@{now.astimezone(UTC):%Y-%m-%dT%H-%M-%S}"


def of_subject(text: str) -> Span:
    """Return the days that the paper is about."""
    first, _dots, last = text.partition("@")[0].partition("..")
    return Span(date.fromisoformat(first), date.fromisoformat(last))


def presets(today: date) -> dict[str, Span]:
    """Return the spans that people ask for: months and years by the UTC calendar, the present ones whole."""
    this = today.replace(day=1)
    before = (this - timedelta(days=1)).replace(day=1)
    year = today.year
    return {
        THIS_MONTH: Span(this, _last_day(this)),
        marked("Last month"): Span(before, this - timedelta(days=1)),
        marked("This year"): Span(date(year, 1, 1), date(year, 12, 31)),
        marked("Last year"): Span(date(year - 1, 1, 1), date(year - 1, 12, 31)),
    }


@dataclass(frozen=True)
class Sums:
    """A statement's money, in minor units: what is to be paid at its beginning, what changed it, and at its end.

    What raises what is to be paid is above zero, what lowers it below.
    """

    opening: int
    charged: int
    """Invoices, and receipts of credit that was bought on account."""
    credited: int
    """Credit notes, and receipts of what was refunded."""
    voided: int
    applied: int
    """What credit has paid of invoices."""
    paid: int
    paid_back: int

    @property
    def closing(self) -> int:
        """What is to be paid at the end. Below zero: so much is in the customer's favour."""
        return self.opening + self.charged + self.credited + self.voided + self.applied + self.paid + self.paid_back


_GROUPS = {
    "invoice": "charged",
    "receipt": "charged",
    "sale": "charged",
    "credit_note": "credited",
    "refund_receipt": "credited",
    "sale_returned": "credited",
    "voided": "voided",
    "credits_applied": "applied",
    "credits_returned": "applied",
    "payment": "paid",
    "cash_in": "paid",
}
"""Which sum a kind of entry counts in. Money that goes back, and comes back from there, counts as paid back."""


def sums(opening: int, by_kind: dict[str, int]) -> Sums:
    """Return what the entries of these kinds come to; none is left out."""
    found = dict.fromkeys(("charged", "credited", "voided", "applied", "paid", "paid_back"), 0)
    for kind, minor in by_kind.items():
        found[_GROUPS.get(kind, "paid_back")] += minor
    return Sums(opening, **found)


def _last_day(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
