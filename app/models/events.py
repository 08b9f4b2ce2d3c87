"""Events from the processor, events for hosts, and the audit trail."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, OwnedWithId, by_customer, whole


class InboxEvent(Base):
    """A verified webhook of the processor, by its own id; worked on after it was answered (I30)."""

    __tablename__ = "inbox_events"
    __table_args__ = (
        CheckConstraint("state in ('new','done','dead')", name="state"),
        Index(
            "ix_inbox_events_due",
            "next_try_at",
            sqlite_where=text("state = 'new'"),
            postgresql_where=text("state = 'new'"),
        ),
        *whole("tries"),
    )

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    type: Mapped[str] = mapped_column(String(100))
    object_type: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(5), default="new")
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    problem: Mapped[str] = mapped_column(String(300), default="")


class OutboxEvent(OwnedWithId, Base):
    """An event for hosts, written with its fact (I28). `sequence` orders a customer's events."""

    __tablename__ = "outbox_events"
    __table_args__ = (
        *by_customer(named=False),
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        UniqueConstraint("customer_id", "sequence"),
        UniqueConstraint("customer_id", "type", "source_id", name="uq_outbox_events_once"),
        Index(
            "ix_outbox_events_pending",
            "next_try_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        *whole("sequence", "tries"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    sequence: Mapped[int]
    type: Mapped[str] = mapped_column(String(60))
    source_id: Mapped[str] = mapped_column(String(120))
    data: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default="pending")
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    problem: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class AuditEntry(OwnedWithId, Base):
    """Who did what, from what to what, when and from where (I35). Never changed."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        *by_customer(named=False, found=False),
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        Index("ix_audit_entries_customer_at", "customer_id", "at"),
        Index("ix_audit_entries_customer_actor", "customer_id", "actor", "at"),
        Index("ix_audit_entries_customer_action", "customer_id", "action", "at"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(254))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(120))
    before: Mapped[str] = mapped_column(Text, default="")
    after: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(String(45), default="")
