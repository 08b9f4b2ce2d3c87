"""Invoices, credit notes and receipts: what they say, as it was when they were numbered, and the numbers given."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, exists, text
from sqlalchemy.orm import Mapped, column_property, mapped_column

from app.models.corrections import Correction
from app.models.database import Base, CustomerOwned, OwnedWithId, by_customer, whole

APPLIED = text("credits_applied_minor > 0")
VOIDED = text("voided_at is not null")
DUE = text("kind = 'invoice' and state = 'open' and due_on is not null")
KINDS = ("invoice", "credit_note", "receipt", "refund_receipt")
STATES = ("draft", "open", "paid", "void", "uncollectible", "issued")
_TOTALS = (
    "net_minor",
    "tax_minor",
    "total_minor",
    "credits_applied_minor",
    "rounding_minor",
    "payable_minor",
    "paid_minor",
    "returned_minor",
    "credited_minor",
    "carried_minor",
    "overage_micros",
    "taken_over_minor",
    "credit_paid_minor",
)


class NumberSeries(Base):
    """The last number given in a series of a year. Its row stays locked until the document is committed (I23)."""

    __tablename__ = "number_series"
    __table_args__ = (CheckConstraint("last > 0", name="last_positive"), *whole("year", "last"))

    catalog: Mapped[str] = mapped_column(String(60), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    prefix: Mapped[str] = mapped_column(String(20), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Document(OwnedWithId, Base):
    """An invoice, credit note or receipt. Once it has a number only what was paid and returned of it changes (I22)."""

    __tablename__ = "documents"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        ForeignKeyConstraint(["customer_id", "payment_id"], ["payments.customer_id", "payments.id"]),
        ForeignKeyConstraint(["customer_id", "returns_id"], ["documents.customer_id", "documents.id"]),
        ForeignKeyConstraint(["customer_id", "carried_to_id"], ["documents.customer_id", "documents.id"]),
        *by_customer(),
        UniqueConstraint("customer_id", "source_type", "source_id", "kind"),
        UniqueConstraint("catalog", "kind", "number"),
        CheckConstraint(f"kind in {KINDS}", name="kind"),
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint(
            "state = 'void' or (kind = 'invoice') = (state in ('open','paid','uncollectible')) or state = 'draft'",
            name="state_of_kind",
        ),
        CheckConstraint("(state = 'draft') = (number is null)", name="draft_has_no_number"),
        CheckConstraint("(kind in ('credit_note','refund_receipt')) = (returns_id is not null)", name="returns"),
        CheckConstraint("net_minor >= 0 and tax_minor >= 0 and total_minor = net_minor + tax_minor", name="total"),
        CheckConstraint("credits_applied_minor >= 0 and credits_applied_minor <= total_minor", name="credits_applied"),
        CheckConstraint(
            "rounding_minor <= 0 and payable_minor >= 0 "
            "and payable_minor = total_minor - credits_applied_minor + rounding_minor",
            name="payable",
        ),
        CheckConstraint(
            "paid_minor >= 0 and credited_minor >= 0 and paid_minor + credited_minor <= payable_minor", name="paid"
        ),
        CheckConstraint("state <> 'paid' or paid_minor + credited_minor = payable_minor", name="paid_whole"),
        CheckConstraint("carried_minor >= 0 and overage_micros >= 0", name="carried"),
        CheckConstraint("taken_over_minor >= 0 and taken_over_minor <= payable_minor", name="taken_over"),
        CheckConstraint("credit_paid_minor >= 0 and credit_paid_minor <= paid_minor", name="credit_paid"),
        CheckConstraint("returned_minor >= 0 and returned_minor <= total_minor", name="returned"),
        Index("ix_documents_newest", "customer_id", "issued_at", "id"),
        Index("ix_documents_kind", "customer_id", "kind", "issued_at", "id"),
        Index("ix_documents_state", "customer_id", "state", "issued_at", "id"),
        Index("ix_documents_applied", "customer_id", "issued_at", "id", sqlite_where=APPLIED, postgresql_where=APPLIED),
        Index("ix_documents_voided", "customer_id", "voided_at", "id", sqlite_where=VOIDED, postgresql_where=VOIDED),
        Index("ix_documents_due", "customer_id", "due_on", sqlite_where=DUE, postgresql_where=DUE),
        Index("ix_documents_payment", "customer_id", "payment_id"),
        Index("ix_documents_returns", "customer_id", "returns_id"),
        Index("ix_documents_carried_to", "customer_id", "carried_to_id"),
        *whole("year", "place", "catalog_version", "period_number", *_TOTALS),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    number: Mapped[str | None] = mapped_column(String(40))
    prefix: Mapped[str] = mapped_column(String(20))
    year: Mapped[int | None]
    place: Mapped[int | None]
    """Which number of its series and year it is."""
    source_type: Mapped[str] = mapped_column(String(20))
    source_id: Mapped[str] = mapped_column(String(60))
    """The fact that it was made for: a payment, refund or dispute. One fact has one document."""
    payment_id: Mapped[str | None] = mapped_column(String(40))
    returns_id: Mapped[str | None] = mapped_column(String(40))
    """Of what a credit note or refund receipt says how much went back."""
    currency: Mapped[str] = mapped_column(String(3))
    net_minor: Mapped[int]
    tax_minor: Mapped[int]
    total_minor: Mapped[int]
    credits_applied_minor: Mapped[int]
    rounding_minor: Mapped[int]
    payable_minor: Mapped[int]
    issued_at: Mapped[datetime | None]
    due_on: Mapped[date | None] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(String(300))
    """Why a credit note was made."""

    catalog: Mapped[str] = mapped_column(String(60))
    catalog_version: Mapped[int]
    seller_name: Mapped[str] = mapped_column(Text)
    seller_address: Mapped[str] = mapped_column(Text)
    """The lines as they are printed."""
    seller_country: Mapped[str] = mapped_column(String(2))
    seller_tax_id: Mapped[str] = mapped_column(Text)
    seller_email: Mapped[str] = mapped_column(Text)
    customer_name: Mapped[str] = mapped_column(Text)
    customer_email: Mapped[str] = mapped_column(Text)
    buyer_company: Mapped[str] = mapped_column(Text)
    buyer_line1: Mapped[str] = mapped_column(Text)
    buyer_line2: Mapped[str] = mapped_column(Text)
    buyer_city: Mapped[str] = mapped_column(Text)
    buyer_postal_code: Mapped[str] = mapped_column(Text)
    buyer_region: Mapped[str] = mapped_column(Text)
    buyer_country: Mapped[str] = mapped_column(String(2))
    po_number: Mapped[str] = mapped_column(Text)
    buyer_reference: Mapped[str] = mapped_column(Text, default="")
    """What the customer's e-invoices have to name, such as a Leitweg-ID."""
    seller_city: Mapped[str] = mapped_column(Text, default="")
    seller_postal_code: Mapped[str] = mapped_column(Text, default="")
    seller_contact: Mapped[str] = mapped_column(Text, default="")
    seller_phone: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(35), default="en")
    """The customer's when it was drafted: it is drawn in no other one later."""

    paid_minor: Mapped[int] = mapped_column(default=0)
    paid_at: Mapped[datetime | None]
    paid_with: Mapped[str] = mapped_column(String(100), default="")
    """The way to pay, as the customer knows it: `Visa ending in 4242`."""
    returned_minor: Mapped[int] = mapped_column(default=0)
    """What the credit notes that stand return of it."""
    credited_minor: Mapped[int] = mapped_column(default=0)
    """What of these took off what was still to be paid."""
    voided_at: Mapped[datetime | None]
    period_number: Mapped[int | None]
    """The billing period that it invoices."""
    carried_minor: Mapped[int] = mapped_column(default=0)
    """What earlier invoices were too small to be charged for: it is collected with this one, and taxed there."""
    carried_to_id: Mapped[str | None] = mapped_column(String(40))
    """The later invoice with which this one is collected."""
    overage_micros: Mapped[int] = mapped_column(default=0)
    """What was used below zero and is on it: it goes on using the overage protection until this is paid."""
    taken_over_minor: Mapped[int] = mapped_column(default=0)
    """What had been paid for the invoice that it corrects: it pays this one, or settles the credit note."""
    credit_paid_minor: Mapped[int] = mapped_column(default=0)
    """What of `paid_minor` credit that came while the invoice was open has paid of it."""
    is_corrected: Mapped[bool] = column_property(
        exists()
        .where(Correction.customer_id == customer_id, Correction.corrected_id == id)  # noqa: A003  # the column above
        .correlate_except(Correction)
    )
    """Whether another invoice has taken its place. Read with the row."""

    @property
    def settled_at(self) -> datetime | None:
        """When it was paid. A receipt is written in the transaction that settles its payment: it is paid from then."""
        return self.issued_at if self.kind == "receipt" else self.paid_at

    @property
    def settled_with(self) -> str:
        """How it was paid, once it is; until then what it has taken over may have been paid, and no more."""
        return "" if self.state == "open" else self.paid_with

    @property
    def settled_minor(self) -> int:
        """What was paid of it, by then."""
        return self.payable_minor if self.kind == "receipt" else self.paid_minor


