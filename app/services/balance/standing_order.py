"""What is known of auto-recharge beside the numbers: columns of the one statement around them, and what follows.

The rule itself asks more rows, under locks; a page may not. The last decision that was kept stands in for what became
of the charges before, and where it names declines they are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ScalarSelect, String, bindparam, case, cast, exists, func, select
from sqlalchemy.orm import aliased

from app.domain.auto_recharge import retries
from app.domain.auto_recharge import terms as terms_rule
from app.domain.auto_recharge.caution import Use
from app.domain.auto_recharge.decision import Answer, Facts, Outcome
from app.domain.auto_recharge.retries import FREE, Retry
from app.domain.auto_recharge.stops import Kept, Standing, Stop, stop
from app.domain.auto_recharge.terms import Terms
from app.domain.catalog import Catalog
from app.domain.forecast.recharge import Coming, Recharge
from app.domain.methods import SAVED_RAILS, Rail
from app.domain.money import Credits, Money
from app.domain.numbers import Numbers
from app.domain.payments import ON_ITS_WAY, debit_expected
from app.domain.spend_management import day_of
from app.models.auto_recharge import (
    AutoRechargeBudget,
    AutoRechargeConsent,
    AutoRechargeDecision,
    AutoRechargeQuestion,
    AutoRechargeSettings,
)
from app.models.customers import BillingPeriod, Customer
from app.models.database import constant, db
from app.models.payments import Payment, PaymentMethod
from app.models.subscriptions import Subscription
from app.models.written import COLON, COMMA
from app.services.payment_methods import declines
from app.services.tax import decision

DECLINED = frozenset({Outcome.SUSPENDED.value, Outcome.RETRY_LATER.value})


@dataclass(frozen=True)
class Order:
    """The customer's standing order as it is kept, and what goes with it."""

    row: AutoRechargeSettings
    used_minor: int
    """What of the open period's limit is charged or reserved."""
    methods: tuple[tuple[str, str], ...]
    """The methods that may be charged, in the order in which they are: id and kind."""
    kept: Kept | None
    """The last decision that was kept."""
    answer: Answer | None
    """The question that stands, and how it was answered."""
    asks: Money | None
    """The automatic charge that waits for a yes."""
    plan_ends: bool
    """Whether the plan is cancelled: then nothing is charged."""


def last_kept() -> ScalarSelect[str]:
    """Ask for the id of the last decision that was kept."""
    kept = aliased(AutoRechargeDecision)
    return (
        select(kept.id)
        .where(kept.customer_id == Customer.customer_id)
        .order_by(kept.at.desc(), kept.id.desc())
        .limit(constant(1))
        .correlate(Customer)
        .scalar_subquery()
    )


def question() -> ScalarSelect[str]:
    """Ask for the question that stands, as one text: one does at most."""
    asked = AutoRechargeQuestion
    said = asked.state + COLON + cast(asked.amount_minor, String) + COLON + cast(asked.count, String)
    return (
        select(said)
        .where(
            asked.customer_id == Customer.customer_id,
            asked.state.in_([constant(state) for state in ("open", "yes", "no")]),
            asked.until > bindparam("now"),
        )
        .correlate(Customer)
        .scalar_subquery()
    )


def used_and_methods() -> Any:
    """Ask for what of the open period's limit is used, whether the plan ends, and for the saved methods, as one text.

    None where it is off.
    """
    budget, method = AutoRechargeBudget, PaymentMethod
    used = (
        select(budget.reserved_minor + budget.charged_minor)
        .where(budget.customer_id == Customer.customer_id, budget.period_number == BillingPeriod.number)
        .correlate(Customer, BillingPeriod)
        .scalar_subquery()
    )
    said = method.id + COLON + method.kind + COLON + case((method.is_default, constant("y")), else_=constant("n"))
    saved = (
        select(func.aggregate_strings(said, COMMA))
        .where(method.customer_id == Customer.customer_id, method.removed_at.is_(None))
        .correlate(Customer)
        .scalar_subquery()
    )
    ends = exists().where(Subscription.customer_id == Customer.customer_id, Subscription.cancel_at.is_not(None))
    is_ending = case((ends.correlate(Customer), constant("y")), else_=constant("n"))
    both = cast(func.coalesce(used, 0), String) + COLON + is_ending + COMMA + func.coalesce(saved, "")
    return case((AutoRechargeSettings.enabled, both), else_=None)


def order(
    row: AutoRechargeSettings | None,
    decision: AutoRechargeDecision | None,
    asked: str | None,
    around: str | None,
    catalog: Catalog,
    now: datetime,
    *,
    is_new_period: bool,
) -> Order | None:
    """Return the order from what the statement has found; None where the customer never chose any.

    `is_new_period`: the period that is open has ended, and no job has begun the next one.
    """
    if row is None:
        return None
    first, *saved = (around or "0:n").split(",")
    used, _, ends = first.partition(":")
    state, amount, count = asked.split(":") if asked else ("", "0", "0")
    answer = Answer({"yes": True, "no": False}.get(state), int(count), day_of(now).ends, int(amount)) if state else None
    return Order(
        row=row,
        used_minor=0 if is_new_period else int(used),
        methods=_chargeable(saved, row.terms(catalog.currency), catalog),
        kept=_kept(decision) if decision is not None else None,
        answer=answer,
        asks=Money(int(amount), catalog.currency) if state == "open" else None,
        plan_ends=ends == "y",
    )


