"""The rows of saved methods inside a transaction: changed one customer at a time, one default at most.

Used by `payment_methods` and `setups`; pages call those.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import ids
from app.domain.catalog_terms import PaymentMethods
from app.domain.errors import NotFound
from app.domain.methods import Expiry, Rail, expiry
from app.domain.payments import SavedMethod
from app.models.auto_recharge import due_now
from app.models.collection import method_came
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.services import audit, wake_ups
from app.services.catalog import versions
from app.services.payment_methods import watch


def keep(
    session: Session,
    customer_id: str,
    method: SavedMethod,
    *,
    actor: str,
    address: str,
    now: datetime,
    since: datetime | None = None,
) -> PaymentMethod:
    """Save what the processor holds, once, in the caller's transaction; `actor` is who asked for it.

    The same card or account again takes the place of the older entry, so that it never stands there twice. But a card
    that came after `since`, when this one was begun, stays: one form was sent twice at once, and is about to pay by it.
    """
    policy = lock_customer(session, customer_id)
    known = session.scalars(
        select(PaymentMethod).where(
            PaymentMethod.customer_id == customer_id, PaymentMethod.processor_id == method.processor_id
        )
    ).one_or_none()
    if known is not None:
        return known
    methods = live(session, customer_id)
    twin = next((each for each in methods if is_same(each, method.kind, method.fingerprint)), None)
    if twin is not None and since is not None and twin.created_at > since and twin.kind == Rail.CARD:
        session.add(_row(customer_id, method, now, removed_at=now, detach_at=now))
        return twin
    before = next((each for each in methods if each.is_default), None)
    takes_default = (
        before is None or before is twin or (_is_over(before, now) and method.kind not in policy.top_up_only)
    )
    if twin is not None:
        take_away(session, twin, now)
        note(session, customer_id, actor, "payment_method.replaced", twin, address)
    if takes_default and before is not None and before is not twin:
        before.is_default = False
        session.flush()  # there is one default at a time, also between two statements
    row = _row(customer_id, method, now, is_default=takes_default and method.kind not in policy.top_up_only)
    session.add(row)
    session.flush()
    note(session, customer_id, actor, "payment_method.added", row, address)
    have_charges_looked_at(session, row, now)
    return row


def _row(customer_id: str, method: SavedMethod, now: datetime, **more: Any) -> PaymentMethod:
    return PaymentMethod(
        id=ids.new("pm"),
        customer_id=customer_id,
        processor_id=method.processor_id,
        kind=method.kind,
        brand=method.brand,
        last4=method.last4,
        exp_month=method.exp_month,
        exp_year=method.exp_year,
        holder=method.holder[:200],
        fingerprint=method.fingerprint,
        created_at=now,
        **{"is_default": False, **more},
    )


def have_charges_looked_at(session: Session, method: PaymentMethod, now: datetime) -> None:
    """Have the rule of auto-recharge asked again, for this method, new or newly the default, may be charged.

    What is due of invoices is paid by it, too. The customer is locked.
    """
    session.execute(due_now(method.customer_id, now))
    watch.changed(session, method.customer_id)
    wake_ups.after_commit(session, wake_ups.AUTOMATIC_CHARGES)
    session.execute(method_came(method.customer_id, method.id, now))
    wake_ups.after_commit(session, wake_ups.COLLECTION)


def lock_customer(session: Session, customer_id: str) -> PaymentMethods:
    """Let the customer's other changes of methods wait; return the seller's policy.

    Two first methods at once: one becomes the default. Two removals at once: one of them is the last.
    """
    watch.begin(session, customer_id)
    catalog = session.scalars(
        select(Customer.catalog).where(Customer.customer_id == customer_id).with_for_update(key_share=True)
    ).one()
    return versions.offered(catalog).payment_methods


def live(session: Session, customer_id: str) -> list[PaymentMethod]:
    """Return the customer's methods that are not removed, locked, the newest first."""
    return list(
        session.scalars(
            select(PaymentMethod)
            .where(PaymentMethod.customer_id == customer_id, PaymentMethod.removed_at.is_(None))
            .order_by(PaymentMethod.created_at.desc(), PaymentMethod.id.desc())
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def of(methods: list[PaymentMethod], method_id: str) -> PaymentMethod:
    """Return this one of the methods, or `NotFound`."""
    found = next((each for each in methods if each.id == method_id), None)
    if found is None:
        raise NotFound("payment method")
    return found


def is_same(row: PaymentMethod, kind: str, fingerprint: str) -> bool:
    """Say whether the row is the card or account of this kind and fingerprint."""
    return bool(fingerprint) and (row.kind, row.fingerprint) == (kind, fingerprint)


def take_away(session: Session, method: PaymentMethod, now: datetime) -> None:
    """Remove the method here; the processor is asked to detach it after the transaction."""
    method.is_default, method.removed_at, method.detach_at = False, now, now
    watch.changed(session, method.customer_id)  # before another one becomes the default


def next_default(others: list[PaymentMethod], policy: PaymentMethods, now: datetime) -> PaymentMethod | None:
    """Return which method the default passes on to: the newest that may be charged for anything."""
    fit = [each for each in others if each.kind not in policy.top_up_only]
    good = [each for each in fit if not _is_over(each, now)]
    return next(iter([*good, *fit]), None)


def _is_over(method: PaymentMethod, now: datetime) -> bool:
    return expiry(method.exp_month, method.exp_year, now.date()) is Expiry.OVER


def note(session: Session, customer_id: str, actor: str, action: str, method: PaymentMethod, address: str = "") -> None:
    """Write in the audit trail what `actor` did to the method."""
    after = {"brand": method.brand, "last4": method.last4, "default": method.is_default}
    audit.record(session, customer_id, actor, action, method.id, after=after, address=address)
