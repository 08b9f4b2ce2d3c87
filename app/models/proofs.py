"""What `verify` has proved of the ledger and need not prove again: up to which row, its sums and its digests."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, CustomerOwned, whole


class ProvedSegment(Base):
    """Transfers that follow each other by their ids, with their allocations, as they were when they were proved."""

    __tablename__ = "proved_segments"
    __table_args__ = (
        CheckConstraint("transfers >= 0 and allocations >= 0", name="counts"),
        CheckConstraint("from_id < before_id", name="forward"),
        *whole("transfers", "allocations"),
    )

    before_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    """The ids in it are less than this one; the highest of all is how far the ledger is proved."""
    from_id: Mapped[str] = mapped_column(String(40))
    transfers: Mapped[int]
    allocations: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    days_before: Mapped[date] = mapped_column(Date)
    """The totals of the days before this one were proved with it."""
    proofs: Mapped[str] = mapped_column(String(64))
    """The digest of what was proved: a release that proves something else proves everything again."""
    proved_at: Mapped[datetime]
    read_at: Mapped[datetime]
    """When its rows were last compared with the digest."""


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
