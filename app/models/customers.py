"""Customers and their billing periods."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKeyConstraint, Index, String, and_, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, CustomerOwned, Moment, whole

EXPOSED = text("exposure_micros > 0")


class Customer(CustomerOwned, Base):
    """An organization that is billed. Its key is called `customer_id` so that it is scoped like all its rows."""

    __tablename__ = "customers"
    __table_args__ = (
        CheckConstraint("standing in ('good','past_due','suspended','closed')", name="standing"),
        CheckConstraint("overage_protection_micros >= 0", name="overage_protection_not_negative"),
        CheckConstraint("invoiced_overage_micros >= 0", name="invoiced_overage_not_negative"),
        CheckConstraint("exposure_micros >= 0", name="exposure_not_negative"),
        Index("ix_customers_exposed", "customer_id", sqlite_where=EXPOSED, postgresql_where=EXPOSED),
        Index(
            "ix_customers_profile_due",
            "profile_due_at",
            sqlite_where=text("profile_due_at is not null"),
            postgresql_where=text("profile_due_at is not null"),
        ),
        *whole(
            "overage_protection_micros",
            "invoiced_overage_micros",
            "exposure_micros",
            "catalog_version",
            "profile_version",
        ),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    external_id: Mapped[str | None] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    catalog: Mapped[str] = mapped_column(String(60))
    """The catalog that the customer buys from, by name."""
    catalog_version: Mapped[int]
    """The version of it that the plan was given with. What that sold stays as it was sold."""
    plan: Mapped[str] = mapped_column(String(60), default="")
    """The key of the customer's plan; empty: the catalog's default."""
    currency: Mapped[str] = mapped_column(String(3))
    """The currency the customer pays in."""
    credit_unit: Mapped[str] = mapped_column(String(20))
    """What the balance is counted in: a currency or a named unit such as tokens."""
    overage_protection_micros: Mapped[int] = mapped_column(default=0)
    """How far below zero the balance may go now: what was agreed and `exposure_micros`, without what invoices use."""
    invoiced_overage_micros: Mapped[int] = mapped_column(default=0)
    """How much of what was agreed and of the exposure is used by overage on invoices that are not paid yet."""
    exposure_micros: Mapped[int] = mapped_column(default=0)
    """How far the customer is served without credit, because there is a method that is charged for it afterwards."""
    standing: Mapped[str] = mapped_column(String(10), default="good")
    processor_customer: Mapped[str | None] = mapped_column(String(100), unique=True)
    profile_version: Mapped[int] = mapped_column(default=0)
    """Grows with each change of name or address, and with each try to send them to the processor."""
    profile_due_at: Mapped[datetime | None]
    """When name and address are to be sent to the processor; none: it has them."""
    po_required: Mapped[bool] = mapped_column(default=False)
    """Whether the seller requires a purchase order number on the customer's invoices."""
    language: Mapped[str] = mapped_column(String(35), default="en")
    """The language of the customer's documents, as BCP 47 calls it."""
    created_at: Mapped[datetime]


class BillingPeriod(CustomerOwned, Base):
    """A stored period that usage is billed for; never recomputed. One is open at a time."""

    __tablename__ = "billing_periods"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        Index(
            "uq_billing_periods_open",
            "customer_id",
            unique=True,
            sqlite_where=text("closed_at is null"),
            postgresql_where=text("closed_at is null"),
        ),
        Index(
            "ix_billing_periods_due",
            "ends_at",
            sqlite_where=text("closed_at is null"),
            postgresql_where=text("closed_at is null"),
        ),
        CheckConstraint("ends_at > starts_at", name="forward"),
        *whole("number", "anchor_day", "catalog_version"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    anchor_day: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    catalog_version: Mapped[int | None]
    """The customer's version of the catalog when the period closed, and the plan: what a closed period shows stays."""
    plan: Mapped[str | None] = mapped_column(String(60))

    @classmethod
    def is_due(cls, now: Moment) -> ColumnElement[bool]:
        """Select periods that are over and still open. Authorizations say the same in SQL, and a test compares."""
        return and_(cls.closed_at.is_(None), cls.ends_at <= now)
