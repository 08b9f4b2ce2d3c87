"""What Referrals says: the offer, each invited customer, and each month of the statement."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app import locale
from app.domain.catalog_terms import Percent, Referrals
from app.domain.language import _, marked, ngettext
from app.domain.language import percent as with_sign
from app.domain.money import Credits, Money
from app.services.referrals.reads import Invited, Month, Statement


@dataclass(frozen=True)
class Row:
    """A month as the page shows it."""

    title: str
    paid: Money
    earned: Credits
    went_back: Money
    given: Credits
    given_at: datetime | None
    state: str
    """What is to come of it, where nothing was given."""


@dataclass(frozen=True)
class Person:
    """An invited customer as the page shows it."""

    name: str
    joined_at: datetime
    ends_at: datetime
    paid: Money
    earned: Credits
    note: str


def percent(share: Percent) -> str:
    """Return the share as it is read: `20 %`, `12.5 %`."""
    whole, rest = divmod(share.basis_points, 100)
    return with_sign(locale.number(Decimal(share.basis_points) / 100) if rest else whole)


def offer(terms: Referrals) -> str:
    """Return what is promised, in a sentence."""
    return ngettext(
        "You get {share} of what each customer you invite pays, before tax, for one month, as credit.",
        "You get {share} of what each customer you invite pays, before tax, for {n} months, as credit.",
        terms.months,
        share=percent(terms.percent),
    )


def person(each: Invited) -> Person:
    """Return an invited customer."""
    words = marked("Earns nothing: this customer pays like you do, so it counts as yourself.")
    note = _(words) if each.is_oneself else ""
    return Person(each.label, each.joined_at, each.ends_at, each.paid, each.earned, note)


def month(each: Month, of: Statement) -> Row:
    """Return a month, with what became of it."""
    title = locale.month(each.starts_on)
    if each.given_at is not None:
        state = ""
    elif each.is_over:
        state = _("Nothing to give: set off against payments that went back")
    elif of.next_at is not None:
        state = _("Is given on {day}", day=locale.day(of.next_at.date()))
    else:
        state = _("Counted")
    return Row(title, each.paid, each.earned, each.went_back, each.given, each.given_at, state)