def _kept(row: AutoRechargeDecision) -> Kept:
    return Kept(row.outcome, row.settings_version, row.why, row.look_again_at, row.at)


def _chargeable(saved: Sequence[str], wanted: Terms, catalog: Catalog) -> tuple[tuple[str, str], ...]:
    """Return the methods that may be charged: the chosen one, and others if allowed, the default one first."""
    policy = catalog.payment_methods
    found = sorted((tuple(each.split(":")) for each in saved if each), key=_newest_of_defaults, reverse=True)
    fit = [each for each in found if each[1] in policy.kinds and each[1] in SAVED_RAILS]
    chosen = [each for each in fit if (each[0] == wanted.method_id if wanted.method_id else each[2] == "y")]
    others = [each for each in fit if each not in chosen and each[1] not in policy.top_up_only]
    return tuple((each[0], each[1]) for each in [*chosen, *(others if wanted.other_methods else [])])


def _newest_of_defaults(method: tuple[str, ...]) -> tuple[str, str]:
    """Return what puts the default method first, then the newest: ids rise with time."""
    return method[2], method[0]


def stopped(numbers: Numbers, found: Order | None, payments: Sequence[Payment], now: datetime) -> Stop | None:
    """Return why auto-recharge charges nothing, from what the statement has read already."""
    if found is None:
        return None
    arriving = sum(each.credits_micros for each in payments if each.state in ON_ITS_WAY)
    standing = Standing(
        enabled=found.row.enabled,
        version=found.row.version,
        threshold=Credits(found.row.threshold_micros),
        arriving=Credits(numbers.remaining_credits.micros + arriving),
        is_under_way=any(each.budget_period is not None for each in payments),
        has_method=bool(found.methods),
        kept=found.kept,
        asks=found.asks,
    )
    return stop(standing, now)


def recharge(
    numbers: Numbers,
    found: Order | None,
    payments: Sequence[Payment],
    catalog: Catalog,
    period_ends: datetime | None,
    used_days: Sequence[int],
    now: datetime,
) -> Recharge | None:
    """Return how auto-recharge stands for the forecast; None while it is off. Declines take up to four statements."""
    if found is None or not found.row.enabled or period_ends is None:
        return None
    wanted, kept = found.row.terms(catalog.currency), found.kept
    method, retry = _next(found, now)
    remaining = numbers.remaining_credits
    facts = Facts(
        terms=wanted,
        standing=numbers.standing,
        remaining=remaining,
        in_flight=Credits(0),
        is_under_way=any(each.budget_period is not None for each in payments),
        one=terms_rule.sold(
            wanted, catalog, decision.taxation(db.session(), found.row.customer_id, catalog, now.date())
        ),
        most=terms_rule.most_at_once(wanted, catalog),
        used=Money(found.used_minor, catalog.currency),
        period_ends=period_ends,
        has_method=bool(method),
        retry=retry,
        last_begun=kept.at if kept is not None and kept.outcome == Outcome.CHARGE else None,
        use=Use(numbers.daily_used, used_days),
        answer=found.answer,
        plan_ends=found.plan_ends,
    )
    return Recharge(
        now=now,
        facts=facts,
        floor=Credits(0) if remaining.micros > 0 else Credits(-numbers.overage_protection.micros),
        takes_days=method == Rail.SEPA_DEBIT,
        coming=tuple(_coming(each, now.date()) for each in payments if each.state in ON_ITS_WAY),
    )


def _coming(payment: Payment, today: date) -> Coming:
    expected = debit_expected(payment.created_at.date())[0] if payment.rail == Rail.SEPA_DEBIT else today
    return Coming(payment.credits_micros, max(today, expected), payment.budget_period is not None)


def _next(found: Order, now: datetime) -> tuple[str, Retry]:
    """Return the kind of the method that is charged next, and whether it may be after its declines."""
    first = found.methods[0][1] if found.methods else ""
    if found.kept is None or found.kept.outcome not in DECLINED or not found.methods:
        return first, FREE
    session, customer_id = db.session(), found.row.customer_id
    allowed_at = session.scalar(
        select(AutoRechargeConsent.accepted_at).where(
            AutoRechargeConsent.customer_id == customer_id, AutoRechargeConsent.id == found.row.consent_id
        )
    )
    saved = select(PaymentMethod).where(PaymentMethod.customer_id == customer_id)
    known = {
        each.id: each
        for each in session.scalars(saved.where(PaymentMethod.id.in_([name for name, _ in found.methods])))
    }
    tried = ((kind, declines.retry(session, known[name], allowed_at)) for name, kind in found.methods if name in known)
    kind, retry = retries.next_to_charge(tried, now)
    return kind or first, retry
