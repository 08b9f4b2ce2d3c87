"""SSH keys of members. Hosts are given them for the customers that a member acts for."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, whole


class SshKey(Base):
    """A public key of one member. No two members have the same: a host could not know who came in by it."""

    __tablename__ = "ssh_keys"
    __table_args__ = (
        Index("ix_ssh_keys_member_id", "member_id", "id"),
        Index("uq_ssh_keys_fingerprint", "fingerprint", unique=True),
        *whole("bits"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(40))
    """The type as it begins the line: `ssh-ed25519`, …"""
    bits: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(60))
    public_key: Mapped[str] = mapped_column(String(8000))
    """The line without its comment."""
    created_at: Mapped[datetime]
