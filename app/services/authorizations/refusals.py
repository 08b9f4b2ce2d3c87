"""How authorizations are answered: the row as a value, and each refusal with its words."""

from typing import Any

from app.domain.authorizations import Authorized, CaptureRequest, Taken
from app.domain.catalog import Catalog, MeterKind, Plan
from app.domain.errors import Forbidden, NotFound, Refused
from app.domain.rating import Tariff, tariff
from app.domain.usage_words import refused

SCOPE = "usage:write"
_ENDED = {
    "captured": "This authorization was captured already.",
    "released": "This authorization was released.",
    "expired": "This authorization has expired. What it held may be spent by others.",
    "refused": "This authorization was refused, so that it holds nothing.",
}
_NO_ROOM = {
    "insufficient_credits": "There is not enough credit for more than was held.",
    "daily_limit": "The daily limit leaves no room for more than was held.",
    "plan_limit": "The plan's limit leaves no room for more than was held.",
    "suspended": "The customer is suspended: no more than was held can be captured.",
    "closed": "The customer is closed: no more than was held can be captured.",
}


class DatabaseAway(Exception):
    """The database did not answer in time, so that nothing can be allowed."""


class NoRoom(Refused):
    """A capture of more than was held, and more than is available. The hold stays as it is."""

    def __init__(self, reason: str, available: int, retry_after: int | None) -> None:
        super().__init__(_NO_ROOM[reason], reason, 402 if reason == "insufficient_credits" else 409)
        self.available, self.retry_after = available, retry_after


class Unavailable(Refused):
    """The database did not answer: nothing is allowed that it did not allow."""

    def __init__(self) -> None:
        super().__init__("This cannot be judged right now, so the answer is no.", "unavailable", 503)


def shown(row: Any) -> Authorized:
    """Return a row of `authorizations`, from either way to read it, as a value."""
    return Authorized(
        id=row.id,
        customer_id=row.customer_id,
        meter=row.meter,
        quantity=row.quantity,
        micros=row.micros,
        state=row.state,
        reason=row.reason,
        retry_after_seconds=row.retry_after_seconds,
        available_after_micros=row.available_after_micros,
        captured_micros=row.captured_micros,
        captured_quantity=row.captured_quantity,
        captures=row.captures,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def priced_by(catalog: Catalog, plan: Plan, meter: str) -> Tariff | None:
    """Return what the meter costs, None where credit itself is asked for, or refuse a meter that cannot be held."""
    if not meter:
        return None
    found = tariff(catalog, plan, meter)
    if found is None:
        raise Refused(refused("unknown_meter", meter), "unknown_meter", 422, "meter")
    if not found.kind.can_be_held:
        words = f"A {found.kind.value} meter cannot be authorized: what it shows is known only afterwards."
        raise Refused(words, "meter_not_counted", 422, "meter")
    return found


def check_count(price: Tariff | None, quantity: int | None) -> None:
    """Refuse more than one unit of a meter that counts events: as with reports, each event is one."""
    if price is not None and price.kind is MeterKind.COUNT and (quantity or 1) != 1:
        words = "This meter counts events: ask for one at a time, with the quantity 1."
        raise Refused(words, "quantity_not_one", 422, "quantity")


def check_kind(meter: str, quantity: int | None, micros: int | None) -> None:
    """Refuse to capture credits of a hold on a meter, and units of a hold on credits."""
    if meter and micros is not None:
        raise Refused("This authorization is for a meter: capture a quantity.", "credits_unexpected", 422, "credits")
    if not meter and quantity is not None:
        raise Refused("This authorization is for credits: capture credits.", "quantity_unexpected", 422, "quantity")


def ended(hold: Authorized, available: int, request: CaptureRequest) -> Taken:
    """Return the answer to the capture that ended the hold, when this is it once more; else refuse."""
    same = request.quantity in {None, hold.captured_quantity} and request.micros in {None, hold.captured_micros}
    if hold.state == "captured" and hold.captures == 1 and same and not request.keep:
        return Taken(hold.captured_micros, available, hold)
    raise over(hold)


def over(hold: Authorized) -> Refused:
    """Return the refusal of anything more with a hold that is no longer open."""
    state = "expired" if hold.state == "held" else hold.state
    return Refused(_ENDED[state], f"authorization_{state}", 409)


def refused_key(outcome: str) -> Refused:
    """Return the refusal of a caller whose key is not good for this."""
    if outcome == "unauthorized":
        return Refused("Send a valid API key: Authorization: Bearer sk_…", "unauthorized", 401)
    if outcome == "forbidden":
        return Forbidden(f"This key lacks the scope {SCOPE}.")
    return NotFound("authorization")


def reused_key() -> Refused:
    """Return the refusal of a key that came with another request before."""
    return Refused("This Idempotency-Key was used for another request. Take a new key.", "idempotency_key_reused", 409)
