"""Pro-formas: credit ordered to be paid by bank transfer. Nothing is charged by them, and they have no number."""

from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.bank_transfers.allocation import LONGEST_LIST, Order, Standing, missing, shares
from app.domain.catalog import Catalog
from app.domain.errors import NotFound, Refused
from app.domain.language import marked
from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.notices import stamp
from app.domain.payments import OPEN, PaymentState
from app.domain.people.members import Orderer
from app.models.bank_transfers import ProForma
from app.models.database import Moment, db
from app.models.documents import Document
from app.models.payments import Payment
from app.models.scope import as_service
from app.services import audit, due_rows
from app.services.bank_transfers import allocation
from app.services.ledger import posting
from app.services.outbox import events
from app.services.transaction import transaction

_PAID = frozenset({PaymentState.SUCCEEDED, PaymentState.REFUNDED, PaymentState.DISPUTED})
BEING_PAID = Refused(
    marked("The money for this has arrived and pays it just now, so it can no longer be cancelled."), "being_paid", 409
)


@dataclass(frozen=True)
class Ordered:
    """A pro-forma as it stands."""

    pro_forma: ProForma
    payment: Payment | None
    """The last payment that was made for it."""
    standing: Standing

    @property
    def amount(self) -> Money:
        """What is to be sent for it."""
        return Money(self.pro_forma.amount_minor, self.pro_forma.currency)

    @property
    def as_order(self) -> Order:
        """How much it asks for, where cash is counted for it."""
        return Order(self.pro_forma.id, self.pro_forma.amount_minor)


def is_offered(catalog: Catalog) -> bool:
    """Say whether this seller takes bank transfers."""
    return Rail.BANK_TRANSFER in catalog.payment_methods.kinds


def facts_of(pro_forma: ProForma) -> dict[str, object]:
    """Return what an event says of a pro-forma."""
    return {
        "pro_forma": pro_forma.id,
        "amount_minor": pro_forma.amount_minor,
        "currency": pro_forma.currency,
        "valid_until": stamp(pro_forma.valid_until),
    }


def read(pro_forma_id: str) -> Ordered:
    """Return a pro-forma of the customer in scope, or `NotFound`."""
    if not ids.is_id(pro_forma_id, "pf"):
        raise NotFound("pro-forma")
    found = db.session.execute(
        every().where(ProForma.id == pro_forma_id).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("pro-forma")
    return _ordered(*found)


def latest(limit: int = LONGEST_LIST) -> list[Ordered]:
    """Return the newest pro-formas of the customer in scope."""
    rows = db.session.execute(every().order_by(ProForma.created_at.desc(), ProForma.id.desc()).limit(limit))
    return [_ordered(*each) for each in rows]


def waiting() -> list[Ordered]:
    """Return what waits for a transfer of the customer in scope, the oldest first: in this order it is paid."""
    rows = db.session.execute(
        every().where(allocation.is_waiting(clock.now())).order_by(ProForma.created_at, ProForma.id)
    )
    return [_ordered(*each) for each in rows]


def missing_for(ordered: Ordered) -> int:
    """Return how much is still to be sent for a pro-forma of the customer in scope that waits, in minor units."""
    row = ordered.pro_forma
    here = shares(allocation.unapplied_of(row.customer_id), [each.as_order for each in waiting()])
    return missing(row.amount_minor, here.get(row.id, 0))


def under_way(catalog: Catalog, customer_id: str) -> tuple[list[Ordered], list[Ordered], int]:
    """Return what other pages show of orders that wait, twice, and what is unapplied; nothing where none are taken."""
    found = waiting() if is_offered(catalog) else []
    return found, found, allocation.unapplied_of(customer_id) if found else 0


def give_up(actor: Orderer, pro_forma_id: str) -> None:
    """Cancel a pro-forma that waits; what has arrived stays the customer's. One that is over stays as it is."""
    read(pro_forma_id)
    with as_service("cancel a pro-forma"):
        with transaction() as session:
            posting.lock(session, actor.customer_id)  # so that no payment is made for it meanwhile
            found = session.execute(every().where(ProForma.id == pro_forma_id).with_for_update(of=ProForma)).one()
            ordered = _ordered(*found)
            if ordered.standing in {Standing.PAYING, Standing.PAID}:
                raise BEING_PAID.copied()
            if ordered.pro_forma.state != "open":
                return
            close(session, ordered.pro_forma, "canceled", actor.member_id)
        allocation.apply(actor.customer_id)  # what it held up may be paid now


def expire_due(limit: int = 50) -> int:
    """End pro-formas whose time is over, at most `limit`; return how many ended. One that is being paid goes on."""
    with as_service("end pro-formas whose time is over"):
        return sum(due_rows.claimed(limit, _expire))


def due(now: Moment) -> Select[ProForma]:
    """Ask for open pro-formas whose time is over, but for those that are being paid."""
    live = select(Payment.id).where(
        Payment.customer_id == ProForma.customer_id,
        Payment.id == ProForma.payment_id,
        Payment.state.not_in(["failed", "canceled"]),
    )
    return select(ProForma).where(ProForma.state == "open", ProForma.valid_until <= now, ~live.exists())


def _expire() -> int | None:
    def take(row: ProForma) -> int:
        close(db.session(), row, "expired", "worker")
        return 1

    return due_rows.claim(due(clock.now()).order_by(ProForma.valid_until, ProForma.id), take)


def close(session: Session, pro_forma: ProForma, state: str, by: str) -> None:
    """End a pro-forma that is open, in the caller's transaction."""
    pro_forma.state, pro_forma.closed_at = state, clock.now()
    audit.record(session, pro_forma.customer_id, by, f"pro_forma.{state}", pro_forma.id)
    session.flush()
    events.write(session, pro_forma.customer_id, f"pro_forma.{state}", pro_forma.id, facts_of(pro_forma))


def every() -> Select[ProForma, Payment, str | None]:
    """Select pro-formas, each with its last payment and the state of the invoice that it pays."""
    return (
        select(ProForma, Payment, Document.state)
        .outerjoin(Payment, (Payment.customer_id == ProForma.customer_id) & (Payment.id == ProForma.payment_id))
        .outerjoin(Document, (Document.customer_id == ProForma.customer_id) & (Document.id == ProForma.document_id))
    )


def _ordered(pro_forma: ProForma, payment: Payment | None, invoice: str | None) -> Ordered:
    return Ordered(pro_forma, payment, standing_of(pro_forma, payment, invoice))


def standing_of(pro_forma: ProForma, payment: Payment | None, invoice: str | None) -> Standing:
    """Return where a pro-forma is, by its last payment and the state of the invoice that it pays."""
    state = PaymentState(payment.state) if payment is not None else None
    if state in _PAID:
        return Standing.PAID
    if pro_forma.state != "open":
        return Standing(pro_forma.state)
    if state in OPEN:
        return Standing.PAYING
    if invoice is not None and invoice not in allocation.PAYABLE:
        return Standing.CANCELED  # it was paid another way, or is void
    return Standing.WAITING if clock.now() < pro_forma.valid_until else Standing.EXPIRED
