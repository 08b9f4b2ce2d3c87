"""Invoices that their customer has corrected: which documents took the place of which, and what went back."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, OwnedWithId, by_customer, whole


class Correction(OwnedWithId, Base):
    """One invoice, the credit note of all of it, and the invoice in its place: written together, once."""

    __tablename__ = "corrections"
    __table_args__ = (
        *by_customer(named=False),
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        ForeignKeyConstraint(["customer_id", "corrected_id"], ["documents.customer_id", "documents.id"]),
        ForeignKeyConstraint(["customer_id", "credit_note_id"], ["documents.customer_id", "documents.id"]),
        ForeignKeyConstraint(["customer_id", "replacement_id"], ["documents.customer_id", "documents.id"]),
        ForeignKeyConstraint(["customer_id", "payment_id"], ["payments.customer_id", "payments.id"]),
        ForeignKeyConstraint(["customer_id", "refund_id"], ["refunds.customer_id", "refunds.id"]),
        UniqueConstraint("customer_id", "corrected_id"),
        UniqueConstraint("customer_id", "credit_note_id"),
        UniqueConstraint("customer_id", "replacement_id"),
        CheckConstraint("difference_minor >= 0", name="difference"),
        CheckConstraint("(difference_minor > 0) = (refund_id is not null)", name="difference_goes_back"),
        CheckConstraint("payment_id is not null or difference_minor = 0", name="due_returns_nothing"),
        Index("ix_corrections_payment", "customer_id", "payment_id"),
        Index("ix_corrections_refund", "customer_id", "refund_id"),
        *whole("difference_minor"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    corrected_id: Mapped[str] = mapped_column(String(40))
    """The invoice that was wrong. It has one correction; what is wrong on its replacement has another."""
    credit_note_id: Mapped[str] = mapped_column(String(40))
    replacement_id: Mapped[str] = mapped_column(String(40))
    payment_id: Mapped[str | None] = mapped_column(String(40))
    """The payment to which the difference goes back; where nothing does, the one that has bought it, if any."""
    refund_id: Mapped[str | None] = mapped_column(String(40))
    """The newest refund that returns the difference."""
    difference_minor: Mapped[int]
    """What was paid more than the replacement comes to: tax, never credit. What is to be paid more is due with that."""
    sold_on: Mapped[date] = mapped_column(Date)
    """The day of the first invoice, whose rates are taken and from which the time to correct is counted."""
    preview: Mapped[str] = mapped_column(String(64))
    """The mark of the preview that was confirmed."""
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
