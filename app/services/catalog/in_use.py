"""Who has what of a catalog: the versions that customers keep, and what a new version drops under somebody."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.catalog import Catalog
from app.domain.payments import OPEN
from app.models.catalogs import CatalogVersion
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Grant
from app.models.payments import Payment
from app.models.scope import as_service
from app.services.catalog import versions

CLOSED = "closed"


@dataclass(frozen=True)
class Dropped:
    """A plan, meter or pack that the newest version does not offer any more, and how many customers have it."""

    kind: str
    key: str
    customers: int


@dataclass(frozen=True)
class InUse:
    """What the newest version of a catalog means to the customers there are; those whose account is closed aside."""

    earlier: dict[int, int]
    """How many customers keep each earlier version."""
    dropped: tuple[Dropped, ...]
    """What the version before offered and the newest does not, where somebody has it."""


def of(name: str) -> InUse:
    """Return who keeps earlier versions of the catalog, and what of theirs the newest does not offer."""
    with as_service("see who has what of a catalog"):
        session = db.session()
        newest = versions.offered(name)
        kept = _kept(session, name)
        earlier = Counter({version: 0 for version, _plan in kept if version != newest.version})
        for (version, _plan), many in kept.items():
            if version != newest.version:
                earlier[version] += many
        before = _before(session, newest)
        dropped = _dropped(session, kept, before, newest) if before is not None else ()
    return InUse(dict(sorted(earlier.items())), dropped)


def _before(session: Session, newest: Catalog) -> Catalog | None:
    """Return the version before the newest."""
    number = session.scalar(
        select(func.max(CatalogVersion.version)).where(
            CatalogVersion.catalog == newest.name, CatalogVersion.version < newest.version
        )
    )
    return versions.sold(newest.name, number) if number is not None else None


def _kept(session: Session, name: str) -> dict[tuple[int, str], int]:
    """Return how many customers have each plan of each version."""
    rows = session.execute(
        select(Customer.catalog_version, Customer.plan, func.count())
        .where(Customer.catalog == name, Customer.standing != CLOSED)
        .group_by(Customer.catalog_version, Customer.plan)
    )
    return {(version, plan): many for version, plan, many in rows}


def _dropped(
    session: Session, kept: dict[tuple[int, str], int], before: Catalog, newest: Catalog
) -> tuple[Dropped, ...]:
    plans = [each.key for each in before.plans if newest.plans.plan(each.key) is None]
    meters = [each.key for each in before.meters if newest.meter(each.key) is None]
    found = [Dropped("plan", key, _count(kept, before.name, _has_plan(key))) for key in plans]
    found += [Dropped("meter", key, _count(kept, before.name, _has_meter(key))) for key in meters]
    packs = {pack.key for pack in before.packs if newest.pack(pack.key) is None}
    found += [Dropped("pack", key, many) for key, many in _pack_owners(session, before.name, packs).items()]
    return tuple(each for each in found if each.customers)


def _count(kept: dict[tuple[int, str], int], name: str, has: Callable[[Catalog, str], bool]) -> int:
    return sum(many for (version, plan), many in kept.items() if has(versions.sold(name, version), plan))


def _has_plan(key: str) -> Callable[[Catalog, str], bool]:
    return lambda catalog, plan: key == (plan or catalog.plans.default)


def _has_meter(key: str) -> Callable[[Catalog, str], bool]:
    return lambda catalog, _plan: catalog.meter(key) is not None


def _pack_owners(session: Session, name: str, packs: set[str]) -> dict[str, int]:
    """Return of how many customers each of the packs is being paid for, or has credit left."""
    under_way = Payment.state.in_([state.value for state in OPEN])
    left = (
        select(Grant.id)
        .where(Grant.customer_id == Payment.customer_id, Grant.payment_id == Payment.id, Grant.remaining_micros > 0)
        .exists()
    )
    rows = session.execute(
        select(Payment.pack, func.count(Payment.customer_id.distinct()))
        .join(Customer, Customer.customer_id == Payment.customer_id)
        .where(Customer.catalog == name, Customer.standing != CLOSED, Payment.pack.in_(packs), under_way | left)
        .group_by(Payment.pack)
        .order_by(Payment.pack)
    )
    return dict(rows.all())
