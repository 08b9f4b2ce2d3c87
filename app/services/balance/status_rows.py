"""What lies around the numbers of the customer in scope: one statement, for the status line and for the Overview."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from app import clock
from app.domain.forecast.paces import Pace
from app.domain.grants import CLAW_BACKS
from app.domain.money import Credits
from app.domain.numbers import Debt, Numbers, debt
from app.domain.payments import OPEN, PaymentState
from app.domain.periods import following, open_at
from app.domain.sold_terms import Terms
from app.domain.status_line import FAILED_FOR, SHOWN_FOR, CardFact
from app.models.authorizations import Authorization
from app.models.auto_recharge import AutoRechargeDecision, AutoRechargeSettings
from app.models.customers import BillingPeriod, Customer
from app.models.database import constant, db
from app.models.ledger import Transfer
from app.models.limits import SpendSettings
from app.models.payments import Payment, PaymentMethod
from app.models.usage import UsageTotal
from app.models.written import COLON, COMMA
from app.services.balance import pace, remaining_grants, standing_order
from app.services.balance.standing_order import Order
from app.services.balance.summary import whose
from app.services.ledger import reservations

SHOWN = 6
"""So many payments at most are looked at: those under way, and the last that failed."""
UNWATCHED = ("sepa_debit", "crypto")
"""What is decided days later, or at the wallet: nobody watches when it fails."""


@dataclass(frozen=True)
class Stretch:
    """From when to when a billing period is."""

    starts_at: datetime
    ends_at: datetime
    anchor_day: int


@dataclass(frozen=True)
class Around:
    """What one statement reads around the numbers."""

    now: datetime
    period: Stretch | None
    """The billing period that is open now, whether or not the job has begun it."""
    payments: list[Payment]
    """Those under way, the newest first."""
    failed: Payment | None
    """The newest payment, where it failed lately, and not on a page a moment ago."""
    card: CardFact | None
    used: dict[str, tuple[int, int, Credits]]
    """What each meter has counted in the open period, what is held besides, and what it cost."""
    outlasting: dict[str, int]
    """How much of what is held may be captured after the period."""
    debt: Debt
    is_expiring: bool
    """Whether there is credit that will expire."""
    pace: Pace
    """What was used on each of the last whole days."""
    spend: SpendSettings | None
    """What the customer chose on Spend management, if anything."""
    order: Order | None
    """What the customer allows to be charged automatically, if anything was ever chosen."""
    used_days: list[int]
    """What was used on each of the last whole days, in micros."""
    more: Sequence[Any]
    """What was asked for besides."""


def around(numbers: Numbers, terms: Terms, wanted: Select[Any] | None = None) -> Around:
    """Return what is around the numbers, by these terms; `wanted`: the statement with what is asked for besides."""
    now = clock.now()
    at = {
        "customer_id": whose(), "now": now, "today": now.date(), "failed_since": now - FAILED_FOR,
        "shown_before": now - SHOWN_FOR,
        "pace_since": pace.since(now.date()),
    }  # fmt: skip
    rows = db.session.execute(wanted if wanted is not None else _plain(), at).all()
    _newest, period, method, spend, recharge, decision, asked, limit_used, since, *others = rows[0]
    used, days, metered, ended, expiring, clawed_back, *rest = others
    payments = [row[0] for row in rows if row[0] is not None]
    counted, outlasting = _counted(used or "", period, now, is_stale=ended > 0)
    shown = {meter: many for meter, (many, _held, _cost) in counted.items()}
    at_pace = pace.read(days or "", metered or "", terms, shown, since, now.date())
    open_now = _open(period, now)
    return Around(
        now=now,
        period=open_now,
        payments=[each for each in payments if each.state != PaymentState.FAILED][: SHOWN - 1],
        failed=next((each for each in payments if each.state == PaymentState.FAILED), None),
        card=CardFact(method.brand, method.last4, method.exp_month, method.exp_year) if method else None,
        used=counted,
        outlasting=outlasting,
        debt=debt(numbers.remaining_credits, int(clawed_back)),
        is_expiring=expiring > 0,
        pace=replace(at_pace, turns=open_now.ends_at.date(), anchor_day=open_now.anchor_day) if open_now else at_pace,
        spend=spend,
        order=standing_order.order(
            recharge,
            decision,
            asked,
            limit_used,
            terms.catalog,
            now,
            is_new_period=period is not None and period.ends_at <= now,
        ),
        used_days=pace.used_days(days or "", since, now.date()),
        more=rest,
    )


def statement(*more: ColumnElement[Any]) -> Select[Any]:
    """Ask for what is around the numbers, and `more` of the statement's customer.

    What each meter and each day shows comes as one text, for it must not multiply the payments. Whoever asks keeps the
    statement: making it takes longer than answering it.
    """
    later = aliased(Payment)
    is_failed = and_(
        Payment.state == constant(PaymentState.FAILED),
        or_(
            Payment.off_session,
            Payment.rail.in_([constant(rail) for rail in UNWATCHED]),
            Payment.updated_at < bindparam("shown_before"),
        ),
        Payment.updated_at > bindparam("failed_since"),
        ~exists().where(later.customer_id == Payment.customer_id, later.created_at > Payment.created_at),
    )
    is_open = Payment.state.in_([constant(state) for state in sorted(OPEN)])
    made: Any = (
        select(
            Payment, BillingPeriod, PaymentMethod, SpendSettings, AutoRechargeSettings, AutoRechargeDecision,
            standing_order.question(), standing_order.used_and_methods(), Customer.created_at, _used(), pace.days(),
            pace.metered_days(), _ended(),
            remaining_grants.expiring(bindparam("now")), _clawed_back(), *more,
        )
        .select_from(Customer)
        .outerjoin(
            BillingPeriod,
            and_(BillingPeriod.customer_id == Customer.customer_id, BillingPeriod.closed_at.is_(None)),
        )
        .outerjoin(
            PaymentMethod,
            and_(
                PaymentMethod.customer_id == Customer.customer_id,
                PaymentMethod.is_default,
                PaymentMethod.removed_at.is_(None),
            ),
        )
        .outerjoin(SpendSettings, SpendSettings.customer_id == Customer.customer_id)
        .outerjoin(AutoRechargeSettings, AutoRechargeSettings.customer_id == Customer.customer_id)
        .outerjoin(
            AutoRechargeDecision,
            and_(
                AutoRechargeDecision.customer_id == Customer.customer_id,
                AutoRechargeDecision.id == standing_order.last_kept(),
            ),
        )
        .outerjoin(Payment, and_(Payment.customer_id == Customer.customer_id, or_(is_open, is_failed)))
        .where(Customer.customer_id == bindparam("customer_id"))
        .order_by(Payment.created_at.desc(), Payment.id.desc())
        .limit(constant(SHOWN))
        .execution_options(populate_existing=True)
    )  # fmt: skip
    wanted: Select[Any] = made
    return wanted


_plain = cache(statement)


def _open(row: BillingPeriod | None, now: datetime) -> Stretch | None:
    if row is None:
        return None
    start, _passed = open_at(row.starts_at, row.ends_at, row.anchor_day, now)
    return Stretch(start, following(start, row.anchor_day), row.anchor_day)


def _counted(
    text: str, period: BillingPeriod | None, now: datetime, *, is_stale: bool
) -> tuple[dict[str, tuple[int, int, Credits]], dict[str, int]]:
    """Return what the meters show, and how much of what they hold outlasts the period.

    `is_stale`: some holds are over and no job has seen it. A period that is over has been followed by one in which
    nothing is used yet.
    """
    rows = (each.split(":") for each in text.split(",") if each)
    used = {meter: (int(many), int(held), Credits(int(cost))) for meter, many, held, _outlasting, cost in rows}
    rows = (each.split(":") for each in text.split(",") if each)
    outlasting = {meter: int(many) for meter, _many, _held, many, _cost in rows}
    is_over = period is not None and period.ends_at <= now
    if not (is_stale or (is_over and any(held for _many, held, _cost in used.values()))):
        return ({}, {}) if is_over else (used, outlasting)
    held = reservations.held(db.session(), whose(), now).meters
    none = (0, 0, Credits(0))
    kept = {} if is_over else used
    counted = {
        meter: (kept.get(meter, none)[0], held[meter].held if meter in held else 0, kept.get(meter, none)[2])
        for meter in {*kept, *held}
    }
    return counted, {meter: each.outlasting for meter, each in held.items()}


def _used() -> ScalarSelect[str]:
    said = UsageTotal.meter + COLON + cast(UsageTotal.quantity, String) + COLON + cast(UsageTotal.held_quantity, String)
    said += COLON + cast(UsageTotal.outlasting_quantity, String) + COLON + cast(UsageTotal.micros, String)
    return (
        select(func.aggregate_strings(said, COMMA))
        .where(UsageTotal.customer_id == Customer.customer_id, UsageTotal.period_number == BillingPeriod.number)
        .correlate(Customer, BillingPeriod)
        .scalar_subquery()
    )


def _ended() -> ScalarSelect[int]:
    """Count the holds that are over and that no job has seen."""
    return (
        select(func.count())
        .select_from(Authorization)
        .where(
            Authorization.customer_id == Customer.customer_id,
            Authorization.state == constant("held"),
            Authorization.expires_at <= bindparam("now"),
        )
        .correlate(Customer)
        .scalar_subquery()
    )


def _clawed_back() -> ScalarSelect[int]:
    """Return what claw-backs that were not undone took below zero since the balance was last at zero or above."""
    above, undone = aliased(Transfer), aliased(Transfer)
    last = (
        select(above.sequence)
        .where(
            above.customer_id == Customer.customer_id,
            above.sequence.is_not(None),
            above.balance_after_micros >= constant(0),
        )
        .order_by(above.sequence.desc())
        .limit(constant(1))
        .correlate(Customer)
        .scalar_subquery()
    )
    below = case(
        (Transfer.amount < -Transfer.balance_after_micros, Transfer.amount), else_=-Transfer.balance_after_micros
    )
    return (
        select(func.coalesce(func.sum(below), 0))
        .where(
            Transfer.customer_id == Customer.customer_id,
            Transfer.kind.in_([constant(kind) for kind in sorted(CLAW_BACKS)]),
            Transfer.sequence > func.coalesce(last, 0),
            ~select(undone.id)
            .where(undone.customer_id == Transfer.customer_id, undone.corrects_id == Transfer.id)
            .exists(),
        )
        .correlate(Customer)
        .scalar_subquery()
    )
