"""Plans in tests: a seller of four plans, and customers who change theirs."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import select

from app import clock, ids
from app.domain.people.members import Actor
from app.domain.subscriptions.preview import Preview
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document, DocumentLine
from app.models.payments import Payment, PaymentMethod
from app.models.plan_periods import PlanPeriod
from app.models.scope import as_customer, as_service
from app.models.subscriptions import PlanChange, Subscription
from app.services.catalog import versions
from app.services.customers import registration
from app.services.subscriptions import changes, preview
from app.services.subscriptions.preview import Target
from app.services.transaction import transaction
from tests.support import cast

CATALOG = """\
name = "plans"
title = "Plans"
seller = { name = "Plans AB", country = "SE", tax_id = "SE556012579001" }
credits = { currency = "USD", unit = "USD" }
top_up = { min = "5.00", max = "5000.00" }
overage = { protection = "20" }

[tax]
credits = "at_purchase"
prices = "exclusive"
rates = [{ country = "SE", name = "VAT", percent = "25", since = 2021-01-01 }]

[[meters]]
key = "requests"
title = "Requests"
description = "API calls"
unit = "requests"
credits = "0.40"
per = 1000

[plans]
default = "free"
downgrade = "period_end"

[[plans.tiers]]
key = "free"
title = "Free"
monthly = "0"

[[plans.tiers]]
key = "penny"
title = "Penny"
monthly = "0.40"

[[plans.tiers]]
key = "personal"
title = "Personal"
monthly = "12.00"
annual = "120.00"
limits = { requests = 50000 }

[[plans.tiers]]
key = "team"
title = "Team"
monthly = "49.00"
annual = "490.00"
seats = { included = 3, max = 25, monthly = "15.00", annual = "150.00" }
"""
UNTAXED = ("rates = ", "rates = [] # ")
BEGIN = datetime(2027, 6, 1, 9, tzinfo=UTC)
HALF = datetime(2027, 6, 16, tzinfo=UTC)
"""Half of June is over."""
_numbers = count(1)


def customer(*words: tuple[str, str]) -> Customer:
    """Create a customer on the first of June, on the free plan; `words` change the catalog."""
    applies(*words)
    return customer_in("plans")


def customer_in(catalog: str) -> Customer:
    """Create a customer of this catalog on the first of June, on its free plan."""
    with clock.at(BEGIN):
        return registration.create(
            name="Plans Ltd",
            email="billing@plans.example",
            catalog=catalog,
            external_id=f"plans-{next(_numbers)}",
            created_at=BEGIN,
        )


def applies(*words: tuple[str, str]) -> None:
    """Apply the catalog, or its next version, with these words changed."""
    text = CATALOG
    for old, new in words:
        assert old in text
        text = text.replace(old, new)
    versions.apply(text)


def manager(whose: Customer) -> Actor:
    """Return a member who may change the plan."""
    return cast.make_actor(cast.ALICE, whose)


def manager_of(whose: Customer) -> Actor:
    """Return a member of its own who may change the plan."""
    return cast.make_actor(replace(cast.ALICE, email=f"alice-{next(_numbers)}@plans.example"), whose)


def customer_of(actor: Actor) -> Customer:
    """Return the customer that a member acts for."""
    with as_service("look at a customer"):
        return db.session.get_one(Customer, actor.customer_id, populate_existing=True)


def target(plan: str | None = None, seats: int | None = None, interval: str | None = None) -> Target:
    """Return what is asked for."""
    return Target(plan, interval, seats)


def previews(whose: Customer, wants: Target, at: datetime = HALF) -> Preview:
    """Preview a change."""
    with clock.at(at), as_customer(whose.customer_id):
        return preview.of(db.session.get_one(Customer, whose.customer_id, populate_existing=True), wants)


def confirms(
    actor: Actor, wants: Target, way: str, at: datetime = HALF, seen: Preview | None = None, form_key: str = ""
) -> PlanChange:
    """Confirm a change as it was previewed, or as it is now."""
    with clock.at(at), as_customer(actor.customer_id):
        own = db.session.get_one(Customer, actor.customer_id, populate_existing=True)
        shown = seen or preview.of(own, wants)
        return changes.confirm(
            actor,
            wants,
            mark=shown.mark,
            amount=shown.charged,
            form_key=form_key or ids.new_form_key(),
            method_id=way,
            return_url="http://127.0.0.1/{}".format,
        )


def subscription(whose: Customer) -> tuple[str, str, int | None]:
    """Return plan, interval and seats as the rows have them."""
    with as_service("look at a subscription"):
        own = db.session.get_one(Customer, whose.customer_id, populate_existing=True)
        row = row_of(whose)
        return own.plan, row.interval, row.seats


def row_of(whose: Customer) -> Subscription:
    """Return the row of the subscription."""
    with as_service("look at a subscription"):
        return db.session.get_one(Subscription, whose.customer_id, populate_existing=True)


def order_of(change: PlanChange) -> PlanChange:
    """Return the order as it is now."""
    with as_service("look at a change of plan"):
        return db.session.get_one(PlanChange, change.id, populate_existing=True)


def rows(model: Any, whose: Customer) -> list[Any]:
    """Return the customer's rows of a table, the oldest first."""
    with as_service("look at rows"):
        wanted = select(model).where(model.customer_id == whose.customer_id).order_by(model.id)
        return list(db.session.scalars(wanted.execution_options(populate_existing=True)))