class DocumentLine(CustomerOwned, Base):
    """One thing sold, or what a credit note returns under one rate; before tax."""

    __tablename__ = "document_lines"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "document_id"], ["documents.customer_id", "documents.id"]),
        CheckConstraint("percent_micros >= 0 and percent_micros <= 100000000", name="percent"),
        *whole("place", "quantity", "net_minor", "percent_micros"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    description: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int]
    unit_price: Mapped[str] = mapped_column(String(40))
    """Exact, in whole units of the currency; empty where the quantity has no one price."""
    meter: Mapped[str] = mapped_column(String(60))
    begins_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    net_minor: Mapped[int]
    category: Mapped[str] = mapped_column(String(2))
    percent_micros: Mapped[int]


class DocumentTax(CustomerOwned, Base):
    """What is taxed under one category and rate, the tax on it, and why that tax (I24)."""

    __tablename__ = "document_taxes"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "document_id"], ["documents.customer_id", "documents.id"]),
        CheckConstraint("net_minor >= 0 and tax_minor >= 0", name="not_negative"),
        CheckConstraint("category = 'S' or (percent_micros = 0 and tax_minor = 0)", name="only_standard_is_taxed"),
        *whole("percent_micros", "net_minor", "tax_minor"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    document_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    category: Mapped[str] = mapped_column(String(2), primary_key=True)
    percent_micros: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(String(5))
    """ISO 3166-1, or the part of a country that has a rate of its own: PT-20."""
    reason: Mapped[str] = mapped_column(String(40))
    buyer_number: Mapped[str] = mapped_column(Text)
    seller_number: Mapped[str] = mapped_column(Text)
    net_minor: Mapped[int]
    tax_minor: Mapped[int]
