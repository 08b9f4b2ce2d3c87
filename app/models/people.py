"""Who is to act for a customer, and who may look: invitations and read-only links. Services alone read them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base


class Invitation(Base):
    """An address that may join a customer by a mailed link. The row ends when it does, or is withdrawn."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("role in ('owner','billing_manager','viewer')", name="role"),
        Index("uq_invitations_token_hash", "token_hash", unique=True),
    )

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.customer_id"), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), primary_key=True)
    id: Mapped[str] = mapped_column(String(40), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64))
    invited_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    """When the mail was last asked for: its link is good for seven days from then."""


class AccessLink(Base):
    """A link that opens a customer's invoices and statements to whoever holds it, by the SHA-256 of its token."""

    __tablename__ = "access_links"
    __table_args__ = (
        Index("uq_access_links_token_hash", "token_hash", unique=True),
        Index("ix_access_links_customer_id", "customer_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.customer_id"))
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
