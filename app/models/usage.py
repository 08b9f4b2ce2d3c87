"""Usage: raw events, what they add up to and what is archived, and each customer's row of what is not posted yet."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Computed, Date, ForeignKeyConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, CustomerOwned, whole


class Spending(CustomerOwned, Base):
    """What a customer spends right now. Whoever changes the customer's credits or usage locks this row first.

    `unposted_micros` was used but is not in the ledger yet; `held_micros` is what open authorizations may still cost:
    what the meters of the open period reserve, and what is held of credit without a meter.
    """

    __tablename__ = "spending"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        CheckConstraint("unposted_micros >= 0", name="unposted_not_negative"),
        CheckConstraint("held_micros >= 0", name="held_not_negative"),
        Index("ix_spending_dirty", "customer_id", sqlite_where=text("dirty"), postgresql_where=text("dirty")),
        *whole("unposted_micros", "held_micros"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    unposted_micros: Mapped[int] = mapped_column(default=0)
    held_micros: Mapped[int] = mapped_column(default=0)
    dirty: Mapped[bool] = mapped_column(default=False)
    """Whether something changed since notices were last decided."""


class UsageEventKey(CustomerOwned, Base):
    """The id of an event that was accepted: the same id counts once (I17). Kept for as long as an event may be late."""

    __tablename__ = "usage_event_keys"
    __table_args__ = (Index("ix_usage_event_keys_received_at", "received_at"),)

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    digest: Mapped[str] = mapped_column(String(32))
    """Of everything the event says: the same id with anything else is refused."""
    received_at: Mapped[datetime]


class UsageEvent(CustomerOwned, Base):
    """A report as it was accepted. In monthly partitions of `received_at` on PostgreSQL.

    It names its customer without a foreign key: a check for each of a thousand rows would cost more than the rows, and
    the customer's row of `spending` is locked while they are written.
    """

    __tablename__ = "usage_events"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        Index("ix_usage_events_day", "customer_id", "meter", "day", "received_at", "id"),
        # Of a few bytes for a thousand rows: what came since a moment is found without one key more for each event.
        Index("ix_usage_events_received_at", "received_at", postgresql_using="brin").ddl_if(dialect="postgresql"),
        *whole("quantity", "micros", "period_number"),
        {"postgresql_partition_by": "RANGE (received_at)"},
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    received_at: Mapped[datetime] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    """The UTC day it was accepted on, and counts for."""
    occurred_at: Mapped[datetime]
    """When it happened, as the host says."""
    period_number: Mapped[int]
    meter: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(200), default="")
    quantity: Mapped[int]
    micros: Mapped[int]
    """What it cost when it was accepted, after what came before it in its period."""
    properties: Mapped[str] = mapped_column(Text, default="{}")
    authorization_id: Mapped[str | None] = mapped_column(String(40))


class UsageTotal(CustomerOwned, Base):
    """What a meter shows for one billing period."""

    __tablename__ = "usage_totals"
    __table_args__ = (
        ForeignKeyConstraint(
            ["customer_id", "period_number"], ["billing_periods.customer_id", "billing_periods.number"]
        ),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        CheckConstraint("held_quantity >= 0", name="held_not_negative"),
        CheckConstraint("outlasting_quantity >= 0", name="outlasting_not_negative"),
        CheckConstraint("reserved_micros >= 0", name="reserved_not_negative"),
        *whole("period_number", "quantity", "held_quantity", "outlasting_quantity", "reserved_micros", "micros"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    period_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    meter: Mapped[str] = mapped_column(String(60), primary_key=True)
    quantity: Mapped[int] = mapped_column(default=0)
    held_quantity: Mapped[int] = mapped_column(default=0)
    """Held by open authorizations. The open period has all of it, whatever period they were made in."""
    outlasting_quantity: Mapped[int] = mapped_column(default=0)
    """How much of that may be captured when the period is over."""
    reserved_micros: Mapped[int] = mapped_column(default=0)
    """What all that is held may still cost at most."""
    micros: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime | None]
    """When the value that a `last` meter shows was taken."""


class UsageSubject(CustomerOwned, Base):
    """Somebody or something that a `unique` meter has counted in the period."""

    __tablename__ = "usage_subjects"
    __table_args__ = (*whole("period_number"),)

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    period_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    meter: Mapped[str] = mapped_column(String(60), primary_key=True)
    subject: Mapped[str] = mapped_column(String(200), primary_key=True)


class UsageDay(CustomerOwned, Base):
    """What a meter shows for one UTC day, and how much of its cost is in the ledger. Meter '' is credit without one."""

    __tablename__ = "usage_days"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        CheckConstraint("quantity >= 0 and events >= 0", name="not_negative"),
        CheckConstraint("posted_micros >= 0 and posted_micros <= micros", name="posted_within"),
        Index(
            "ix_usage_days_due",
            "due_on",
            sqlite_where=text("micros > posted_micros"),
            postgresql_where=text("is_to_post"),
        ),
        *whole("period_number", "quantity", "events", "micros", "posted_micros", "postings"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    meter: Mapped[str] = mapped_column(String(60), primary_key=True)
    period_number: Mapped[int]
    quantity: Mapped[int] = mapped_column(default=0)
    events: Mapped[int] = mapped_column(default=0)
    micros: Mapped[int] = mapped_column(default=0)
    posted_micros: Mapped[int] = mapped_column(default=0)
    postings: Mapped[int] = mapped_column(default=0)
    due_on: Mapped[date] = mapped_column(Date)
    """The day from which it is to be posted to the ledger."""
    is_to_post: Mapped[bool] = mapped_column(Computed("micros > posted_micros", persisted=True))
    """Changes seldom: PostgreSQL's index is by it, and not by what each event changes, so that most change no index."""


class UsageArchive(Base):
    """A month whose events are in a file. Those that were received before `before_at` are read from files alone."""

    __tablename__ = "usage_archives"
    __table_args__ = (
        CheckConstraint("events >= 0 and bytes > 0", name="counts"),
        *whole("events", "bytes"),
    )

    month: Mapped[date] = mapped_column(Date, primary_key=True)
    """Its first day."""
    before_at: Mapped[datetime]
    """When the next month begins."""
    file: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int]
    events: Mapped[int]
    begun_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    """None: some of its events are still in the database, too."""


class ArchivedUsage(CustomerOwned, Base):
    """What the events of a meter and day add up to that are in a file. A day's last event may be of the next month."""

    __tablename__ = "archived_usage"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        CheckConstraint("events > 0 and captures >= 0", name="counts"),
        *whole(
            "period_number",
            "events",
            "quantity",
            "most",
            "micros",
            "captures",
            "captured_quantity",
            "captured_micros",
        ),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    meter: Mapped[str] = mapped_column(String(60), primary_key=True)
    month: Mapped[date] = mapped_column(Date, primary_key=True)
    period_number: Mapped[int]
    events: Mapped[int]
    quantity: Mapped[int]
    most: Mapped[int]
    micros: Mapped[int]
    captures: Mapped[int]
    """How many of them were captured of an authorization, and how much."""
    captured_quantity: Mapped[int]
    captured_micros: Mapped[int]
