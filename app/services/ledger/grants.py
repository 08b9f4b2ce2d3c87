"""Grants: credit given at once, by a paid top-up or by somebody for a reason (I10). It begins, expires, is voided."""

from datetime import datetime

import structlog
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain import grants as rule
from app.domain.amounts_in_json import credits_text
from app.domain.errors import NotFound, Refused, ensure
from app.domain.ledger import CREDITS, Posting, credits_unit
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Grant
from app.models.scope import as_service
from app.services import audit
from app.services.ledger import burn_down, posting, usage_posting
from app.services.outbox import events
from app.services.transaction import transaction

log = structlog.get_logger()


def add(
    session: Session,
    customer_id: str,
    *,
    kind: str,
    credits: Credits,  # noqa: A002  # the product's word
    now: datetime,
    description: str,
    payment_id: str | None = None,
    granted_by: str = "",
    reason: str = "",
    effective_at: datetime | None = None,
    expires_at: datetime | None = None,
    priority: int = 50,
    request_key: str | None = None,
) -> Grant:
    """Add a grant in the caller's transaction. One payment buys one grant: asked again, it is the one that is there.

    Credit that is to begin later waits as a row; nothing is posted before `effective_at` (AC-8).
    """
    if credits.micros <= 0:
        raise Refused("The amount of credit must be more than zero.", "credits_too_small", 422, "credits")
    begins = effective_at or now
    if expires_at is not None and expires_at <= max(begins, now):
        raise Refused("The credit would expire before it begins.", "expires_too_soon", 422, "expires_at")
    if payment_id is None and not (granted_by.strip() and reason.strip()):
        raise Refused("Say who gives the credit and why.", "reason_missing", 422, "reason")
    ensure(kind in rule.SOURCES, f"no such kind of grant: {kind}")
    ensure((kind == "purchased") == (payment_id is not None), "a purchased grant names its payment, no other does")
    unit = _unit(session, customer_id)
    posting.lock(session, customer_id, [unit])
    if payment_id is not None:
        earlier = session.scalars(
            select(Grant).where(Grant.customer_id == customer_id, Grant.payment_id == payment_id)
        ).one_or_none()
        if earlier is not None:
            ensure(earlier.micros == credits.micros, f"{payment_id} has bought another amount")
            return earlier
    catch_up(session, customer_id, unit, now)
    grant = Grant(
        id=ids.new("grt"),
        customer_id=customer_id,
        kind=kind,
        micros=credits.micros,
        remaining_micros=0,
        priority=priority,
        effective_at=begins,
        expires_at=expires_at,
        payment_id=payment_id,
        granted_by=granted_by.strip(),
        reason=reason.strip(),
        request_key=request_key,
        created_at=now,
    )
    session.add(grant)
    session.flush()
    if begins <= now:
        _post(session, grant, unit, description, now)
    return grant


def give(
    customer_id: str,
    *,
    kind: str,
    credits: Credits,  # noqa: A002  # the product's word
    granted_by: str,
    reason: str,
    description: str = "",
    effective_at: datetime | None = None,
    expires_at: datetime | None = None,
    priority: int = 50,
) -> Grant:
    """Give credit that nobody paid for, in a transaction of its own, and write down who gave it and why."""
    now = clock.now()
    with as_service("give credit"), transaction() as session:
        grant = add(
            session,
            customer_id,
            kind=kind,
            credits=credits,
            now=now,
            granted_by=granted_by,
            reason=reason,
            description=description or reason,
            effective_at=effective_at,
            expires_at=expires_at,
            priority=priority,
        )
        audit.record(
            session,
            customer_id,
            granted_by,
            "grant.given",
            grant.id,
            after={"kind": kind, "credits_micros": credits.micros, "reason": reason},
        )
        return grant


def void(grant_id: str, *, by: str, reason: str) -> Grant:
    """Take a grant back: what is left of it leaves the balance. Twice is once."""
    if not by.strip() or not reason.strip():
        raise Refused("Say who takes the credit back and why.", "reason_missing", 422, "reason")
    now = clock.now()
    with as_service("void a grant"), transaction() as session:
        grant = session.get(Grant, grant_id)
        if grant is None:
            raise NotFound("grant")
        unit = _unit(session, grant.customer_id)
        posting.lock(session, grant.customer_id, [unit])
        session.refresh(grant)
        if grant.voided_at is not None:
            return grant
        catch_up(session, grant.customer_id, unit, now)
        left = grant.remaining_micros
        if left:
            _take_back(
                session,
                grant,
                unit,
                burn_down.source_account(grant),
                "voided",
                f"Credit taken back: {reason}"[:300],
                now,
            )
        grant.voided_at = now
        audit.record(
            session,
            grant.customer_id,
            by,
            "grant.voided",
            grant.id,
            after={"taken_back_micros": left, "reason": reason},
        )
        session.flush()
        return grant


