"""Take an order back: one that is scheduled, one whose payment waits, and seats that were bought on the same day."""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.errors import Refused
from app.domain.language import _, marked, ngettext
from app.domain.mails import PLAN_UNDONE
from app.domain.money import Money
from app.models.database import db
from app.models.payments import Payment
from app.models.plan_periods import PlanPeriod
from app.models.scope import as_customer, as_service
from app.models.subscriptions import PlanChange
from app.services import audit
from app.services.ledger import posting
from app.services.ledger.posting import Books
from app.services.payments import settlement
from app.services.reversals import refunds
from app.services.subscriptions import applying, reads
from app.services.subscriptions.reads import Current
from app.services.transaction import transaction

TOO_LATE = marked("This change cannot be taken back any more.")


def undo(customer_id: str, change_id: str, *, by: str) -> PlanChange:
    """Take the order back, and return it as it then stands; twice is once.

    Scheduled: it is not made. Waiting for its payment: that is given up, unless it has just been paid. Seats that were
    added today, where fewer of them would wait for the period's end: they go, and what is left of their payment is
    refunded.
    Refuses (409, `not_undoable`) everything else.
    """
    with as_customer(customer_id):
        found = reads.change(change_id)
        if found.state == "waiting" and found.payment_id is not None:
            settlement.settle(found.payment_id, give_up=True)
            return reads.change(change_id)
        if found.state in {"undone", "failed"}:
            return found
        if found.state == "scheduled":
            _unscheduled(customer_id, change_id, by)
        elif (refund_id := _sent_back(customer_id, change_id, by)) is not None:
            refunds.ask(refund_id)
        return reads.change(change_id)


def gives_back(has: Current, order: PlanChange) -> Money | None:
    """Return what goes back where the order bought seats today that may be given back; None: they may not.

    It is what is left of their payment: nothing, where the seller has refunded all of it.
    """
    if order.payment_id is None or _why_not(has, order, clock.now()) is not None:
        return None
    return refunds.left(db.session.get_one(Payment, order.payment_id, populate_existing=True))


def _unscheduled(customer_id: str, change_id: str, by: str) -> None:
    now = clock.now()
    with as_service("undo a scheduled change of plan"), transaction() as session:
        books = posting.lock(session, customer_id)
        order = _locked(session, customer_id, change_id)
        if order.state != "scheduled":
            raise Refused(_(TOO_LATE), "not_undoable")
        _end(books, order, by, now)


def _sent_back(customer_id: str, change_id: str, by: str) -> str | None:
    """Take seats back that were bought today, and write the refund of what is left of their payment; return its id.

    None: the seller has refunded all of it, or the bank has it back.
    """
    now = clock.now()
    with as_service("undo a change of plan"), transaction() as session:
        # The payment first, as whoever settles or refunds it does.
        payment = session.scalars(
            select(Payment)
            .join(PlanChange, (PlanChange.customer_id == Payment.customer_id) & (PlanChange.payment_id == Payment.id))
            .where(PlanChange.customer_id == customer_id, PlanChange.id == change_id)
            .with_for_update(of=Payment, key_share=True)
            .execution_options(populate_existing=True)
        ).one_or_none()
        books = posting.lock(session, customer_id)
        has = reads.current(session, books.customer, now, lock=True)
        order = _locked(session, customer_id, change_id)
        refused = _why_not(has, order, now)
        if refused is not None or payment is None:
            raise refused or Refused(_(TOO_LATE), "not_undoable")
        has.row.seats = order.from_seats
        has.row.version += 1
        _end(books, order, by, now)
        refund = refunds.of_order(session, payment, "Seats were given back on the same day", by)
        return refund.id if refund is not None else None


def _why_not(has: Current, order: PlanChange, now: datetime) -> Refused | None:
    """Return why what was bought is not given back; None: it is."""
    same_day = order.ended_at is not None and order.ended_at.astimezone(UTC).date() == now.astimezone(UTC).date()
    only_seats = (order.plan, order.interval, order.catalog_version) == (
        order.from_plan,
        order.from_interval,
        order.from_catalog_version,
    )
    is_last = (has.row.seats, has.row.period_starts_at) == (order.seats, order.period_starts_at)
    paid = order.state == "applied" and order.payment_id is not None
    if (
        not (paid and _nothing_since(has, order) and same_day and only_seats and is_last)
        or has.catalog.plans.downgrade != "period_end"
    ):
        return Refused(_(TOO_LATE), "not_undoable")
    if _was_unbilled(order):  # it paid for more than the seats
        return Refused(_(TOO_LATE), "not_undoable")
    if order.from_seats < has.used:
        words = ngettext(
            "{n} seat is in use. Free {more} of them first.",
            "{n} seats are in use. Free {more} of them first.",
            has.used,
            more=has.used - order.from_seats,
        )
        return Refused(words, "seats_in_use")
    return None


def _nothing_since(has: Current, order: PlanChange) -> bool:
    """Say whether nothing has changed since but seats bought after it, and given back: each is two versions."""
    if has.row.version == order.from_version + 1:
        return True
    back = db.session.scalar(
        select(func.count()).where(
            PlanChange.customer_id == order.customer_id,
            PlanChange.state == "undone",
            PlanChange.payment_id.is_not(None),
            PlanChange.from_version > order.from_version,
        )
    )
    return has.row.version == order.from_version + 1 + 2 * int(back or 0)


def _was_unbilled(order: PlanChange) -> bool:
    """Say whether the order was made in a month that began suspended."""
    return bool(
        db.session.scalar(
            select(
                select(PlanPeriod)
                .where(
                    PlanPeriod.customer_id == order.customer_id,
                    PlanPeriod.starts_at == order.period_starts_at,
                    PlanPeriod.outcome == "suspended",
                )
                .exists()
            )
        )
    )


def _locked(session: Session, customer_id: str, change_id: str) -> PlanChange:
    return session.scalars(
        select(PlanChange)
        .where(PlanChange.customer_id == customer_id, PlanChange.id == change_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _end(books: Books, order: PlanChange, by: str, now: datetime) -> None:
    before = order.state
    order.state, order.ended_at = "undone", now
    subscription = reads.current(books.session, books.customer, now).row
    after = {"change": order.id, "state": "undone"}
    audit.record(
        books.session,
        books.customer_id,
        by,
        "subscription.change_undone",
        subscription.id,
        before={"state": before, "seats": order.seats},
        after=after | {"seats": order.from_seats},
    )
    books.session.flush()
    facts = applying.facts_of(order, subscription.id)
    books.outbox.write("subscription.changed", f"{order.id}:undone", facts | {"seats": order.from_seats})
    applying.mail(books, PLAN_UNDONE, order)
