"""What the inviter earns: a share of the net amount that the invited customer has paid with real money, each once.

An invoice earns as far as money has paid it: by a card or a bank transfer, or by credit that was bought and is taxed at
use. Credit that nobody bought is a discount on the invoice, so that it is not in its net; credit that was taxed when it
was bought is on the invoice of that purchase, and on no later one. So nothing earns twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.domain.catalog_terms import Percent
from app.domain.errors import ensure
from app.domain.invoices.period_sums import per_minor
from app.domain.money import Credits, divided

WHOLE = 10_000
"""A hundred percent, as `Percent` counts."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice of the invited customer as it stands; all in minor units."""

    net: int
    total: int
    applied: int
    """What credit has paid of it."""
    payable: int
    paid: int
    credited: int
    """What credit notes took off what was still to be paid."""
    returned: int
    """What all credit notes return of it, `credited` among it."""

    @property
    def kept(self) -> int:
        """What of its total money has paid, and has not gone back."""
        due = self.payable - self.paid - self.credited
        if due == self.payable and not self.applied:
            return 0  # what was rounded off the end of an open invoice nobody has paid
        return max(0, self.total - self.returned - due)

    @property
    def earns(self) -> int:
        """What of its net that is: the net as its total is paid, rounded once."""
        return divided(self.net * self.kept, self.total) if self.total else 0


@dataclass(frozen=True, slots=True)
class Count:
    """What an invoice earns, and the most that it ever did within the time of the referral; net minor units."""

    net: int
    most: int


def counted(before: Count, earns: int, *, in_time: bool) -> Count:
    """Return what an invoice counts for now. After the referral's time it may lose and regain, and gain no more."""
    most = max(before.most, earns) if in_time else before.most
    return Count(min(earns, most), most)


def gone(net: int, invoices: Iterable[Invoice], money_kept: int) -> int:
    """Return what of the net that is counted the customer's money no longer covers.

    `money_kept` is all that was received and did not go back. Less of it than the invoices were paid with: credit was
    refunded after it was used. What the customer pays next makes it good again.
    """
    paid = sum(each.kept for each in invoices)
    short = max(0, paid - max(0, money_kept))
    return divided(net * short, paid) if short else 0


@dataclass(frozen=True, slots=True)
class Share:
    """What is counted of one referral in all, and the percentage that its inviter was promised."""

    net: int
    percent: Percent


def earned(shares: Sequence[Share], currency: str) -> Credits:
    """Return what an inviter has earned in all, rounded once."""
    hundredths = sum(max(0, each.net) * each.percent.basis_points for each in shares)
    return Credits(divided(hundredths * per_minor(currency), WHOLE))


def to_give(in_all: Credits, given: Credits) -> Credits:
    """Return what is to be given now: what was earned and not given. What went back is set off against it."""
    ensure(given.micros >= 0, "less than nothing was given")
    return Credits(max(0, in_all.micros - given.micros))


def until(joined_at: datetime, months: int) -> datetime:
    """Return the end of the referral: so many months later at the same time of day, in UTC."""
    at = joined_at.astimezone(UTC)
    years, month = divmod(at.month - 1 + months, 12)
    for day in range(at.day, 0, -1):
        try:
            return at.replace(year=at.year + years, month=month + 1, day=day)
        except ValueError:
            continue  # the month has no such day: its last one
    raise AssertionError


def month_of(at: datetime) -> datetime:
    """Return the start of the calendar month (UTC)."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(at: datetime) -> datetime:
    """Return the start of the calendar month after it (UTC)."""
    start = month_of(at)
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
