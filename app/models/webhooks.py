"""Webhooks out: where events go, and what became of each."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, CustomerOwned, OwnedWithId, by_customer, whole


class WebhookEndpoint(OwnedWithId, Base):
    """The customer's own address for events, one each. Secrets are encrypted with the installation's key."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        *by_customer(named=False),
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        UniqueConstraint("customer_id", name="uq_webhook_endpoints_customer"),
        CheckConstraint("state in ('active','disabled')", name="state"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    url: Mapped[str] = mapped_column(String(2000))
    secret_sealed: Mapped[str] = mapped_column(String(500))
    old_secret_sealed: Mapped[str | None] = mapped_column(String(500))
    old_secret_until: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(10), default="active")
    disabled_reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class SellerEndpoint(Base):
    """An address of the seller's, for the events of all customers."""

    __tablename__ = "seller_endpoints"
    __table_args__ = (
        UniqueConstraint("request_key"),
        CheckConstraint("state in ('active','disabled')", name="state"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    url: Mapped[str] = mapped_column(String(2000))
    event_types: Mapped[str] = mapped_column(Text, default="[]")
    """JSON; an empty list stands for all."""
    secret_sealed: Mapped[str] = mapped_column(String(500))
    old_secret_sealed: Mapped[str | None] = mapped_column(String(500))
    old_secret_until: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(10), default="active")
    disabled_reason: Mapped[str] = mapped_column(String(300), default="")
    request_key: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class ChatChannel(OwnedWithId, Base):
    """The customer's channel of Slack or Teams, one each. Its address is a secret: encrypted, and never shown whole."""

    __tablename__ = "chat_channels"
    __table_args__ = (
        *by_customer(named=False),
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        UniqueConstraint("customer_id", name="uq_chat_channels_customer"),
        CheckConstraint("form in ('slack','teams')", name="form"),
        CheckConstraint("state in ('active','paused','disabled','removed')", name="state"),
        CheckConstraint("(state = 'removed') = (url_encrypted = '')", name="removed_without_address"),
        *whole("version"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    form: Mapped[str] = mapped_column(String(10))
    url_encrypted: Mapped[str] = mapped_column(Text)
    hint: Mapped[str] = mapped_column(String(300))
    """As much of the address as may be shown."""
    state: Mapped[str] = mapped_column(String(10), default="active")
    disabled_reason: Mapped[str] = mapped_column(String(300), default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class WebhookDelivery(OwnedWithId, Base):
    """One event on its way to one endpoint, until it arrives or is visibly dead (I29)."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        *by_customer(),
        UniqueConstraint("customer_id", "event_id", "endpoint_id", name="uq_webhook_deliveries_once"),
        CheckConstraint("state in ('pending','delivered','dead','dropped')", name="state"),
        Index(
            "ix_webhook_deliveries_due",
            "next_try_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "ix_webhook_deliveries_done",
            "done_at",
            sqlite_where=text("done_at is not null"),
            postgresql_where=text("done_at is not null"),
        ),
        Index("ix_webhook_deliveries_log", "customer_id", "endpoint_id", "created_at", "id"),
        Index("ix_webhook_deliveries_all", "created_at", "id"),
        *whole("tries", "last_status", "sequence"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    event_id: Mapped[str] = mapped_column(String(40))
    """The outbox event; a test event has an id of its own and no outbox row."""
    type: Mapped[str] = mapped_column(String(60))
    sequence: Mapped[int | None]
    body: Mapped[str] = mapped_column(Text)
    """The bytes that are signed and sent, the same at every try."""
    endpoint_id: Mapped[str] = mapped_column(String(40))
    to_seller: Mapped[bool]
    state: Mapped[str] = mapped_column(String(10), default="pending")
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    last_status: Mapped[int | None]
    problem: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class WebhookAttempt(CustomerOwned, Base):
    """One try of a delivery, for the log."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["customer_id", "delivery_id"], ["webhook_deliveries.customer_id", "webhook_deliveries.id"]
        ),
        *whole("number", "status", "duration_ms"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    delivery_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    url: Mapped[str] = mapped_column(String(2000))
    status: Mapped[int | None]
    problem: Mapped[str] = mapped_column(String(300), default="")
    duration_ms: Mapped[int]
