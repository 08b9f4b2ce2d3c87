"""Authorizations on PostgreSQL, in one round trip: what the process knows of a customer goes with the question.

The terms (catalog, plan, billing period) are remembered. The database looks whether they still hold, under its lock,
and answers `stale` where they do not; where a grant or a period is due it answers `catch_up`, and that is done first.
"""

from typing import Any

from sqlalchemy import or_, select

from app import clock, ids
from app.config import Settings
from app.domain.authorizations import AuthorizationRequest, Authorized, CaptureRequest, Taken, too_dear
from app.domain.errors import NotFound
from app.extensions import Extension, settings
from app.models.authorizations import Authorization
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.access.api_keys import Presented
from app.services.authorizations import asking, capturing
from app.services.authorizations.capturing import Held, Said
from app.services.authorizations.expiry import catch_up
from app.services.authorizations.postgresql_calls import HotPath
from app.services.authorizations.refusals import (
    DatabaseAway,
    NoRoom,
    Unavailable,
    check_kind,
    ended,
    over,
    refused_key,
    reused_key,
)
from app.services.authorizations.remembered import Remembered, Sent, Terms
from app.services.catalog import versions
from app.services.usage.terms import plan_of

TRIES = 4
"""How often the database may find that the terms have changed before we give up."""
_NO_TERMS: Sent = (None,) * 11
_NO_TERMS_OF_RELEASE: Sent = (None,) * 8


class AppState:
    """The hot path of an app, and what it remembers: terms by customer, and whose and of which meter a hold is."""

    def __init__(self, known: Settings) -> None:
        self.path = HotPath(known.database_url, prepared_statements=known.database_prepared_statements)
        self.terms: Remembered[Terms] = Remembered(20_000)
        self.holds: Remembered[tuple[str, str]] = Remembered(50_000)


def authorize(request: AuthorizationRequest, proof: Presented | None) -> Authorized:
    """Judge and write down what was asked; asked again with its key, what was answered."""
    state, name = _app_state(), ids.new("hold")
    for _ in range(TRIES):
        terms = _terms(request.customer)
        said = asking.values(request, proof, name, terms.customer_id, terms.of(request.meter, request.quantity))
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
    state = _app_state()
    for _ in range(TRIES):
        held = _held(request.hold_id)
        terms = _NO_TERMS
        if held.customer_id:
            check_kind(held.meter, request.quantity, request.micros)
            terms = _terms(held.customer_id).of(held.meter, request.quantity)
        try:
            said = capturing.capture(state.path, request, held, terms, proof, clock.now())
        except DatabaseAway as problem:
            raise Unavailable from problem
        match said:
            case Said("captured", hold=Authorized() as hold):
                return Taken(said.micros, said.available, hold)
            case Said("ended", hold=Authorized() as hold):
                return ended(hold, said.available, request)
            case Said("key_reused"):
                raise reused_key()
            case Said("too_dear"):
                raise too_dear(held.meter)
            case Said("refused"):
                raise NoRoom(said.why, said.available, said.retry)
            case Said(outcome):
                _mend(outcome, held.customer_id, held.customer_id)
    raise Unavailable


def release(hold_id: str, proof: Presented | None) -> Authorized:
    """Hold it no longer. Twice is once."""
    state = _app_state()
    for _ in range(TRIES):
        held = _held(hold_id)
        terms = _terms(held.customer_id).of_release(held.meter) if held.customer_id else _NO_TERMS_OF_RELEASE
        try:
            said = capturing.release(state.path, held, terms, proof, clock.now())
        except DatabaseAway as problem:
            raise Unavailable from problem
        match said:
            case "released", Authorized() as hold:
                return hold
            case "ended", Authorized() as hold:
                raise over(hold)
            case outcome, _:
                _mend(outcome, held.customer_id, held.customer_id)
    raise Unavailable


def close() -> None:
    """Close the app's connections."""
    state = _the_state.remove()
    if state is not None:
        state.path.close()


def holder(hold_id: str) -> str:
    """Return whose hold it is; empty: there is no such hold."""
    return _held(hold_id).customer_id


def customer_called(reference: str) -> str:
    """Return our id of the customer that is called so, by our id or the host's, or raise `NotFound`."""
    return _terms(reference).customer_id


def path() -> HotPath:
    """Return the app's pool for what is waited for."""
    return _app_state().path


_the_state: Extension[AppState] = Extension("authorizations")


def _app_state() -> AppState:
    return _the_state.get_or_make(lambda: AppState(settings()))


def _mend(outcome: str, customer_id: str, reference: str) -> None:
    """Do what the database asked for before it can judge, or refuse the caller."""
    if outcome not in {"stale", "catch_up"}:
        raise refused_key(outcome)
    _app_state().terms.forget(reference)
    if outcome == "catch_up":
        catch_up(customer_id)


def _terms(reference: str) -> Terms:
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


def _looked_up(reference: str) -> Terms:
    with as_service("authorize"):
        row = terms_row(reference)
        if row is None:
            raise NotFound("customer")
        catalog = versions.sold(row.catalog, row.catalog_version)
    plan = plan_of(catalog, row.plan)
    return Terms(row.customer_id, row.catalog, row.catalog_version, row.plan, row.number, catalog, plan)


def _held(hold_id: str) -> Held:
    """Return whose hold it is and of which meter; two empty texts where there is none."""
    known = _app_state().holds.get(hold_id)
    if known is None:
        with as_service("capture an authorization"):
            row = db.session.execute(
                select(Authorization.customer_id, Authorization.meter).where(Authorization.id == hold_id)
            ).one_or_none()
        if row is None:
            return Held(hold_id, "", "")
        known = (row.customer_id, row.meter)
        _app_state().holds.put(hold_id, known)
    return Held(hold_id, *known)
