"""Asks about tax numbers whose answer is due, and keeps what was answered: state, name, date and consultation number.

A number is claimed for a lease and asked about after the commit. Killed before the question, or over it: it is asked
again when the lease is over. Killed between answer and commit: asked again too, with another consultation number.
Silence changes nothing but when it is asked next: a verified number stays verified through an outage.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.tax import rechecks
from app.domain.tax.places import country_of, is_member
from app.domain.tax.registrations import State
from app.extensions import Extension
from app.gateways.vies import Answered, NotAnswered, Outcome, Vies
from app.models.customers import Customer
from app.models.database import Moment, db
from app.models.scope import as_service
from app.models.tax import TaxRegistration
from app.services import audit, due_rows
from app.services.catalog import versions
from app.services.outbox import events
from app.services.tax import changes
from app.services.tax.registrations import described, said
from app.services.transaction import no_transaction, transaction

log = structlog.get_logger()
LEASE = timedelta(minutes=5)  # longer than two questions can take
NOT_REGISTERED, NO_ANSWER = "not_registered", "no_answer"
ANSWERED, SILENT, NOBODY = 1, 0, -1
the_vies: Extension[Vies] = Extension("vies")


@dataclass(frozen=True)
class _Due:
    registration_id: str
    customer_id: str
    number: str
    tries: int


def check_due(limit: int = 20) -> int:
    """Ask about what is due, one number after the other, at most `limit`; return how many were answered.

    Where the service answers nobody, the others wait for the next round.
    """
    answered = 0
    with as_service("ask about tax numbers"):
        for due in due_rows.claimed(limit, _claim):
            work = partial(_check, due)
            outcome = due_rows.one(work, failed="tax_number_not_checked", registration=due.registration_id)
            answered += outcome == ANSWERED
            if outcome == NOBODY:
                break
    return answered


def to_check(now: Moment) -> Select[TaxRegistration]:
    """Ask for tax numbers that are to be confirmed."""
    return select(TaxRegistration).where(TaxRegistration.check_at <= now)


def _claim() -> _Due | None:
    """Claim the number that is due the longest, for one lease and as one more try."""
    now = clock.now()

    def take(row: TaxRegistration) -> _Due:
        row.check_at = now + LEASE
        row.tries += 1
        return _Due(row.id, row.customer_id, row.value, row.tries)

    return due_rows.claim(to_check(now).order_by(TaxRegistration.check_at, TaxRegistration.id), take)


def _check(due: _Due) -> int:
    """Ask, and keep what is known then; say whether it was answered, and whether anybody is."""
    requester = _requester(due.customer_id)
    no_transaction()
    outcome = the_vies().check(due.number, requester)
    now = clock.now()
    with transaction() as session:
        # The customer first, as everywhere: its outbox is written below.
        outbox = events.lock(session, due.customer_id)
        row = session.scalars(
            select(TaxRegistration)
            .where(TaxRegistration.id == due.registration_id, TaxRegistration.removed_at.is_(None))
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()
        if row is None or row.tries != due.tries:  # removed, or the lease was over and somebody else has asked since
            return SILENT
        _keep(session, outbox, row, outcome, now)
    if isinstance(outcome, NotAnswered):
        log.warning("tax_number_not_answered", registration=due.registration_id, why=outcome.why)
        return NOBODY if outcome.for_all else SILENT
    return ANSWERED


def _keep(session: Session, outbox: events.Outbox, row: TaxRegistration, outcome: Outcome, now: datetime) -> None:
    before = said(row)
    match outcome:
        case Answered(valid=valid, name=name, consultation=consultation):
            row.state = State.VERIFIED if valid else State.UNVERIFIED
            row.why = "" if valid else NOT_REGISTERED
            row.name, row.consultation, row.answered_at = name, consultation, now
            row.verified_at = now if valid else row.verified_at
            row.tries = 0
            row.check_at = now + rechecks.after_answer(now - row.created_at, valid=valid)
        case NotAnswered():
            if row.state == State.PENDING:
                row.state, row.why = State.UNAVAILABLE, NO_ANSWER
            row.check_at = now + rechecks.after_silence(row.tries, secrets.randbelow(1000))
    if row.state == before["state"]:
        return
    row.changes += 1
    changes.taxed_otherwise(session, row.customer_id, now)
    changes.rejected_later(session, outbox, row, before["state"])
    audit.record(session, row.customer_id, "worker", "tax_registration.checked", row.id, before=before, after=said(row))
    if row.state in {State.VERIFIED, State.UNVERIFIED}:
        name = "tax_registration.verified" if row.state == State.VERIFIED else "tax_registration.rejected"
        outbox.write(name, f"{row.id}:{row.changes}", described(row))


def _requester(customer_id: str) -> str:
    """Return the seller's own number where it is a member state's: it earns a consultation number."""
    customer = db.session.get_one(Customer, customer_id)
    number = "".join(each for each in versions.of(customer).seller.tax_id.upper() if each.isalnum())
    return number if is_member(country_of(number[:2]), clock.now().date()) else ""