def catch_up(session: Session, customer_id: str, unit: str, now: datetime) -> None:
    """Post what was used, then begin and expire what is due, for one customer whose accounts are locked.

    Done before anything else is posted, so that nobody spends what is gone and the history comes out as if the job
    had run at every moment that was due. Usage is posted first: it burns the grants that were there when it happened.
    """
    usage_posting.post(session, customer_id, unit, now)
    due = session.scalars(
        select(Grant)
        .where(
            Grant.customer_id == customer_id,
            (Grant.posted_at.is_(None) & (Grant.effective_at <= now) & Grant.voided_at.is_(None))
            | ((Grant.remaining_micros > 0) & (Grant.expires_at <= now)),
        )
        .order_by(Grant.effective_at, Grant.id)
        .execution_options(populate_existing=True)
    ).all()
    for grant in due:
        if grant.posted_at is None:
            _post(session, grant, unit, grant.reason or "Credit", now)
        if grant.remaining_micros > 0 and rule.is_expired(grant.expires_at, now):
            _take_back(session, grant, unit, "breakage", "expired", "Credit expired", now)


def post_due(limit: int = 100) -> int:
    """Begin grants whose moment has come, at most `limit`; return how many."""
    now = clock.now()
    waiting = select(Grant.id, Grant.customer_id).where(
        Grant.posted_at.is_(None), Grant.voided_at.is_(None), Grant.effective_at <= now
    )
    return _each("begin grants", waiting.order_by(Grant.effective_at, Grant.id).limit(limit), now)


def expire_due(limit: int = 100) -> int:
    """Expire what is left of grants whose time is over, at most `limit`; return how many."""
    now = clock.now()
    over = select(Grant.id, Grant.customer_id).where(
        Grant.remaining_micros > 0, Grant.expires_at.is_not(None), Grant.expires_at <= now
    )
    return _each("expire grants", over.order_by(Grant.expires_at, Grant.id).limit(limit), now)


def _each(purpose: str, candidates: Select[str, str], now: datetime) -> int:
    """Do each in a transaction of its own. Whoever holds the customer's accounts has it done first, or next time."""
    done = 0
    with as_service(purpose):
        found = [(row[0], row[1]) for row in db.session.execute(candidates)]
        for grant_id, customer_id in found:
            try:
                done += _one(grant_id, customer_id, now)
            except Exception:
                log.exception("grant_failed", grant=grant_id, purpose=purpose)
    return done


def _one(grant_id: str, customer_id: str, now: datetime) -> bool:
    with transaction() as session:
        unit = _unit(session, customer_id)
        if not posting.lock(session, customer_id, [unit], skip_locked=True):
            return False
        usage_posting.post(session, customer_id, unit, now)
        grant = session.get_one(Grant, grant_id, populate_existing=True)
        if grant.posted_at is None and grant.voided_at is None and grant.effective_at <= now:
            _post(session, grant, unit, grant.reason or "Credit", now)
        elif grant.remaining_micros > 0 and rule.is_expired(grant.expires_at, now):
            _take_back(session, grant, unit, "breakage", "expired", "Credit expired", now)
        else:
            return False
        return True


def _post(session: Session, grant: Grant, unit: str, description: str, now: datetime) -> None:
    """Post a grant that has begun. It covers a debt first; the rest is left to burn."""
    source = ("payment", grant.payment_id) if grant.payment_id else ("grant", grant.id)
    (made,) = posting.post(
        session,
        grant.customer_id,
        [
            Posting(
                unit,
                burn_down.source_account(grant),
                CREDITS,
                grant.micros,
                grant.kind,
                *source,
                description or "Credit",
            )
        ],
        now,
    )
    covers = rule.cover(grant.micros, (made.balance_after_micros or 0) - grant.micros)
    grant.remaining_micros, grant.posted_at = grant.micros, now
    session.flush()
    if covers:
        burn_down.take(session, made, grant, covers)
    session.flush()


def _take_back(session: Session, grant: Grant, unit: str, to: str, kind: str, description: str, now: datetime) -> None:
    """Post what is left of the grant out of the balance. Keyed by the grant, so it happens once."""
    left = grant.remaining_micros
    (gone,) = posting.post(
        session, grant.customer_id, [Posting(unit, CREDITS, to, left, kind, "grant", grant.id, description)], now
    )
    burn_down.take(session, gone, grant, left)
    session.flush()
    if kind == "expired":
        said = {"grant": grant.id, "credits": credits_text(Credits(left)), "credit_unit": unit.removeprefix("credits:")}
        events.write(session, grant.customer_id, "credits.expired", grant.id, said)


def _unit(session: Session, customer_id: str) -> str:
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NotFound("customer")
    return credits_unit(customer.credit_unit)
