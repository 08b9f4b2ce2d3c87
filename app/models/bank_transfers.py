"""Bank transfers: pro-formas, the account that a customer sends to, what has moved its cash, and what goes back."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, CustomerOwned, OwnedWithId, by_customer, whole

OPEN = text("state = 'open'")
OPEN_OF_INVOICE = text("state = 'open' and document_id is not null")
UNMOVED = text("movement_id is null and state in ('created','sent')")


class ProForma(OwnedWithId, Base):
    """An order that is paid by bank transfer: no invoice, and no number of any series. It reserves its price.

    Whether it is paid says its payment: it is made when the cash is there, and another one where that came to nothing.
    """

    __tablename__ = "pro_formas"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        ForeignKeyConstraint(["customer_id", "payment_id"], ["payments.customer_id", "payments.id"]),
        ForeignKeyConstraint(["customer_id", "document_id"], ["documents.customer_id", "documents.id"]),
        *by_customer(),
        UniqueConstraint("customer_id", "form_key"),
        UniqueConstraint("customer_id", "payment_id"),
        CheckConstraint("state in ('open','canceled','expired')", name="state"),
        CheckConstraint("(state = 'open') = (closed_at is null)", name="closed"),
        CheckConstraint("amount_minor > 0 and credits_micros >= 0", name="amount_positive"),
        CheckConstraint("(purpose = 'invoice') = (document_id is not null)", name="document"),
        Index("ix_pro_formas_newest", "customer_id", "created_at", "id"),
        Index("ix_pro_formas_document", "customer_id", "document_id"),
        Index("ix_pro_formas_open", "valid_until", sqlite_where=OPEN, postgresql_where=OPEN),
        Index(
            "uq_pro_formas_open_of_invoice",
            "customer_id",
            "document_id",
            unique=True,
            sqlite_where=OPEN_OF_INVOICE,
            postgresql_where=OPEN_OF_INVOICE,
        ),
        *whole("amount_minor", "net_minor", "credits_micros", "expires_after_days"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(20))
    document_id: Mapped[str | None] = mapped_column(String(40))
    """The invoice that it pays, if any."""
    state: Mapped[str] = mapped_column(String(10))
    amount_minor: Mapped[int]
    """What is to be sent: the total with tax."""
    currency: Mapped[str] = mapped_column(String(3))
    net_minor: Mapped[int | None]
    treatment: Mapped[str] = mapped_column(Text, default="")
    """How it is taxed and why, as JSON, as it was decided when it was ordered."""
    credits_micros: Mapped[int]
    pack: Mapped[str] = mapped_column(String(60), default="")
    expires_after_days: Mapped[int | None]
    form_key: Mapped[str] = mapped_column(String(40))
    payment_id: Mapped[str | None] = mapped_column(String(40))
    """The last payment that was made for it, from cash that had arrived."""
    created_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    valid_until: Mapped[datetime]
    """Until when its price is reserved. What arrives later stays the customer's, unapplied."""
    closed_at: Mapped[datetime | None]


class TransferAccount(CustomerOwned, Base):
    """The bank account that a customer sends its transfers to, and when its cash there is looked at next."""

    __tablename__ = "transfer_accounts"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        Index("ix_transfer_accounts_next_look", "next_look_at"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    processor_customer: Mapped[str] = mapped_column(String(100))
    """Whose account it is at the processor; empty until it was asked."""
    details: Mapped[str] = mapped_column(Text, default="")
    """What is printed of it, as JSON; empty until the processor has said it."""
    created_at: Mapped[datetime]
    looked_at: Mapped[datetime | None]
    """When the processor last said what has moved the cash."""
    next_look_at: Mapped[datetime]


class CashMovement(OwnedWithId, Base):
    """One movement of a customer's cash at the processor, once and for ever."""

    __tablename__ = "cash_movements"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        *by_customer(),
        UniqueConstraint("customer_id", "number"),
        UniqueConstraint("processor_id"),
        CheckConstraint("amount_minor <> 0", name="moves"),
        *whole("number", "amount_minor"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    """Its place among the customer's, from 1."""
    processor_id: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(40))
    amount_minor: Mapped[int]
    """Signed: below zero it has left the cash."""
    currency: Mapped[str] = mapped_column(String(3))
    reference: Mapped[str] = mapped_column(String(200), default="")
    sender: Mapped[str] = mapped_column(String(200), default="")
    intent_id: Mapped[str] = mapped_column(String(100), default="")
    is_booked: Mapped[bool]
    """Whether it is posted by itself. What pays a payment of ours is posted where that is settled."""
    moved_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class CashReturn(OwnedWithId, Base):
    """The seller's order to send unapplied cash back, committed before the processor is asked."""

    __tablename__ = "cash_returns"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        ForeignKeyConstraint(["customer_id", "movement_id"], ["cash_movements.customer_id", "cash_movements.id"]),
        *by_customer(),
        UniqueConstraint("customer_id", "movement_id"),
        CheckConstraint("state in ('created','sent','failed')", name="state"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_cash_returns_unmoved", "next_check_at", sqlite_where=UNMOVED, postgresql_where=UNMOVED),
        *whole("amount_minor"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(10))
    problem: Mapped[str] = mapped_column(String(100), default="")
    reason: Mapped[str] = mapped_column(String(300))
    requested_by: Mapped[str] = mapped_column(String(254))
    processor_id: Mapped[str | None] = mapped_column(String(100))
    movement_id: Mapped[str | None] = mapped_column(String(40))
    """The movement with which it left the cash."""
    created_at: Mapped[datetime]
    next_check_at: Mapped[datetime]
