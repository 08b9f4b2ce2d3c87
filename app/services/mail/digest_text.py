"""What the weekly digest says: what was used and paid, where the balance stands, what expires, how long it lasts."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from app import locale
from app.domain.catalog import Catalog
from app.domain.language import _
from app.domain.money import Credits, Money
from app.domain.payments import PaymentState, method_name
from app.domain.sold_terms import Terms
from app.extensions import settings
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Transfer
from app.models.mails import DigestSubscription
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_customer
from app.models.usage import UsageDay
from app.services import portal_links
from app.services.alerts import weekly_digest
from app.services.balance import history, movements, status_facts
from app.services.catalog import versions

MOST = 10
"""So many meters and payments are named; the rest is counted."""
_PAID = [PaymentState.SUCCEEDED, PaymentState.REFUNDED, PaymentState.DISPUTED]


@dataclass(frozen=True)
class Used:
    """What a meter counted in the week, in words, and what it cost."""

    title: str
    quantity: str
    cost: Credits


@dataclass(frozen=True)
class Paid:
    """A payment of the week."""

    amount: Money
    by: str
    day: date
    is_automatic: bool


def facts(customer_id: str, context: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the mail's templates name, or None when the member does not want it any more."""
    first, last = (date.fromisoformat(str(context[name])) for name in ("first", "last"))
    subscription = str(context["subscription"])
    with as_customer(customer_id):
        if db.session.get(DigestSubscription, subscription, populate_existing=True) is None:
            return None
        customer = db.session.get_one(Customer, customer_id)
        catalog, numbers = versions.of(customer), history.numbers()
        now = status_facts.facts(numbers, Terms.of(catalog, customer.plan))
        days = history.days(first, last)
        used, payments = _used(catalog, first, last), _paid(first, last)
    return {
        "seller": catalog.seller,
        "customer": customer,
        "credit_unit": customer.credit_unit,
        "label": catalog.credit_unit_label,
        "first": first,
        "last": last,
        "total_used": Credits(sum(each.used.micros for each in days)),
        "used": used[:MOST],
        "more_used": max(0, len(used) - MOST),
        "remaining": numbers.remaining_credits,
        "payments": payments[:MOST],
        "more_payments": max(0, len(payments) - MOST),
        "expiry": now.expiry,
        "expiring": Credits(now.expiry.left) if now.expiry else None,
        "lasts_until": now.forecast.expected if now.forecast and numbers.remaining_credits.micros > 0 else None,
        "as_of": now.now,
        "link": portal_links.page("overview.page"),
        "settings": portal_links.page("notifications.page"),
        "stop": weekly_digest.link(subscription),
        "is_sandbox": settings().payments == "sandbox",
        "why_you": _(
            "You get this e-mail because you switched the weekly digest of {customer} on.", customer=customer.name
        ),
    }


def _used(catalog: Catalog, first: date, last: date) -> list[Used]:
    """Return what each meter counted on these days, what cost most first.

    What shows a latest or a highest value, or who was there, cannot be added up: of that the cost alone is said.
    """
    rows = db.session.execute(
        select(UsageDay.meter, func.sum(UsageDay.quantity), func.sum(UsageDay.micros))
        .where(UsageDay.customer_id == history.whose(), UsageDay.day >= first, UsageDay.day <= last)
        .group_by(UsageDay.meter)
    ).all()
    found = []
    for key, quantity, micros in rows:
        meter = catalog.meter(key) if key else None
        counted = locale.quantity(int(quantity), meter.unit) if meter and meter.kind.can_be_held else ""
        title = meter.title if meter else key or _("Usage without a meter")
        if counted or micros:
            found.append(Used(title, counted, Credits(int(micros))))
    return sorted(found, key=lambda each: (-each.cost.micros, each.title))


def _paid(first: date, last: date) -> list[Paid]:
    """Return what was paid and credited on these days, the first one first."""
    whose = history.whose()
    rows = db.session.execute(
        select(Payment, PaymentMethod, Transfer.booked_at)
        .join(
            Transfer,
            (Transfer.customer_id == Payment.customer_id)
            & (Transfer.source_type == "payment")
            & (Transfer.source_id == Payment.id)
            & (Transfer.kind == "purchased"),
        )
        .outerjoin(
            PaymentMethod,
            (PaymentMethod.customer_id == Payment.customer_id) & (PaymentMethod.id == Payment.method_id),
        )
        .where(
            Payment.customer_id == whose,
            Payment.state.in_(_PAID),
            Transfer.booked_at >= movements.begin(first),
            Transfer.booked_at < movements.begin(last + timedelta(days=1)),
        )
        .order_by(Transfer.booked_at, Payment.id)
    ).all()
    return [
        Paid(
            Money(payment.received_minor or payment.amount_minor, payment.currency),
            method_name(method.brand, method.last4) if method else method_name(payment.rail),
            booked_at.date(),
            payment.budget_period is not None,
        )
        for payment, method, booked_at in rows
    ]
