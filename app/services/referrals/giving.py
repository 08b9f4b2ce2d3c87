"""Give an inviter the credit of a calendar month (UTC) once it is over: one grant, however often and by whomever."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app import clock
from app.domain.amounts_in_json import credits_text
from app.domain.money import Credits
from app.domain.referrals import earnings as rule
from app.models.database import db
from app.models.referrals import ReferralCredit, Referrer
from app.models.scope import as_service
from app.services import audit, due_rows
from app.services.ledger import arrivals, grants, posting
from app.services.ledger.posting import Books
from app.services.referrals import counting
from app.services.transaction import transaction

BY = "referrals"


def give_due(limit: int = 100) -> int:
    """Give for months that are over, at most `limit` inviters; return for how many months was looked."""
    now = clock.now()
    with as_service("give credit for referrals"):
        due = select(Referrer.customer_id).where(Referrer.due_at <= now).order_by(Referrer.due_at, Referrer.customer_id)
        found = db.session.scalars(due.limit(limit)).all()
        return due_rows.each(found, lambda name: _one(name, now), of="customer", failed="referrals_not_given")


def _one(customer_id: str, now: datetime) -> int:
    """Give for one month, in one transaction: counted, granted, written down and the next month set, or none of it."""
    with transaction() as session:
        books = posting.lock_if_free(session, customer_id)
        referrer = counting.locked(session, customer_id) if books is not None else None
        if books is None or referrer is None or referrer.due_at is None or referrer.due_at > now:
            return 0  # somebody else does it, or has done it
        _give(books, referrer, referrer.due_at, now)
        referrer.due_at = rule.next_month(referrer.due_at)
        session.flush()
        return 1


def _give(books: Books, referrer: Referrer, end: datetime, now: datetime) -> None:
    session, customer = books.session, books.customer
    referrals = counting.count(session, customer.customer_id)
    in_all = rule.earned(counting.in_all(session, referrals, end), customer.currency)
    credit = rule.to_give(in_all, Credits(referrer.granted_micros))
    if not credit.micros:
        return
    month = rule.month_of(end - timedelta(days=1))
    words = f"Referral credit for {month:%B %Y}"
    given = grants.add(books, kind="referral", credits=credit, now=now, granted_by=BY, reason=words, description=words)
    session.add(
        ReferralCredit(
            customer_id=customer.customer_id,
            month=month.date(),
            micros=credit.micros,
            earned_micros=in_all.micros,
            grant_id=given.id,
            created_at=now,
        )
    )
    referrer.granted_micros += credit.micros
    after = {"kind": "referral", "credits_micros": credit.micros, "reason": words}
    audit.record(session, customer.customer_id, BY, "grant.given", given.id, after=after)
    session.flush()
    facts = {"grant": given.id, "kind": "referral", "month": f"{month:%Y-%m}", "credits": credits_text(credit)}
    books.outbox.write("credits.granted", given.id, {**facts, "credit_unit": customer.credit_unit})
    arrivals.came(books, now)  # what a hold needs of bought credit is less
