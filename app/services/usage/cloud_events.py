"""CloudEvents, read as reports by the catalogs of the customers that they are about."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from app.domain import cloud_events
from app.domain.catalog import Catalog
from app.domain.cloud_events import CloudEvent
from app.domain.errors import Refused
from app.domain.rating import UsageReport
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.catalog import versions


def read(events: Sequence[CloudEvent], *, only: str = "") -> list[UsageReport | Refused]:
    """Return what each event reports, or why it cannot be read; `only` is the customer that the caller may name.

    How a type is counted is always current: the newest version of the catalog says it.
    """
    catalogs = _catalogs({each.subject for each in events if each.subject.isprintable()}, only)
    return [_one(each, catalogs.get(each.subject)) for each in events]


def _one(event: CloudEvent, catalog: Catalog | None) -> UsageReport | Refused:
    try:
        return cloud_events.read(event, catalog)
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
