"""Mails to send, written with the fact that they report, and the links in them that work once."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, OwnedWithId, by_customer, whole

PENDING = text("state = 'pending'")
OF_A_MEMBER = text("member_id is not null")


INTERRUPTED = "interrupted"
UNKNOWN = (INTERRUPTED, "connection_lost")
"""How a try ends after which the mail server may have the mail."""


class Mail(OwnedWithId, Base):
    """A mail about one fact. It is put into words when it is sent, so that no secret waits in the table."""

    __tablename__ = "mails"
    __table_args__ = (
        *by_customer(named=False),
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        UniqueConstraint("customer_id", "key"),
        CheckConstraint("state in ('pending','sent','dropped','dead')", name="state"),
        Index("ix_mails_due", "next_try_at", sqlite_where=PENDING, postgresql_where=PENDING),
        Index("ix_mails_member_id", "member_id", sqlite_where=OF_A_MEMBER, postgresql_where=OF_A_MEMBER),
        *whole("tries"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    template: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(254))
    member_id: Mapped[str | None] = mapped_column(String(40))
    """Whose sign-in it is about, or who followed its invitation, wherever it is sent. The row outlives the member."""
    key: Mapped[str] = mapped_column(String(160))
    """Names the fact: one mail for it."""
    context: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    problem: Mapped[str] = mapped_column(String(300), default="")
    """How the last try ended. While one is under way: how an earlier one did, if nobody knows whether it was sent."""
    subject: Mapped[str] = mapped_column(String(300), default="")
    """Kept with the words below only where mail is not sent but shown: in the demo."""
    body_text: Mapped[str] = mapped_column(Text, default="")
    body_html: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    @classmethod
    def may_have_been_sent(cls) -> ColumnElement[bool]:
        """Say whether it was sent, or a try ended, or has not ended, of which nobody knows that it was not."""
        under_way = and_(cls.state == "pending", cls.tries > 0, cls.problem == "")
        return or_(cls.state == "sent", cls.problem.in_(UNKNOWN), under_way)


class ResumeLink(OwnedWithId, Base):
    """A mailed link that brings a payment on once, within a day (AC-12). Only the token's hash is kept."""

    __tablename__ = "resume_links"
    __table_args__ = (
        *by_customer(named=False, found=False),
        ForeignKeyConstraint(["customer_id", "payment_id"], ["payments.customer_id", "payments.id"]),
        UniqueConstraint("token_hash"),
        Index("ix_resume_links_payment", "customer_id", "payment_id"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    payment_id: Mapped[str] = mapped_column(String(40))
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class DigestSubscription(OwnedWithId, Base):
    """A member who wants the weekly digest of a customer: no row, no digest. The mailed link names the row."""

    __tablename__ = "digest_subscriptions"
    __table_args__ = (
        *by_customer(named=False),
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        UniqueConstraint("customer_id", "member_id"),
        Index("ix_digest_subscriptions_due", "next_at"),
        Index("ix_digest_subscriptions_member_id", "member_id"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    time_zone: Mapped[str] = mapped_column(String(60))
    next_at: Mapped[datetime]
    """When the next one is due: Monday morning in the zone."""
    reported_until: Mapped[date | None]
    """The last UTC day that a digest covers."""
    created_at: Mapped[datetime]
