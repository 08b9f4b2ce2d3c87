"""Saving a payment method: the setup, and the mandate that a debit needs."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, OwnedWithId, by_customer, whole

SETUP_STATES = ("created", "requires_action", "processing", "succeeded", "failed", "canceled")
OPEN_SETUP = text("state in ('created','requires_action','processing')")


class Mandate(OwnedWithId, Base):
    """What a customer has accepted so that an account may be debited: the very words, who, when and from where."""

    __tablename__ = "mandates"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        ForeignKeyConstraint(["customer_id", "method_id"], ["payment_methods.customer_id", "payment_methods.id"]),
        *by_customer(),
        Index("ix_mandates_method", "customer_id", "method_id"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    method_id: Mapped[str | None] = mapped_column(String(40))
    """The saved method, once there is one."""
    processor_id: Mapped[str] = mapped_column(String(100), default="")
    reference: Mapped[str] = mapped_column(String(100), default="")
    """What the debtor's bank shows beside each debit; the processor gives it."""
    text: Mapped[str] = mapped_column(Text)
    text_version: Mapped[str] = mapped_column(String(40))
    accepted_by: Mapped[str] = mapped_column(String(40))
    accepted_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(500))


class MethodSetup(OwnedWithId, Base):
    """A setup: the request to save a method, committed before anything is asked of the processor."""

    __tablename__ = "setups"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        ForeignKeyConstraint(["customer_id", "method_id"], ["payment_methods.customer_id", "payment_methods.id"]),
        ForeignKeyConstraint(["customer_id", "mandate_id"], ["mandates.customer_id", "mandates.id"]),
        *by_customer(),
        UniqueConstraint("processor_id"),
        CheckConstraint(f"state in {SETUP_STATES}", name="state"),
        Index("ix_setups_next_check_at", "next_check_at", sqlite_where=OPEN_SETUP, postgresql_where=OPEN_SETUP),
        Index("ix_setups_method", "customer_id", "method_id"),
        Index("ix_setups_mandate", "customer_id", "mandate_id"),
        Index("ix_setups_customer_created", "customer_id", "created_at"),
        *whole("tries"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    member_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    """The rail that was asked for; empty when the processor's own form offers several."""
    test_method: Mapped[str] = mapped_column(String(100), default="")
    """The named test method, in the sandbox."""
    state: Mapped[str] = mapped_column(String(20))
    processor_id: Mapped[str | None] = mapped_column(String(100))
    action_url: Mapped[str] = mapped_column(String(1000), default="")
    problem: Mapped[str] = mapped_column(String(100), default="")
    back: Mapped[str] = mapped_column(String(500), default="")
    """The page, with its choices, that the member goes back to (a path of ours)."""
    mandate_id: Mapped[str | None] = mapped_column(String(40))
    method_id: Mapped[str | None] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(500), default="")
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    next_check_at: Mapped[datetime]
