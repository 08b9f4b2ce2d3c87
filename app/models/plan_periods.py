"""The month: what was billed in advance for a plan, which billing periods were run, and prices that change on a day."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, CustomerOwned, OwnedWithId, by_customer, whole

OUTCOMES = ("billed", "suspended")
PRICE_CHANGE_STATES = ("announced", "applied", "replaced", "withdrawn")
ANNOUNCED = text("state = 'announced'")


class PlanPeriod(CustomerOwned, Base):
    """A plan period of a plan that costs something, as it was billed when it began; never changed."""

    __tablename__ = "plan_periods"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["subscriptions.customer_id"]),
        ForeignKeyConstraint(["customer_id", "document_id"], ["documents.customer_id", "documents.id"]),
        UniqueConstraint("customer_id", "starts_at"),
        Index("ix_plan_periods_document", "customer_id", "document_id"),
        CheckConstraint(f"outcome in {OUTCOMES}", name="outcome"),
        CheckConstraint("(outcome = 'billed') = (document_id is not null)", name="billed"),
        CheckConstraint("interval in ('monthly', 'annual')", name="interval"),
        CheckConstraint("seats > 0", name="seats"),
        CheckConstraint("price_minor > 0", name="price"),
        CheckConstraint("number > 0 and ends_at > starts_at", name="period"),
        *whole("number", "catalog_version", "seats", "price_minor"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    plan: Mapped[str] = mapped_column(String(60))
    catalog_version: Mapped[int]
    interval: Mapped[str] = mapped_column(String(10))
    seats: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    price_minor: Mapped[int]
    """What the plan period costs at the catalog's price."""
    outcome: Mapped[str] = mapped_column(String(10))
    """`suspended`: it is not billed, because the account was suspended when it began."""
    document_id: Mapped[str | None] = mapped_column(String(40))


class PeriodRun(CustomerOwned, Base):
    """That the monthly run was made at the end of a billing period; 0 is the begin of the first one."""

    __tablename__ = "period_runs"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["subscriptions.customer_id"]),
        ForeignKeyConstraint(["customer_id", "document_id"], ["documents.customer_id", "documents.id"]),
        Index("ix_period_runs_document", "customer_id", "document_id"),
        CheckConstraint("number >= 0", name="number"),
        *whole("number"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ran_at: Mapped[datetime]
    document_id: Mapped[str | None] = mapped_column(String(40))
    """The invoice that the run wrote; empty: there was nothing to invoice, or it was there already."""


class PriceChange(OwnedWithId, Base):
    """A plan that moves to another version of the catalog, with the plan period that begins from a day on."""

    __tablename__ = "price_changes"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["subscriptions.customer_id"]),
        *by_customer(),
        Index(
            "uq_price_changes_announced",
            "customer_id",
            unique=True,
            sqlite_where=ANNOUNCED,
            postgresql_where=ANNOUNCED,
        ),
        CheckConstraint(f"state in {PRICE_CHANGE_STATES}", name="state"),
        CheckConstraint("(state = 'announced') = (ended_at is null)", name="ended"),
        *whole("catalog_version"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10))
    plan: Mapped[str] = mapped_column(String(60))
    """The plan that it was announced for: whoever has another by then keeps that one's terms."""
    catalog_version: Mapped[int]
    effective_on: Mapped[date]
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
