"""Referrals: who invites, who was invited, what each invoice of theirs counts for, and what was given for a month."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, CustomerOwned, OwnedWithId, by_customer, whole


class Referrer(CustomerOwned, Base):
    """A customer's own referral code, and how far its months are given. Locked by whoever counts or gives."""

    __tablename__ = "referrers"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        UniqueConstraint("code"),
        CheckConstraint("granted_micros >= 0", name="granted_not_negative"),
        Index("ix_referrers_due_at", "due_at"),
        *whole("granted_micros"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    code: Mapped[str] = mapped_column(String(20))
    """Random: it says nothing of the customer."""
    granted_micros: Mapped[int] = mapped_column(default=0)
    """What was given for all months so far."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """When the month that runs is over, and given for; none: nobody was invited yet."""


class Referral(OwnedWithId, Base):
    """One customer invited by another. It belongs to the inviter, who sees nothing of the invited but this row."""

    __tablename__ = "referrals"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        *by_customer(),
        UniqueConstraint("invited_id"),
        CheckConstraint("customer_id <> invited_id", name="not_oneself"),
        CheckConstraint("ends_at > joined_at", name="forward"),
        CheckConstraint("basis_points >= 0 and basis_points <= 10000", name="percent"),
        CheckConstraint("gone_minor >= 0", name="gone_not_negative"),
        Index("ix_referrals_joined", "customer_id", "joined_at", "id"),
        *whole("basis_points", "gone_minor", "seen_sequence"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    """The inviter."""
    invited_id: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(10))
    """How the invited is shown to the inviter."""
    currency: Mapped[str] = mapped_column(String(3))
    basis_points: Mapped[int]
    """The share that was promised, in hundredths of a percent."""
    joined_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    """What is paid from then on earns nothing."""
    is_oneself: Mapped[bool] = mapped_column(default=False)
    """Whether both turned out to be the same: then nothing is earned."""
    gone_minor: Mapped[int] = mapped_column(default=0)
    """What of the net that is counted the customer's money no longer covers."""
    seen_sequence: Mapped[int] = mapped_column(default=0)
    """The last event of the invited that was counted."""


class ReferralEarning(CustomerOwned, Base):
    """What one invoice of an invited customer counts for, as it stands. One invoice has one row."""

    __tablename__ = "referral_earnings"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "referral_id"], ["referrals.customer_id", "referrals.id"]),
        CheckConstraint("net_minor >= 0 and net_minor <= most_minor", name="net"),
        Index("ix_referral_earnings_referral", "customer_id", "referral_id"),
        Index("ix_referral_earnings_earned", "customer_id", "earned_at"),
        *whole("net_minor", "most_minor"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    """The invited customer's invoice. It is never shown to the inviter."""
    referral_id: Mapped[str] = mapped_column(String(40))
    net_minor: Mapped[int]
    most_minor: Mapped[int]
    """The most that it counted for: less of it now went back."""
    earned_at: Mapped[datetime]


class ReferralCredit(CustomerOwned, Base):
    """What was given for a calendar month: once, by its key. A month in which nothing was to be given has no row."""

    __tablename__ = "referral_credits"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "grant_id"], ["grants.customer_id", "grants.id"]),
        CheckConstraint("micros > 0", name="micros_positive"),
        Index("ix_referral_credits_grant", "customer_id", "grant_id"),
        *whole("micros", "earned_micros"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    month: Mapped[date] = mapped_column(Date, primary_key=True)
    """Its first day."""
    micros: Mapped[int]
    earned_micros: Mapped[int]
    """What was earned in all by its end, as it stood when this was given."""
    grant_id: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
