"""Customers are moved to other terms: to a plan of their catalog's newest version, each by itself, and written down."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import structlog
from sqlalchemy import func, or_, select, update

from app import clock
from app.domain.amounts_in_json import credits_text
from app.domain.authorizations import Funds
from app.domain.catalog import Catalog
from app.domain.errors import Refused
from app.domain.mails import PLAN_UNDONE
from app.domain.money import Credits
from app.domain.sold_terms import Difference, Terms, differences, overage_after
from app.domain.subscriptions.choice import Interval, is_sold
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import BalanceDay
from app.models.limits import SpendSettings
from app.models.scope import as_service
from app.models.subscriptions import PlanChange, Subscription
from app.services import audit
from app.services.catalog import versions
from app.services.customers import billing_periods
from app.services.ledger import exposure, grants, posting, reservations, spending, unpaid_overage, usage_posting
from app.services.ledger.posting import Books
from app.services.ledger.reservations import Held
from app.services.outbox import billing_mails
from app.services.transaction import transaction

log = structlog.get_logger()
CLOSED, MOVED = "closed", "moved_by_the_seller"
_WHY = "Say who moves the customers and why: it is kept with each of them."
_TRY_AGAIN = "Capture or release them, or try again when they have ended."


@dataclass(frozen=True)
class Move:
    """A customer who is to be moved: from these terms to those."""

    customer_id: str
    name: str
    overage: Credits
    before: Terms
    plan: str
    """The plan's key as the customer's row has it: empty is the default plan."""
    after: Terms

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What changes for the customer."""
        return differences(self.before, self.after, self.overage)


@dataclass(frozen=True)
class Stays:
    """A customer who cannot be moved, and why."""

    customer_id: str
    name: str
    why: str


def planned(
    catalog: str, *, customers: Collection[str] = (), plan: str = "", to: str = ""
) -> tuple[list[Move], list[Stays]]:
    """Return who would be moved to the newest version of the catalog, and who cannot be; nothing changes.

    `customers` are the only ones, by our id or the host's, and `plan` is the only plan that is moved. `to` is the
    plan that they get; empty: the one that they have.
    """
    with as_service("plan moves"):
        newest = versions.offered(catalog)
        if to and newest.plans.plan(to) is None:
            raise Refused(f"Version {newest.version} of {catalog} has no plan {to}.", "plan_unknown", 422, "to")
        moves, stay = list[Move](), list[Stays]()
        found = _named(catalog, customers)
        by_year = _by_year(catalog)
        sold = {number: versions.sold(catalog, number) for number in {row.catalog_version for row in found}}
        if plan and not any(each.plans.plan(plan) for each in (newest, *sold.values())):
            words = f"No version of {catalog} that is offered or kept has a plan {plan}."
            raise Refused(words, "plan_unknown", 422, "plan")
        for row in found:
            before = Terms.of(sold[row.catalog_version], row.plan)
            if plan and before.plan.key != plan:
                continue
            if row.plan and not to and newest.plans.plan(row.plan) is None:
                why = f"Version {newest.version} has no plan {row.plan}: say which one they get, with --to."
                stay.append(Stays(row.customer_id, row.name, why))
                continue
            key = to or row.plan
            after = Terms.of(newest, key)
            why = not_sold(after, Interval.ANNUAL if row.customer_id in by_year else Interval.MONTHLY)
            if before != after and why:
                stay.append(Stays(row.customer_id, row.name, why))
            elif before != after:
                agreed = Credits(unpaid_overage.agreed_by(row))
                moves.append(Move(row.customer_id, row.name, agreed, before, key, after))
        return moves, stay


def move_each(moves: Iterable[Move], *, by: str, reason: str) -> Iterator[Stays | None]:
    """Move one customer after the other, and yield for each None, or that it stays and why: one stops no other."""
    audit.ask_who_and_why(by, reason, _WHY)
    for each in moves:
        try:
            move(each, by=by, reason=reason)
            yield None
        except Refused as refusal:
            yield Stays(each.customer_id, each.name, str(refusal))
        except Exception:
            log.exception("plan_not_moved", customer=each.customer_id)
            db.session.rollback()
            yield Stays(
                each.customer_id, each.name, "Something went wrong, and the log says what. Nothing has changed."
            )


