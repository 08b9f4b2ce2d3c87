"""The ledger: accounts, transfers between them, grants, allocations and the totals of each day."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    and_,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.database import Base, CustomerOwned, Moment, OwnedWithId, by_customer, whole
from app.models.usage import Spending, UsageTotal

NOT_NULL_SEQUENCE = text("sequence is not null")
CREDIT_PAYMENTS = text("source_type = 'credit_payment'")
"""Transfers of credit that has paid an open invoice, and of what came back from it."""
CAME_IN, WENT_BACK = text("debit_account = 'processor'"), text("credit_account = 'processor'")
"""Transfers of money that has come in from the processor, and of what went back to it."""


class Account(CustomerOwned, Base):
    """A balance in one unit. Credited transfers raise it, debited ones lower it; never below its floor (I6)."""

    __tablename__ = "accounts"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        CheckConstraint("floor is null or balance >= floor - debt", name="floor"),
        CheckConstraint("debt >= 0", name="debt_not_negative"),
        CheckConstraint("version >= 0", name="version"),
        *whole("balance", "version", "floor", "debt"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    unit: Mapped[str] = mapped_column(String(30), primary_key=True)
    """`money:USD` (minor units) or `credits:USD`, `credits:tokens` (micros)."""
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    balance: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)
    """How many transfers touched it; on `credits` also the sequence of the balance history."""
    floor: Mapped[int | None]
    debt: Mapped[int] = mapped_column(default=0)
    """How far a claw-back has pushed the balance below its floor: `max(0, floor - balance)`. Nobody spends into it."""


class Transfer(OwnedWithId, Base):
    """An amount from one account to another, once and for ever (I1, I3, I4).

    Where it touches the customer's `credits` it is a row of the balance history: `sequence`, `change_micros` (signed)
    and `balance_after_micros` are set together.
    """

    __tablename__ = "transfers"
    __table_args__ = (
        ForeignKeyConstraint(
            ["customer_id", "unit", "debit_account"],
            ["accounts.customer_id", "accounts.unit", "accounts.name"],
            name="fk_transfers_debit_account",
        ),
        ForeignKeyConstraint(
            ["customer_id", "unit", "credit_account"],
            ["accounts.customer_id", "accounts.unit", "accounts.name"],
            name="fk_transfers_credit_account",
        ),
        ForeignKeyConstraint(
            ["customer_id", "corrects_id"], ["transfers.customer_id", "transfers.id"], name="fk_transfers_corrects"
        ),
        *by_customer(),
        UniqueConstraint("customer_id", "source_type", "source_id", "kind", name="uq_transfers_once"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("debit_account <> credit_account", name="two_accounts"),
        CheckConstraint(
            "(sequence is null) = (change_micros is null) and (sequence is null) = (balance_after_micros is null)",
            name="history_whole",
        ),
        CheckConstraint("change_micros is null or abs(change_micros) = amount", name="change_is_amount"),
        Index(
            "uq_transfers_sequence",
            "customer_id",
            "sequence",
            unique=True,
            sqlite_where=NOT_NULL_SEQUENCE,
            postgresql_where=NOT_NULL_SEQUENCE,
        ),
        Index(
            "ix_transfers_kind",
            "customer_id",
            "kind",
            "sequence",
            sqlite_where=NOT_NULL_SEQUENCE,
            postgresql_where=NOT_NULL_SEQUENCE,
        ),
        Index("ix_transfers_booked_at", "customer_id", "booked_at"),
        Index(
            "ix_transfers_came_in",
            "customer_id",
            "booked_at",
            "id",
            sqlite_where=CAME_IN,
            postgresql_where=CAME_IN,
        ),
        Index(
            "ix_transfers_went_back",
            "customer_id",
            "booked_at",
            "id",
            sqlite_where=WENT_BACK,
            postgresql_where=WENT_BACK,
        ),
        Index(
            "ix_transfers_credit_payments",
            "customer_id",
            "booked_at",
            "id",
            sqlite_where=CREDIT_PAYMENTS,
            postgresql_where=CREDIT_PAYMENTS,
        ),
        Index("ix_transfers_corrects", "customer_id", "corrects_id"),
        Index("ix_transfers_debit_account", "customer_id", "unit", "debit_account"),
        Index("ix_transfers_credit_account", "customer_id", "unit", "credit_account"),
        *whole("amount", "sequence", "change_micros", "balance_after_micros"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    unit: Mapped[str] = mapped_column(String(30))
    debit_account: Mapped[str] = mapped_column(String(20))
    credit_account: Mapped[str] = mapped_column(String(20))
    amount: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    source_type: Mapped[str] = mapped_column(String(20))
    source_id: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(300))
    booked_at: Mapped[datetime]
    corrects_id: Mapped[str | None] = mapped_column(String(40))
    sequence: Mapped[int | None]
    change_micros: Mapped[int | None]
    balance_after_micros: Mapped[int | None]


class Grant(OwnedWithId, Base):
    """Credit given at once: by a paid top-up, or by somebody for a reason (I10)."""

    __tablename__ = "grants"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        ForeignKeyConstraint(["customer_id", "payment_id"], ["payments.customer_id", "payments.id"]),
        *by_customer(),
        CheckConstraint("kind in ('purchased','promotional','trial','referral','refund','proration')", name="kind"),
        CheckConstraint("micros > 0", name="micros_positive"),
        CheckConstraint("remaining_micros >= 0 and remaining_micros <= micros", name="remaining_within"),
        CheckConstraint("expires_at is null or expires_at > effective_at", name="expires_after"),
        CheckConstraint("(payment_id is not null) or (granted_by <> '' and reason <> '')", name="has_a_reason"),
        CheckConstraint("kind <> 'purchased' or payment_id is not null", name="purchased_is_paid"),
        Index("ix_grants_payment", "customer_id", "payment_id"),
        Index("uq_grants_request_key", "customer_id", "request_key", unique=True),
        Index(
            "ix_grants_live",
            "customer_id",
            "priority",
            "expires_at",
            sqlite_where=text("remaining_micros > 0"),
            postgresql_where=text("remaining_micros > 0"),
        ),
        Index(
            "ix_grants_expiring",
            "expires_at",
            sqlite_where=text("remaining_micros > 0 and expires_at is not null"),
            postgresql_where=text("remaining_micros > 0 and expires_at is not null"),
        ),
        Index(
            "ix_grants_waiting",
            "effective_at",
            sqlite_where=text("posted_at is null and voided_at is null"),
            postgresql_where=text("posted_at is null and voided_at is null"),
        ),
        *whole("micros", "remaining_micros", "priority"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    micros: Mapped[int]
    remaining_micros: Mapped[int]
    """What is left to burn; 0 until the grant is effective and posted."""
    priority: Mapped[int] = mapped_column(default=50)
    effective_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    posted_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    payment_id: Mapped[str | None] = mapped_column(String(40))
    granted_by: Mapped[str] = mapped_column(String(254), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")
    request_key: Mapped[str | None] = mapped_column(String(300))
    """What makes a grant given over the API one grant, however often it is asked for."""
    created_at: Mapped[datetime]

    @classmethod
    def is_to_begin(cls, now: Moment) -> ColumnElement[bool]:
        """Select grants whose time has come and that are not posted."""
        return and_(cls.posted_at.is_(None), cls.voided_at.is_(None), cls.effective_at <= now)

    @classmethod
    def is_over(cls, now: Moment) -> ColumnElement[bool]:
        """Select grants whose time is over and of which something is left."""
        return and_(cls.remaining_micros > 0, cls.expires_at <= now)

    @classmethod
    def is_to_expire(cls, now: Moment) -> ColumnElement[bool]:
        """Select grants that are over and hold more, with those over before them, than open holds keep.

        The rule is `app.domain.grants.kept`: only holds made before a grant's time keep it, those of a meter together;
        and no more goes than all that is held leaves.
        """
        before = cls.__table__.alias().c  # aliased() would have all classes mapped, at import
        left = (
            select(func.sum(before.remaining_micros))
            .where(before.customer_id == cls.customer_id, before.remaining_micros > 0)
            .where(before.expires_at <= cls.expires_at)
            .scalar_subquery()
        )
        held_before = and_(
            Authorization.customer_id == cls.customer_id,
            Authorization.is_open(now),
            Authorization.created_at < cls.expires_at,
        )
        credit = select(func.coalesce(func.sum(Authorization.credit_left()), 0)).where(held_before).scalar_subquery()
        is_of_meter = select(Authorization.id).where(held_before, Authorization.meter == UsageTotal.meter)
        metered = (
            select(func.coalesce(func.sum(UsageTotal.reserved_micros), 0))
            .where(UsageTotal.customer_id == cls.customer_id, UsageTotal.reserved_micros > 0)
            .where(is_of_meter.correlate(cls, UsageTotal).exists())
            .scalar_subquery()
        )
        kept = credit + metered
        held = select(Spending.held_micros).where(Spending.customer_id == cls.customer_id).scalar_subquery()
        spare = (
            select(Account.balance + Customer.overage_protection_micros - Spending.unposted_micros)
            .where(Account.customer_id == cls.customer_id, Account.name == "credits")
            .where(Customer.customer_id == cls.customer_id, Spending.customer_id == cls.customer_id)
            .scalar_subquery()
        )
        return and_(cls.is_over(now), or_(held == 0, spare > held), or_(left > kept, left > held))

    @classmethod
    def is_due(cls, now: Moment) -> ColumnElement[bool]:
        """Select grants that are to begin or to expire. Authorizations say the same in SQL, and a test compares."""
        return or_(cls.is_to_begin(now), cls.is_to_expire(now))


class Allocation(CustomerOwned, Base):
    """How much of a transfer came out of a grant (or, negative, went back into it)."""

    __tablename__ = "allocations"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "transfer_id"], ["transfers.customer_id", "transfers.id"]),
        ForeignKeyConstraint(["customer_id", "grant_id"], ["grants.customer_id", "grants.id"]),
        CheckConstraint("micros <> 0", name="not_zero"),
        Index("ix_allocations_grant", "customer_id", "grant_id"),
        *whole("micros"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    transfer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    grant_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    micros: Mapped[int]


class BalanceDay(CustomerOwned, Base):
    """One UTC day of a customer's credits, kept with each posting so that charts never sum the history."""

    __tablename__ = "balance_days"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        CheckConstraint("used_micros >= 0", name="used_not_negative"),
        *whole("added_micros", "used_micros", "closing_micros"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    added_micros: Mapped[int] = mapped_column(default=0)
    """Everything but usage, signed: purchases, grants, expiry, corrections."""
    used_micros: Mapped[int] = mapped_column(default=0)
    closing_micros: Mapped[int]
    """The balance after the day's last transfer."""
