"""What mails about a plan say: that it was changed, will be, ends, or was not changed; and what the seller is asked."""

from typing import Any

from app import locale
from app.domain import mails
from app.domain.money import Money
from app.domain.sold_terms import Terms
from app.domain.subscriptions.choice import Choice, Interval, given
from app.domain.subscriptions.words import choice_words, price_words
from app.extensions import settings
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.models.subscriptions import PlanChange, Subscription
from app.services import portal_links
from app.services.catalog import versions

_STILL = {
    mails.PLAN_CHANGED: {"applied"},
    mails.PLAN_SCHEDULED: {"scheduled"},
    mails.PLAN_UNDONE: {"undone", "replaced"},
    mails.PLAN_NOT_CHANGED: {"superseded", "failed"},
}


def facts(template: str, customer_id: str, context: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the mail's templates name; None where it is no longer so."""
    with as_customer(customer_id):
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        offered = versions.offered(customer.catalog)
        said: dict[str, Any] = {
            "seller": offered.seller,
            "customer": customer,
            "is_sandbox": settings().payments == "sandbox",
            "link": portal_links.page("plan.page"),
        }
        if template == mails.PLAN_REQUEST:
            plan = offered.plans.plan(str(context["plan"]))
            title = plan.title if plan is not None else str(context["plan"])
            words = {name: str(context[name]) for name in ("message", "name", "email")}
            why = f"You get this e-mail because {customer.name} has asked about a plan of yours."
            return said | words | {"title": title, "reply_to": words["email"], "why_you": why}
        if template == mails.PLAN_KEPT:
            more = _going_on(customer, context)
        elif template == mails.PLAN_CANCELED:
            more = _ending(customer, int(context["version"]), Terms.of(offered, "").plan.title)
        else:
            more = _order(customer, template, context)
    return said | more if more is not None else None


def _ending(customer: Customer, version: int, after: str) -> dict[str, Any] | None:
    row = db.session.get_one(Subscription, customer.customer_id, populate_existing=True)
    if row.cancel_at is None or row.version != version:
        return None
    has = given(versions.of(customer), customer.plan, Interval(row.interval), row.seats)
    return {"title": has.plan.title, "after": after, "ends": row.cancel_at}


def _going_on(customer: Customer, context: dict[str, Any]) -> dict[str, Any] | None:
    row = db.session.get_one(Subscription, customer.customer_id, populate_existing=True)
    if row.cancel_at is not None or row.version != int(context["version"]):
        return None
    has = given(versions.of(customer), customer.plan, Interval(row.interval), row.seats)
    price = Money(int(context.get("price_minor", has.price.amount_minor)), has.currency)
    renews = row.period_ends_at if has.price.amount_minor else None
    per = price_words(locale.exact(price), has.interval)
    return {"title": has.plan.title, "renews": renews, "price_per": per}


def _order(customer: Customer, template: str, context: dict[str, Any]) -> dict[str, Any] | None:
    order = db.session.get_one(PlanChange, str(context["change"]), populate_existing=True)
    if order.state not in _STILL[template]:
        return None
    sold = versions.sold(customer.catalog, order.catalog_version)
    wants = Choice(Terms.of(sold, order.plan).plan, Interval(order.interval), order.seats, order.currency)
    total = Money(order.total_minor, order.currency)
    price = Money(int(context.get("price_minor", wants.price.amount_minor)), order.currency)
    row = db.session.get_one(Subscription, customer.customer_id, populate_existing=True)
    return {
        "has": choice_words(given(versions.of(customer), customer.plan, Interval(row.interval), row.seats)),
        "is_moved": order.state == "replaced",
        "becomes": choice_words(wants),
        "from_when": order.effective_at,
        "until": order.period_ends_at,
        "price": price if price.amount_minor else None,
        "price_per": price_words(locale.exact(price), wants.interval),
        "total": total if total.amount_minor > 0 else None,
        "given": Money(-order.total_minor, order.currency) if order.total_minor < 0 else None,
    }
