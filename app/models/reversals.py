"""Money that goes back: refunds, disputes, and the looks at the processor's own books."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, OwnedWithId, by_customer, whole

REFUND_STATES = ("created", "pending", "succeeded", "failed", "canceled")
LONGEST_REASON = 100
"""How many letters of a bank's reason are kept."""
OPEN_REFUND = text("state in ('created','pending')")


class Refund(OwnedWithId, Base):
    """Money of a payment that the seller sends back, committed before the processor is asked."""

    __tablename__ = "refunds"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "payment_id"], ["payments.customer_id", "payments.id"]),
        *by_customer(),
        UniqueConstraint("processor_id"),
        CheckConstraint(f"state in {REFUND_STATES}", name="state"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("credits_micros >= 0", name="credits_not_negative"),
        CheckConstraint("of_credit_minor >= 0 and of_credit_minor <= amount_minor", name="of_credit"),
        Index("ix_refunds_payment", "customer_id", "payment_id"),
        Index("ix_refunds_next_check_at", "next_check_at", sqlite_where=OPEN_REFUND, postgresql_where=OPEN_REFUND),
        *whole("amount_minor", "credits_micros", "of_credit_minor", "tries"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    payment_id: Mapped[str] = mapped_column(String(40))
    processor_id: Mapped[str | None] = mapped_column(String(100))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    credits_micros: Mapped[int] = mapped_column(default=0)
    """The credit that went with it."""
    of_credit_minor: Mapped[int] = mapped_column(default=0)
    """What of it had been given back as credit, which goes with it."""
    of_correction: Mapped[bool] = mapped_column(default=False)
    """Whether it returns what a corrected invoice came to more than its replacement."""
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(300))
    requested_by: Mapped[str] = mapped_column(String(254))
    """Who requested it, or `processor` when it was made there."""
    problem: Mapped[str] = mapped_column(String(100), default="")
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    next_check_at: Mapped[datetime]


class Dispute(OwnedWithId, Base):
    """A customer's bank takes a payment back: held while it is open, then lost or won (AC-70)."""

    __tablename__ = "disputes"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "payment_id"], ["payments.customer_id", "payments.id"]),
        *by_customer(),
        UniqueConstraint("processor_id"),
        CheckConstraint("state in ('open','won','lost')", name="state"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("credits_micros >= 0", name="credits_not_negative"),
        CheckConstraint("of_credit_minor >= 0 and of_credit_minor <= amount_minor", name="of_credit"),
        Index("ix_disputes_payment", "customer_id", "payment_id"),
        *whole("amount_minor", "credits_micros", "of_credit_minor"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    payment_id: Mapped[str] = mapped_column(String(40))
    processor_id: Mapped[str] = mapped_column(String(100))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    credits_micros: Mapped[int] = mapped_column(default=0)
    """The credit that is held or was taken."""
    of_credit_minor: Mapped[int] = mapped_column(default=0)
    """What of it had been given back as credit, which goes with it."""
    state: Mapped[str] = mapped_column(String(10))
    claimed: Mapped[str] = mapped_column(String(60), default="")
    """What the bank claims, in words, where that is no part of the payment: another currency, or more than it was."""
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON), default="")
    respond_by: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class Reconciliation(Base):
    """One look at the processor's books. The newest finished one says until when all is known."""

    __tablename__ = "reconciliations"
    __table_args__ = (
        Index("ix_reconciliations_until", "until"),
        *whole("looked_at", "mended"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    looked_at: Mapped[int] = mapped_column(default=0)
    mended: Mapped[int] = mapped_column(default=0)
    problems: Mapped[str] = mapped_column(Text, default="[]")
    """What a person must look at, as a JSON list of sentences."""
