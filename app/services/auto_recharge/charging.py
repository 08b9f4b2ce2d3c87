"""One look at one customer: the rule is asked, and what it charges is reserved and written down, then collected.

What holds when the process dies after each line is in docs/decisions/0022-auto-recharge-from-levels.md.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.auto_recharge.decision import NOTABLE, Decision, Outcome, decide
from app.domain.errors import ensure
from app.domain.money import Money
from app.models.auto_recharge import AutoRechargeDecision, AutoRechargeSettings
from app.services.auto_recharge import facts as facts_of
from app.services.auto_recharge import questions, reports, stop
from app.services.auto_recharge.facts import Found
from app.services.ledger import budgets, posting
from app.services.ledger.posting import Books
from app.services.payments import collection, resume_links, top_ups
from app.services.transaction import transaction


def look_at(customer_id: str) -> Decision:
    """Ask the rule for the customer and do what it says; return it. The caller acts as a service.

    The order is committed with its reservation before the processor is asked. Locked are, in this order, spending and
    accounts, the customer, the settings: a payment that ends meanwhile waits, and has the rule asked again.
    """
    payment_id = None
    with transaction() as session:
        books = posting.lock(session, customer_id)
        ensure(books.customer, "the customer is locked before the settings")
        row = session.get_one(AutoRechargeSettings, customer_id, populate_existing=True, with_for_update=True)
        now = clock.now()
        found = facts_of.locked(books, row, now)
        decision = decide(found.facts, now)
        row.look_at = decision.look_again
        if decision.outcome is Outcome.CHARGE:
            payment_id = _order(books, row, found, decision, now)
        elif decision.outcome in NOTABLE and not _is_known(books, row, found, decision):
            _keep(books, row, found, decision, now)
            reports.nothing_charged(books, found, decision, now)
        elif decision.outcome is Outcome.ENOUGH and _was_above_limit(books):
            _keep(books, row, found, decision, now)  # so that the next time is one of its own
        if decision.outcome is Outcome.ASKS and not questions.is_asked(found):
            questions.ask(books, found, decision, now)
        if decision.outcome is Outcome.MONEY_WENT_BACK:
            stop.switch_off(books, row, Outcome.MONEY_WENT_BACK.value, now)
    if payment_id is not None:
        collection.collect(payment_id, return_url=resume_links.return_url(payment_id))
    return decision


def _order(books: Books, row: AutoRechargeSettings, found: Found, decision: Decision, now: datetime) -> str:
    """Reserve the amount and write the order; return the payment's id."""
    purchase, method, session = decision.purchase, found.method, books.session
    ensure(purchase is not None and method is not None, "a charge of nothing")
    if purchase is None or method is None:
        return ""
    limit = found.facts.terms.period_limit
    amount_minor = purchase.amount.amount_minor
    reserved = budgets.reserve(session, books.customer_id, found.period.number, amount_minor, limit.amount_minor)
    ensure(reserved, f"{amount_minor} does not fit in the limit that was read under the lock")
    payment = top_ups.place_automatically(session, method, purchase, budget_period=found.period.number, now=now)
    _keep(books, row, found, decision, now, payment.id)
    questions.use(session, books.customer_id, payment.id, now)
    reports.limit_used(books, found, Money(found.facts.used.amount_minor + amount_minor, limit.currency))
    return payment.id


def is_known_impossible(session: Session, customer_id: str, version: int) -> bool:
    """Say whether the last decision that was kept is that these terms are impossible."""
    last = _last_kept(session, customer_id)
    return last is not None and (last.outcome, last.settings_version) == (Outcome.ABOVE_LIMIT.value, version)


def _was_above_limit(books: Books) -> bool:
    """Say whether the last decision that was kept is that a purchase comes to more than the limit."""
    last = _last_kept(books.session, books.customer_id)
    return last is not None and last.outcome == Outcome.ABOVE_LIMIT.value


def _last_kept(session: Session, customer_id: str) -> AutoRechargeDecision | None:
    kept = AutoRechargeDecision
    return session.scalars(
        select(kept).where(kept.customer_id == customer_id).order_by(kept.at.desc(), kept.id.desc()).limit(1)
    ).one_or_none()


def _is_known(books: Books, row: AutoRechargeSettings, found: Found, decision: Decision) -> bool:
    """Say whether the last decision that was kept says the same about the same terms, period and card."""
    last = _last_kept(books.session, books.customer_id)
    if last is not None and last.outcome == decision.outcome.value == Outcome.ABOVE_LIMIT.value:
        return last.settings_version == row.version  # no other period makes it possible
    return last is not None and (
        last.outcome,
        last.settings_version,
        last.period_number,
        last.declines,
        last.why,
    ) == (
        decision.outcome.value,
        row.version,
        found.period.number,
        found.facts.retry.declines,
        decision.why.value if decision.why else found.facts.retry.suspended_by,
    )


def _keep(
    books: Books,
    row: AutoRechargeSettings,
    found: Found,
    decision: Decision,
    now: datetime,
    payment_id: str | None = None,
) -> None:
    """Keep the decision, with everything that it was made from."""
    facts = found.facts
    kept = AutoRechargeDecision(
        id=ids.new("dec"),
        customer_id=books.customer_id,
        at=now,
        outcome=decision.outcome.value,
        settings_version=row.version,
        consent_id=row.consent_id,
        period_number=found.period.number,
        remaining_micros=facts.remaining.micros,
        in_flight_micros=facts.in_flight.micros,
        threshold_micros=facts.terms.threshold.micros,
        limit_minor=facts.terms.period_limit.amount_minor,
        used_minor=facts.used.amount_minor,
        amount_minor=decision.purchase.amount.amount_minor if decision.purchase else 0,
        count=decision.count,
        declines=facts.retry.declines,
        why=decision.why.value if decision.why else facts.retry.suspended_by,
        look_again_at=decision.look_again,
        payment_id=payment_id,
    )
    books.session.add(kept)
    books.session.flush()
