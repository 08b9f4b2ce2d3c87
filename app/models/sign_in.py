"""How members get in: links that are mailed to them, and what was asked for them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base


class SignInLink(Base):
    """The newest link that was mailed to a member for one purpose. Only the hash of its token is kept.

    A row without a hash: the link was used, or something changed since by which it is dead.
    """

    __tablename__ = "sign_in_links"
    __table_args__ = (
        CheckConstraint("purpose in ('password_reset','email_change')", name="purpose"),
        UniqueConstraint("member_id", "purpose"),
        Index("uq_sign_in_links_token_hash", "token_hash", unique=True),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    purpose: Mapped[str] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(254))
    """Where the link is sent: for a change of the address the new one."""
    token_hash: Mapped[str | None] = mapped_column(String(64))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    counted_from: Mapped[datetime]
    """Since when `asked_times` counts."""
    asked_times: Mapped[int]


class ResetRequest(Base):
    """Somebody forgot a password, and typed this address. A job finds out whether it is a member's."""

    __tablename__ = "password_reset_requests"
    __table_args__ = (Index("ix_password_reset_requests_next_try_at", "next_try_at"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    address: Mapped[str] = mapped_column(String(45))
    """The network address that asked."""
    asked_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
