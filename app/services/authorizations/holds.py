"""Authorizations: may this customer spend now? Judged, kept and counted in one transaction; overshoot is 0 (I19).

On PostgreSQL one round trip to the database, on SQLite one transaction under its write lock, by the same rule. When the
database cannot be reached the answer is no.
"""

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from app import ids
from app.domain.authorizations import LONGEST, AuthorizationRequest, Authorized, CaptureRequest, Taken
from app.domain.errors import NotFound, Refused
from app.domain.money import Credits
from app.domain.rating import LARGEST
from app.extensions import settings
from app.later import later
from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.access import api_keys
from app.services.access.api_keys import Caller, Presented
from app.services.authorizations import on_sqlite
from app.services.authorizations.judged import Judged, judged
from app.services.authorizations.refusals import SCOPE, refused_key, shown

if TYPE_CHECKING:
    from app.services.authorizations import on_postgresql
else:
    on_postgresql = later("app.services.authorizations.on_postgresql")


def authorize(request: AuthorizationRequest, proof: Presented | None = None) -> Authorized:
    """Return the answer to a host's request: held, captured at once, or refused with a reason.

    `proof` is the caller's key, proved here; None: a service of ours asks.
    """
    _check(request)
    if not _on_postgresql():
        return on_sqlite.authorize(request, proof)
    try:
        return on_postgresql.authorize(request, proof)
    except Refused as refusal:
        if refusal.status in {404, 422}:  # found before the key was proved: nothing is disclosed to a stranger
            _check_caller(request, proof)
        raise


def capture(
    hold_id: str,
    *,
    quantity: int | None = None,
    credits: Credits | None = None,  # noqa: A002  # the product's word
    keep: bool = False,
    key: str = "",
    proof: Presented | None = None,
) -> Taken:
    """Use what was held: all that is left, or so much; more than was held only where more is available (`NoRoom`).

    The rest is released, or with `keep` stays held, so that one hold can be used bit by bit. With a `key` each is done
    once: sent again it is answered by what it took then, and refused where it says anything else. The capture that
    ended a hold may be sent again without one.
    """
    try:
        request = _capture_request(hold_id, quantity, credits, keep, key)
        if _on_postgresql():
            return on_postgresql.capture(request, proof)
        return on_sqlite.capture(request, proof)
    except Refused as refusal:
        if refusal.status in {404, 422}:  # found before the key was proved: nothing is disclosed to a stranger
            _check_holder(hold_id, proof)
        raise


def release(hold_id: str, *, proof: Presented | None = None) -> Authorized:
    """Hold it no longer: what is left may be spent by others. Twice is once."""
    if not ids.is_id(hold_id, "hold"):
        _check_holder(hold_id, proof)
    if _on_postgresql():
        return on_postgresql.release(hold_id, proof)
    return on_sqlite.release(hold_id, proof)


def _capture_request(
    hold_id: str,
    quantity: int | None,
    credits: Credits | None,  # noqa: A002
    keep: bool,
    key: str,
) -> CaptureRequest:
    """Return what is to be captured, or refuse what no rule can judge."""
    _check_hold(hold_id)
    if quantity is not None and not 1 <= quantity <= LARGEST:
        raise Refused(f"A quantity is from 1 to {LARGEST:,}.", "quantity_out_of_range", 422, "quantity")
    if credits is not None and credits.micros <= 0:
        raise Refused("Capture more than zero, or release the authorization.", "credits_too_small", 422, "credits")
    return CaptureRequest(hold_id, quantity, credits.micros if credits is not None else None, keep, key)


def close() -> None:
    """Close the connections that the app has for authorizations alone."""
    if _on_postgresql():
        on_postgresql.close()
    on_sqlite.close()


def find(hold_id: str, customer_id: str | None = None) -> Authorized:
    """Return an authorization, or `NotFound`. `customer_id` is the only customer that may be asked about; None: any."""
    return explained(hold_id, customer_id)[0]


def explained(hold_id: str, customer_id: str | None = None) -> tuple[Authorized, Judged | None]:
    """Return an authorization as `find` does, and what a refusal was decided from, where that was kept."""
    _check_hold(hold_id)
    with as_service("look up an authorization"):
        row = db.session.get(Authorization, hold_id)
    if row is None or customer_id not in {None, row.customer_id}:
        raise NotFound("authorization")
    return shown(row), judged(row)


def _on_postgresql() -> bool:
    return settings().on_postgresql


def _check_caller(request: AuthorizationRequest, proof: Presented | None) -> None:
    """Refuse a key that is not good, and a customer that it may not ask about."""
    if proof is None:
        return
    caller = _caller(proof)
    with as_service("authorize"):
        named = or_(Customer.customer_id == request.customer, Customer.external_id == request.customer)
        found = db.session.scalar(
            select(Customer.customer_id).where(named).order_by(Customer.customer_id != request.customer).limit(1)
        )
    if found is None or caller.customer_id not in {None, found}:
        raise NotFound("customer")


def _check_holder(hold_id: str, proof: Presented | None) -> None:
    """Refuse a key that is not good, and a hold that it may not ask about."""
    find(hold_id, _caller(proof).customer_id if proof is not None else None)


def _caller(proof: Presented) -> Caller:
    caller = api_keys.find(proof)
    if caller is None:
        raise refused_key("unauthorized")
    if not caller.may(SCOPE):
        raise refused_key("forbidden")
    return caller


def _check_hold(hold_id: str) -> None:
    if not ids.is_id(hold_id, "hold"):
        raise NotFound("authorization")


def _check(request: AuthorizationRequest) -> None:
    """Refuse what no rule can judge."""
    if request.meter and not 1 <= request.quantity <= LARGEST:
        raise Refused(f"A quantity is from 1 to {LARGEST:,}.", "quantity_out_of_range", 422, "quantity")
    if not request.meter and request.micros <= 0:
        raise Refused("Ask for more than zero credits, or for a meter and a quantity.", "nothing_asked", 422, "credits")
    if not 1 <= request.ttl_seconds <= LONGEST:
        words = f"An authorization is open for 1 to {LONGEST:,} seconds."
        raise Refused(words, "ttl_out_of_range", 422, "ttl_seconds")
    if not request.customer.isprintable():
        raise NotFound("customer")
