"""Invoice what is used before the month is over, where it passes what a customer may pay later: found by rows.

One is open at a time for a customer. docs/decisions/0046 says what counts, and what holds when the process dies.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import takewhile
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from app import clock
from app.domain import processor_amounts
from app.domain.invoices.documents import State
from app.domain.invoices.period_sums import per_minor
from app.domain.ledger import CREDITS, OVERAGE_INVOICED, OVERAGE_RETURNED
from app.models.authorizations import Authorization
from app.models.corrections import Correction
from app.models.customers import BillingPeriod, Customer
from app.models.database import UtcDateTime, constant, db
from app.models.documents import Document
from app.models.ledger import Account, Allocation, Transfer
from app.models.scope import as_service
from app.models.subscriptions import Subscription
from app.models.usage import Spending
from app.services import due_rows, wake_ups
from app.services.ledger import grants, posting
from app.services.ledger.posting import Books
from app.services.receivables import closing, period_usage
from app.services.transaction import transaction

BY = "worker"
REFUSED = "insufficient_credits"


def write_due(limit: int = 100) -> int:
    """Write the interim invoices that are due, `limit` at most; return how many. Any number may do so.

    Who is found for nothing takes nobody's place.
    """
    written = 0

    def write(customer_id: str) -> int:
        nonlocal written
        made = _write(customer_id)
        written += made
        return made

    with as_service("invoice usage that passes the exposure"):
        found = takewhile(lambda _each: written < limit, due_rows.waiting(limit, _due))
        return due_rows.each(found, write, of="customer", failed="interim_invoice_failed")


def _due(limit: int, tried: Sequence[str]) -> Sequence[str]:
    return db.session.scalars(_next(), {"now": clock.now(), "tried": list(tried), "many": limit}).all()


@cache
def _next() -> Select[str]:
    customer = Customer.customer_id
    others = due().where(customer.not_in(bindparam("tried", expanding=True)))
    return others.order_by(customer).limit(bindparam("many"))


@cache
def due() -> Select[str]:
    """Ask for customers who have used below zero as much as they may pay later, or were refused a call for that.

    Not those of whom one is open, or what stands in its place after a correction; or was voided in this billing period:
    the month's own invoice has what was on it. And not those whose month is to be run: that comes first.

    It is built once, because the worker asks each second. What time it is goes with it as `now`.

    It may name a customer too many, and none too few: `_used_below` is never less than what can be invoiced. `_write`
    reckons what that is under the customer's lock, and writes nothing where it is too little.
    """
    now: BindParameter[Any] = bindparam("now", type_=UtcDateTime())
    customer = Customer.customer_id
    below = Spending.unposted_micros - Account.balance
    of_period = and_(Document.customer_id == customer, Document.source_type == constant(closing.INTERIM))
    blocked = exists().where(
        of_period,
        or_(
            Document.state == constant(State.OPEN.value),
            and_(Document.state == constant(State.VOID.value), Document.period_number == BillingPeriod.number),
        ),
    )
    wrong = aliased(Document)
    replaced = exists().where(
        Correction.customer_id == customer,
        Correction.replacement_id == Document.id,
        Correction.corrected_id == wrong.id,
        Document.customer_id == customer,
        Document.state == constant(State.OPEN.value),
        wrong.customer_id == customer,
        wrong.source_type.in_([closing.INTERIM, "correction"]),  # a correction of a correction: of whatever it was
    )
    since = (
        select(func.max(Document.issued_at))
        .where(of_period, Document.period_number == BillingPeriod.number)
        .scalar_subquery()
    )
    agreed = Customer.overage_protection_micros + Customer.invoiced_overage_micros - Customer.exposure_micros
    wanted = Authorization.micros - Authorization.judged_balance_micros
    refused = exists().where(
        Authorization.customer_id == customer,
        Authorization.state == constant("refused"),
        Authorization.reason == REFUSED,
        Authorization.created_at >= func.coalesce(since, BillingPeriod.starts_at),
        Authorization.micros <= Customer.exposure_micros,
        Authorization.micros + below > Customer.exposure_micros,
        Authorization.judged_balance_micros < 0,
        Authorization.judged_overage_micros > agreed,  # the exposure was in force
        wanted > Customer.exposure_micros,  # what was used then refused it, and not unpaid invoices
        wanted > Authorization.judged_overage_micros,  # nor what was held
    )
    return (
        select(customer)
        .join(Spending, Spending.customer_id == customer)
        .join(
            Account,
            and_(
                Account.customer_id == customer,
                Account.name == constant(CREDITS),
                Account.unit == "credits:" + Customer.credit_unit,
            ),
        )
        .join(BillingPeriod, and_(BillingPeriod.customer_id == customer, BillingPeriod.closed_at.is_(None)))
        .join(Subscription, Subscription.customer_id == customer)
        .where(
            Customer.exposure_micros > constant(0),
            BillingPeriod.ends_at > now,
            Subscription.run_at > now,
            below > 0,
            or_(below >= Customer.exposure_micros, refused),
            ~blocked,
            ~replaced,
            Spending.unposted_micros + _used_below() >= _least(),
        )
    )


def _used_below() -> ColumnElement[int]:
    """Return the most that can be below zero of what was used and posted: less where a payment has covered it.

    The rest below zero is what was taken back of payments, and is on no invoice.
    """
    mine = Transfer.customer_id == Customer.customer_id
    other = aliased(Transfer)
    begins = (
        select(func.max(other.sequence))
        .where(other.customer_id == Customer.customer_id, other.sequence.is_not(None), other.balance_after_micros >= 0)
        .correlate(Customer)
        .scalar_subquery()
    )
    since = and_(mine, Transfer.sequence > func.coalesce(begins, 0))
    change = case((Transfer.kind == constant(OVERAGE_INVOICED), -Transfer.amount), else_=Transfer.amount)
    kinds = [constant(each) for each in ("usage", OVERAGE_INVOICED, OVERAGE_RETURNED)]
    posted = select(func.sum(change)).where(since, Transfer.kind.in_(kinds)).correlate(Customer).scalar_subquery()
    covered = (
        select(func.sum(Allocation.micros))
        .join(Transfer, and_(Transfer.customer_id == Allocation.customer_id, Transfer.id == Allocation.transfer_id))
        .where(since, Transfer.kind == constant("usage"))
        .correlate(Customer)
        .scalar_subquery()
    )
    return func.coalesce(posted, 0) - func.coalesce(covered, 0)


def _least() -> ColumnElement[int]:
    """Return the least that the payment processor charges in the customer's currency, in micros."""
    least = {each: processor_amounts.bounds(each)[0].amount_minor * per_minor(each) for each in processor_amounts.LEAST}
    return case(least, value=Customer.currency, else_=1)


def _write(customer_id: str) -> int:
    """Write the customer's interim invoice, if it is due still; return how many were written."""
    now = clock.now()
    with transaction() as session:
        books = posting.lock_if_free(session, customer_id)
        if books is None:
            return 0
        mine = due().where(Customer.customer_id == books.customer.customer_id)  # locked by now: asked once more
        return int(session.scalar(mine, {"now": now}) is not None and _invoice(books, now) is not None)


def _invoice(books: Books, now: datetime) -> Document | None:
    grants.catch_up(books, now)
    row = books.session.scalars(
        select(BillingPeriod).where(BillingPeriod.customer_id == books.customer_id, BillingPeriod.closed_at.is_(None))
    ).one()
    usage = period_usage.paid(books, row)
    least = processor_amounts.bounds(books.customer.currency)[0].amount_minor
    if sum(each.open for each in usage) < least * per_minor(books.customer.currency):
        return None
    wake_ups.after_commit(books.session, wake_ups.COLLECTION)
    return closing.interim(books, row, usage, by=BY, now=now)
