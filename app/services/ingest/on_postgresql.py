"""A single usage event on PostgreSQL: one statement, with what the process knows of the customer's terms.

The database looks under its lock whether they still hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from cachetools import TTLCache

from app.domain import rating
from app.domain.catalog import MeterKind
from app.domain.rating import UsageReport
from app.extensions import Extension
from app.models.scope import as_service
from app.services.access.api_keys import Presented
from app.services.authorizations import on_postgresql as authorizations
from app.services.authorizations.postgresql_calls import OF_ALL
from app.services.authorizations.prepared import Prepared
from app.services.authorizations.refusals import DatabaseAway
from app.services.catalog import versions
from app.services.usage.terms import plan_of

MOST, SECONDS = 50_000, 600
"""How many customers' meters are remembered, and for how long. The database says at once where one has changed."""
_COUNT = Prepared(
    "purser_count",
    "select purser_count($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::bigint, $9::text, "
    "$10::timestamptz, $11::text, $12::timestamptz, $13::text, $14::bigint, $15::text, $16::bigint, $17::boolean, "
    "$18::bigint, $19::bigint[], $20::bigint[], $21::bigint)",
)


@dataclass(frozen=True)
class Terms:
    """By which terms a customer uses a meter that adds up: what the statement takes of them, at its end."""

    customer_id: str
    counts_ones: bool
    values: tuple[bytes | None, ...]


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
    """Count the event: `counted`, `duplicate`, or in another word that it must go the usual way.

    Raises `DatabaseAway` where it has waited in vain for what the usual way would wait for once more.
    """
    remembered = _remembered.get_or_make(Remembered)
    terms = remembered.of(report.customer, report.meter)
    if terms is None or (report.quantity != 1 and terms.counts_ones):
        return "unfit"
    said = (
        proof.key_id, proof.secret_hash, terms.customer_id, report.customer, report.id, digest, report.meter,
        str(report.quantity), report.subject,
    )  # fmt: skip
    values = [
        *map(str.encode, said),
        report.time.isoformat().encode() if report.time is not None else None,
        properties.encode(),
        now.isoformat().encode(),
        *terms.values,
    ]
    try:
        whose = terms.customer_id
        (found,) = authorizations.path().call(_COUNT, values, about=whose, customer_id=whose, again=True)
    except DatabaseAway as problem:
        if problem.__cause__ is None or isinstance(problem.__cause__, OF_ALL):
            raise
        return "away"  # the usual way says so, or finds it counted
    outcome = (found or b"").decode()
    if outcome == "stale":
        remembered.forget(report.customer, report.meter)
    return outcome


def _looked_up(customer: str, meter: str) -> Terms | None:
    with as_service("accept usage"):
        row = authorizations.terms_row(customer)
        if row is None:
            return None
        catalog = versions.sold(row.catalog, row.catalog_version)
    price = rating.tariff(catalog, plan_of(catalog, row.plan), meter)
    if price is None or not price.kind.can_be_held:
        return None
    each, up_to = zip(*price.steps, strict=True) if not price.is_free else (None, None)
    values = (
        row.catalog,
        str(row.catalog_version),
        row.plan,
        str(row.number),
        "t" if catalog.credits.burn == "at_invoice" else "f",
        str(price.allowance),
        _array(each),
        _array(up_to),
        str(price.meter.per),
    )
    sent = tuple(each.encode() if each is not None else None for each in values)
    return Terms(row.customer_id, price.kind is MeterKind.COUNT, sent)


def _array(values: Sequence[int | None] | None) -> str | None:
    """Return the numbers as PostgreSQL reads an array of them."""
    if values is None:
        return None
    return "{" + ",".join("null" if each is None else str(each) for each in values) + "}"
