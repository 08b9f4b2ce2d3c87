"""Who may call the Billing API, and what was answered to requests that may be repeated."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, whole


class ApiKey(Base):
    """A key of the seller's, of one customer, or of a member for one customer. Only the hash of its secret is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        CheckConstraint(
            "member_id is null or (customer_id is not null and scopes not like '%usage:write%')", name="of_a_member"
        ),
        Index("ix_api_keys_customer", "customer_id"),
        Index("uq_api_keys_member_form_key", "member_id", "form_key", unique=True),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), default="")
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(String(300))
    """Separated by spaces."""
    customer_id: Mapped[str | None] = mapped_column(String(40))
    """The only customer that the key may ask about; None: all."""
    member_id: Mapped[str | None] = mapped_column(ForeignKey("members.id"))
    """Whose token it is: it is good for as long as this member may do for the customer what its scopes say."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    form_key: Mapped[str | None] = mapped_column(String(26))
    """Of the form by which a member made it: sent twice it makes one. None: no form did."""


class ApiRequest(Base):
    """A request with an Idempotency-Key: the same key is answered in the same words (AC-1)."""

    __tablename__ = "api_requests"
    __table_args__ = (
        ForeignKeyConstraint(["api_key_id"], ["api_keys.id"]),
        Index("ix_api_requests_created_at", "created_at"),
        *whole("status"),
    )

    api_key_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    path: Mapped[str] = mapped_column(String(300))
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    body: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    lease_until: Mapped[datetime]
    """Until then the first request with this key is still being worked on."""
