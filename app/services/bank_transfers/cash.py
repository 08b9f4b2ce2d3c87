"""The cash that customers have sent: looked up at the processor, written down and posted once, and then used.

A webhook, the hourly look and the page's button all come here. docs/decisions/0032-cash-is-applied-by-us.md says what
holds when the process dies after each line.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import Select, func, select, update

from app import clock, ids
from app.domain.bank_transfers.allocation import LOOK_AT_REST, LOOK_SOON, LOOK_WHILE_WAITING
from app.domain.bank_transfers.cash import MovementKind, ProcessorMovement
from app.domain.ledger import UNAPPLIED, Posting, money_unit
from app.domain.mails import TRANSFER_RECEIVED
from app.domain.payments import FIRST_CHECK, MISSING, Intent, Misused, Unknown
from app.models.bank_transfers import CashMovement, CashReturn, ProForma, TransferAccount
from app.models.customers import Customer
from app.models.database import Moment, db
from app.models.payments import Payment
from app.models.scope import as_service
from app.services import due_rows
from app.services.bank_transfers import allocation
from app.services.ledger import posting
from app.services.ledger.posting import Books
from app.services.outbox import billing_mails
from app.services.processor.gateway import gateway
from app.services.transaction import transaction

log = structlog.get_logger()
ANOTHER_CURRENCY = "another_currency"
_WITH_PAYMENTS = {MovementKind.APPLIED, MovementKind.UNAPPLIED}
_WORDS = {
    MovementKind.FUNDED: "Bank transfer received",
    MovementKind.REFUNDED: "Refund, back to what you have sent",
    MovementKind.RETURN_INITIATED: "Sent back to your bank account",
    MovementKind.RETURN_CANCELED: "Sent back, and came back",
    MovementKind.FUNDING_REVERSED: "Bank transfer called back by the bank",
    MovementKind.TRANSFERRED: "Moved by the payment processor",
    MovementKind.OVERDRAFT: "Covered by the payment processor",
}


def look(customer_id: str) -> bool:
    """Write down what has moved the customer's cash, and let what is there pay what waits for it.

    Returns False when the processor could not be asked: it is looked at again.
    """
    with as_service("look at the cash of a customer"):
        owner, known = db.session.execute(
            select(
                Customer.processor_customer,
                select(CashMovement.processor_id)
                .where(CashMovement.customer_id == customer_id)
                .order_by(CashMovement.number.desc())
                .limit(1)
                .scalar_subquery(),
            ).where(Customer.customer_id == customer_id)
        ).one()
        listed = gateway().cash_movements(owner, after=known or "") if owner else list[ProcessorMovement]()
        if isinstance(listed, Misused) and listed.code == MISSING:
            listed = []  # who has cash cannot be deleted at the processor
        ours = _ours(customer_id, listed) if isinstance(listed, list) else None
        if not isinstance(listed, list) or ours is None:
            return False
        with transaction() as session:
            books = posting.lock(session, customer_id)
            new = _record(books, listed, ours, clock.now())
            begun = allocation.begin(books, clock.now())
            _report(books, new)
            _look_next(books, begun, clock.now())
        allocation.collect(begun)
        return True


def look_at(processor_customer: str) -> bool:
    """Look at the cash of whoever this is at the processor; nothing where it is not a customer of ours."""
    with as_service("find whose cash has moved"):
        customer_id = db.session.scalar(
            select(Customer.customer_id).where(Customer.processor_customer == processor_customer)
        )
    return customer_id is None or look(customer_id)


def look_due(limit: int = 50) -> int:
    """Look at the cash of customers whose next look is due, at most `limit`; return how many were looked at."""
    with as_service("look at the cash of customers"):
        return due_rows.each(due_rows.claimed(limit, _claim), _looked_at, of="customer", failed="cash_look_failed")


def due(now: Moment) -> Select[TransferAccount]:
    """Ask for customers whose cash balance is to be looked at."""
    return select(TransferAccount).where(TransferAccount.next_look_at <= now)


def _claim() -> str | None:
    now = clock.now()

    def take(row: TransferAccount) -> str:
        row.next_look_at = now + FIRST_CHECK
        return row.customer_id

    return due_rows.claim(due(now).order_by(TransferAccount.next_look_at, TransferAccount.customer_id), take)


def _looked_at(customer_id: str) -> int:
    look(customer_id)
    return 1


def _ours(customer_id: str, listed: Sequence[ProcessorMovement]) -> set[str] | None:
    """Return which of the intents that took cash are payments of ours; None when that could not be asked."""
    asked = {each.intent_id for each in listed if each.kind in _WITH_PAYMENTS and each.intent_id}
    if not asked:
        return set()
    known = db.session.scalars(select(Payment.processor_id).where(Payment.processor_id.in_(asked)))
    found = {each for each in known if each}
    for intent_id in asked - found:  # a backup was restored, or the payment was made in the dashboard
        answer = gateway().fetch_intent(intent_id)
        if isinstance(answer, Unknown):
            return None
        if isinstance(answer, Intent) and answer.customer_id == customer_id and ids.is_id(answer.payment_id, "pay"):
            found.add(intent_id)
    return found


def _record(books: Books, listed: Sequence[ProcessorMovement], ours: set[str], now: datetime) -> list[CashMovement]:
    """Write down the movements that are not known yet, and post what is ours to post; return the new rows."""
    session, mine = books.session, CashMovement.customer_id == books.customer_id
    known = set(
        session.scalars(select(CashMovement.processor_id).where(mine, CashMovement.processor_id.in_(_ids(listed))))
    )
    place = session.scalar(select(func.max(CashMovement.number)).where(mine)) or 0
    made = list[CashMovement]()
    for each in listed:
        if each.id in known or not each.amount_minor:
            continue
        place += 1
        taken_by_payment = each.kind in _WITH_PAYMENTS and each.intent_id in ours
        in_books = (money_unit(each.currency), UNAPPLIED) in books.accounts
        row = CashMovement(
            id=ids.new("csh"),
            customer_id=books.customer_id,
            number=place,
            processor_id=each.id,
            kind=each.kind.value,
            amount_minor=each.amount_minor,
            currency=each.currency,
            reference=each.reference,
            sender=each.sender,
            intent_id=each.intent_id,
            is_booked=in_books and not taken_by_payment,
            moved_at=each.created_at,
            recorded_at=now,
        )
        session.add(row)
        session.flush()
        if row.is_booked:
            books.post([_posting(row)], now)
        if each.kind is MovementKind.RETURN_INITIATED:
            _is_return(books, row)
        made.append(row)
    return made


def _ids(listed: Sequence[ProcessorMovement]) -> list[str]:
    return [each.id for each in listed]


def _posting(row: CashMovement) -> Posting:
    """Return how a movement is booked: what came in is the customer's, and what left is so no more."""
    came = row.amount_minor > 0
    words = _WORDS.get(MovementKind(row.kind), "Moved at the payment processor")
    debit, credit = ("processor", UNAPPLIED) if came else (UNAPPLIED, "processor")
    kind = "cash_in" if came else "cash_out"
    return Posting(money_unit(row.currency), debit, credit, abs(row.amount_minor), kind, "cash", row.id, words)