def documents(whose: Customer) -> list[Document]:
    """Return the customer's documents, the oldest first."""
    return rows(Document, whose)


def invoices(whose: Customer) -> list[tuple[str, int, int, list[tuple[str, int]]]]:
    """Return of each of the customer's documents its state, net, total and lines."""
    return [invoice(each.id) for each in rows(Document, whose)]


def invoice(document_id: str) -> tuple[str, int, int, list[tuple[str, int]]]:
    """Return state, net, total and lines of a document."""
    with as_service("look at a document"):
        document = db.session.get_one(Document, document_id, populate_existing=True)
        lines = db.session.scalars(
            select(DocumentLine).where(DocumentLine.document_id == document_id).order_by(DocumentLine.place)
        ).all()
    return (
        *(document.state, document.net_minor, document.total_minor),
        [(line.description, line.net_minor) for line in lines],
    )


def rows_of_notes(whose: Customer, change_id: str) -> list[Document]:
    """Return the credit notes of a change that gave something back."""
    return [each for each in rows(Document, whose) if each.source_id.startswith(change_id) and each.returns_id]


def payments(whose: Customer) -> list[tuple[str, int]]:
    """Return state and amount of each payment."""
    return [(row.state, row.amount_minor) for row in rows(Payment, whose)]


def payment_rows(whose: Customer) -> list[Payment]:
    """Return the customer's payments, the oldest first."""
    return rows(Payment, whose)


def created(plan: str) -> Customer:
    """Create a customer who begins with this plan."""
    with clock.at(BEGIN):
        return registration.create(
            name="Begun Ltd",
            email="billing@begun.example",
            catalog="plans",
            external_id=f"plans-{next(_numbers)}",
            created_at=BEGIN,
            plan=plan,
        )


def stands(whose: Customer, standing: str) -> None:
    """Bring the customer into a standing."""
    with as_service("set a standing"), transaction() as session:
        session.get_one(Customer, whose.customer_id, populate_existing=True).standing = standing


def payment_of(order: PlanChange) -> Payment:
    """Return the payment of an order."""
    with as_service("look at a payment"):
        return db.session.get_one(Payment, order.payment_id, populate_existing=True)


def method_of(whose: Customer) -> str:
    """Return the id of the customer's first saved method."""
    return str(rows(PaymentMethod, whose)[0].id)


def rows_of_periods(whose: Customer) -> list[PlanPeriod]:
    """Return the plan periods that were billed or not, the oldest first."""
    with as_service("look at plan periods"):
        wanted = select(PlanPeriod).where(PlanPeriod.customer_id == whose.customer_id).order_by(PlanPeriod.number)
        return list(db.session.scalars(wanted.execution_options(populate_existing=True)))
