"""People: members, what they may do for which customer, and their sessions. Read by services only."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base


class Member(Base):
    """A person who signs in. The e-mail address is kept in lower case."""

    __tablename__ = "members"
    __table_args__ = (Index("uq_members_username", "username", unique=True),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    username: Mapped[str | None] = mapped_column(String(39))
    location: Mapped[str] = mapped_column(String(100), default="")
    company: Mapped[str] = mapped_column(String(200), default="")
    newsletter: Mapped[bool] = mapped_column(default=False)
    theme: Mapped[str] = mapped_column(String(6), default="system")
    time_zone: Mapped[str] = mapped_column(String(60), default="")
    """By its IANA name; empty: the browser's."""
    language: Mapped[str] = mapped_column(String(35), default="")
    """Of pages and mails, as BCP 47 calls it; empty: the browser's."""
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    password_changed_at: Mapped[datetime | None]
    """When the member last chose a password; None: it is the first one, or there is none."""
    deleted_at: Mapped[datetime | None]
    """When the member ended the account. Nothing here says any more who it was."""
    sessions_ended: Mapped[int] = mapped_column(default=0)
    """How many times all the member's sessions were ended: a sign-in that began before is over with them."""


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
    seen_at: Mapped[datetime | None]
    """When the member last used the portal for this customer, to five minutes."""
    chosen_at: Mapped[datetime | None]
    """When the member last signed in for this customer or switched to it: the newest is where a sign-in leads."""


class BrowserSession(Base):
    """A browser's session, by the SHA-256 of its cookie. Without a member: a visitor at the sign-in page."""

    __tablename__ = "browser_sessions"
    __table_args__ = (
        Index("ix_browser_sessions_expires_at", "expires_at"),
        Index("ix_browser_sessions_member_id", "member_id"),
        Index("ix_browser_sessions_customer_id", "customer_id"),
        Index("ix_browser_sessions_link_id", "link_id"),
        CheckConstraint("embedded in ('frame','window')", name="embedded"),
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
    embedded: Mapped[str | None] = mapped_column(String(10))
    """`frame`: begun by a portal session for a host's page; `window`: for a tab of its own; None: by a sign-in."""
    role_at_most: Mapped[str | None] = mapped_column(String(20))
    """The role that the portal session named: the member acts with no more."""
    link_id: Mapped[str | None] = mapped_column(ForeignKey("access_links.id"))
    """The read-only link that began it, in a member's place."""
    opened_by: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Of a window that a frame opened: the hash of the frame's session, which a fresh sign-in counts for too."""
    browser: Mapped[str] = mapped_column(String(60), default="")
    """Which browser it is, in words."""
    network: Mapped[str] = mapped_column(String(45), default="")
    """From which network it was last seen; never the whole address."""


class PortalSession(Base):
    """A one-time link into the portal, by the SHA-256 of its token: made by the host's backend, or by a frame."""

    __tablename__ = "portal_sessions"
    __table_args__ = (
        Index("uq_portal_sessions_token_hash", "token_hash", unique=True),
        Index("uq_portal_sessions_check_hash", "check_hash", unique=True),
        Index("uq_portal_sessions_request_key", "request_key", unique=True),
        Index("ix_portal_sessions_expires_at", "expires_at"),
        Index("ix_portal_sessions_member_id", "member_id"),
        Index("ix_portal_sessions_customer_id", "customer_id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.customer_id"))
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    check_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Of the address that the browser is sent to next, which sees whether the cookie came back."""
    session_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Of the session that it was swapped for."""
    role_at_most: Mapped[str | None] = mapped_column(String(20))
    path: Mapped[str] = mapped_column(String(2000))
    """Where in the portal it leads."""
    options: Mapped[str] = mapped_column(Text)
    """JSON: theme, language and way back."""
    authenticated_at: Mapped[datetime | None]
    """When the host says that the member signed in."""
    opened_by: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    request_key: Mapped[str | None] = mapped_column(String(300))
    """Of a request that may be repeated: its token is made of this key, so that the same one is answered unstored."""
    request_digest: Mapped[str | None] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]


class FrameOrigin(Base):
    """An origin of the seller's whose pages may frame the portal."""

    __tablename__ = "frame_origins"

    origin: Mapped[str] = mapped_column(String(250), primary_key=True)
    created_by: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
