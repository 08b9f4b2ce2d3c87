"""What a customer has invoices made out to, and where they are sent: the address, and the e-mail addresses."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, CustomerOwned, whole


class InvoiceAddress(CustomerOwned, Base):
    """The address on a customer's invoices, as it was typed; without a row there is none yet."""

    __tablename__ = "invoice_addresses"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("company <> '' and line1 <> '' and country <> ''", name="filled"),
        *whole("version"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    company: Mapped[str] = mapped_column(String(200))
    line1: Mapped[str] = mapped_column(String(200))
    line2: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(100))
    postal_code: Mapped[str] = mapped_column(String(20))
    region: Mapped[str] = mapped_column(String(100))
    country: Mapped[str] = mapped_column(String(2))
    """ISO 3166-1 alpha-2."""
    po_number: Mapped[str] = mapped_column(String(100))
    """The customer's purchase order number; empty: none."""
    buyer_reference: Mapped[str] = mapped_column(Text, default="")
    """What the customer's e-invoices have to name, such as a Leitweg-ID; empty: nothing."""
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(254))


class InvoiceNotifications(CustomerOwned, Base):
    """Counts the changes, so that two open pages cannot undo each other; keeps a billing e-mail until it is confirmed.

    The billing e-mail in use is the customer's own column. Of the link that is mailed to a new one the hash is kept.
    """

    __tablename__ = "invoice_notifications"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        UniqueConstraint("token_hash"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint(
            "(pending_email is null) = (asked_at is null) and (pending_email is null) = (token_hash is null)",
            name="pending",
        ),
        *whole("version"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    pending_email: Mapped[str | None] = mapped_column(String(254))
    token_hash: Mapped[str | None] = mapped_column(String(64))
    asked_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(254))


class InvoiceRecipient(CustomerOwned, Base):
    """One more address that some of the mails go to, once somebody there has confirmed it."""

    __tablename__ = "invoice_recipients"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        UniqueConstraint("token_hash"),
        CheckConstraint("receipts or invoices or payment_problems", name="gets_something"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), primary_key=True)
    receipts: Mapped[bool]
    invoices: Mapped[bool]
    payment_problems: Mapped[bool]
    token_hash: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
