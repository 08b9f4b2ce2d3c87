"""A customer's referrals as its page and the API show them: of the invited no more than that and when they joined."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from app.domain.catalog_terms import Percent
from app.domain.money import Credits, Money
from app.domain.referrals import earnings as rule
from app.models.database import db
from app.models.referrals import Referral, ReferralCredit, ReferralEarning, Referrer
from app.services import portal_links

SHOWN = 200
"""So many invited customers are listed, the newest; all of them are counted."""


@dataclass(frozen=True)
class Invited:
    """A customer who was invited, as far as the inviter may know it."""

    id: str
    label: str
    joined_at: datetime
    ends_at: datetime
    is_oneself: bool
    paid: Money
    """What of its net payments is counted."""
    earned: Credits


@dataclass(frozen=True)
class Month:
    """A calendar month of the statement."""

    starts_on: date
    paid: Money
    """What the invited paid in it, net, at its highest."""
    went_back: Money
    """What of that went back since, whenever it did."""
    earned: Credits
    given: Credits
    given_at: datetime | None
    """When the month was given for; None: not yet, or there was nothing to give."""
    is_over: bool


@dataclass(frozen=True)
class Statement:
    """All of it."""

    code: str
    """Empty: the customer has none yet."""
    people: Sequence[Invited]
    count: int
    months: Sequence[Month]
    """The newest first."""
    earned: Credits
    given: Credits
    waits: Credits
    """What is counted and will be given."""
    set_off: Credits
    """What was given for payments that went back: the next earnings are set off against it."""
    next_at: datetime | None


def link(code: str) -> str:
    """Return the address that a customer shares."""
    return portal_links.page("join.page", code=code)


def statement(customer_id: str, currency: str) -> Statement:
    """Return what is known now of the customer in scope."""
    session = db.session()
    referrer = session.get(Referrer, customer_id)
    referrals = session.scalars(
        select(Referral).where(Referral.customer_id == customer_id).order_by(Referral.joined_at.desc(), Referral.id)
    ).all()
    if referrer is None or not referrals:
        none, code = Credits(0), referrer.code if referrer is not None else ""
        return Statement(code, (), 0, (), none, none, none, none, None)
    rows = session.execute(
        select(
            ReferralEarning.referral_id,
            ReferralEarning.earned_at,
            ReferralEarning.net_minor,
            ReferralEarning.most_minor,
        ).where(ReferralEarning.customer_id == customer_id)
    ).all()
    nets = dict[str, int]()
    for row in rows:
        nets[row.referral_id] = nets.get(row.referral_id, 0) + row.net_minor
    shares = {
        each.id: rule.Share(nets.get(each.id, 0) - each.gone_minor, Percent(each.basis_points)) for each in referrals
    }
    earned, given = rule.earned(list(shares.values()), currency).micros, referrer.granted_micros
    people = [
        Invited(
            each.id,
            each.label,
            each.joined_at,
            each.ends_at,
            each.is_oneself,
            Money(max(0, shares[each.id].net), currency),
            rule.earned([shares[each.id]], currency),
        )
        for each in referrals[:SHOWN]
    ]
    percents = {each.id: Percent(each.basis_points) for each in referrals}
    parts = [(row.referral_id, row.earned_at, row.net_minor, row.most_minor) for row in rows]
    return Statement(
        referrer.code,
        people,
        len(referrals),
        _months(customer_id, parts, percents, currency, referrer),
        Credits(earned),
        Credits(given),
        Credits(max(0, earned - given)),
        Credits(max(0, given - earned)),
        referrer.due_at,
    )


def _months(
    customer_id: str,
    rows: Sequence[tuple[str, datetime, int, int]],
    percents: dict[str, Percent],
    currency: str,
    referrer: Referrer,
) -> list[Month]:
    given = {
        each.month: each
        for each in db.session.scalars(select(ReferralCredit).where(ReferralCredit.customer_id == customer_id))
    }
    by_month = dict[date, list[tuple[str, int, int]]]()
    for referral_id, at, net, most in rows:
        by_month.setdefault(rule.month_of(at).date(), []).append((referral_id, net, most))
    found = []
    for starts_on in sorted({*by_month, *given}, reverse=True):
        own, credit = by_month.get(starts_on, []), given.get(starts_on)
        most = sum(each for _name, _net, each in own)
        net = sum(each for _name, each, _most in own)
        found.append(
            Month(
                starts_on,
                Money(most, currency),
                Money(most - net, currency),
                rule.earned([rule.Share(each, percents[name]) for name, each, _most in own], currency),
                Credits(credit.micros if credit is not None else 0),
                credit.created_at if credit is not None else None,
                referrer.due_at is not None and not _runs(starts_on, referrer.due_at),
            )
        )
    return found


def _runs(starts_on: date, due_at: datetime) -> bool:
    """Say whether it is the month that is given for at `due_at`."""
    return rule.next_month(datetime(starts_on.year, starts_on.month, 1, tzinfo=due_at.tzinfo)) >= due_at
