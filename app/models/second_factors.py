"""Ways to sign in beside the password: authenticator apps, recovery codes and passkeys. Read by services only."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base


class TwoFactor(Base):
    """A member's authenticator app. It is asked for at each sign-in from its first code on."""

    __tablename__ = "two_factor"

    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(200))
    """Encrypted, for this member (`services/encryption.py`)."""
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """The step of the last code that was accepted: none is accepted twice, and none before it."""
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    """When its first code came. Before, nothing is asked for."""


class RecoveryCode(Base):
    """A code that stands for the app's once, by its SHA-256: it has 120 random bits."""

    __tablename__ = "recovery_codes"

    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A passkey: the public half of a key that a device or a password manager keeps."""

    __tablename__ = "passkeys"
    __table_args__ = (
        Index("uq_passkeys_credential_id", "credential_id", unique=True),
        Index("ix_passkeys_member_id", "member_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023))
    public_key: Mapped[bytes] = mapped_column(LargeBinary(2000))
    sign_count: Mapped[int] = mapped_column(BigInteger)
    """Zero for ever where the passkey is kept by several devices."""
    name: Mapped[str] = mapped_column(String(60))
    transports: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """What a browser was asked to sign, by its SHA-256: for one purpose, in one session, once, within five minutes."""

    __tablename__ = "passkey_challenges"
    __table_args__ = (Index("ix_passkey_challenges_expires_at", "expires_at"),)

    challenge_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    session_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    purpose: Mapped[str] = mapped_column(String(20))
    expires_at: Mapped[datetime]
