"""Spend management: what a customer chose for each UTC day, read and changed."""

from sqlalchemy.orm import Session

from app import clock
from app.domain import spend_management as rule
from app.domain.catalog import Catalog
from app.domain.errors import NotFound, NotOffered, Refused
from app.domain.language import _
from app.domain.money import Credits
from app.domain.spend_management import Limits
from app.models.customers import Customer
from app.models.database import db
from app.models.limits import SpendSettings
from app.models.scope import as_service
from app.services import audit
from app.services.catalog import versions
from app.services.ledger import spending
from app.services.transaction import transaction
from app.services.webhooks import endpoints

CHANGED_MEANWHILE = "version_gone_by"


def limits(row: SpendSettings | None, catalog: Catalog) -> Limits:
    """Return what holds: what the customer chose, else the catalog's terms."""
    if row is None:
        return rule.beginning(catalog.spend_management)
    return Limits(row.enabled, _credits(row.daily_limit_micros), _credits(row.notify_threshold_micros), row.version)


def current(customer: Customer, catalog: Catalog) -> Limits:
    """Return what holds for the customer in scope. One statement.

    Refuses (404) where the seller does not offer it, unless the customer has it on from before: then it can be changed.
    """
    row = db.session.get(SpendSettings, customer.customer_id)
    now = limits(row, catalog)
    if not (catalog.spend_management.offered or now.enabled):
        raise NotOffered("Spend management")
    return now


def change(customer_id: str, wanted: Limits, *, webhook_url: str | None, by: str, address: str = "") -> Limits:
    """Put this set in the place of the one of its version, or refuse it whole (AC-7); return what holds now.

    An old version is refused (409); another webhook URL makes a new version too. `webhook_url` None leaves the
    customer's webhook as it is, '' ends it.
    """
    rule.check(wanted)
    url = None if webhook_url is None else endpoints.checked(webhook_url)
    with as_service("change spend management"), transaction() as session:
        spending.lock(session, [customer_id])  # no call is judged by half of a change (H4)
        customer = session.get(Customer, customer_id)
        if customer is None:
            raise NotFound("customer")
        catalog = versions.of(customer)
        row = session.get(SpendSettings, customer_id, populate_existing=True)
        before = limits(row, catalog)
        if wanted.version != before.version:
            words = _("Spend management was changed meanwhile. Read it again before you save.")
            raise Refused(words, CHANGED_MEANWHILE)
        there = endpoints.of(customer_id)
        rule.check_something_set(wanted, (there.url if there else "") if url is None else url)
        moved = url is not None and endpoints.put(session, customer_id, url, by=by, address=address)
        if wanted == before and not moved:
            return before
        now = _write(session, customer_id, row, wanted, by)
        if wanted == before:
            return now
        audit.record(
            session,
            customer_id,
            by,
            "spend_management.changed",
            customer_id,
            before=before.chosen(),
            after=now.chosen(),
            address=address,
        )
        spending.touch(session, customer_id)  # the new limit may be reached already, or no longer
        return now


def _write(session: Session, customer_id: str, row: SpendSettings | None, wanted: Limits, by: str) -> Limits:
    if row is None:
        row = SpendSettings(customer_id=customer_id, version=0)
        session.add(row)
    row.enabled = wanted.enabled
    row.daily_limit_micros = wanted.daily_limit.micros if wanted.daily_limit else None
    row.notify_threshold_micros = wanted.notify_threshold.micros if wanted.notify_threshold else None
    row.version += 1
    row.changed_at, row.changed_by = clock.now(), by
    session.flush()
    return Limits(wanted.enabled, wanted.daily_limit, wanted.notify_threshold, row.version)


def _credits(micros: int | None) -> Credits | None:
    return None if micros is None else Credits(micros)
