"""People: members, what they may do for which customer, and their sessions. Read by services only."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base


class Member(Base):
    """A person who signs in. The e-mail address is kept in lower case."""

    __tablename__ = "members"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    theme: Mapped[str] = mapped_column(String(6), default="system")
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Membership(Base):
    """What a member may do for a customer."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("role in ('owner','billing_manager','viewer')", name="role"),
        Index("ix_memberships_customer_id", "customer_id"),
    )

    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.customer_id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]


class BrowserSession(Base):
    """A browser's session, by the SHA-256 of its cookie. Without a member: a visitor at the sign-in page."""

    __tablename__ = "browser_sessions"
    __table_args__ = (
        Index("ix_browser_sessions_expires_at", "expires_at"),
        Index("ix_browser_sessions_member_id", "member_id"),
        Index("ix_browser_sessions_customer_id", "customer_id"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    member_id: Mapped[str | None] = mapped_column(ForeignKey("members.id"))
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.customer_id"))
    data: Mapped[str] = mapped_column(String(4000), default="{}")
    """JSON: the CSRF token and notices for the next page. Nothing secret beyond them."""
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    authenticated_at: Mapped[datetime | None]
    """When the member last gave the password."""
    expires_at: Mapped[datetime]
