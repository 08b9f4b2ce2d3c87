"""Authorizations on PostgreSQL, in one round trip: what the process knows of a customer goes with the question.

The terms (catalog, plan, billing period) are remembered. The database looks whether they still hold, under its lock,
and answers `stale` where they do not; where a grant or a period is due it answers `catch_up`, and that is done first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

from cachetools import LRUCache
from sqlalchemy import or_, select

from app import clock, ids
from app.config import Settings
from app.domain.authorizations import AuthorizationRequest, Authorized, CaptureRequest, Taken, too_dear
from app.domain.catalog import Catalog, Plan
from app.domain.errors import NotFound
from app.domain.rating import Tariff, tariff
from app.extensions import Extension, settings
from app.models.authorizations import Authorization
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.access.api_keys import Presented
from app.services.authorizations import asking, postgresql_calls
from app.services.authorizations.catch_up import catch_up
from app.services.authorizations.postgresql_calls import DatabaseAway, HotPath
from app.services.authorizations.refusals import (
    NoRoom,
    Unavailable,
    check_count,
    check_kind,
    ended,
    over,
    priced_by,
    refused_key,
    reused_key,
    shown,
)
from app.services.catalog import versions
from app.services.ledger import spending
from app.services.usage.terms import plan_of

TRIES = 4
"""How often the database may find that the terms have changed before we give up."""
Value = TypeVar("Value")


@dataclass(frozen=True)
class _Terms:
    """What a process remembers of a customer. `plan_key` is as the customer's row has it."""

    customer_id: str
    catalog_name: str
    version: int
    plan_key: str
    period: int
    catalog: Catalog
    plan: Plan

    def values(self, meter: str, quantity: int | None) -> dict[str, object]:
        """Return the terms as the statements take them, for so much of one meter."""
        price = priced_by(self.catalog, self.plan, meter)
        check_count(price, quantity)
        return self._with(price)

    def of_hold(self, meter: str) -> dict[str, object]:
        """Return the terms as the statements take them, to end a hold: of a meter that may be sold no longer."""
        return self._with(tariff(self.catalog, self.plan, meter))

    def _with(self, price: Tariff | None) -> dict[str, object]:
        return {
            "catalog": self.catalog_name,
            "version": self.version,
            "plan": self.plan_key,
            "period": self.period,
            "at_invoice": self.catalog.credits.burn == "at_invoice",
            "daily_limit": spending.daily_limit(None, self.catalog),
            **_price(price),
        }


class _Remembered(Generic[Value]):
    """What was looked up last, up to `most` of it, for all threads. Losing any costs a statement."""

    def __init__(self, most: int) -> None:
        self._lock, self._values = Lock(), LRUCache[str, Value](most)

    def get(self, key: str) -> Value | None:
        with self._lock:
            return self._values.get(key)

    def put(self, key: str, value: Value) -> None:
        with self._lock:
            self._values[key] = value

    def forget(self, key: str) -> None:
        with self._lock:
            self._values.pop(key, None)


class AppState:
    """The hot path of an app, and what it remembers: terms by customer, and whose and of which meter a hold is."""

    def __init__(self, known: Settings) -> None:
        self.path = HotPath(known.database_url, prepared_statements=known.database_prepared_statements)
        self.terms: _Remembered[_Terms] = _Remembered(20_000)
        self.holds: _Remembered[tuple[str, str]] = _Remembered(50_000)


def authorize(request: AuthorizationRequest, proof: Presented | None) -> Authorized:
    """Judge and write down what was asked; asked again with its key, what was answered."""
    state, name = _app_state(), ids.new("hold")
    for _ in range(TRIES):
        terms = _terms(request.customer)
        said = asking.values(request, proof, name, terms.customer_id, terms.values(request.meter, request.quantity))
        try:
            made = asking.ask(state.path, said, request, terms.customer_id)
        except DatabaseAway as problem:
            raise Unavailable from problem
        match made:
            case Authorized():
                state.holds.put(made.id, (terms.customer_id, request.meter))
                return made
            case "key_reused":
                raise reused_key()
            case "too_dear":
                raise too_dear(request.meter)
            case "not_found":
                raise NotFound("customer")
            case outcome:
                _mend(outcome, terms.customer_id, request.customer)
    raise Unavailable