def move(wanted: Move, *, by: str, reason: str) -> None:
    """Move the customer as planned, or refuse: whose terms changed meanwhile, and whose open holds have no room.

    A change that it has scheduled is not made where it gets another plan; of the same plan it is, in no older terms.
    """
    with as_service("move a customer to other terms"), transaction() as session:
        books = posting.lock(session, wanted.customer_id)
        has = Terms.of(_own(books.customer), books.customer.plan)
        newest = versions.offered(books.customer.catalog)
        if has != wanted.before or newest.version != wanted.after.catalog.version:
            raise Refused("Its terms or the catalog changed meanwhile. Look again.", "changed_meanwhile")
        interval = session.scalars(
            select(Subscription.interval).where(Subscription.customer_id == wanted.customer_id)
        ).one()
        why = not_sold(wanted.after, Interval(interval))
        if why:
            raise Refused(why, "interval_not_sold")
        was, now = give(books, wanted.plan, newest)
        customer_id = wanted.customer_id
        if has.plan.key != wanted.after.plan.key:
            _end_scheduled(books)
            if wanted.after.plan.seats is None:
                whose = Subscription.customer_id == wanted.customer_id
                session.execute(update(Subscription).where(whose).values(seats=None))
        audit.record(
            session, customer_id, by, "customer.moved", customer_id, before=was, after=now | {"reason": reason}
        )


def _end_scheduled(books: Books) -> None:
    """End a change that waits: it was chosen instead of a plan that the customer has no more."""
    order = books.session.scalars(
        select(PlanChange)
        .where(PlanChange.customer_id == books.customer_id, PlanChange.state == "scheduled")
        .execution_options(populate_existing=True)
    ).one_or_none()
    if order is None:
        return
    order.state, order.ended_at, order.problem = "replaced", clock.now(), MOVED
    key, to = f"{PLAN_UNDONE}:{order.id}", books.customer.email
    billing_mails.write(books.session, books.customer_id, PLAN_UNDONE, key=key, to=to, change=order.id)


def give(books: Books, plan: str, newest: Catalog) -> tuple[dict[str, object], dict[str, object]]:
    """Give the customer the plan in this version, or refuse; return what changed, old and new, for the audit trail.

    What was used keeps its price, and what the meters show stays: the next unit costs what the new terms say from there
    on. So do open holds when they are captured, and what they may cost is reserved anew. Where the limits leave no room
    for that, or where the new version does not have their meter, the customer stays.
    """
    session, customer, now = books.session, books.customer, clock.now()
    reservations.expire(session, customer.customer_id, now)
    grants.catch_up_where_due(books, now)  # credit that is over makes no room for what is held
    billing_periods.roll(session, customer.customer_id, now)  # a period that is over closes by the terms it had
    own, before = _own(customer), _values(customer)
    if _is_booked_otherwise(own, newest):
        usage_posting.post(books, now)  # under the names that its meters had
    held, room = reservations.held(session, customer.customer_id), _room(books, own)
    agreed = unpaid_overage.agreed(books)
    overage = overage_after(Credits(agreed), own, newest)
    remaining = books.credits.balance - books.spending.unposted_micros - customer.invoiced_overage_micros
    line, before_it = overage.micros + exposure.in_force(books, newest), agreed + customer.exposure_micros
    if line < before_it and remaining < -line:
        used, allowed = (credits_text(Credits(each)) for each in (-remaining, line))
        what = "overage protection" if line == overage.micros else "overage protection and the exposure"
        words = f"{used} credits are owed, more than the {what} of {allowed} would allow."
        raise Refused(words, "overage_in_use")
    customer.catalog_version, customer.plan = newest.version, plan
    _pass_by(books)
    unpaid_overage.restate(books, overage.micros)
    _check_holds(held, reservations.held(session, customer.customer_id), room, _room(books, newest))
    reservations.write(session, customer.customer_id)
    spending.touch(session, customer.customer_id)
    after = _values(customer)
    changed = [name for name in after if after[name] != before[name]]
    return {name: before[name] for name in changed}, {name: after[name] for name in changed}


