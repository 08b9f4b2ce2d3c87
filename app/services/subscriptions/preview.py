"""What a change of plan, interval or seats costs a customer: the one function that shows it and charges it."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from app import clock, locale
from app.domain import processor_amounts
from app.domain.amounts import money_words
from app.domain.catalog import Catalog
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.money import Money
from app.domain.subscriptions.change import Quote, Subscribed, only_seats, quote
from app.domain.subscriptions.choice import Choice, Interval, chosen, included, is_sold
from app.domain.subscriptions.preview import Preview, TaxBack, minute, previewed
from app.domain.tax.prices import Taxation
from app.models.customers import Customer
from app.models.database import db
from app.services.catalog import versions
from app.services.invoices import drafting
from app.services.subscriptions import announced, billed, giving_back, reads
from app.services.subscriptions.billed import Left
from app.services.subscriptions.reads import Current
from app.services.tax import decision

SUSPENDED, CLOSED = "suspended", "closed"


@dataclass(frozen=True)
class Target:
    """What is asked for; None is what the customer has, as far as the plan is sold that way."""

    plan: str | None = None
    interval: str | None = None
    seats: int | None = None


def of(customer: Customer, target: Target) -> Preview:
    """Preview a change for the customer in scope, or refuse it. Nothing is written."""
    session, now = db.session(), clock.now()
    return reckoned(session, reads.current(session, customer, now), target, now)


def reckoned(session: Session, has: Current, target: Target, now: datetime) -> Preview:
    """Return what the change comes to now, or refuse it.

    A plan that the customer has keeps its version, where that sells it so; everything else comes with the newest.
    What was announced for a day is had with each plan period that begins from then on.
    """
    _check(has, now)
    catalog, wants = _chosen(session, has, target, now)
    at = max(minute(now), has.period.starts_at)
    treatment = decision.treatment(session, has.customer.customer_id, has.catalog, now.date())
    rate = drafting.rate_of(treatment)
    had = has.subscribed
    found = quote(catalog.plans, had, wants, at, rate)
    if _takes_off(found, had):
        left, is_less_as_listed = billed.left(session, has, at), found.net.amount_minor < 0
        waits = replace(catalog.plans, downgrade="period_end")
        had = _as_billed(has, left, at, None)  # `giving_back` says which tax comes back
        found = quote(catalog.plans, had, wants, at, rate)
        if found.net.amount_minor < 0:
            # Nobody says of which time something went back, nor what of another price than today's was for seats.
            of_seats = had.billed_left is not None and only_seats(had.has, wants)
            found = quote(waits, had, wants, at, rate) if of_seats or not left.is_whole else found
        else:
            had = _as_billed(has, left, at, rate.percent)
            found = quote(waits if is_less_as_listed else catalog.plans, had, wants, at, rate)
            if found.net.amount_minor < 0:  # more was charged, because of another tax, than what is wanted costs
                found = quote(waits, had, wants, at, rate)
    back, taxes_back = None, tuple[TaxBack, ...]()
    if found.is_now and found.net.amount_minor < 0:
        size = Money(-found.net.amount_minor, found.net.currency)
        is_mixed = giving_back.crosses_rates(session, has, at.date())
        parts = None if is_mixed else giving_back.planned(session, has.customer, has.catalog, size, at.date())
        back = giving_back.price_of(parts, has.catalog) if parts else None
        taxes_back = giving_back.taxes_of(session, parts or (), has.catalog)
        if back is None:  # what was not paid, or of which nobody says what bore which tax, waits for the period's end
            found = quote(replace(catalog.plans, downgrade="period_end"), had, wants, at, rate)
    begins = found.plan_period.ends_at if found.is_now else found.plan_period.starts_at
    renews = announced.following(session, has, wants, catalog.version, begins)
    prices, version = has.catalog.tax.prices, has.row.version
    seen = previewed(found, catalog.version, treatment, prices, version, back, renews, taxes_back)
    _check_size(seen, has.catalog)
    return seen


def _as_billed(has: Current, left: Left, at: datetime, percent: Decimal | None) -> Subscribed:
    return replace(has.subscribed, billed_left=billed.as_listed(left, has, at, percent))


def _check_size(seen: Preview, terms: Catalog) -> None:
    """Refuse (422) what the processor would not charge at once, now or when it is renewed."""
    most = processor_amounts.bounds(seen.charged.currency)[1]
    renewal = Taxation(seen.treatment, terms.tax.prices).price(seen.renews.price).total
    has_seats = seen.wants.plan.seats is not None
    values = {"most": money_words(most), "less": _less(seen), "seller": terms.seller_name}
    if seen.charged > most:
        words = _(
            "It comes to {amount} today, and our payment processor charges at most {most} at once. "
            "Choose {less}, or agree on a price with {seller}.",
            amount=money_words(seen.charged),
            **values,
        )
    elif renewal > most and seen.renews.interval is Interval.ANNUAL:
        words = _(
            "It comes to {amount} for one year, and our payment processor charges at most {most} at once. "
            "Choose {less}, or agree on a price with {seller}.",
            amount=money_words(renewal),
            **values,
        )
    elif renewal > most:
        words = _(
            "It comes to {amount} for one month, and our payment processor charges at most {most} at once. "
            "Choose {less}, or agree on a price with {seller}.",
            amount=money_words(renewal),
            **values,
        )
    else:
        return
    raise Refused(words, "amount_too_large", 422, "seats" if has_seats else "plan")


def _less(seen: Preview) -> str:
    """Return what costs less than what is wanted."""
    by_year = seen.wants.interval is Interval.ANNUAL
    if seen.wants.plan.seats is not None:
        return _("fewer seats or pay by the month") if by_year else _("fewer seats")
    return _("another plan or pay by the month") if by_year else _("another plan")


def _takes_off(found: Quote, had: Subscribed) -> bool:
    """Say whether time that is not used is taken off, also where it comes to what is had for it."""
    is_less = any(line.net.amount_minor < 0 for line in found.lines)
    return had.is_billed and had.has.price.amount_minor > 0 and found.is_now and (is_less or not found.lines)


def changed(seen: Preview) -> Refused:
    """Return what to say where the change is no longer what was shown."""
    words = _("It is not as it was shown.")
    if seen.charged.amount_minor:
        words = _("It now costs {amount}.", amount=money_words(seen.charged))
    elif seen.given.amount_minor:
        words = _("{amount} would now come back as credit.", amount=money_words(seen.given))
    again = _("Nothing was charged or changed. Look at it again, then confirm it.")
    return Refused(f"{words} {again}", "preview_gone_by")


def refusal(has: Current) -> Refused | None:
    """Return why the customer may not change anything of its plan now; None: it may."""
    try:
        _check(has, clock.now())
    except Refused as refused:
        return refused
    return None


def _check(has: Current, now: datetime) -> None:
    """Refuse who may not change now: nothing is given for time that is yet to be billed."""
    if has.customer.standing == CLOSED:
        raise Refused(_("This account is closed, so its plan cannot be changed."), CLOSED)
    if has.customer.standing == SUSPENDED:
        raise Refused(_("Pay the invoices that are due first: until then your plan cannot be changed."), SUSPENDED)
    if has.row.cancel_at is not None:
        day = locale.day(has.row.cancel_at.date())
        words = _("The plan is cancelled to {day}. Keep it first, then change it.", day=day)
        raise Refused(words, "canceled")
    is_over = has.row.period_ends_at <= now
    if has.costs and (is_over or (not has.is_billed and has.row.run_at <= now)):  # not: a month that began suspended
        words = _("The invoice of your plan is being written. Try again in a few minutes.")
        raise Refused(words, "not_billed_yet")


def _chosen(session: Session, has: Current, target: Target, now: datetime) -> tuple[Catalog, Choice]:
    """Return what is wanted, with the version of the catalog that sells it.

    The plan that is had keeps its version, unless another plan period of it begins now, for which prices are announced.
    """
    had, key = has.has, target.plan or has.has.plan.key
    own = has.catalog.plans.plan(key) if key == had.plan.key else None
    stays = own is not None and (target.interval is None or _is_sold(own.key, target.interval, has.catalog))
    catalog = has.catalog if stays else versions.offered(has.customer.catalog)
    if stays and (has.row.interval != (target.interval or has.row.interval) or not has.is_billed):
        catalog = announced.terms_from(session, has, Interval(target.interval or has.row.interval), now) or catalog
    plan = catalog.plans.plan(key)
    interval = target.interval or had.interval.value
    if plan is not None and target.interval is None and not is_sold(plan, Interval(interval)):
        interval = next((each.value for each in Interval if is_sold(plan, each)), interval)
    seats = target.seats
    if seats is None and key == had.plan.key:
        seats = had.seats
    if seats is None and plan is not None and plan.seats is not None:
        seats = max(included(plan), has.used)
    return catalog, chosen(catalog, key, interval, seats, has.used)


def _is_sold(key: str, interval: str, catalog: Catalog) -> bool:
    plan = catalog.plans.plan(key)
    return plan is not None and interval in set(Interval) and is_sold(plan, Interval(interval))
