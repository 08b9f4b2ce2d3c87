"""Auto-recharge: what the customer allows, the consent to it, how much of it is used, and why each charge was made."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    Update,
    or_,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.auto_recharge.caution import Brake, Caution
from app.domain.auto_recharge.terms import Terms
from app.domain.money import Credits, Money
from app.models.database import Base, CustomerOwned, OwnedWithId, by_customer, whole

DUE = text("look_at is not null")
ON = text("enabled")
STANDS = text("state in ('open','yes','no')")


class AutoRechargeSettings(CustomerOwned, Base):
    """What the customer chose; without a row auto-recharge is off. `look_at` is when the rule is asked next."""

    __tablename__ = "auto_recharge_settings"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        ForeignKeyConstraint(["customer_id", "method_id"], ["payment_methods.customer_id", "payment_methods.id"]),
        ForeignKeyConstraint(
            ["customer_id", "consent_id"], ["auto_recharge_consents.customer_id", "auto_recharge_consents.id"]
        ),
        CheckConstraint("amount_minor is null or amount_minor > 0", name="amount_positive"),
        CheckConstraint("(amount_minor is null) = (pack <> '')", name="amount_or_pack"),
        CheckConstraint("period_limit_minor > 0", name="limit_positive"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("not enabled or consent_id is not null", name="has_consent"),
        CheckConstraint("brake in ('off','wide','narrow')", name="brake"),
        CheckConstraint("(quiet_from is null) = (quiet_until is null)", name="quiet_hours"),
        Index("ix_auto_recharge_settings_due", "look_at", sqlite_where=DUE, postgresql_where=DUE),
        Index("ix_auto_recharge_settings_on", "customer_id", sqlite_where=ON, postgresql_where=ON),
        Index("ix_auto_recharge_settings_method", "customer_id", "method_id"),
        Index("ix_auto_recharge_settings_consent", "customer_id", "consent_id"),
        *whole(
            "threshold_micros",
            "amount_minor",
            "period_limit_minor",
            "ask_above_minor",
            "quiet_from",
            "quiet_until",
            "version",
        ),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    enabled: Mapped[bool]
    threshold_micros: Mapped[int]
    amount_minor: Mapped[int | None]
    pack: Mapped[str] = mapped_column(String(60), default="")
    period_limit_minor: Mapped[int]
    method_id: Mapped[str | None] = mapped_column(String(40))
    """Empty: whichever method is the default one."""
    other_methods: Mapped[bool] = mapped_column(default=False)
    brake: Mapped[str] = mapped_column(String(10), default="wide")
    ask_above_minor: Mapped[int | None]
    quiet_from: Mapped[int | None]
    """Minutes after midnight in the time zone, as is `quiet_until`."""
    quiet_until: Mapped[int | None]
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    consent_id: Mapped[str | None] = mapped_column(String(40))
    """The consent that covers these terms; none while it is off."""
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(254))
    look_at: Mapped[datetime | None]

    def terms(self, currency: str) -> Terms:
        """Return the set as the rule takes it, of a customer who pays in that currency."""
        return Terms(
            enabled=self.enabled,
            threshold=Credits(self.threshold_micros),
            period_limit=Money(self.period_limit_minor, currency),
            amount=None if self.amount_minor is None else Money(self.amount_minor, currency),
            pack=self.pack,
            method_id=self.method_id or "",
            other_methods=self.other_methods,
            caution=Caution(
                Brake(self.brake),
                None if self.ask_above_minor is None else Money(self.ask_above_minor, currency),
                self.quiet_from,
                self.quiet_until,
                self.time_zone,
            ),
            version=self.version,
        )


def due_now(customer_id: str, now: datetime) -> Update:
    """Make the customer due to be looked at, where auto-recharge is on and they are not due yet."""
    settings = AutoRechargeSettings
    due = update(settings).where(
        settings.customer_id == customer_id,
        settings.enabled,
        or_(settings.look_at.is_(None), settings.look_at > now),
    )
    return due.values(look_at=now).execution_options(synchronize_session=False)


class AutoRechargeConsent(OwnedWithId, Base):
    """The sentence that a member accepted, word for word. Never changed."""

    __tablename__ = "auto_recharge_consents"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        *by_customer(),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    wording: Mapped[str] = mapped_column(String(20))
    sentence: Mapped[str] = mapped_column(Text)
    accepted_by: Mapped[str] = mapped_column(String(254))
    accepted_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(45), default="")


class AutoRechargeBudget(CustomerOwned, Base):
    """What automatic payments have charged in a billing period and may still charge: never above its limit (I12)."""

    __tablename__ = "auto_recharge_budgets"
    __table_args__ = (
        ForeignKeyConstraint(
            ["customer_id", "period_number"], ["billing_periods.customer_id", "billing_periods.number"]
        ),
        CheckConstraint("reserved_minor >= 0", name="reserved_not_negative"),
        CheckConstraint("charged_minor >= 0", name="charged_not_negative"),
        CheckConstraint("reserved_minor + charged_minor <= limit_minor", name="within_limit"),
        *whole("period_number", "limit_minor", "reserved_minor", "charged_minor"),
    )

    customer_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    period_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    limit_minor: Mapped[int]
    """The highest limit under which anything was reserved. A lower one holds from then on, and takes nothing back."""
    reserved_minor: Mapped[int] = mapped_column(default=0)
    charged_minor: Mapped[int] = mapped_column(default=0)


class AutoRechargeDecision(OwnedWithId, Base):
    """What was decided when credit was below the threshold, and everything that it was decided from. Never changed."""

    __tablename__ = "auto_recharge_decisions"
    __table_args__ = (
        *by_customer(named=False, found=False),
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        ForeignKeyConstraint(["customer_id", "payment_id"], ["payments.customer_id", "payments.id"]),
        ForeignKeyConstraint(
            ["customer_id", "consent_id"], ["auto_recharge_consents.customer_id", "auto_recharge_consents.id"]
        ),
        UniqueConstraint("customer_id", "payment_id"),
        CheckConstraint("(outcome = 'charge') = (payment_id is not null)", name="charge_has_payment"),
        Index("ix_auto_recharge_decisions_newest", "customer_id", "at", "id"),
        Index("ix_auto_recharge_decisions_consent", "customer_id", "consent_id"),
        *whole(
            "settings_version",
            "period_number",
            "remaining_micros",
            "in_flight_micros",
            "threshold_micros",
            "limit_minor",
            "used_minor",
            "amount_minor",
            "count",
            "declines",
        ),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(20))
    settings_version: Mapped[int]
    consent_id: Mapped[str | None] = mapped_column(String(40))
    period_number: Mapped[int]
    remaining_micros: Mapped[int]
    in_flight_micros: Mapped[int]
    threshold_micros: Mapped[int]
    limit_minor: Mapped[int]
    used_minor: Mapped[int]
    """What of the limit was charged or reserved before."""
    amount_minor: Mapped[int]
    """What is charged; 0: nothing."""
    count: Mapped[int]
    declines: Mapped[int]
    why: Mapped[str] = mapped_column(String(100), default="")
    """The code that suspended it."""
    look_again_at: Mapped[datetime | None]
    payment_id: Mapped[str | None] = mapped_column(String(40))


class AutoRechargeQuestion(OwnedWithId, Base):
    """A charge that waits for a yes: asked once, answered once, and a yes is used once."""

    __tablename__ = "auto_recharge_questions"
    __table_args__ = (
        *by_customer(named=False),
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        ForeignKeyConstraint(["customer_id", "payment_id"], ["payments.customer_id", "payments.id"]),
        CheckConstraint("state in ('open','yes','no','used','over')", name="state"),
        CheckConstraint("why in ('unusual','large')", name="why"),
        CheckConstraint("(state = 'used') = (payment_id is not null)", name="used_by_a_payment"),
        Index(
            "uq_auto_recharge_questions_stands",
            "customer_id",
            unique=True,
            sqlite_where=STANDS,
            postgresql_where=STANDS,
        ),
        Index("ix_auto_recharge_questions_payment", "customer_id", "payment_id"),
        *whole("amount_minor", "count", "used_today_micros", "usual_micros"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    asked_at: Mapped[datetime]
    until: Mapped[datetime]
    """The question and its answer count until then: the end of the UTC day."""
    why: Mapped[str] = mapped_column(String(10))
    amount_minor: Mapped[int]
    count: Mapped[int]
    used_today_micros: Mapped[int]
    usual_micros: Mapped[int]
    """The most that was used on one of the last whole days."""
    state: Mapped[str] = mapped_column(String(10))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(String(254), default="")
    payment_id: Mapped[str | None] = mapped_column(String(40))
