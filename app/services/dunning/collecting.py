"""Whose invoices are to be collected now: found by rows alone, so that whatever wrote them need not say so.

Any number of workers may look. A customer is one worker's at a time, so that the oldest invoice is charged first.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, exists, or_, select, union

from app import clock
from app.domain.invoices.documents import Kind, State
from app.models.collection import Collection, CollectionAttempt
from app.models.database import UtcDateTime, db
from app.models.documents import Document
from app.models.payments import OPEN_STATES, Payment
from app.models.scope import as_service
from app.services import due_rows
from app.services.dunning import looking
from app.services.payments import collection, resume_links, settlement
from app.services.receivables import from_credit

MOST = 200
"""So many charges of one customer are made in a row."""


def collect_due(limit: int = 100) -> int:
    """Make the attempts that are due and take note of what became of others; return how many customers were looked at.

    One customer that fails stops no other.
    """
    with as_service("collect unpaid invoices"):
        found = due_rows.waiting(limit, _to_look_at)
        return due_rows.each(found, _collect, of="customer", failed="collection_failed", enough=limit)


def _to_look_at(limit: int, tried: Sequence[str]) -> Sequence[str]:
    at_use = from_credit.sold_at_use(db.session())
    asked = {"now": clock.now(), "tried": list(tried), "many": limit, "at_use": at_use}
    return db.session.scalars(_wanted(), asked).all()


@cache
def _wanted() -> Select[str]:
    """Ask for so many customers but those who were tried. It is built once: the worker asks each second."""
    now: BindParameter[Any] = bindparam("now", type_=UtcDateTime())
    attempt, payment = CollectionAttempt, Payment
    unplanned = select(Document.customer_id).where(
        Document.kind == Kind.INVOICE.value,
        Document.state == State.OPEN.value,
        Document.due_on.is_not(None),
        Document.carried_to_id.is_(None),
        ~exists().where(attempt.customer_id == Document.customer_id, attempt.document_id == Document.id),
    )
    is_paying = exists().where(
        payment.customer_id == attempt.customer_id, payment.document_id == attempt.document_id, OPEN_STATES
    )
    due = select(attempt.customer_id).where(attempt.state == "waiting", attempt.due_at <= now, ~is_paying)
    ended = select(attempt.customer_id).where(
        attempt.state == "under_way",
        ~exists().where(payment.customer_id == attempt.customer_id, payment.id == attempt.payment_id, OPEN_STATES),
    )
    asked = select(Collection.customer_id).where(or_(Collection.asked_at.is_not(None), Collection.judge_at <= now))
    freed = from_credit.could_pay()
    wanted = union(unplanned, due, ended, asked, freed).subquery()
    customer_id = wanted.c.customer_id
    is_leased = exists().where(Collection.customer_id == customer_id, Collection.leased_until > now)
    found = select(customer_id).where(~is_leased, customer_id.not_in(bindparam("tried", expanding=True)))
    return found.order_by(customer_id).limit(bindparam("many"))


def _collect(customer_id: str) -> int:
    """Look at the customer, and again after each charge, until nothing is due of theirs."""
    lease: datetime | None = None
    for _ in range(MOST):
        step = looking.look(customer_id, lease)
        if step is None:
            break
        lease = step.lease
        if step.gives_up:
            settlement.settle(step.payment_id, give_up=True)
        else:
            collection.collect(step.payment_id, return_url=resume_links.return_url(step.payment_id))
    return 1
