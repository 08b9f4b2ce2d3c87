"""Subscriptions: how each customer has its plan, and the orders that change it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, CustomerOwned, OwnedWithId, by_customer, whole

INTERVALS = ("monthly", "annual")
CHANGE_STATES = ("waiting", "applied", "failed", "expired", "superseded", "scheduled", "undone", "replaced")
WAITING = text("state = 'waiting'")
SCHEDULED = text("state = 'scheduled'")


class Subscription(CustomerOwned, Base):
    """How a customer has its plan: each has one. Which plan, and in which version, its own row says."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        UniqueConstraint("customer_id", "id"),
        CheckConstraint(f"interval in {INTERVALS}", name="interval"),
        CheckConstraint("seats > 0", name="seats"),
        CheckConstraint("seats_used >= 0", name="seats_used"),
        CheckConstraint("period_number > 0 and period_ends_at > period_starts_at", name="period"),
        CheckConstraint("(cancel_at is null) = (canceled_at is null)", name="canceled"),
        CheckConstraint("run_number >= 0", name="run_number"),
        Index("ix_subscriptions_run", "run_at", "customer_id"),
        *whole("seats", "seats_used", "period_number", "version", "run_number"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    id: Mapped[str] = mapped_column(String(40))
    interval: Mapped[str] = mapped_column(String(10))
    seats: Mapped[int | None]
    """How many in all; empty: those that the plan includes."""
    seats_used: Mapped[int | None]
    """What the host has reported; empty: nothing yet."""
    period_number: Mapped[int]
    """The plan period that the customer is in, counted from 1."""
    period_starts_at: Mapped[datetime]
    period_ends_at: Mapped[datetime]
    billed_until: Mapped[datetime]
    """Until when the plan is billed. A plan period that has begun is not billed yet while this is its start."""
    cancel_at: Mapped[datetime | None]
    """When the plan ends, because it was cancelled; empty: it goes on."""
    canceled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(String(500), default="")
    run_number: Mapped[int]
    """The billing period at whose end the month is run next; 0: at the begin of the first, whose plan is not billed."""
    run_at: Mapped[datetime]
    """When that is due."""
    version: Mapped[int]
    """Grows with each change of plan, interval, seats or period: an order for what was before is not applied."""


class PlanChange(OwnedWithId, Base):
    """An order to change the plan, the interval or the seats: what is to be, what it costs, and what came of it.

    What was ordered never changes, and how it ended is final.
    """

    __tablename__ = "plan_changes"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["subscriptions.customer_id"]),
        ForeignKeyConstraint(["customer_id", "payment_id"], ["payments.customer_id", "payments.id"]),
        ForeignKeyConstraint(["customer_id", "document_id"], ["documents.customer_id", "documents.id"]),
        ForeignKeyConstraint(["customer_id", "grant_id"], ["grants.customer_id", "grants.id"]),
        *by_customer(),
        UniqueConstraint("customer_id", "form_key"),
        UniqueConstraint("customer_id", "payment_id"),
        UniqueConstraint("customer_id", "grant_id"),
        Index("ix_plan_changes_document", "customer_id", "document_id"),
        Index("ix_plan_changes_newest", "customer_id", "created_at", "id"),
        Index("uq_plan_changes_waiting", "customer_id", unique=True, sqlite_where=WAITING, postgresql_where=WAITING),
        Index(
            "uq_plan_changes_scheduled", "customer_id", unique=True, sqlite_where=SCHEDULED, postgresql_where=SCHEDULED
        ),
        CheckConstraint(f"state in {CHANGE_STATES}", name="state"),
        CheckConstraint(f"interval in {INTERVALS} and from_interval in {INTERVALS}", name="interval"),
        CheckConstraint("seats > 0 and from_seats > 0", name="seats"),
        CheckConstraint(
            "total_minor = net_minor + tax_minor and (total_minor >= 0 or payment_id is null)", name="total"
        ),
        CheckConstraint("period_ends_at > period_starts_at", name="period"),
        CheckConstraint("(state in ('waiting','scheduled')) = (ended_at is null)", name="ended"),
        CheckConstraint("state <> 'waiting' or payment_id is not null", name="waits_for_payment"),
        CheckConstraint("state <> 'scheduled' or (total_minor = 0 and payment_id is null)", name="scheduled_is_free"),
        CheckConstraint("state <> 'applied' or total_minor <= 0 or document_id is not null", name="paid_has_document"),
        CheckConstraint(
            "state <> 'applied' or (total_minor < 0) = (grant_id is not null)", name="given_back_has_grant"
        ),
        *whole(
            *("seats", "from_seats", "catalog_version", "from_catalog_version", "from_version"),
            *("net_minor", "tax_minor", "total_minor"),
        ),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20))
    plan: Mapped[str] = mapped_column(String(60))
    interval: Mapped[str] = mapped_column(String(10))
    seats: Mapped[int]
    catalog_version: Mapped[int]
    """The version of the catalog that the plan is given in."""
    from_plan: Mapped[str] = mapped_column(String(60))
    from_interval: Mapped[str] = mapped_column(String(10))
    from_seats: Mapped[int]
    from_catalog_version: Mapped[int]
    from_version: Mapped[int]
    """The version of the subscription that it was reckoned from."""
    effective_at: Mapped[datetime]
    """From when it is reckoned: now, or the end of the plan period."""
    period_starts_at: Mapped[datetime]
    period_ends_at: Mapped[datetime]
    """The plan period that the customer is then in."""
    currency: Mapped[str] = mapped_column(String(3))
    net_minor: Mapped[int]
    tax_minor: Mapped[int]
    total_minor: Mapped[int]
    lines: Mapped[str] = mapped_column(Text)
    """What its invoice lists, as JSON."""
    treatment: Mapped[str] = mapped_column(Text)
    """How it is taxed and why, as JSON; empty: it costs nothing."""
    preview: Mapped[str] = mapped_column(String(64))
    """The mark of the preview that was confirmed."""
    form_key: Mapped[str] = mapped_column(String(40))
    payment_id: Mapped[str | None] = mapped_column(String(40))
    document_id: Mapped[str | None] = mapped_column(String(40))
    """Its invoice, or the credit note of what was given back: the first, where there are several."""
    grant_id: Mapped[str | None] = mapped_column(String(40))
    """The credit that was given back for what is not used."""
    problem: Mapped[str] = mapped_column(String(100), default="")
    """Why it was not applied; empty: it was, or may be."""
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When it was applied, or came to nothing."""
