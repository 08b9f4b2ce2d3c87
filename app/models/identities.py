"""Accounts at providers that members sign in with. Read by services only."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base


class Identity(Base):
    """An account at a provider, by what the provider never gives to another one: its subject. It is one member's."""

    __tablename__ = "identities"
    __table_args__ = (
        Index("uq_identities_issuer_subject", "issuer", "subject", unique=True),
        UniqueConstraint("member_id", "issuer"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(255))
    shown: Mapped[str] = mapped_column(String(254))
    """What the member knows the account by. It decides nothing."""
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
