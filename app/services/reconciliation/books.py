"""Look through the processor's own books since the last look, and book what we lack: webhooks lost, a backup restored.

What cannot be booked without guessing is reported for a person (docs/decisions/0008-money-that-goes-back.md).
"""

import json
from datetime import datetime, timedelta

import structlog
from sqlalchemy import case, func, select

from app import clock, ids
from app.domain.amounts import money_words
from app.domain.money import Money
from app.domain.payments import OPEN, Intent, IntentStatus, PaymentState
from app.domain.reversals import DisputeState
from app.models.database import db
from app.models.events import InboxEvent
from app.models.ledger import Transfer
from app.models.payments import Payment
from app.models.reversals import Dispute, Reconciliation
from app.models.scope import as_service
from app.services import shutdown
from app.services.payments import settlement
from app.services.processor.gateway import gateway
from app.services.reconciliation import events, inbox, lost_payments
from app.services.reconciliation.lost_payments import Restored, Stays
from app.services.reversals import clawbacks, disputes, refund_booking
from app.services.transaction import transaction

log = structlog.get_logger()
EVERY = timedelta(hours=1)
OVERLAP = timedelta(minutes=10)
"""How far a look goes back before the last one's end: clocks differ, and lists lag behind."""
FIRST_LOOK = timedelta(days=28)
EVENT_LIFETIME = timedelta(days=29)
"""How long the processor keeps its events (30 days), less a margin. Before that, each payment is asked for itself."""
NAMED_FOR = timedelta(days=1)
"""How long a payment of another amount than was asked for is named. It is booked: to report it once is enough."""
_MISMATCHES = {
    "another_currency": "is in another currency",
    "another_payment": "is of another payment",
}

_PAID = {state.value for state in clawbacks.PAID}


class _Look:
    """One reconciliation run: what was looked at, what was repaired, and what a person must see."""

    def __init__(self, now: datetime) -> None:
        self.now, self.looked_at, self.mended, self.problems = now, 0, 0, list[str]()

    def problem(self, sentence: str, **details: object) -> None:
        log.error("reconcile_problem", why=sentence, **details)
        if sentence not in self.problems:
            self.problems.append(sentence)


def run(since: datetime | None = None, until: datetime | None = None) -> Reconciliation:
    """Look at what the processor made since the last look's end, or since an earlier time; return what came of it.

    It may run at any time, twice, at once, and be killed: each thing is booked by the same functions that webhooks
    call. Only a look that saw everything moves the watermark.
    """
    now = clock.now()
    with as_service("look through the processor's books"):
        until = until or now
        since = min(since or until, _watermark(until))
        look_id = _begin(since, until, now)
        look = _Look(now)
        whole = _intents(look, since, until) and _events(look, since, until)
        if whole and since < now - EVENT_LIFETIME:
            whole = _each_payment(look, since)
        _name_mismatches(look, min(since, now - NAMED_FOR))
        _name_claims(look, min(since, now - NAMED_FOR))
        if not whole:
            look.problem("The processor did not answer, so this period could not be compared.")
        return _end(look_id, look, whole=whole)


def run_due(limit: int = 1) -> int:  # noqa: ARG001  # the worker calls all its jobs alike
    """Look when the last whole look is an hour old and no try was just made; return how many looks were made."""
    now = clock.now()
    with as_service("look when the last look was"):
        finished, tried = db.session.execute(
            select(
                func.max(case((Reconciliation.finished_at.is_not(None), Reconciliation.until))),
                func.max(Reconciliation.started_at),
            )
        ).one()
        known_until = finished or db.session.scalar(select(func.min(Payment.created_at)))
    if known_until is None or known_until > now - EVERY or (tried is not None and tried > now - OVERLAP):
        return 0
    run()
    return 1


def problems_of(look: Reconciliation) -> list[str]:
    """Return what a person must look at, as sentences."""
    found: list[str] = json.loads(look.problems)
    return found


def _watermark(until: datetime) -> datetime:
    newest = db.session.scalar(select(func.max(Reconciliation.until)).where(Reconciliation.finished_at.is_not(None)))
    return min(newest or until - FIRST_LOOK, until) - OVERLAP


def _begin(since: datetime, until: datetime, now: datetime) -> str:
    with transaction() as session:
        look = Reconciliation(id=ids.new("rec"), since=since, until=until, started_at=now)
        session.add(look)
        return look.id


def _end(look_id: str, look: _Look, *, whole: bool) -> Reconciliation:
    with transaction() as session:
        row = session.get_one(Reconciliation, look_id, populate_existing=True)
        row.looked_at, row.mended, row.problems = look.looked_at, look.mended, json.dumps(look.problems)
        row.finished_at = clock.now() if whole else None
        return row


def _intents(look: _Look, since: datetime, until: datetime) -> bool:
    """Compare every payment that the processor made with ours; return whether all could be seen."""
    listed = gateway().intents_since(since, until)
    if not isinstance(listed, list):
        return False
    for intent in listed:
        if shutdown.asked():
            return False
        if intent.payment_id:  # else another product's, at the same processor
            look.looked_at += 1
            try:
                _compare(look, intent)
            except Exception:
                db.session.rollback()  # a read that failed would fail the next one's too
                log.exception("reconcile_failed", intent=intent.id)
                look.problem(f"{intent.id} could not be compared with {intent.payment_id}.")
    return True


