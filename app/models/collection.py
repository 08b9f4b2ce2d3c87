"""Collection of unpaid invoices: each attempt on one, and when a customer's are looked at."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint, Update, text, update
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, CustomerOwned, whole

STATES = (
    "waiting",
    "under_way",
    "succeeded",
    "failed",
    "not_possible",
    "not_made",
    "dropped",
    "left_alone",
)
OPEN_ATTEMPTS = text("state in ('waiting','under_way')")
OF_THE_SCHEDULE = text("place is not null and state <> 'not_made'")
ASKED = text("asked_at is not null")
JUDGED = text("judge_at is not null")


class CollectionAttempt(CustomerOwned, Base):
    """One try to collect an invoice: planned, then made by a payment, or more where other methods are tried, too."""

    __tablename__ = "collection_attempts"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "document_id"], ["documents.customer_id", "documents.id"]),
        ForeignKeyConstraint(["customer_id", "payment_id"], ["payments.customer_id", "payments.id"]),
        ForeignKeyConstraint(["customer_id", "method_id"], ["payment_methods.customer_id", "payment_methods.id"]),
        UniqueConstraint("customer_id", "payment_id"),
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("number > 0 and (place is null or place >= 0)", name="counted"),
        CheckConstraint("method_id is null or place is null", name="asked"),
        CheckConstraint("(state in ('waiting','under_way')) = (ended_at is null)", name="ended"),
        CheckConstraint("state not in ('under_way','succeeded','failed') or payment_id is not null", name="made"),
        CheckConstraint("state not in ('waiting','not_possible','left_alone') or payment_id is null", name="not_made"),
        Index(
            "uq_collection_attempts_place",
            "customer_id",
            "document_id",
            "place",
            unique=True,
            sqlite_where=OF_THE_SCHEDULE,
            postgresql_where=OF_THE_SCHEDULE,
        ),
        Index("ix_collection_attempts_method", "customer_id", "method_id"),
        Index("ix_collection_attempts_due", "due_at", sqlite_where=OPEN_ATTEMPTS, postgresql_where=OPEN_ATTEMPTS),
        Index("ix_collection_attempts_open", "customer_id", sqlite_where=OPEN_ATTEMPTS, postgresql_where=OPEN_ATTEMPTS),
        *whole("number", "place"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[int | None]
    """Which of the schedule it is: 0 the first, then the retries; none: it is outside of the schedule."""
    method_id: Mapped[str | None] = mapped_column(String(40))
    """The new method that it was planned for."""
    state: Mapped[str] = mapped_column(String(20))
    due_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    payment_id: Mapped[str | None] = mapped_column(String(40))
    """The payment that was made for it last."""
    ended_at: Mapped[datetime | None]


class Collection(CustomerOwned, Base):
    """When a customer's unpaid invoices are looked at beside what their attempts ask for, and by whom they are now."""

    __tablename__ = "collections"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        ForeignKeyConstraint(["customer_id", "method_id"], ["payment_methods.customer_id", "payment_methods.id"]),
        Index("ix_collections_method", "customer_id", "method_id"),
        Index("ix_collections_asked", "asked_at", sqlite_where=ASKED, postgresql_where=ASKED),
        Index("ix_collections_judged", "judge_at", sqlite_where=JUDGED, postgresql_where=JUDGED),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    asked_at: Mapped[datetime | None]
    """Since when a new method is to pay what is due; none: there is none that was not tried."""
    method_id: Mapped[str | None] = mapped_column(String(40))
    """The method that came last."""
    judge_at: Mapped[datetime | None]
    """When the standing changes though nothing else happens."""
    leased_until: Mapped[datetime | None]
    """Until when a worker has the customer; one that was killed has them no longer."""


def method_came(customer_id: str, method_id: str, now: datetime) -> Update:
    """Have what is due of the customer paid by a method that is new, or newly the default."""
    mine = update(Collection).where(Collection.customer_id == customer_id)
    return mine.values(asked_at=now, method_id=method_id).execution_options(synchronize_session=False)
