"""CloudEvents 1.0, read as reports of usage by the catalogs of the customers that they are about."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from app.domain.catalog import Catalog, MeterKind
from app.domain.catalog_terms import EventRule
from app.domain.errors import Refused
from app.domain.rating import ID_LENGTH, LARGEST, UsageReport
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.catalog import versions

_DIGITS = re.compile(r"[0-9]{1,13}", re.ASCII)


@dataclass(frozen=True)
class CloudEvent:
    """An event: who sent it under which id, what it is, about which customer, when, and its data."""

    source: str
    id: str
    type: str
    subject: str
    time: datetime
    data: Mapping[str, object]


def report_of(event: CloudEvent, catalog: Catalog | None) -> UsageReport:
    """Return what an event reports: its subject is the customer, its type says which meter, its data how much.

    The catalog says which meter counts a type, and where in the data the quantity stands; a type that it does not name
    is a meter's key. Without a catalog the customer is unknown, and the report is refused as such.
    """
    key = f"{event.source} {event.id}"
    if len(key) > ID_LENGTH:
        raise Refused(f"Source and id have {ID_LENGTH - 1} characters at most in all.", "id_malformed", 422, "id")
    rule = rule_for(catalog, event.type)
    meter = catalog.meter(rule.meter) if catalog else None
    data = dict(event.data)
    value, subject = data.pop(rule.quantity, None), data.pop(rule.subject, "")
    if not isinstance(subject, str):
        raise Refused(f"`data.{rule.subject}` is text.", "subject_malformed", 422, f"data.{rule.subject}")
    counts = meter is None or meter.kind in {MeterKind.COUNT, MeterKind.UNIQUE}
    if value is None and counts:
        value = 1
    quantity = _whole(value)
    if quantity is None:
        words = f"`data.{rule.quantity}` is a whole number from 0 to {LARGEST:,}."
        raise Refused(words, "quantity_malformed", 422, f"data.{rule.quantity}")
    return UsageReport(key, event.subject, rule.meter, quantity, subject, event.time, data)


def rule_for(catalog: Catalog | None, name: str) -> EventRule:
    """Return how events of this type are counted: as the catalog says, or by the meter of this key."""
    rules = catalog.usage.events if catalog else ()
    return next((each for each in rules if each.type == name), EventRule(name, name))


def _whole(value: object) -> int | None:
    """Return a whole number, also where it is written as text; None: it is none."""
    match value:
        case bool():
            return None
        case int():
            found = value
        case str() if _DIGITS.fullmatch(value):
            found = int(value)
        case _:
            return None
    return found if 0 <= found <= LARGEST else None


def read(events: Sequence[CloudEvent], *, only: str = "") -> list[UsageReport | Refused]:
    """Return what each event reports, or why it cannot be read; `only` is the customer that the caller may name.

    How a type is counted is always current: the newest version of the catalog says it.
    """
    catalogs = _catalogs({each.subject for each in events if each.subject.isprintable()}, only)
    return [_one(each, catalogs.get(each.subject)) for each in events]


def _one(event: CloudEvent, catalog: Catalog | None) -> UsageReport | Refused:
    try:
        return report_of(event, catalog)
    except Refused as refusal:
        return refusal


def _catalogs(names: set[str], only: str) -> dict[str, Catalog]:
    """Return the catalog of each customer that is named, by our id or the host's."""
    wanted = select(Customer.customer_id, Customer.external_id, Customer.catalog).where(
        or_(Customer.customer_id.in_(names), Customer.external_id.in_(names))
    )
    if only:
        wanted = wanted.where(Customer.customer_id == only)
    with as_service("see how events are counted"):
        rows = db.session.execute(wanted).all()
        sold = {name: versions.offered(name) for name in sorted({row.catalog for row in rows})}
    theirs = {row.external_id: sold[row.catalog] for row in rows if row.external_id in names}
    return theirs | {row.customer_id: sold[row.catalog] for row in rows if row.customer_id in names}
