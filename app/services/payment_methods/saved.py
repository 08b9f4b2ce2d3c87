"""Saved ways to pay: which there are, which one is charged by default, and how one goes.

How one comes is in `setups.py`; what becomes of one at the processor without us, in `changes.py`.
"""

from sqlalchemy import select

from app import clock
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.methods import Expiry, expiry
from app.domain.people.members import Orderer
from app.models.database import db
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.services.payment_methods import detaching, rows
from app.services.transaction import transaction


def saved() -> list[PaymentMethod]:
    """Return the customer's methods that are not removed, the default first, then the newest."""
    return list(
        db.session.scalars(
            select(PaymentMethod)
            .where(PaymentMethod.removed_at.is_(None))
            .order_by(PaymentMethod.is_default.desc(), PaymentMethod.created_at.desc(), PaymentMethod.id.desc())
        )
    )


def one(method_id: str) -> PaymentMethod:
    """Return the customer's saved method, or `NotFound`."""
    return rows.of(saved(), method_id)


def default() -> PaymentMethod | None:
    """Return the method that is charged by default, where there is one."""
    return db.session.scalars(
        select(PaymentMethod).where(PaymentMethod.removed_at.is_(None), PaymentMethod.is_default)
    ).one_or_none()


def gone(method_id: str) -> tuple[PaymentMethod, PaymentMethod | None] | None:
    """Return the customer's method if it was removed, whoever did it, and the default as it is now.

    None while it is saved, and where the same card or account became the default again.
    """
    method = db.session.scalars(
        select(PaymentMethod).where(PaymentMethod.id == method_id, PaymentMethod.removed_at.is_not(None))
    ).one_or_none()
    if method is None:
        return None
    next_default = default()
    is_same = next_default is not None and rows.is_same(next_default, method.kind, method.fingerprint)
    return None if is_same else (method, next_default)


def make_default(actor: Orderer, method_id: str, *, address: str = "") -> PaymentMethod:
    """Charge this method by default from now on, and return it.

    Refuses (404) a method that is not saved, (409) one that has expired or that pays for credits only.
    """
    with as_service("choose the default payment method"), transaction() as session:
        policy = rows.lock_customer(session, actor.customer_id)
        methods = rows.live(session, actor.customer_id)
        method = rows.of(methods, method_id)
        if expiry(method.exp_month, method.exp_year, clock.now().date()) is Expiry.OVER:
            words = _("This card has expired. Add it again with its new date, or choose another one.")
            raise Refused(words, "method_expired")
        if method.kind in policy.top_up_only:
            raise Refused(_("This payment method buys credits only, so it cannot be the default."), "top_up_only")
        before = next((each for each in methods if each.is_default), None)
        if before is not method:
            if before is not None:
                before.is_default = False
                session.flush()  # there is one default at a time, also between two statements
            method.is_default = True
            rows.note(session, actor.customer_id, actor.member_id, "payment_method.made_default", method, address)
            rows.have_charges_looked_at(session, method, clock.now())
    return method


def remove(actor: Orderer, method_id: str, *, address: str = "") -> tuple[PaymentMethod, PaymentMethod | None]:
    """Remove the method; return it, and the method that the default passed on to, if it did.

    After that no new charge uses it (I15); the processor is asked to detach it, again until it answers. Refuses (404)
    a method that is not saved, and (409) what the seller's catalog does not allow (AC-73).
    """
    now = clock.now()
    with as_service("remove a payment method"):
        with transaction() as session:
            policy = rows.lock_customer(session, actor.customer_id)
            methods = rows.live(session, actor.customer_id)
            method = rows.of(methods, method_id)
            if policy.manage == "processor_portal":
                raise Refused(_("Payment methods are removed in our payment processor's portal."), "managed_elsewhere")
            if not policy.may_remove_last and len(methods) == 1:
                words = _("This is your only payment method. Add another one before you remove it.")
                raise Refused(words, "last_method")
            was_default = method.is_default
            rows.take_away(session, method, now)
            others = [each for each in methods if each is not method]
            next_default = rows.next_default(others, policy, now) if was_default else None
            if next_default is not None:
                next_default.is_default = True
                rows.have_charges_looked_at(session, next_default, now)
            rows.note(session, actor.customer_id, actor.member_id, "payment_method.removed", method, address)
        detaching.detach(method.id)
    return method, next_default