def _pass_by(books: Books) -> None:
    """Let no order that was made for the terms before be applied any more."""
    books.session.execute(
        update(Subscription)
        .where(Subscription.customer_id == books.customer_id)
        .values(version=Subscription.version + 1)
        .execution_options(synchronize_session="fetch")
    )


def _by_year(catalog: str) -> set[str]:
    """Return the customers of the catalog who pay by the year."""
    wanted = select(Subscription.customer_id).join(Customer, Customer.customer_id == Subscription.customer_id)
    wanted = wanted.where(Customer.catalog == catalog, Subscription.interval == Interval.ANNUAL.value)
    return set(db.session.scalars(wanted))


def not_sold(after: Terms, interval: Interval) -> str:
    """Return why the plan cannot be had by the interval that the customer pays for; empty: it can.

    A plan on request has the price of its contract, whatever the interval.
    """
    if after.plan.on_request or is_sold(after.plan, interval):
        return ""
    paid = "by the year" if interval is Interval.ANNUAL else "by the month"
    return f"It pays {paid}, and {after.plan.title} is not sold so. Let it change the interval first."


def _named(catalog: str, customers: Collection[str]) -> list[Customer]:
    """Return the customers of the catalog whose account is not closed, or those of them that are named."""
    wanted = select(Customer).where(Customer.catalog == catalog, Customer.standing != CLOSED)
    if customers:
        wanted = wanted.where(or_(Customer.customer_id.in_(customers), Customer.external_id.in_(customers)))
    found = list(db.session.scalars(wanted.order_by(Customer.customer_id)))
    missing = set(customers) - {each.customer_id for each in found} - {each.external_id for each in found}
    if missing:
        raise Refused(f"{catalog} has no such customer: {', '.join(sorted(missing))}.", "not_found", 404)
    return found


def _own(customer: Customer) -> Catalog:
    """Return the version of the catalog that the customer keeps."""
    return versions.sold(customer.catalog, customer.catalog_version)


def _is_booked_otherwise(own: Catalog, newest: Catalog) -> bool:
    """Say whether usage comes into the balance history at another time or under another name."""
    named = {each.key: each.title for each in newest.meters}
    same = all(named.get(each.key) == each.title for each in own.meters)
    return own.credits.burn != newest.credits.burn or not same


def _values(customer: Customer) -> dict[str, object]:
    """Return what a move changes of the customer; the protection is the one that was agreed, without the exposure."""
    names = {name: getattr(customer, name) for name in ("catalog_version", "plan")}
    return names | {"overage_protection_micros": unpaid_overage.agreed_by(customer)}


def _room(books: Books, catalog: Catalog) -> int:
    """Return how much may be spent by these terms while nothing is held."""
    session, customer = books.session, books.customer
    day = (BalanceDay.customer_id == customer.customer_id) & (BalanceDay.day == clock.now().date())
    used = session.scalar(select(func.coalesce(func.sum(BalanceDay.used_micros), 0)).where(day)) or 0
    row = session.get(SpendSettings, customer.customer_id, populate_existing=True)
    return Funds(
        standing=customer.standing,
        balance=books.credits.balance,
        usage_to_post=books.spending.unposted_micros,
        held=0,
        overage_limit=customer.overage_protection_micros,
        daily_limit=spending.daily_limit((row.enabled, row.daily_limit_micros) if row else None, catalog),
        used_today=int(used),
    ).available


def _check_holds(before: Held, after: Held, room: int, left: int) -> None:
    """Refuse terms by which the open holds pass a limit that they did not pass before (I19)."""
    for key, each in after.meters.items():
        many = f"{each.held:,} of {key} are held"
        if each.tariff is None:
            raise Refused(f"{many}, a meter that the new version does not have. {_TRY_AGAIN}", "open_holds")
        if each.is_over_plan and not before.meters[key].is_over_plan:
            raise Refused(f"{many}, more than the new plan leaves. {_TRY_AGAIN}", "open_holds")
    if max(0, after.micros - left) > max(0, before.micros - room):
        held = f"What is held may cost {credits_text(Credits(after.micros))} by the new terms"
        raise Refused(f"{held}, more than may be spent. {_TRY_AGAIN}", "open_holds")
