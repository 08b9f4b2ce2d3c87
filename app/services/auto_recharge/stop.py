"""Stop every automatic charge: nothing new begins, and what can still be given up is.

Or end the standing order where nobody asks: what it charged went back, or the plan has ended.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.auto_recharge.terms import Terms
from app.domain.payments import PaymentState
from app.models.auto_recharge import AutoRechargeSettings
from app.models.database import db
from app.models.payments import Payment
from app.models.scope import as_service
from app.services import audit
from app.services.auto_recharge import questions, rows, settings
from app.services.ledger.posting import Books
from app.services.payments import collection, settlement, top_ups


@dataclass(frozen=True)
class Stopped:
    """What became of the charge that was open when everything was stopped; none was: neither of both."""

    given_up: Payment | None = None
    """Nothing was charged for it, and nothing will be."""
    in_flight: Payment | None = None
    """Its money may still be taken: the bank has it, or has not answered."""


def everything(customer_id: str, now: Terms, *, by: str, address: str) -> Stopped:
    """Switch auto-recharge off and give up the automatic charge that is open; say truthfully what became of it.

    No automatic charge begins after the first commit (I15). Whether the open one can be given up is for the processor
    to say: one that has been paid meanwhile is credited as usual.
    """
    if now.enabled:
        settings.change(customer_id, replace(now, enabled=False), by=by, accepted=None, address=address)
    with as_service("stop automatic charges"):
        payment = rows.open_automatic(db.session(), customer_id)
        if payment is None:
            return Stopped()
        if payment.processor_id is None:
            ended = collection.abandon(payment.id, "given_up")
        else:
            ended = settlement.settle(payment.id, give_up=True)
        if ended.state in {PaymentState.CANCELED, PaymentState.FAILED}:
            return Stopped(given_up=ended)
        return Stopped(in_flight=ended)


def switch_off(books: Books, row: AutoRechargeSettings, why: str, now: datetime) -> None:
    """End the standing order."""
    before = {"enabled": True}
    row.enabled, row.consent_id, row.look_at = False, None, None
    row.version += 1
    row.changed_at, row.changed_by = now, top_ups.AUTOMATIC
    books.session.flush()
    questions.withdraw(books.session, books.customer_id)
    after: dict[str, object] = {"enabled": False, "reason": why}
    audit.record(
        books.session, books.customer_id, top_ups.AUTOMATIC, "auto_recharge.changed", books.customer_id, before, after
    )


def with_plan(books: Books, why: str, now: datetime) -> None:
    """End the standing order of a plan that has ended because it was cancelled, if there is one."""
    row = books.session.get(AutoRechargeSettings, books.customer_id, populate_existing=True, with_for_update=True)
    if row is not None and row.enabled:
        switch_off(books, row, why, now)
