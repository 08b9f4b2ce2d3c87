"""Codes for credit: the seller's codes, who has redeemed one, and guesses that were none."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, CustomerOwned, OwnedWithId, by_customer, whole


class CreditCode(Base):
    """A code that the seller gives out. It belongs to no customer, and services alone read it."""

    __tablename__ = "credit_codes"
    __table_args__ = (
        CheckConstraint("credits_micros > 0", name="credits_positive"),
        CheckConstraint("most is null or most > 0", name="most_positive"),
        CheckConstraint("redeemed >= 0 and (most is null or redeemed <= most)", name="redeemed_within"),
        CheckConstraint("lasts_days is null or lasts_days > 0", name="lasts_positive"),
        *whole("credits_micros", "most", "redeemed", "lasts_days"),
    )

    code: Mapped[str] = mapped_column(String(60), primary_key=True)
    catalog: Mapped[str] = mapped_column(String(60))
    credits_micros: Mapped[int]
    credit_unit: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    """What the customer reads in its balance history."""
    redeem_until: Mapped[datetime | None]
    lasts_days: Mapped[int | None]
    most: Mapped[int | None]
    """How many customers may redeem it; empty: any number."""
    redeemed: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class CreditCodeRedemption(CustomerOwned, Base):
    """A customer has redeemed a code: once, by its key."""

    __tablename__ = "credit_code_redemptions"
    __table_args__ = (
        ForeignKeyConstraint(["code"], ["credit_codes.code"]),
        ForeignKeyConstraint(["customer_id", "grant_id"], ["grants.customer_id", "grants.id"]),
        Index("ix_credit_code_redemptions_code", "code"),
        Index("ix_credit_code_redemptions_grant", "customer_id", "grant_id"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    code: Mapped[str] = mapped_column(String(60), primary_key=True)
    grant_id: Mapped[str] = mapped_column(String(40))
    redeemed_at: Mapped[datetime]


class CreditCodeGuess(OwnedWithId, Base):
    """A code that was none, or is over, and was typed for the customer. Guesses of the last hour are kept."""

    __tablename__ = "credit_code_guesses"
    __table_args__ = (
        *by_customer(named=False, found=False),
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        Index("ix_credit_code_guesses_guessed", "customer_id", "guessed_at"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    guessed_at: Mapped[datetime]
