"""The sandbox processor's own three tables: what it holds, what it answered, and its planned faults.

They belong to the other side: nothing but `gateways/sandbox/` reads them.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, whole


class SandboxObject(Base):
    """A customer, payment method, payment intent, charge or event as Stripe's JSON."""

    __tablename__ = "sandbox_objects"
    __table_args__ = (
        Index("ix_sandbox_objects_owner", "type", "owner", "created_at"),
        Index("ix_sandbox_objects_due", "type", "due_at"),
    )

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    type: Mapped[str] = mapped_column(String(40))
    owner: Mapped[str] = mapped_column(String(100), default="")
    """The processor's customer it belongs to."""
    body: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime | None]
    """For an event: when to deliver it next; empty once delivered."""
    created_at: Mapped[datetime]


class SandboxRequest(Base):
    """A request by its idempotency key, and the answer that is replayed for it."""

    __tablename__ = "sandbox_requests"
    __table_args__ = (*whole("status"),)

    idempotency_key: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class SandboxFault(Base):
    """One planned fault: which request or event it hits, what happens, and how often still."""

    __tablename__ = "sandbox_faults"
    __table_args__ = (*whole("id", "remaining"),)

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True
    )  # SQLite numbers only INTEGER keys
    matches: Mapped[str] = mapped_column(String(100))
    """`create_intent`, `confirm_intent`, `fetch_intent`, `cancel_intent`, … or `event:<type>`; `*` for any."""
    fault: Mapped[str] = mapped_column(String(40))
    """`refuse`, `reset_before`, `reset_after`, `timeout_before`, `timeout_after`, `500_before`, `500_after`,
    `garbled_after`, `409`, `429`, `duplicate`, `reorder`, `lose`."""
    remaining: Mapped[int]
