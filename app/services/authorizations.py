"""Authorizations: may this customer spend now? Judged, kept and counted in one transaction; overshoot is 0 (I19).

On PostgreSQL one round trip to the database, on SQLite one transaction under its write lock, by the same rule. When the
database cannot be reached the answer is no.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from flask import current_app
from sqlalchemy import or_, select

from app import clock, ids
from app.domain.authorizations import LONGEST, Ask, Authorized, Taken
from app.domain.errors import NotFound, Refused
from app.domain.money import Credits
from app.domain.rating import LARGEST
from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services import api_keys, authorizations_hot, authorizations_plain, spending
from app.services.api_keys import Presented
from app.services.authorization_answers import SCOPE, refused_key, shown
from app.services.transaction import transaction

log = structlog.get_logger()


def authorize(ask: Ask, proof: Presented | None = None) -> Authorized:
    """Return the answer to a host's wish: held, captured at once, or refused with a reason.

    `proof` is the caller's key, proved here; None: a service of ours asks.
    """
    _check(ask)
    if not _on_postgresql():
        customer_id = _customer_for(ask, proof)
        with _in_turn():
            return authorizations_plain.authorize(ask, customer_id)
    try:
        return authorizations_hot.authorize(ask, proof)
    except Refused as refusal:
        if refusal.status in {404, 422}:  # found before the key was proved: a stranger learns nothing by it
            _customer_for(ask, proof)
        raise


def capture(
    hold_id: str,
    *,
    quantity: int | None = None,
    credits: Credits | None = None,  # noqa: A002  # the product's word
    keep: bool = False,
    proof: Presented | None = None,
) -> Taken:
    """Use what was held: all that is left, or so much; more than was held only where more is available (`NoRoom`).

    The rest is released, or with `keep` stays held, so that one hold can be used bit by bit. The capture that ended a
    hold, sent again, is answered as it was.
    """
    _check_hold(hold_id)
    if quantity is not None and not 1 <= quantity <= LARGEST:
        raise Refused(f"A quantity is from 1 to {LARGEST:,}.", "quantity_out_of_range", 422, "quantity")
    if credits is not None and credits.micros <= 0:
        raise Refused("Capture more than zero, or release the authorization.", "credits_too_small", 422, "credits")
    micros = credits.micros if credits is not None else None
    if _on_postgresql():
        return authorizations_hot.capture(hold_id, quantity=quantity, micros=micros, keep=keep, proof=proof)
    _check_owner(hold_id, _customer_of(proof))
    with _in_turn():
        return authorizations_plain.capture(hold_id, quantity=quantity, micros=micros, keep=keep)


def release(hold_id: str, *, proof: Presented | None = None) -> Authorized:
    """Hold it no longer: what is left may be spent by others. Twice is once."""
    _check_hold(hold_id)
    if _on_postgresql():
        return authorizations_hot.release(hold_id, proof=proof)
    _check_owner(hold_id, _customer_of(proof))
    with _in_turn():
        return authorizations_plain.release(hold_id)


def find(hold_id: str, customer_id: str | None = None) -> Authorized:
    """Return an authorization, or `NotFound`. `customer_id` is the only customer that may be asked about; None: any."""
    _check_hold(hold_id)
    with as_service("look up an authorization"):
        row = db.session.get(Authorization, hold_id)
    if row is None or customer_id not in {None, row.customer_id}:
        raise NotFound("authorization")
    return shown(row)


def expire_due(limit: int = 100) -> int:
    """Release what is held by authorizations whose time is over, at most `limit`; return how many.

    A customer whose spending somebody else has locked is left to the next time.
    """
    now, done = clock.now(), 0
    with as_service("expire authorizations"):
        found = db.session.execute(
            select(Authorization.id, Authorization.customer_id)
            .where(Authorization.state == "held", Authorization.expires_at <= now)
            .order_by(Authorization.expires_at, Authorization.id)
            .limit(limit)
        ).all()
        by_customer: dict[str, list[str]] = {}
        for hold_id, customer_id in found:
            by_customer.setdefault(customer_id, []).append(hold_id)
        for customer_id, hold_ids in by_customer.items():
            try:
                done += _expire(customer_id, hold_ids)
            except Exception:
                log.exception("holds_not_expired", customer=customer_id)
    return done


def _expire(customer_id: str, hold_ids: Sequence[str]) -> int:
    with transaction() as session:
        if customer_id not in spending.lock(session, [customer_id], skip_locked=True):
            return 0
        now = clock.now()
        rows = session.scalars(
            select(Authorization)
            .where(
                Authorization.customer_id == customer_id,
                Authorization.id.in_(hold_ids),
                Authorization.state == "held",
                Authorization.expires_at <= now,
            )
            .execution_options(populate_existing=True)
        ).all()
        for row in rows:
            authorizations_plain.let_go(session, row, "expired", now)
        return len(rows)


_turn = threading.Lock()


@contextmanager
def _in_turn() -> Iterator[None]:
    """Let one thread at a time write to SQLite: those that wait for its own lock sleep, ever longer, and starve."""
    db.session.rollback()  # nobody waits here while holding a read
    with _turn:
        yield


def _on_postgresql() -> bool:
    on_postgresql: bool = current_app.extensions["purser.settings"].on_postgresql
    return on_postgresql


def _customer_of(proof: Presented | None) -> str | None:
    """Prove the key; return the only customer that it may ask about, or None: all."""
    if proof is None:
        return None
    caller = api_keys.find(proof)
    if caller is None:
        raise refused_key("unauthorized")
    if not caller.may(SCOPE):
        raise refused_key("forbidden")
    return caller.customer_id


def _customer_for(ask: Ask, proof: Presented | None) -> str:
    """Prove the key, and return our id of the customer that it asks about."""
    mine = _customer_of(proof)
    with as_service("authorize"):
        named = or_(Customer.customer_id == ask.customer, Customer.external_id == ask.customer)
        found = db.session.scalar(
            select(Customer.customer_id).where(named).order_by(Customer.customer_id != ask.customer).limit(1)
        )
    if found is None or mine not in {None, found}:
        raise NotFound("customer")
    return found


def _check_owner(hold_id: str, mine: str | None) -> None:
    if mine is not None:
        find(hold_id, mine)


def _check_hold(hold_id: str) -> None:
    if not ids.is_id(hold_id, "hold"):
        raise NotFound("authorization")


def _check(ask: Ask) -> None:
    """Refuse what no rule can judge."""
    if ask.meter and not 1 <= ask.quantity <= LARGEST:
        raise Refused(f"A quantity is from 1 to {LARGEST:,}.", "quantity_out_of_range", 422, "quantity")
    if not ask.meter and ask.micros <= 0:
        raise Refused("Ask for more than zero credits, or for a meter and a quantity.", "nothing_asked", 422, "credits")
    if not 1 <= ask.ttl_seconds <= LONGEST:
        words = f"An authorization is open for 1 to {LONGEST:,} seconds."
        raise Refused(words, "ttl_out_of_range", 422, "ttl_seconds")
    if not ask.customer.isprintable():
        raise NotFound("customer")
