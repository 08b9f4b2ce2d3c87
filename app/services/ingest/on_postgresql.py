"""A single usage event on PostgreSQL: one statement, with what the process knows of the customer's terms.

The database looks under its lock whether they still hold. Numbers go over as text, so that the statement has the same
types, and is prepared once, whatever their size.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import Lock

from cachetools import TTLCache
from sqlalchemy import or_, select

from app.domain import rating
from app.domain.catalog import MeterKind
from app.domain.rating import Tariff, UsageReport
from app.extensions import Extension
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.access.api_keys import Presented
from app.services.authorizations import on_postgresql as authorizations
from app.services.authorizations.postgresql_calls import DatabaseAway
from app.services.catalog import versions
from app.services.usage.terms import plan_of

MOST, SECONDS = 50_000, 600
"""How many customers' meters are remembered, and for how long. The database says at once where one has changed."""
_COUNT = (
    "select purser_count(%(key_id)s::text, %(key_hash)s::text, %(customer_id)s::text, %(customer)s::text, "
    "%(id)s::text, %(digest)s::text, %(meter)s::text, %(quantity)s::bigint, %(subject)s::text, "
    "%(time)s::timestamptz, %(properties)s::text, %(now)s::timestamptz, %(catalog)s::text, %(version)s::bigint, "
    "%(plan)s::text, %(period)s::bigint, %(at_invoice)s::boolean, %(allowance)s::bigint, %(each)s::bigint[], "
    "%(up_to)s::bigint[], %(per)s::bigint) as outcome"
)
Terms = Mapping[str, object]


class Remembered:
    """The terms of customers' meters, as the statement takes them; None: of a meter that does not add up."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._terms: TTLCache[tuple[str, str], Terms | None] = TTLCache(MOST, SECONDS)

    def of(self, customer: str, meter: str) -> Terms | None:
        """Return the terms by which the customer, named by our id or the host's, uses the meter."""
        key = customer, meter
        with self._lock:
            if key in self._terms:
                return self._terms[key]
        found = _looked_up(customer, meter)
        with self._lock:
            self._terms[key] = found
        return found

    def forget(self, customer: str, meter: str) -> None:
        """Look them up again."""
        with self._lock:
            self._terms.pop((customer, meter), None)


_remembered: Extension[Remembered] = Extension("ingest")


def count(report: UsageReport, digest: str, properties: str, proof: Presented, now: datetime) -> str:
    """Count the event: `counted`, `duplicate`, or in another word that it must go the usual way."""
    remembered = _remembered.get_or_make(Remembered)
    terms = remembered.of(report.customer, report.meter)
    if terms is None or (report.quantity != 1 and terms["counts"]):
        return "unfit"
    values = {
        **terms,
        "key_id": proof.key_id,
        "key_hash": proof.secret_hash,
        "customer": report.customer,
        "id": report.id,
        "digest": digest,
        "meter": report.meter,
        "quantity": str(report.quantity),
        "subject": report.subject,
        "time": report.time,
        "properties": properties,
        "now": now,
    }
    try:
        outcome: str = authorizations.path().ask(_COUNT, values, about=str(terms["customer_id"]), again=True).outcome
    except DatabaseAway:  # the usual way says so, or finds it counted
        return "away"
    if outcome == "stale":
        remembered.forget(report.customer, report.meter)
    return outcome


def _looked_up(customer: str, meter: str) -> Terms | None:
    with as_service("accept usage"):
        row = db.session.execute(
            select(
                Customer.customer_id,
                Customer.catalog,
                Customer.catalog_version,
                Customer.plan,
                BillingPeriod.number,
            )
            .join(BillingPeriod, BillingPeriod.customer_id == Customer.customer_id)
            .where(
                or_(Customer.customer_id == customer, Customer.external_id == customer),
                BillingPeriod.closed_at.is_(None),
            )
            .order_by(Customer.customer_id != customer)  # a host's own id may look like one of ours
            .limit(1)
        ).one_or_none()
        if row is None:
            return None
        catalog = versions.sold(row.catalog, row.catalog_version)
    price = rating.tariff(catalog, plan_of(catalog, row.plan), meter)
    if price is None or not price.kind.can_be_held:
        return None
    return {
        "customer_id": row.customer_id,
        "catalog": row.catalog,
        "version": str(row.catalog_version),
        "plan": row.plan,
        "period": str(row.number),
        "at_invoice": catalog.credits.burn == "at_invoice",
        "counts": price.kind is MeterKind.COUNT,
        **_price(price),
    }


def _price(price: Tariff) -> Terms:
    if price.is_free:
        return {"allowance": str(price.allowance), "each": None, "up_to": None, "per": "1"}
    each, up_to = zip(*price.steps, strict=True)
    return {
        "allowance": str(price.allowance),
        "each": _array(each),
        "up_to": _array(up_to),
        "per": str(price.meter.per),
    }


def _array(values: Sequence[int | None]) -> str:
    return "{" + ",".join("NULL" if each is None else str(each) for each in values) + "}"