def _is_return(books: Books, row: CashMovement) -> None:
    """Let the movement be that of the oldest return of the same amount, if there is one that has none yet."""
    ordered = books.session.scalars(
        select(CashReturn)
        .where(
            CashReturn.customer_id == books.customer_id,
            CashReturn.movement_id.is_(None),
            CashReturn.state != "failed",
            CashReturn.amount_minor == -row.amount_minor,
            CashReturn.currency == row.currency,
        )
        .order_by(CashReturn.created_at, CashReturn.id)
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if ordered is not None:
        ordered.movement_id, ordered.state = row.id, "sent"


def _report(books: Books, new: Sequence[CashMovement]) -> None:
    """Write events of what has moved, and one mail for each transfer of which something is not used."""
    left = allocation.available(books)
    for row in new:
        facts = {"movement": row.id, "amount_minor": row.amount_minor, "currency": row.currency}
        if row.currency != books.customer.currency:
            log.error("cash_needs_review", movement=row.id, why=ANOTHER_CURRENCY)
            books.outbox.write("payment.needs_review", row.id, {**facts, "reason": ANOTHER_CURRENCY})
        if row.kind == MovementKind.FUNDED:
            books.outbox.write("bank_transfer.received", row.id, {**facts, "unapplied_minor": left})
            if left > 0 or row.currency != books.customer.currency:
                to, key = books.customer.email, f"{TRANSFER_RECEIVED}:{row.id}"
                billing_mails.write(
                    books.session, books.customer_id, TRANSFER_RECEIVED, key=key, to=to, movement=row.id
                )
        elif row.kind in {MovementKind.RETURN_INITIATED, MovementKind.FUNDING_REVERSED}:
            books.outbox.write("bank_transfer.returned", row.id, {**facts, "unapplied_minor": left})


def _look_next(books: Books, begun: Sequence[str], now: datetime) -> None:
    waits = books.session.scalar(
        select(ProForma.id).where(ProForma.customer_id == books.customer_id, ProForma.state == "open").limit(1)
    )
    after = LOOK_SOON if begun else LOOK_WHILE_WAITING if waits else LOOK_AT_REST
    books.session.execute(
        update(TransferAccount)
        .where(TransferAccount.customer_id == books.customer_id)
        .values(looked_at=now, next_look_at=now + after)
        .execution_options(synchronize_session=False)
    )
