"""Prices that change on a day: announced to whoever has the plan, and had with the plan period that begins from then.

Until then nothing of the customer's changes. Whoever cancels or chooses another plan before it has left it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from app import clock, ids
from app.domain.catalog import Catalog
from app.domain.errors import Refused
from app.domain.sold_terms import Difference, Terms
from app.domain.subscriptions.choice import Choice, Interval, given
from app.models.customers import Customer
from app.models.database import db
from app.models.plan_periods import PriceChange
from app.models.scope import as_service
from app.models.subscriptions import Subscription
from app.services import audit, due_rows
from app.services.catalog import versions
from app.services.customers import billing_periods
from app.services.customers.plan_moves import Stays
from app.services.ledger import posting
from app.services.ledger.posting import Books
from app.services.month_end import comparison, price_mails
from app.services.month_end.comparison import Compared
from app.services.subscriptions import announced, applying, reads
from app.services.subscriptions.announced import ANNOUNCED
from app.services.subscriptions.reads import Current
from app.services.transaction import transaction

BY = "purser"
AHEAD = timedelta(days=731)
"""So far ahead prices can be announced: two years."""


@dataclass(frozen=True)
class Announcement:
    """What is announced: from which day on, in which terms, and what the last months would have come to."""

    row: PriceChange
    terms: Catalog
    compared: Compared
    changes: tuple[Difference, ...]
    """What changes for the customer; nothing: it is moved in silence, because its plan is the same in both versions."""


@dataclass(frozen=True)
class Expected:
    """What a version would change for a customer: the plan by both, the last months, and each difference."""

    was: Choice
    will: Choice
    compared: Compared
    changes: tuple[Difference, ...]


def check_day(on: date) -> None:
    """Refuse (422) a day that is not to come, or more than two years ahead."""
    today = clock.now().date()
    if on <= today:
        raise Refused("Name a day that is still to come: nothing changes without notice.", "day_not_to_come", 422, "on")
    if on > today + AHEAD:
        raise Refused("Name a day within the next two years.", "day_too_far", 422, "on")


def announce(customer_id: str, version: int, on: date, *, by: str) -> Announcement:
    """Announce to a customer that its plan is had in this version from a day on, by mail and event.

    No mail is sent where nothing changes for it.
    It takes the place of one that was announced before; the same again changes nothing. Refuses (422) a version that
    is not there, does not have the plan, does not sell it by the customer's interval, or is not newer than the
    customer's, and a day that is not to come, or too far.
    """
    now = clock.now()
    check_day(on)
    with as_service("announce other prices"), transaction() as session:
        books = posting.lock(session, customer_id)
        billing_periods.roll(session, customer_id, now)
        has = reads.current(session, books.customer, now, lock=True)
        row = has.row
        other = _offered(books.customer, version, row)
        own = versions.of(books.customer)
        said = comparison.compared(session, books.customer, row, own, other)
        changes = announced.changes(books.customer, own, other)
        there = _announced(books)
        if there is not None and (there.catalog_version, there.effective_on) == (version, on):
            return Announcement(there, other, said, changes)
        if there is not None:
            there.state, there.ended_at = "replaced", now
            session.flush()
        made = PriceChange(
            id=ids.new("prc"),
            customer_id=customer_id,
            state=ANNOUNCED,
            plan=_plan(books.customer),
            catalog_version=version,
            effective_on=on,
            created_by=by,
            created_at=now,
        )
        session.add(made)
        session.flush()
        found = Announcement(made, other, said, changes)
        _write(books, has, found)
        if there is not None and not changes:
            price_mails.withdrawn(books, there)
        return found


def withdraw(customer_id: str, *, by: str) -> bool:
    """Take back what was announced and has not come yet; say whether there was anything.

    By event, and by mail to whoever was sent one about it.
    """
    now = clock.now()
    with as_service("withdraw other prices"), transaction() as session:
        books = posting.lock(session, customer_id)
        row = _announced(books)
        if row is None:
            return False
        row.state, row.ended_at = "withdrawn", now
        after = {"price_change": row.id}
        audit.record(session, customer_id, by, "subscription.price_change_withdrawn", row.id, after=after)
        session.flush()
        subscription = session.get_one(Subscription, customer_id)
        books.outbox.write("subscription.price_withdrawn", row.id, _facts(subscription, row))
        price_mails.withdrawn(books, row)
        return True


def of(customer: Customer) -> Announcement | None:
    """Return what is announced to the customer in scope, for its page.

    None: nothing, or of a plan or an interval that it has left.
    """
    session = db.session()
    row = announced.of(session, customer.customer_id)
    if row is None or (row.plan, True) != (_plan(customer), row.catalog_version > customer.catalog_version):
        return None
    subscription = session.scalars(select(Subscription)).one()
    other = versions.sold(customer.catalog, row.catalog_version)
    if _not_sold(customer, other, subscription):
        return None
    own = versions.of(customer)
    said = comparison.compared(session, customer, subscription, own, other)
    return Announcement(row, other, said, announced.changes(customer, own, other))


def whom(catalog: str, plan: str = "") -> tuple[Catalog, Sequence[str]]:
    """Return the newest version of the catalog, and who has an older one of a plan that it still has."""
    with as_service("look whose prices change"):
        newest = versions.offered(catalog)
        keys = [each.key for each in newest.plans if plan in {"", each.key}]
        if not keys:
            raise Refused(f"Version {newest.version} of {catalog} has no plan {plan}.", "plan_unknown", 422, "plan")
        wanted = select(Customer.customer_id).where(
            Customer.catalog == catalog,
            Customer.standing != "closed",
            Customer.catalog_version < newest.version,
            Customer.plan.in_([*keys, *([""] if newest.plans.default in keys else [])]),
        )
        return newest, db.session.scalars(wanted.order_by(Customer.customer_id)).all()


def compared_each(customers: Sequence[str], newest: Catalog) -> Iterator[tuple[Customer, Expected | Stays]]:
    """Yield each customer with what would change for it, or why it stays; nothing is announced."""
    with as_service("compare prices"):
        for each in customers:
            session = db.session()
            customer, row = session.get_one(Customer, each), session.get_one(Subscription, each)
            own, why = versions.of(customer), _not_sold(customer, newest, row)
            if why:
                yield customer, Stays(customer.customer_id, customer.name, why)
            else:
                said = comparison.compared(session, customer, row, own, newest)
                was, will = (given(have, customer.plan, Interval(row.interval), row.seats) for have in (own, newest))
                yield customer, Expected(was, will, said, announced.changes(customer, own, newest))


def announce_each(
    customers: Sequence[str], version: int, on: date, *, by: str
) -> Iterator[Announcement | Stays | None]:
    """Announce it to one after the other, and yield what was announced, or that it stays and why.

    None: something went wrong, and the log says what.
    """
    for each in customers:
        made = list[Announcement | Stays]()

        def one(customer_id: str = each, made: list[Announcement | Stays] = made) -> int:
            try:
                made.append(announce(customer_id, version, on, by=by))
            except Refused as refusal:
                made.append(Stays(customer_id, "", refusal.sentence))
            return 1

        due_rows.one(one, failed="prices_not_announced", customer=each)
        yield made[0] if made else None


def apply_due(books: Books, row: Subscription, at: datetime, now: datetime) -> None:
    """Move the customer to the version that was announced for the plan, if its day is there when the period begins.

    What the customer has changed for this period comes before: only another plan has left what was announced.
    """
    found = _announced(books)
    if found is None or found.effective_on > at.astimezone(UTC).date():
        return
    customer = books.customer
    is_left = found.plan != _plan(customer) or found.catalog_version <= customer.catalog_version
    if is_left or _not_sold(customer, versions.sold(customer.catalog, found.catalog_version), row):
        found.state, found.ended_at = "replaced", now  # it has another plan or interval by now, or newer terms
        return
    was, became = applying.terms(books, found.plan, found.catalog_version)
    books.session.refresh(row, ["version"])
    found.state, found.ended_at = "applied", now
    after = became | {"price_change": found.id}
    audit.record(books.session, books.customer_id, BY, "subscription.price_changed", row.id, before=was, after=after)
    books.session.flush()
    facts = _facts(row, found)
    books.outbox.write("subscription.price_changed", found.id, facts)


def _offered(customer: Customer, version: int, row: Subscription) -> Catalog:
    """Return the version, where the customer may be moved to it."""
    if version <= customer.catalog_version:
        words = f"The customer has version {customer.catalog_version} already. Name a newer one."
        raise Refused(words, "version_not_newer", 422, "version")
    if version > versions.offered(customer.catalog).version:
        raise Refused(f"{customer.catalog} has no version {version}.", "version_unknown", 422, "version")
    other = versions.sold(customer.catalog, version)
    if other.plans.plan(_plan(customer)) is None:
        words = f"Version {version} has no plan {_plan(customer)}: the customer keeps it, or is moved to another one."
        raise Refused(words, "plan_unknown", 422, "version")
    why = _not_sold(customer, other, row)
    if why:
        raise Refused(why, "interval_not_sold", 422, "version")
    return other


def _not_sold(customer: Customer, other: Catalog, row: Subscription) -> str:
    return announced.not_sold(versions.of(customer), other, customer.plan, Interval(row.interval))


def _plan(customer: Customer) -> str:
    return Terms.of(versions.of(customer), customer.plan).plan.key


def _announced(books: Books) -> PriceChange | None:
    return books.session.scalars(
        select(PriceChange)
        .where(PriceChange.customer_id == books.customer_id, PriceChange.state == ANNOUNCED)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def _write(books: Books, has: Current, found: Announcement) -> None:
    """Write it down, and the event; and the mail, where anything changes for the customer."""
    row, made, said = has.row, found.row, found.compared
    after = {"price_change": made.id, "catalog_version": made.catalog_version, "on": made.effective_on.isoformat()}
    audit.record(books.session, books.customer_id, made.created_by, "subscription.price_announced", row.id, after=after)
    books.session.flush()
    books.outbox.write("subscription.price_announced", made.id, _facts(row, made))
    if not found.changes:
        return
    first = announced.first(made, has, found.terms, reads.scheduled(books.session, books.customer_id))
    price_mails.announced(books, made, first, said)


def _facts(row: Subscription, made: PriceChange) -> dict[str, object]:
    return {
        "subscription": row.id,
        "price_change": made.id,
        "plan": made.plan,
        "catalog_version": made.catalog_version,
        "on": made.effective_on.isoformat(),
    }
