"""Send unapplied cash back to the customer's bank account: the seller's order, committed before it is asked for.

docs/decisions/0032-cash-is-applied-by-us.md says what holds when the process dies after each line.
"""

from datetime import datetime

from sqlalchemy import Select, select

from app import clock, ids
from app.domain import processor_amounts
from app.domain.amounts import money_words
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.payments import FIRST_CHECK, KEY_LIFETIME, Declined, Misused, next_check
from app.models.bank_transfers import CashReturn
from app.models.customers import Customer
from app.models.database import Moment, db
from app.models.scope import as_service
from app.services import audit, due_rows
from app.services.bank_transfers import allocation, cash
from app.services.ledger import posting
from app.services.processor.gateway import gateway
from app.services.transaction import transaction


def send_back(customer_id: str, *, amount: Money | None = None, reason: str, requested_by: str) -> CashReturn:
    """Send unapplied cash back (none: all of it); return the return as the processor has taken it.

    Refuses (422) a missing reason or an amount that is none, and (409) more than is left.
    """
    audit.ask_who_and_why(requested_by, reason, "Give a name and a reason for sending money back.")
    now = clock.now()
    with as_service("send unapplied cash back"):
        with transaction() as session:
            books = posting.lock(session, customer_id)
            there = Money(max(0, allocation.available(books)), books.customer.currency)
            wanted = amount or processor_amounts.taken_of(there)
            if wanted.currency != there.currency:
                raise Refused(f"This customer's money is in {there.currency}.", "another_currency", 422, "amount")
            if wanted.amount_minor <= 0:
                raise Refused("There is no unapplied money to send back.", "nothing_left")
            if wanted > there:
                words = f"Only {money_words(there)} of it is left to send back."
                raise Refused(words, "more_than_is_left", 409, "amount")
            row = CashReturn(
                id=ids.new("crt"),
                customer_id=customer_id,
                amount_minor=wanted.amount_minor,
                currency=wanted.currency,
                state="created",
                reason=reason.strip(),
                requested_by=requested_by.strip()[:254],
                created_at=now,
                next_check_at=now + FIRST_CHECK,
            )
            session.add(row)
            after = {"amount_minor": row.amount_minor, "currency": row.currency, "reason": row.reason}
            audit.record(session, customer_id, row.requested_by, "cash.returned", row.id, after=after)
            return_id = row.id
        settle(return_id)
        return db.session.get_one(CashReturn, return_id, populate_existing=True)


def settle(return_id: str) -> None:
    """Ask the processor for a return with its one key, and look at what has left the cash."""
    with as_service("settle a return of cash"):
        row = db.session.get_one(CashReturn, return_id, populate_existing=True)
        customer = db.session.get_one(Customer, row.customer_id)
        now, customer_id, owner = clock.now(), row.customer_id, customer.processor_customer or ""
        if row.state == "created" and now - row.created_at < KEY_LIFETIME:
            amount = Money(row.amount_minor, row.currency)
            answer = gateway().return_cash(owner, amount=amount, return_id=return_id, key=f"{return_id}:return")
            _heard(return_id, answer, now)
        cash.look(customer_id)


def sweep_due(limit: int = 50) -> int:
    """Look at returns that have not left the cash yet, at most `limit`; return how many were looked at."""
    with as_service("sweep returns of cash"):
        return due_rows.each(due_rows.claimed(limit, _claim), _look_at, of="cash_return", failed="cash_return_failed")


def due(now: Moment) -> Select[CashReturn]:
    """Ask for cash on its way back that is to be looked at."""
    return select(CashReturn).where(
        CashReturn.movement_id.is_(None), CashReturn.state.in_(["created", "sent"]), CashReturn.next_check_at <= now
    )


def _claim() -> str | None:
    now = clock.now()

    def take(row: CashReturn) -> str:
        row.next_check_at = now + next_check(now - row.created_at)
        return row.id

    return due_rows.claim(due(now).order_by(CashReturn.next_check_at, CashReturn.id), take)


def _look_at(return_id: str) -> int:
    settle(return_id)
    return 1


def _heard(return_id: str, answer: object, now: datetime) -> None:
    """Keep what came of it. What is not known is asked again with the same key, and then only looked for."""
    with transaction() as session:
        row = session.get_one(CashReturn, return_id, populate_existing=True, with_for_update=True)
        if row.state != "created":
            return
        match answer:
            case str():
                row.state, row.processor_id = "sent", answer
            case Declined(code=code) | Misused(code=code):
                row.state, row.problem = "failed", code[:100]
                audit.record(session, row.customer_id, "processor", "cash.return_failed", row.id, after={"code": code})
            case _:
                row.next_check_at = now + next_check(now - row.created_at)
