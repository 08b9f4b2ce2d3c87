"""What the mails about other prices say: from when on, what the last months would have cost, or that none come."""

import json
from datetime import date
from typing import Any

from sqlalchemy import and_, or_, select

from app import locale
from app.domain.language import _
from app.domain.mails import PRICE_CHANGE, PRICE_CHANGE_WITHDRAWN
from app.domain.money import Money
from app.domain.sold_terms import Terms
from app.domain.subscriptions.choice import Interval, given
from app.domain.subscriptions.words import price_words
from app.extensions import settings
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import Mail
from app.models.plan_periods import PriceChange
from app.models.scope import as_customer
from app.models.subscriptions import Subscription
from app.services import portal_links
from app.services.catalog import versions


def facts(customer_id: str, context: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the mail names; None where it was withdrawn meanwhile, or the customer has another plan."""
    with as_customer(customer_id):
        row = db.session.get(PriceChange, str(context["price_change"]), populate_existing=True)
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        own = versions.of(customer)
        plan = Terms.of(own, customer.plan).plan
        if row is None or row.state != "announced" or plan.key != row.plan:
            return None
        subscription = db.session.get_one(Subscription, customer_id, populate_existing=True)
        other = versions.sold(customer.catalog, row.catalog_version)
    interval = Interval(str(context.get("interval", subscription.interval)))
    has, will = (given(each, customer.plan, interval, subscription.seats).price for each in (own, other))
    if "price_now_minor" in context:  # mails of older releases have no prices
        has, will = (Money(int(context[each]), customer.currency) for each in ("price_now_minor", "price_then_minor"))
    on = date.fromisoformat(str(context.get("begins_on", row.effective_on)))
    return {
        "seller": own.seller,
        "customer": customer,
        "is_sandbox": settings().payments == "sandbox",
        "plan": plan.title,
        "on": on,
        "terms": terms(interval, seller=own.seller.name, plan=plan.title, day=locale.day(on)),
        "per_now": price_words(locale.amount(has), interval),
        "amount_then": locale.amount(will),
        "per_then": price_words(locale.amount(will), interval),
        "months": int(context["months"]),
        "before": Money(int(context["before_minor"]), customer.currency),
        "after": Money(int(context["after_minor"]), customer.currency),
        "link": portal_links.page_or_overview("plan.page"),
    }


def terms(interval: Interval, **values: str) -> str:
    """Say from when on the plan has other terms."""
    if interval is Interval.MONTHLY:
        return _(
            "{seller} changes the terms of your plan {plan}. You have the new ones with the month that begins on "
            "{day}. Until then nothing changes, and what is on an invoice already stays.",
            **values,
        )
    return _(
        "{seller} changes the terms of your plan {plan}. You have the new ones with the year that begins on "
        "{day}. Until then nothing changes, and what is on an invoice already stays.",
        **values,
    )


def withdrawn(customer_id: str) -> dict[str, Any] | None:
    """Return what the mail names that announced prices do not come; None where the last mail was not that they do."""
    with as_customer(customer_id):
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        last = _last(customer_id)
        row = db.session.get(PriceChange, str(last["price_change"]), populate_existing=True) if last else None
        own = versions.of(customer)
        plan = Terms.of(own, customer.plan).plan
        if row is None or row.state not in {"withdrawn", "replaced"} or plan.key != row.plan or _announces_another():
            return None
        subscription = db.session.get_one(Subscription, customer_id, populate_existing=True)
    interval = Interval(subscription.interval)
    price = given(own, customer.plan, interval, subscription.seats).price
    return {
        "seller": own.seller,
        "customer": customer,
        "is_sandbox": settings().payments == "sandbox",
        "plan": plan.title,
        "on": date.fromisoformat(str(last.get("begins_on", row.effective_on))),
        "price_per": price_words(locale.amount(price), interval),
        "link": portal_links.page_or_overview("plan.page"),
    }


def _last(customer_id: str) -> dict[str, Any]:
    """Return what the last mail about other prices that was sent was about; nothing where it said that they stay.

    One that they come counts where nobody knows whether it was sent.
    """
    came = and_(Mail.template == PRICE_CHANGE, Mail.may_have_been_sent())
    stay = and_(Mail.template == PRICE_CHANGE_WITHDRAWN, Mail.state == "sent")
    sent = db.session.execute(
        select(Mail.template, Mail.context)
        .where(
            Mail.customer_id == customer_id,
            or_(came, stay),
        )
        .order_by(Mail.created_at.desc(), Mail.id.desc())
        .limit(1)
    ).one_or_none()
    return json.loads(sent.context) if sent is not None and sent.template == PRICE_CHANGE else {}


def _announces_another() -> bool:
    """Say whether other prices are announced to the customer in scope, by a mail of their own."""
    key = select(Mail.id).where(
        Mail.customer_id == PriceChange.customer_id, Mail.key == f"{PRICE_CHANGE}:" + PriceChange.id
    )
    return db.session.scalar(select(PriceChange.id).where(PriceChange.state == "announced", key.exists())) is not None
