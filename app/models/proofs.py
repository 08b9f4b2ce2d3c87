"""What `verify` has proved and need not prove again: up to which row of each series, its sums and its digests."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, CustomerOwned, whole


class ProvedSegment(Base):
    """Rows of a series that follow each other by their keys, as they were when they were proved."""

    __tablename__ = "proved_segments"
    __table_args__ = (
        CheckConstraint("series in ('transfers','usage_events','authorizations','outbox_events')", name="series"),
        CheckConstraint("rows >= 0 and parts >= 0", name="counts"),
        CheckConstraint("from_key < before_key", name="forward"),
        *whole("rows", "parts"),
    )

    series: Mapped[str] = mapped_column(String(20), primary_key=True)
    before_key: Mapped[str] = mapped_column(String(40), primary_key=True)
    """The keys in it are less than this one; the highest of all is how far the series is proved. It is the row's id, or
    of usage events the moment at which they were received."""
    from_key: Mapped[str] = mapped_column(String(40))
    rows: Mapped[int]
    parts: Mapped[int]
    """Of transfers: how many allocations they have."""
    digest: Mapped[str] = mapped_column(String(64))
    form: Mapped[str] = mapped_column(String(12))
    """Which columns it is a digest of, and how they are written: who writes them otherwise cannot compare it."""
    days_before: Mapped[date] = mapped_column(Date)
    """The totals of the days before this one were proved with it."""
    proofs: Mapped[str] = mapped_column(String(64))
    """The digest of what was proved: a release that proves something else proves everything again."""
    proved_at: Mapped[datetime]
    read_at: Mapped[datetime]
    """When its rows were last compared with the digest."""
    found_at: Mapped[datetime | None]
    """Since when something is found that is not as it must be. Until nothing is, each proof reads everything."""


class ProvedAccount(CustomerOwned, Base):
    """What the proved transfers of an account add up to."""

    __tablename__ = "proved_accounts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["customer_id", "unit", "name"], ["accounts.customer_id", "accounts.unit", "accounts.name"]
        ),
        CheckConstraint("sequence >= 0 and posted_micros >= 0", name="not_negative"),
        *whole("balance", "sequence", "posted_micros"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    unit: Mapped[str] = mapped_column(String(30), primary_key=True)
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    balance: Mapped[int]
    sequence: Mapped[int]
    """Of `credits`: the last row of the history that was proved. Those before it were proved too."""
    posted_micros: Mapped[int]
    """Of `credits`: how much of it is usage of days and periods."""


class ProvedGrant(CustomerOwned, Base):
    """What proved transfers have taken out of a grant."""

    __tablename__ = "proved_grants"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "grant_id"], ["grants.customer_id", "grants.id"]),
        *whole("allocated_micros"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    grant_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    allocated_micros: Mapped[int]


class ProvedUsage(CustomerOwned, Base):
    """What the days of a meter and billing period add up to whose events were proved."""

    __tablename__ = "proved_usage"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        CheckConstraint("events >= 0 and quantity >= 0", name="not_negative"),
        *whole("period_number", "events", "quantity", "micros"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    period_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    meter: Mapped[str] = mapped_column(String(60), primary_key=True)
    events: Mapped[int]
    quantity: Mapped[int]
    micros: Mapped[int]
