"""Who calls the Billing API: a key in the Authorization header, what it may do, and how often it may call."""

import math

from flask import g, request
from limits import RateLimitItemPerMinute
from sqlalchemy import select

from app import clock
from app.api.contract.problems import WORDS, RetryLater, Unauthorized
from app.api.contract.rate_limit import Calls
from app.domain.errors import Forbidden, NotFound, ensure
from app.extensions import settings
from app.ids import is_id
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import CustomerScope, enter
from app.services.access import api_keys
from app.services.access.api_keys import Caller, Presented
from app.services.customers import directory
from app.web import shared_counts
from app.web.shared_counts import Away

__all__ = ["Caller", "Presented", "caller", "customer_in", "known", "named", "presented", "prove"]

_calls = Calls()


def presented() -> Presented:
    """Return the key as it was sent, or refuse with 401. It is not proved: who asks for it must do so."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    shown = api_keys.presented(text.strip()) if scheme.lower() == "bearer" else None
    if shown is None:
        raise Unauthorized
    return shown


def prove(shown: Presented, scope: str) -> None:
    """Prove the caller and that its key has the scope, or refuse with 401 or 403."""
    found = api_keys.find(shown)
    if found is None:
        raise Unauthorized
    known(found, scope)


def known(found: Caller, scope: str) -> None:
    """Take a caller whose key was proved, by `prove` or in the operation's own round trip, if the scope allows."""
    g.api_caller = found
    if found.customer_id is not None and scope in api_keys.SELLERS_ONLY:
        raise Forbidden(f"This key is for one customer only, and {scope} is for keys of the seller's.")
    if not found.may(scope):
        raise Forbidden(f"This key lacks the scope {scope}.")


def caller() -> Caller:
    """Return who calls."""
    found: Caller | None = g.get("api_caller")
    ensure(found, "nobody was identified")
    return found  # type: ignore[return-value]  # ensured above


def named(name: str) -> str | None:
    """Return our id of the customer that is called so, if the caller may ask about it: by our id or the seller's own.

    What has the form of our id is one: no id of the seller's has. None: unknown, or none of this caller's.
    """
    mine = caller().customer_id
    if is_id(name, "cus"):
        return name if mine in {None, name} else None
    return directory.id_of(name, only=mine) if name.isprintable() else None


def customer_in(name: str) -> Customer:
    """Return the customer that is called so and put its scope in force, or `NotFound`."""
    customer_id = named(name)
    if customer_id is None:
        raise NotFound("customer")
    enter(CustomerScope(customer_id))
    found = db.session.scalars(select(Customer).where(Customer.customer_id == customer_id)).one_or_none()
    if found is None:
        raise NotFound("customer")
    return found


def count(shown: Presented) -> None:
    """Count the call against the key's limit, or refuse with 429. By the secret: an id alone can use up nothing."""
    most = settings().api_calls_per_minute
    if not most:
        return
    try:
        wait = _counted(shown.secret_hash, most)
    except Away:  # no Redis, or none that counts: each process counts for itself, from zero
        wait = _calls.add(shown.secret_hash, most)
    if wait:
        reason, sentence = WORDS[429]
        raise RetryLater(sentence, reason, 429, wait)


def _counted(key: str, most: int) -> int:
    """Count a call where all processes do; return in how many seconds the key may call again, 0: it may now."""
    item = RateLimitItemPerMinute(most)
    over_at = shared_counts.counted_by_all(item, "api", key)
    return 0 if over_at is None else max(1, min(item.get_expiry(), math.ceil(over_at - clock.now().timestamp())))