def capture(request: CaptureRequest, proof: Presented | None) -> Taken:
    """Use what was held, in part or whole, or more where more is available."""
    for _ in range(TRIES):
        customer_id, meter = _whose(request.hold_id)
        terms = _terms(customer_id).values(meter, request.quantity) if customer_id else _NO_TERMS
        values = {
            **_proof(proof),
            **terms,
            "id": request.hold_id,
            "quantity": request.quantity,
            "micros": request.micros,
            "keep": request.keep,
            "event_key": request.event_id if request.key else None,
            "digest": request.digest,
            "now": clock.now(),
        }
        row = _sent(postgresql_calls.CAPTURE, values, about=customer_id or request.hold_id, again=bool(request.key))
        match row.outcome:
            case "captured":
                return Taken(row.used_micros, row.available, shown(row))
            case "key_reused":
                raise reused_key()
            case "ended":
                return ended(shown(row), row.available, request)
            case "too_dear":
                raise too_dear(meter)
            case "refused":
                raise NoRoom(row.why, row.available, row.retry_after)
            case outcome:
                if outcome == "mismatched":
                    check_kind(row.meter, request.quantity, request.micros)
                _mend(outcome, customer_id, customer_id)
    raise Unavailable


def release(hold_id: str, proof: Presented | None) -> Authorized:
    """Hold it no longer. Twice is once."""
    for _ in range(TRIES):
        customer_id, meter = _whose(hold_id)
        terms = _terms(customer_id).of_hold(meter) if customer_id else _NO_TERMS
        values = {**_proof(proof), **terms, "id": hold_id, "now": clock.now()}
        row = _sent(postgresql_calls.RELEASE, values, about=customer_id or hold_id, again=True)
        match row.outcome:
            case "released":
                return shown(row)
            case "ended":
                raise over(shown(row))
            case outcome:
                _mend(outcome, customer_id, customer_id)
    raise Unavailable


def close() -> None:
    """Close the app's connections."""
    state = _the_state.remove()
    if state is not None:
        state.path.close()


def path() -> HotPath:
    """Return the app's pool for what is waited for."""
    return _app_state().path


_the_state: Extension[AppState] = Extension("authorizations")
_NO_TERMS: dict[str, object] = {
    **dict.fromkeys(("catalog", "version", "plan", "period", "at_invoice", "daily_limit", "allowance", "plan_limit")),
    **dict.fromkeys(("each", "up_to", "per")),
}


def _app_state() -> AppState:
    return _the_state.get_or_make(lambda: AppState(settings()))


def _sent(statement: str, values: Mapping[str, object], *, about: str, again: bool = False) -> Any:
    try:
        return _app_state().path.ask(statement, values, about=about, again=again)
    except DatabaseAway as problem:
        raise Unavailable from problem


def _mend(outcome: str, customer_id: str, reference: str) -> None:
    """Do what the database asked for before it can judge, or refuse the caller."""
    if outcome not in {"stale", "catch_up"}:
        raise refused_key(outcome)
    _app_state().terms.forget(reference)
    if outcome == "catch_up":
        catch_up(customer_id)


def _proof(proof: Presented | None) -> dict[str, object]:
    if proof is None:
        return {"key_id": None, "key_hash": None}
    return {"key_id": proof.key_id, "key_hash": proof.secret_hash}


def _price(price: Tariff | None) -> dict[str, object]:
    """Return what a meter costs as the statements take it."""
    if price is None:
        return {"allowance": 0, "plan_limit": None, "each": [], "up_to": [], "per": 1}
    known = {"allowance": price.allowance, "plan_limit": price.limit, "per": price.meter.per}
    return {**known, **postgresql_calls.price_values(price.steps)}


def _terms(reference: str) -> _Terms:
    """Return the terms of a customer, by our id or the host's: what is remembered, or what the rows say."""
    known = _app_state().terms.get(reference)
    if known is None:
        known = _looked_up(reference)
        _app_state().terms.put(reference, known)
    return known


def terms_row(reference: str) -> Any:
    """Return the row that says a customer's terms, by our id or the host's; None: there is no such customer."""
    return db.session.execute(
        select(Customer.customer_id, Customer.catalog, Customer.catalog_version, Customer.plan, BillingPeriod.number)
        .join(BillingPeriod, BillingPeriod.customer_id == Customer.customer_id)
        .where(
            or_(Customer.customer_id == reference, Customer.external_id == reference),
            BillingPeriod.closed_at.is_(None),
        )
        .order_by(Customer.customer_id != reference)  # a host's own id may look like one of ours
        .limit(1)
    ).one_or_none()


def _looked_up(reference: str) -> _Terms:
    with as_service("authorize"):
        row = terms_row(reference)
        if row is None:
            raise NotFound("customer")
        catalog = versions.sold(row.catalog, row.catalog_version)
    plan = plan_of(catalog, row.plan)
    return _Terms(row.customer_id, row.catalog, row.catalog_version, row.plan, row.number, catalog, plan)


def _whose(hold_id: str) -> tuple[str, str]:
    """Return whose hold it is and of which meter; two empty texts where there is none."""
    known = _app_state().holds.get(hold_id)
    if known is None:
        with as_service("capture an authorization"):
            row = db.session.execute(
                select(Authorization.customer_id, Authorization.meter).where(Authorization.id == hold_id)
            ).one_or_none()
        if row is None:
            return "", ""
        known = (row.customer_id, row.meter)
        _app_state().holds.put(hold_id, known)
    return known
