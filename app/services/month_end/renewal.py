"""A plan period is over: the plan ends, changes as it was ordered, or goes on; then the next plan period begins."""

from datetime import datetime

from app.domain.auto_recharge.decision import Outcome
from app.domain.errors import ensure
from app.domain.notices import stamp
from app.domain.sold_terms import Terms
from app.domain.subscriptions.choice import Choice, Interval, given
from app.domain.subscriptions.proration import plan_period
from app.models.customers import BillingPeriod
from app.models.documents import Document
from app.models.subscriptions import PlanChange, Subscription
from app.services import audit
from app.services.auto_recharge import stop
from app.services.catalog import versions
from app.services.ledger.posting import Books
from app.services.month_end import price_changes
from app.services.subscriptions import announced, applying, reads

BY = "purser"


def renew(books: Books, row: Subscription, ended: BillingPeriod, now: datetime) -> None:
    """Let the next plan period begin where the billing period ended, with the plan that the customer then has.

    What the customer decided goes before what the seller announced; that comes then, unless it has left the plan. One
    that was cancelled after its period was over
    and before this run ends with it too: nothing of what would begin was billed.
    """
    at = ended.ends_at
    scheduled = reads.scheduled(books.session, books.customer_id)
    month = plan_period(at, ended.anchor_day, Interval.MONTHLY)
    if row.cancel_at is not None and row.cancel_at < month.ends_at:
        _end(books, row, now)
    elif scheduled is not None:
        _change(books, row, scheduled, now)
    price_changes.apply_due(books, row, at, now)
    choice = given(versions.of(books.customer), books.customer.plan, Interval(row.interval), row.seats)
    is_served = books.customer.standing not in {"suspended", "closed"}
    span = (
        plan_period(at, ended.anchor_day, Interval(row.interval))
        if is_served or not choice.price.amount_minor
        else month
    )
    row.period_number += 1
    row.period_starts_at, row.period_ends_at = span.starts_at, span.ends_at
    row.version += 1
    books.session.flush()


def report(books: Books, row: Subscription, choice: Choice, document: Document | None) -> None:
    """Write that a plan period was billed."""
    ensure(document is not None, "a plan period without its invoice")
    facts = facts_of(row, choice, books.customer.catalog_version, document)  # type: ignore[arg-type]  # said above
    audit.record(books.session, books.customer_id, BY, "subscription.renewed", row.id, after=facts)
    books.session.flush()
    books.outbox.write("subscription.renewed", f"{row.id}:{row.period_number}", facts)


def facts_of(row: Subscription, choice: Choice, version: int, document: Document) -> dict[str, object]:
    """Return what an event says of a plan period that was billed."""
    return {
        "subscription": row.id,
        "plan": choice.plan.key,
        "interval": row.interval,
        "seats": choice.seats,
        "catalog_version": version,
        "period_starts_at": stamp(row.period_starts_at),
        "period_ends_at": stamp(row.period_ends_at),
        "document": document.id,
    }


def _end(books: Books, row: Subscription, now: datetime) -> None:
    """Let the customer have the default plan from now on. What it has stored with the host stays, and no data goes."""
    applying.replace_scheduled(books, now)
    had = given(versions.of(books.customer), books.customer.plan, Interval(row.interval), row.seats).plan
    offered = versions.offered(books.customer.catalog)
    was, became = applying.terms(books, offered.plans.default, offered.version)
    books.session.refresh(row, ["version"])
    default = given(offered, books.customer.plan, Interval.MONTHLY, None).plan
    stop.with_plan(books, Outcome.PLAN_ENDS.value, now)
    facts: dict[str, object] = {
        "subscription": row.id,
        "plan": default.key,
        "from_plan": had.key,
        "canceled_at": stamp(row.canceled_at) if row.canceled_at else "",
        "reason": row.cancel_reason,
        "features_lost": [each for each in had.features if each not in default.features],
    }
    row.interval, row.seats = Interval.MONTHLY.value, None
    row.cancel_at, row.canceled_at, row.cancel_reason = None, None, ""
    row.billed_until = min(row.billed_until, row.period_ends_at)
    after = became | {name: facts[name] for name in ("canceled_at", "reason", "features_lost")}
    audit.record(books.session, books.customer_id, BY, "subscription.ended", row.id, before=was, after=after)
    books.session.flush()
    books.outbox.write("subscription.ended", f"{row.id}:{row.period_number}", facts)


def _change(books: Books, row: Subscription, order: PlanChange, now: datetime) -> None:
    """Give what was scheduled, as it was ordered; where it is the same plan still, not in older terms than are had."""
    before, customer = {"interval": row.interval, "seats": row.seats}, books.customer
    own = versions.of(customer)
    is_newer = customer.catalog_version > order.catalog_version and order.plan == Terms.of(own, customer.plan).plan.key
    keeps = is_newer and not announced.not_sold(own, own, order.plan, Interval(order.interval))
    was, became = applying.terms(books, order.plan, own.version if keeps else order.catalog_version)
    books.session.refresh(row, ["version"])
    catalog = versions.of(books.customer)
    plan = catalog.plans.plan(order.plan)
    row.interval = order.interval
    row.seats = order.seats if plan is not None and plan.seats is not None else None
    order.state, order.ended_at = "applied", now
    after = became | {"change": order.id, "interval": order.interval, "seats": row.seats}
    by = order.created_by
    audit.record(books.session, books.customer_id, by, "subscription.changed", row.id, before=was | before, after=after)
    books.session.flush()
    books.outbox.write("subscription.changed", f"{order.id}:applied", applying.facts_of(order, row.id))
