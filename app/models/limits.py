"""The customer's own limits: spend management, usage alerts, and the notices that they gave."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, CustomerOwned, OwnedWithId, by_customer, whole


class SpendSettings(CustomerOwned, Base):
    """What the customer chose on Spend management; without a row the catalog's terms hold."""

    __tablename__ = "spend_settings"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        CheckConstraint("daily_limit_micros is null or daily_limit_micros >= 0", name="limit_not_negative"),
        CheckConstraint("notify_threshold_micros is null or notify_threshold_micros > 0", name="threshold_positive"),
        CheckConstraint("version > 0", name="version"),
        *whole("daily_limit_micros", "notify_threshold_micros", "version"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    enabled: Mapped[bool]
    daily_limit_micros: Mapped[int | None]
    notify_threshold_micros: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(254))


class UsageAlert(OwnedWithId, Base):
    """A threshold of a meter: a quantity, or a percentage of what the plan allows."""

    __tablename__ = "usage_alerts"
    __table_args__ = (
        *by_customer(named=False, found=False),
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        UniqueConstraint("customer_id", "meter", "threshold", "is_percent", name="uq_usage_alerts_once"),
        CheckConstraint("threshold > 0", name="threshold_positive"),
        *whole("threshold"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    meter: Mapped[str] = mapped_column(String(60))
    threshold: Mapped[int]
    is_percent: Mapped[bool]
    created_at: Mapped[datetime]


class AlertSettings(CustomerOwned, Base):
    """Counts the changes of a customer's usage alerts, so that two open pages cannot undo each other."""

    __tablename__ = "alert_settings"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        CheckConstraint("version > 0", name="version"),
        *whole("version"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]


class AlertRecipient(CustomerOwned, Base):
    """An address that usage alerts go to, once its owner has confirmed it. Only the token's hash is kept."""

    __tablename__ = "alert_recipients"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        UniqueConstraint("token_hash"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), primary_key=True)
    token_hash: Mapped[str | None] = mapped_column(String(64))
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class Notice(CustomerOwned, Base):
    """A notice: a rule that came true on an occasion, sent once (I27): the key decides, however often it is judged."""

    __tablename__ = "notices"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        CheckConstraint("state in ('pending','done')", name="state"),
        Index(
            "ix_notices_pending",
            "created_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "ix_notices_open",
            "rule",
            "occasion",
            sqlite_where=text("recovered_at is null"),
            postgresql_where=text("recovered_at is null"),
        ),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    rule: Mapped[str] = mapped_column(String(30), primary_key=True)
    occasion: Mapped[str] = mapped_column(String(80), primary_key=True)
    """The UTC day, with a number from the second time on, or the billing period and the alert, with its basis where
    that is another by now."""
    data: Mapped[str] = mapped_column(Text)
    """The figures at that time, as JSON."""
    state: Mapped[str] = mapped_column(String(10), default="pending")
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    recovered_at: Mapped[datetime | None]
    """When what was low rose again, or the day that was full was over."""
