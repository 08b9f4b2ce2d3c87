"""Payments: the order to collect, the calls made for it, and the methods that may be charged."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, OwnedWithId, by_customer, whole

STATES = (
    "created",
    "pi_created",
    "confirming",
    "requires_action",
    "processing",
    "succeeded",
    "failed",
    "canceled",
    "refunded",
    "disputed",
)
RAILS = ("card", "sepa_debit", "paypal", "crypto", "bank_transfer")
OPEN_STATES = text("state in ('created','pi_created','confirming','requires_action','processing')")
OPEN_ATTEMPTS = ("started", "requires_action", "processing")
OPEN_ATTEMPT = text("state in ('started','requires_action','processing')")
OPEN_AUTOMATIC = text(
    "budget_period is not null and state in ('created','pi_created','confirming','requires_action','processing')"
)
OPEN_OF_INVOICE = text(
    "document_id is not null and state in ('created','pi_created','confirming','requires_action','processing')"
)
TO_DETACH = text("detach_at is not null")


class PaymentMethod(OwnedWithId, Base):
    """A saved way to pay: only what may be shown, and the processor's id for it."""

    __tablename__ = "payment_methods"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        *by_customer(),
        UniqueConstraint("customer_id", "processor_id"),
        Index(
            "uq_payment_methods_default",
            "customer_id",
            unique=True,
            sqlite_where=text("is_default and removed_at is null"),
            postgresql_where=text("is_default and removed_at is null"),
        ),
        Index(
            "ix_payment_methods_to_detach",
            "detach_at",
            sqlite_where=TO_DETACH,
            postgresql_where=TO_DETACH,
        ),
        *whole("exp_month", "exp_year"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    processor_id: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    brand: Mapped[str] = mapped_column(String(30))
    last4: Mapped[str] = mapped_column(String(4))
    exp_month: Mapped[int | None]
    exp_year: Mapped[int | None]
    holder: Mapped[str] = mapped_column(String(200))
    fingerprint: Mapped[str] = mapped_column(String(100))
    is_default: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    detach_at: Mapped[datetime | None]
    """When to ask the processor (again) to detach what was removed here; empty once it did."""


class Payment(OwnedWithId, Base):
    """The order to collect an amount, committed before anything is asked of the processor."""

    __tablename__ = "payments"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        ForeignKeyConstraint(["customer_id", "method_id"], ["payment_methods.customer_id", "payment_methods.id"]),
        # Documents name payments too: the key that closes the circle is made last.
        ForeignKeyConstraint(
            ["customer_id", "document_id"],
            ["documents.customer_id", "documents.id"],
            name="fk_payments_customer_id_document_id_documents",
            use_alter=True,
        ),
        *by_customer(),
        UniqueConstraint("customer_id", "form_key"),
        UniqueConstraint("processor_id"),
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(
            "credits_micros > 0 or (purpose in ('invoice','plan_change') and credits_micros = 0)",
            name="credits_positive",
        ),
        CheckConstraint("(purpose = 'invoice') = (document_id is not null)", name="document"),
        CheckConstraint("received_minor >= 0", name="received_not_negative"),
        CheckConstraint(f"rail in {RAILS}", name="rail"),
        CheckConstraint(
            "method_id is not null or purpose = 'plan_change' or rail in ('paypal', 'crypto', 'bank_transfer')",
            name="has_method",
        ),
        CheckConstraint(
            "refunded_minor >= 0 and disputed_minor >= 0 and refunded_minor + disputed_minor <= received_minor",
            name="sent_back",
        ),
        CheckConstraint(
            "corrected_minor >= 0 and refunded_minor + disputed_minor + corrected_minor <= received_minor",
            name="corrected",
        ),
        CheckConstraint(
            "as_credit_minor >= 0 and refunded_minor + disputed_minor + corrected_minor + as_credit_minor"
            " <= received_minor",
            name="as_credit",
        ),
        CheckConstraint("as_credit_micros >= 0", name="as_credit_micros"),
        CheckConstraint(
            "state = 'created' or processor_id is not null or checkout_id is not null"
            " or state in ('failed','canceled')",
            name="has_intent",
        ),
        Index("uq_payments_checkout_id", "checkout_id", unique=True),
        Index("ix_payments_next_check_at", "next_check_at", sqlite_where=OPEN_STATES, postgresql_where=OPEN_STATES),
        Index("ix_payments_customer_created", "customer_id", "created_at"),
        Index("ix_payments_method", "customer_id", "method_id"),
        Index("ix_payments_document", "customer_id", "document_id"),
        Index(
            "uq_payments_open_of_invoice",
            "customer_id",
            "document_id",
            unique=True,
            sqlite_where=OPEN_OF_INVOICE,
            postgresql_where=OPEN_OF_INVOICE,
        ),
        Index(
            "uq_payments_open_automatic",
            "customer_id",
            unique=True,
            sqlite_where=OPEN_AUTOMATIC,
            postgresql_where=OPEN_AUTOMATIC,
        ),
        *whole(
            "amount_minor",
            "credits_micros",
            "received_minor",
            "expires_after_days",
            "refunded_minor",
            "disputed_minor",
            "corrected_minor",
            "as_credit_minor",
            "as_credit_micros",
            "budget_period",
            "net_minor",
        ),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    credits_micros: Mapped[int]
    """What the customer was promised for exactly this amount; nothing where it pays an invoice."""
    document_id: Mapped[str | None] = mapped_column(String(40))
    """The invoice that it pays. One payment of an invoice is open at a time."""
    pack: Mapped[str] = mapped_column(String(60), default="")
    expires_after_days: Mapped[int | None]
    """How long the credit was promised to last from the day it is paid; empty: for ever."""
    rail: Mapped[str] = mapped_column(String(20), default="card")
    """What carries the money."""
    method_id: Mapped[str | None] = mapped_column(String(40))
    """The saved method; empty for what is paid once at a wallet's own page, or from what was sent by bank transfer."""
    off_session: Mapped[bool] = mapped_column(default=False)
    """Whether it was charged while nobody was there to answer the bank."""
    form_key: Mapped[str] = mapped_column(String(40))
    processor_id: Mapped[str | None] = mapped_column(String(100))
    checkout_id: Mapped[str | None] = mapped_column(String(100))
    """The processor's checkout where it is paid, by who has saved no method; its intent is known once it is paid."""
    received_minor: Mapped[int] = mapped_column(default=0)
    refunded_minor: Mapped[int] = mapped_column(default=0)
    """What went back by refunds that are under way or done."""
    disputed_minor: Mapped[int] = mapped_column(default=0)
    """What disputes hold or have taken."""
    corrected_minor: Mapped[int] = mapped_column(default=0)
    """Tax that was paid too much, as corrections of its invoice say: it goes back without credit."""
    as_credit_minor: Mapped[int] = mapped_column(default=0)
    """What was given back as credit instead, with its tax: no refund returns it, too."""
    as_credit_micros: Mapped[int] = mapped_column(default=0)
    """The credit that was given for it: it goes with money that a bank takes back."""
    action_url: Mapped[str] = mapped_column(String(1000), default="")
    problem: Mapped[str] = mapped_column(String(100), default="")
    """Why it failed, was cancelled, or still waits: a decline code or one of our own words."""
    created_by: Mapped[str] = mapped_column(String(40))
    """The member who ordered it, or `auto_recharge`."""
    budget_period: Mapped[int | None]
    """The billing period whose limit of automatic charges it counts against; empty: somebody has ordered it."""
    net_minor: Mapped[int | None]
    """The price before tax; empty: it was ordered before Purser charged tax."""
    treatment: Mapped[str] = mapped_column(Text, default="")
    """How it is taxed and why, as JSON, as it was decided when it was ordered."""
    settled_before_documents: Mapped[bool] = mapped_column(default=False)
    """Whether it was paid before Purser wrote invoices and receipts: it has none."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    next_check_at: Mapped[datetime]


class Attempt(OwnedWithId, Base):
    """One call to the processor to charge a payment, committed before the call (AC-24)."""

    __tablename__ = "attempts"
    __table_args__ = (
        *by_customer(named=False, found=False),
        ForeignKeyConstraint(["customer_id", "payment_id"], ["payments.customer_id", "payments.id"]),
        UniqueConstraint("customer_id", "payment_id", "number"),
        UniqueConstraint("idempotency_key"),
        CheckConstraint(
            "state in ('started','succeeded','requires_action','processing','declined','canceled')", name="state"
        ),
        Index(
            "uq_attempts_open",
            "customer_id",
            "payment_id",
            unique=True,
            sqlite_where=OPEN_ATTEMPT,
            postgresql_where=OPEN_ATTEMPT,
        ),
        *whole("number"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    payment_id: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    idempotency_key: Mapped[str] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(100), default="")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