def _compare(look: _Look, intent: Intent) -> None:
    with as_service("compare a payment with the processor's"):
        known = db.session.get(Payment, intent.payment_id, populate_existing=True)
        charged = intent.status is IntentStatus.SUCCEEDED
        if known is None:
            _restore(look, intent)
        elif known.processor_id is None and known.state in OPEN:
            return  # on its way, at a checkout, or interrupted: the sweep finds it by its id
        elif known.processor_id != intent.id:
            if charged:
                look.problem(f"{intent.id} was charged for {known.id}, which has another payment at the processor.")
        elif known.state in {PaymentState.FAILED, PaymentState.CANCELED}:
            if charged:
                look.problem(f"{intent.id} was charged, but {known.id} is {known.state} here: refund or credit it.")
        else:
            _settle(look, known, intent)


def _restore(look: _Look, intent: Intent) -> None:
    match lost_payments.restore(intent, look.now):
        case Restored(problem=problem):
            look.mended += 1
            if problem:
                look.problem(problem)
        case Stays(problem=problem) if problem:
            look.problem(problem)


def _settle(look: _Look, known: Payment, intent: Intent) -> None:
    """Bring the payment to where it is at the processor; say so when both have it paid, with different amounts."""
    before, payment_id = known.state, known.id
    after = settlement.settle(payment_id)
    look.mended += after.state != before
    if after.state in _PAID and after.received_minor != intent.received.amount_minor:
        here, now_there = after.received_minor, gateway().fetch_intent(intent.id)  # the list may be older than `after`
        if isinstance(now_there, Intent) and now_there.received.amount_minor != here:
            look.problem(f"{payment_id} is paid here with another amount than {intent.id} at the processor.")


def _name_mismatches(look: _Look, since: datetime) -> None:
    """Name what we know of that only a person can correct, whatever the processor says of it now."""
    uncredited = Payment.state.in_([state.value for state in OPEN]) & Payment.problem.in_(_MISMATCHES)
    for row in db.session.scalars(select(Payment).where(uncredited).order_by(Payment.created_at)):
        asked = money_words(Money(row.amount_minor, row.currency))
        found = f"{row.processor_id} at the processor {_MISMATCHES[row.problem]}"
        look.problem(f"{found} than {row.id} ({asked}): nothing was credited.")
    booked = (Transfer.kind == "payment") & (Transfer.customer_id == Payment.customer_id)
    otherwise = (
        select(Payment)
        .join(Transfer, booked & (Transfer.source_id == Payment.id))
        .where(Payment.state.in_(_PAID), Payment.received_minor != Payment.amount_minor, Transfer.booked_at >= since)
    )
    for row in db.session.scalars(otherwise.order_by(Payment.created_at)):
        asked, got = (money_words(Money(minor, row.currency)) for minor in (row.amount_minor, row.received_minor))
        look.problem(f"{row.id}: {asked} was asked for, {got} was charged and credited ({row.processor_id}).")


def _name_claims(look: _Look, since: datetime) -> None:
    """Name disputes whose claim is no part of their payment, and refunds that do not fit theirs: nobody else knows."""
    doubtful = (Dispute.claimed != "") & (
        (Dispute.state == DisputeState.OPEN.value)
        | ((Dispute.state == DisputeState.LOST.value) & (Dispute.updated_at >= since))
    )
    for row in db.session.scalars(select(Dispute).where(doubtful).order_by(Dispute.opened_at)):
        held, is_open = money_words(Money(row.amount_minor, row.currency)), row.state == DisputeState.OPEN.value
        words = f"{row.processor_id} disputes {row.claimed} of {row.payment_id}"
        look.problem(f"{words}: {held}, all that was left of it, {'is held' if is_open else 'was taken'}.")
    unbooked = InboxEvent.state.in_(("new", "dead")) & InboxEvent.problem.in_((*_MISMATCHES, events.UNREADABLE_AMOUNT))
    for event in db.session.scalars(
        select(InboxEvent).where(InboxEvent.object_type == "refund", unbooked).order_by(InboxEvent.object_id)
    ):
        words = f"{event.object_id} does not fit its payment ({event.problem})"
        look.problem(f"{words}: nothing was booked for it.")


def _events(look: _Look, since: datetime, until: datetime) -> bool:
    """Keep every event that never reached us as if its webhook had come (W5); return whether all were seen.

    The inbox works on them, retries, and marks as dead what cannot be done.
    """
    listed = gateway().events_since(since, until)
    if not isinstance(listed, list):
        return False
    for event in listed:
        if shutdown.asked():
            return False
        if events.is_ours_to_know(event):
            look.looked_at += 1
            look.mended += inbox.receive(event)
    return True


def _each_payment(look: _Look, since: datetime) -> bool:
    """Ask for the refunds and disputes of each paid payment: the events of that time are not kept any more."""
    oldest = since - timedelta(days=180)  # a bank may dispute a payment for months
    paid = [
        (row.id, row.processor_id or "")
        for row in db.session.scalars(
            select(Payment).where(Payment.state.in_(_PAID), Payment.created_at >= oldest).order_by(Payment.created_at)
        )
    ]
    for payment_id, intent_id in paid:
        if shutdown.asked():
            return False
        refunds, disputed = gateway().refunds_of(intent_id), gateway().disputes_of(intent_id)
        if not isinstance(refunds, list) or not isinstance(disputed, list):
            return False
        look.looked_at += 1
        try:
            problems = [refund_booking.record(payment_id, each) for each in refunds]
            problems += [disputes.record(payment_id, each) for each in disputed]
        except Exception:
            log.exception("reconcile_failed", payment=payment_id)
            problems = ["could not be compared with the processor's refunds and disputes"]
        for problem in filter(None, problems):
            look.problem(f"{payment_id}: {problem}.")
    return True
