"""Authorizations: permission to spend, kept until it is captured, released or expired; and those that were refused."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
    and_,
    case,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, Moment, OwnedWithId, whole


class Authorization(OwnedWithId, Base):
    """One answer to "may this customer spend now?". `available_after_micros` proves that it was within every limit.

    On PostgreSQL it names its customer without a foreign key, as a usage event does: the check would cost as much as
    the row, and the customer's row of `spending`, which has one, is locked while it is written.
    """

    __tablename__ = "authorizations"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]).ddl_if(dialect="sqlite"),
        PrimaryKeyConstraint("customer_id", "key"),
        UniqueConstraint("customer_id", "id").ddl_if(dialect="sqlite"),
        UniqueConstraint("customer_id", "key").ddl_if(dialect="sqlite"),
        Index(None, "id").ddl_if(dialect="postgresql"),
        CheckConstraint("state in ('held','captured','released','expired','refused')", name="state"),
        CheckConstraint("micros >= 0 and quantity >= 0", name="asked_not_negative"),
        CheckConstraint("available_after_micros >= 0", name="within_the_limits"),
        CheckConstraint("captured_micros >= 0 and captured_quantity >= 0", name="captured_not_negative"),
        CheckConstraint("(state = 'refused') = (reason <> '')", name="refused_for_a_reason"),
        CheckConstraint("judged_balance_micros is null or state = 'refused'", name="judged_when_refused"),
        Index(
            "ix_authorizations_open",
            "expires_at",
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
        Index(
            "ix_authorizations_refused",
            "customer_id",
            "created_at",
            sqlite_where=text("state = 'refused'"),
            postgresql_where=text("state = 'refused'"),
        ),
        Index(
            "ix_authorizations_old",
            "created_at",
            sqlite_where=text("state = 'refused'"),
            postgresql_where=text("state = 'refused'"),
        ),
        *whole(
            "quantity",
            "micros",
            "retry_after_seconds",
            "available_after_micros",
            "captured_micros",
            "captured_quantity",
            "captures",
            "period_number",
            "judged_balance_micros",
            "judged_overage_micros",
            "judged_held_micros",
            "judged_daily_limit_micros",
            "judged_daily_used_micros",
            "judged_plan_limit",
            "judged_used",
            "judged_held",
            "judged_catalog_version",
        ),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(255))
    """The caller's Idempotency-Key, or the id where it gave none."""
    digest: Mapped[str] = mapped_column(String(32))
    meter: Mapped[str] = mapped_column(String(60), default="")
    """Empty where credits were asked for, not units of a meter."""
    quantity: Mapped[int] = mapped_column(default=0)
    micros: Mapped[int]
    """What it takes. The credit that was asked for, of which what is not captured is held while it is open; of a meter
    by how much what is reserved rose, or what was used at once cost."""
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(30), default="")
    retry_after_seconds: Mapped[int | None]
    available_after_micros: Mapped[int]
    captured_micros: Mapped[int] = mapped_column(default=0)
    captured_quantity: Mapped[int] = mapped_column(default=0)
    captures: Mapped[int] = mapped_column(default=0)
    period_number: Mapped[int]
    """The billing period whose allowance and plan limit it was judged by."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    judged_balance_micros: Mapped[int | None]
    """Less usage that was not posted yet. This and the next ten columns are what a refusal was decided from; None: it
    was allowed, or refused before they were kept."""
    judged_overage_micros: Mapped[int | None]
    judged_held_micros: Mapped[int | None]
    """What all open holds could still cost."""
    judged_daily_limit_micros: Mapped[int | None]
    judged_daily_used_micros: Mapped[int | None]
    """What was used that day; kept where there was a daily limit."""
    judged_plan_limit: Mapped[int | None]
    judged_used: Mapped[int | None]
    """How many units of its meter were used in the period, as `judged_held` were held."""
    judged_held: Mapped[int | None]
    judged_catalog: Mapped[str | None] = mapped_column(String(60))
    judged_catalog_version: Mapped[int | None]
    judged_plan: Mapped[str | None] = mapped_column(String(60))

    @classmethod
    def is_open(cls, now: Moment) -> ColumnElement[bool]:
        """Select what is held: neither captured nor released, and its time is not over, whether a job saw it or not."""
        return and_(cls.state == "held", cls.expires_at > now)

    @classmethod
    def credit_left(cls) -> ColumnElement[int]:
        """Return what is still held of credit without a meter."""
        left = cls.micros - cls.captured_micros
        return case((and_(cls.meter == "", left > 0), left), else_=0)

    @classmethod
    def units_left(cls) -> ColumnElement[int]:
        """Return how many units of its meter are still held."""
        left = cls.quantity - cls.captured_quantity
        return case((left > 0, left), else_=0)
