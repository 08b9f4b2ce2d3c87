"""What is reported beside each payment's own events: the limit nearly or wholly used, and that it stopped."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.domain.auto_recharge.decision import Decision, Outcome
from app.domain.mails import AUTO_RECHARGE_LIMIT, AUTO_RECHARGE_STOPPED
from app.domain.money import Money
from app.domain.notices import stamp
from app.models.events import OutboxEvent
from app.services.auto_recharge.facts import Found
from app.services.ledger.posting import Books
from app.services.outbox import billing_mails

NEAR_PERCENT = 80
STOPPED = {
    Outcome.SUSPENDED: "declined",
    Outcome.MONEY_WENT_BACK: "money_went_back",
    Outcome.NO_METHOD: "no_method",
    Outcome.NOT_SOLD: "not_sold",
    Outcome.ABOVE_LIMIT: "above_limit",
}
"""What keeps auto-recharge from charging until somebody does something, as hosts read it."""


def limit_used(books: Books, found: Found, used: Money) -> None:
    """Report that so much of the period's limit is used, where that is 80 % or all of it: once for each limit."""
    limit = found.facts.terms.period_limit
    percent = used.amount_minor * 100 // limit.amount_minor
    if percent >= NEAR_PERCENT:
        _report_limit(books, found, 100 if percent >= 100 else NEAR_PERCENT, used)


def nothing_charged(books: Books, found: Found, decision: Decision, now: datetime) -> None:
    """Report why nothing is charged any more, when that has just come about."""
    if decision.outcome is Outcome.LIMIT_REACHED:
        _report_limit(books, found, 100, found.facts.used)
    elif decision.outcome in STOPPED:
        why = STOPPED[decision.outcome]
        source = f"{why}:{found.facts.terms.version}:{found.facts.retry.declines}:{found.period.number}"
        if decision.outcome is Outcome.ABOVE_LIMIT:  # asked once for each time that it has come about
            source = f"{why}:{found.facts.terms.version}:{int(now.timestamp())}"
        facts = {"reason": why, "code": found.facts.retry.suspended_by}
        if _is_new(books, "auto_recharge.suspended", source):
            books.outbox.write("auto_recharge.suspended", source, facts)
            _mail(books, AUTO_RECHARGE_STOPPED, source, reason=why, code=found.facts.retry.suspended_by)


def _report_limit(books: Books, found: Found, percent: int, used: Money) -> None:
    limit = found.facts.terms.period_limit
    event, source = f"auto_recharge.limit_{percent}", f"{found.period.number}:{limit.amount_minor}"
    if not _is_new(books, event, source):
        return
    figures: dict[str, Any] = {
        "limit_minor": limit.amount_minor,
        "used_minor": used.amount_minor,
        "currency": limit.currency,
        "period_ends": stamp(found.period.ends_at),
    }
    books.outbox.write(event, source, figures)
    _mail(books, AUTO_RECHARGE_LIMIT, f"{percent}:{source}", percent=percent, **figures)


def _is_new(books: Books, event: str, source: str) -> bool:
    return (
        books.session.scalar(
            select(OutboxEvent.id).where(
                OutboxEvent.customer_id == books.customer_id, OutboxEvent.type == event, OutboxEvent.source_id == source
            )
        )
        is None
    )


def _mail(books: Books, template: str, source: str, **context: Any) -> None:
    to, key = books.customer.email, f"{template}:{source}"
    billing_mails.write(books.session, books.customer_id, template, key=key, to=to, **context)
