"""What customers are registered under for tax, and what was answered about it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKeyConstraint, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, CustomerOwned, OwnedWithId, by_customer, whole

LIVE = text("removed_at is null")
DUE = text("check_at is not null")


class TaxRegistration(OwnedWithId, Base):
    """A number or a certificate. A removed one stays, with what was answered about it: it proves what was asked."""

    __tablename__ = "tax_registrations"
    __table_args__ = (
        *by_customer(named=False),
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        CheckConstraint("state in ('pending','verified','unverified','unavailable')", name="state"),
        CheckConstraint("state <> 'verified' or verified_at is not null", name="verified_when"),
        CheckConstraint("removed_at is null or check_at is null", name="removed_is_not_due"),
        CheckConstraint("(kind = 'exemption') = (territories <> '')", name="exemption_has_territories"),
        Index(
            "uq_tax_registrations_live",
            "customer_id",
            "kind",
            "value",
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
        Index("uq_tax_registrations_named", "customer_id", "id", unique=True).ddl_if(dialect="sqlite"),
        Index("ix_tax_registrations_listed", "customer_id", "created_at"),
        Index("ix_tax_registrations_due", "check_at", sqlite_where=DUE, postgresql_where=DUE),
        *whole("tries", "changes"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    country: Mapped[str] = mapped_column(String(2))
    """The letters of the state that gave it: EL for Greece, XI for Northern Ireland, EU for the One Stop Shop."""
    value: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(12))
    why: Mapped[str] = mapped_column(String(40), default="")
    """Why it is not verified, as a code."""
    territories: Mapped[str] = mapped_column(String(200), default="")
    """Where a certificate of exemption applies: codes with a space between them."""
    expires_on: Mapped[date | None] = mapped_column(Date)
    """The last day of a certificate."""
    name: Mapped[str] = mapped_column(String(300), default="")
    """Whose it is, as was answered; empty where the name is withheld."""
    consultation: Mapped[str] = mapped_column(String(100), default="")
    """The number that proves that it was asked, of the newest answer."""
    answered_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    check_at: Mapped[datetime | None]
    """When it is asked next; none: it is asked no more."""
    tries: Mapped[int] = mapped_column(default=0)
    """How often it was asked since the last answer."""
    changes: Mapped[int] = mapped_column(default=0)
    """How often its state has changed: numbers its events."""
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(254))
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str] = mapped_column(String(254), default="")


class ExemptionFile(CustomerOwned, Base):
    """The file of a certificate of exemption, as the customer sent it: it may go, and never changes."""

    __tablename__ = "exemption_files"
    __table_args__ = (
        ForeignKeyConstraint(
            ["customer_id", "registration_id"], ["tax_registrations.customer_id", "tax_registrations.id"]
        ),
        CheckConstraint("content_type in ('application/pdf', 'image/png', 'image/jpeg')", name="content_type"),
        CheckConstraint("size = length(content) and size > 0", name="size"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        *whole("size"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    registration_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    content_type: Mapped[str] = mapped_column(String(40))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))
    """In hexadecimal."""
    size: Mapped[int]
    created_at: Mapped[datetime]
