"""Grants: credit given at once, by a paid top-up or by somebody for a reason (I10). It begins, expires, is voided."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, inspect, select
from sqlalchemy.orm import InstrumentedAttribute

from app import clock, ids
from app.domain import grants as rule
from app.domain.amounts_in_json import credits_text
from app.domain.errors import NotFound, Refused, ensure
from app.domain.ledger import CREDITS, Posting
from app.domain.money import Credits
from app.models.database import UtcDateTime, db
from app.models.ledger import Grant
from app.models.scope import as_service
from app.models.unit_of_work import waiting
from app.services import audit, due_rows
from app.services.journal import in_hand
from app.services.ledger import arrivals, burn_down, kept_credit, posting, usage_posting
from app.services.ledger.posting import Books
from app.services.transaction import transaction

_NOW: BindParameter[Any] = bindparam("now", type_=UtcDateTime())
DUE = waiting.reads(
    select(Grant)
    .where(Grant.customer_id == bindparam("customer"), Grant.is_due(_NOW))
    .order_by(Grant.effective_at, Grant.id)
    .execution_options(populate_existing=True)
)
BOUGHT = waiting.reads(
    select(Grant).where(Grant.customer_id == bindparam("customer"), Grant.payment_id == bindparam("payment"))
)


def add(
    books: Books,
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
    beside: Sequence[Posting] = (),
) -> Grant:
    """Add a grant to the customer of the books. One payment buys one grant: asked again, it is the one that is there.

    Credit that is to begin later waits as a row; nothing is posted before `effective_at` (AC-8). What is posted
    `beside` it, such as the money that has bought it, is the same fact: it is there if the grant is, and only then.
    """
    if credits.micros <= 0:
        raise Refused("The credit must be more than zero.", "credits_too_small", 422, "credits")
    begins = effective_at or now
    if expires_at is not None and expires_at <= max(begins, now):
        raise Refused("The grant would expire before it begins.", "expires_too_soon", 422, "expires_at")
    if payment_id is None and not (granted_by.strip() and reason.strip()):
        raise Refused("Give a name and a reason for the grant.", "reason_missing", 422, "reason")
    ensure(kind in rule.SOURCES, f"no such kind of grant: {kind}")
    ensure((kind == "purchased") == (payment_id is not None), "a purchased grant names its payment, no other does")
    session, customer_id = books.session, books.customer_id
    if payment_id is not None:
        earlier = session.scalars(BOUGHT, {"customer": customer_id, "payment": payment_id}).one_or_none()
        if earlier is not None:
            ensure(earlier.micros == credits.micros, f"{payment_id} has bought another amount")
            return earlier
    catch_up(books, now)
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
        posted_at=None,
        voided_at=None,
    )
    if begins <= now:
        _post(books, grant, description, now, beside=beside)
        return grant
    session.add(grant)
    session.flush()
    if beside:
        books.post_new([*beside], now)
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
    audit.ask_who_and_why(granted_by, reason, "Give a name and a reason for the grant.")
    audit.ask_short(description, "description")
    now = clock.now()
    with as_service("give credit"), transaction() as session:
        books = posting.lock(session, customer_id)
        grant = add(
            books,
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
        arrivals.came(books, now)
        return grant


def void(grant_id: str, *, by: str, reason: str) -> Grant:
    """Take a grant back: what is left of it leaves the balance. Twice is once.

    Refuses (409) credit that was bought: it goes back by a refund, together with its money. Taken back by itself it
    would have to be kept apart from what a later refund takes, and from what a correction gives back after that.
    """
    audit.ask_who_and_why(by, reason, "Give a name and a reason for voiding the grant.")
    now = clock.now()
    with as_service("void a grant"), transaction() as session:
        grant = session.get(Grant, grant_id)
        if grant is None:
            raise NotFound("grant")
        books = posting.lock(session, grant.customer_id)
        session.refresh(grant)
        if grant.voided_at is not None:
            return grant
        if grant.payment_id is not None:
            words = "This credit was bought. Refund its payment: the credit goes back together with its money."
            raise Refused(words, "credit_was_bought")
        catch_up(books, now)
        left = grant.remaining_micros
        if left:
            words = f"Credit taken back: {reason}"[:300]
            _take_back(books, grant, left, burn_down.source_account(grant), "voided", words, now)
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


def catch_up(books: Books, now: datetime) -> None:
    """Post what was used, then begin and expire what is due, for the customer of the books.

    Done before anything else is posted, so that nobody spends what is gone and the history comes out as if the job
    had run at every time that was due. Usage is posted first: it burns the grants that were there when it happened.
    """
    usage_posting.post(books, now)
    due = books.session.scalars(DUE, {"customer": books.customer_id, "now": now}).all()
    for grant in due:
        if grant.posted_at is None:
            _post(books, grant, grant.reason or "Credit", now)
    if any(rule.is_expired(grant.expires_at, now) for grant in due):
        _expire(books, now)


def catch_up_where_due(books: Books, now: datetime) -> None:
    """Catch up where a grant of the customer of the books is to begin or to expire; else post nothing."""
    due = select(Grant.id).where(Grant.customer_id == books.customer_id, Grant.is_due(now)).limit(1)
    if books.session.scalar(due) is not None:
        catch_up(books, now)


def post_due(limit: int = 100) -> int:
    """Begin grants that are due, at most `limit`; return how many."""
    now = clock.now()
    return _each("begin grants", _to_begin(), limit, now)


def expire_due(limit: int = 100) -> int:
    """Expire what is left of grants whose time is over, at most `limit`; return how many."""
    now = clock.now()
    return _each("expire grants", _to_expire(), limit, now)


@cache
def _to_begin() -> Select[str, str]:
    return _in_turn(Grant.is_to_begin(_NOW), Grant.effective_at)


@cache
def _to_expire() -> Select[str, str]:
    return _in_turn(Grant.is_to_expire(_NOW), Grant.expires_at)


def _in_turn(due: ColumnElement[bool], since: InstrumentedAttribute[datetime | None]) -> Select[str, str]:
    """Ask for so many grants, `but` for some. It is built once: the worker asks each second.

    Customers take turns, so that however many of one's grants cannot be done, the others' are.
    """
    turn = func.row_number().over(partition_by=Grant.customer_id, order_by=(since, Grant.id))
    candidates = select(Grant.id, Grant.customer_id).where(due).order_by(turn, since, Grant.id)
    return candidates.where(Grant.id.not_in(bindparam("but", expanding=True))).limit(bindparam("many"))


def _each(purpose: str, wanted: Select[str, str], limit: int, now: datetime) -> int:
    """Do each in a transaction of its own. Whoever holds the customer's accounts has it done first, or next time."""

    def find(many: int, but: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
        asked = {"now": now, "but": [grant_id for grant_id, _owner in but], "many": many}
        return [(row[0], row[1]) for row in db.session.execute(wanted, asked)]

    with as_service(purpose):
        found = due_rows.waiting(limit, find)
        return due_rows.each(found, lambda key: _one(key, now), of="grant", failed="grant_failed", enough=limit)


def _one(key: tuple[str, str], now: datetime) -> bool:
    grant_id, customer_id = key
    with transaction() as session:
        books = posting.lock_if_free(session, customer_id)
        if books is None:
            return False
        usage_posting.post(books, now)
        grant = session.scalars(
            select(Grant)
            .where(Grant.customer_id == customer_id, Grant.id == grant_id, Grant.is_due(now))
            .execution_options(populate_existing=True)
        ).one_or_none()
        if grant is None:
            return False
        if grant.posted_at is None:
            _post(books, grant, grant.reason or "Credit", now)
            arrivals.came(books, now)
        else:
            _expire(books, now)
        return True


def _post(books: Books, grant: Grant, description: str, now: datetime, beside: Sequence[Posting] = ()) -> None:
    """Post a grant that has begun: one that waited, or a new one. It covers a debt first; the rest is left to burn."""
    source = ("payment", grant.payment_id) if grant.payment_id else ("grant", grant.id)
    words, is_new = description or "Credit", not inspect(grant).persistent
    given = Posting(books.unit, burn_down.source_account(grant), CREDITS, grant.micros, grant.kind, *source, words)
    books.post_new([*beside, given], now, burn_down.beginning(books, grant, now, is_new=is_new))
    if is_new:
        in_hand.hold(books.session, grant)


def _expire(books: Books, now: datetime) -> None:
    """Expire what is left of grants whose time is over, but for what open holds keep: that expires when they end."""
    for grant, lost, stays in kept_credit.lost(books, now):
        if lost:
            # The last of it is keyed by the grant alone, what goes before by its place in the history as well.
            key = f"{grant.id}:{books.credits.version + 1}" if stays else grant.id
            _take_back(books, grant, lost, "breakage", "expired", "Credit expired", now, key=key)


def _take_back(
    books: Books, grant: Grant, micros: int, to: str, kind: str, description: str, now: datetime, *, key: str = ""
) -> None:
    """Post so much of what is left of the grant out of the balance. Keyed, so that it happens once."""
    source = key or grant.id
    gone = Posting(books.unit, CREDITS, to, micros, kind, "grant", source, description)
    books.post([gone], now, burn_down.taking(books, grant, micros))
    if kind == "expired":
        said = {"grant": grant.id, "credits": credits_text(Credits(micros)), "credit_unit": books.customer.credit_unit}
        books.outbox.write("credits.expired", source, said)
