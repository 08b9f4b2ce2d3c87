"""Pro-formas: credit ordered to be paid by bank transfer. Nothing is charged by them, and they have no number."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.bank_transfers.allocation import LONGEST_LIST, Standing
from app.domain.catalog import Catalog
from app.domain.errors import NotFound, Refused
from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.payments import OPEN, PaymentState, Purpose
from app.domain.people import Actor
from app.domain.top_ups import TopUp
from app.models.bank_transfers import ProForma
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment
from app.models.scope import as_service
from app.services import audit, due_rows
from app.services.bank_transfers import accounts, allocation
from app.services.catalog import versions
from app.services.ledger import posting
from app.services.outbox import events
from app.services.payments import top_ups
from app.services.tax import decision
from app.services.transaction import transaction

_PAID = frozenset({PaymentState.SUCCEEDED, PaymentState.REFUNDED, PaymentState.DISPUTED})
BEING_PAID = Refused(
    "The money for this has arrived and pays it just now, so it can no longer be cancelled.", "being_paid", 409
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


def is_offered(catalog: Catalog) -> bool:
    """Say whether this seller takes bank transfers."""
    return Rail.BANK_TRANSFER in catalog.payment_methods.kinds


def order(actor: Actor, *, form_key: str, amount: Money | None, pack: str, previewed: str = "") -> ProForma:
    """Order credit to be paid by bank transfer; return the pro-forma.

    `form_key` makes it one order: the same key with the same choice gives the one that is there. Another total than was
    `previewed` is refused (409). Refuses (422) what is
    not sold and where no bank transfers are taken, (409) a customer whose account is closed, and one more while
    twenty wait. Cash that is there already pays it at once.
    """
    if not ids.is_form_key(form_key):
        raise Refused("This form is no longer valid. Please fill it in again.", "form_key_malformed", 422)
    now = clock.now()
    with as_service("order credit by bank transfer"), transaction() as session:
        customer = session.scalars(
            select(Customer)
            .where(Customer.customer_id == actor.customer_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).one()
        catalog = versions.of(customer)
        if not is_offered(catalog):
            words = "This payment method is no longer accepted. Choose another one."
            raise Refused(words, "kind_not_taken", 422, "method")
        taxation = decision.taxation(session, actor.customer_id, catalog, now.date())
        top_up = top_ups.priced(catalog, taxation, amount=amount, pack=pack)
        earlier = session.scalars(
            select(ProForma).where(ProForma.customer_id == actor.customer_id, ProForma.form_key == form_key)
        ).one_or_none()
        if earlier is not None:
            _ask_same(earlier, top_up)
            pro_forma_id = earlier.id
        else:
            if customer.standing == top_ups.CLOSED:
                raise Refused(top_ups.closed_sentence(catalog), top_ups.CLOSED)
            if previewed not in {"", top_up.preview}:
                raise top_ups.total_changed(top_up)
            _ask_room(session, actor.customer_id)
            pro_forma_id = _written(session, actor, form_key, top_up, catalog, now)
    accounts.ensure_known(actor.customer_id)
    allocation.apply(actor.customer_id)
    return read(pro_forma_id).pro_forma


def _ask_same(earlier: ProForma, top_up: TopUp) -> None:
    if (earlier.pack, earlier.credits_micros) != (top_up.pack, top_up.credits.micros):
        words = "This form was already sent, with another choice. Check the form and send it again."
        raise Refused(words, "form_already_used", 409)


def _ask_room(session: Session, customer_id: str) -> None:
    waiting = session.scalar(
        select(func.count()).where(ProForma.customer_id == customer_id, allocation.is_waiting(clock.now()))
    )
    if (waiting or 0) >= LONGEST_LIST:
        words = f"{LONGEST_LIST} orders wait for your transfer already. Cancel one that you do not need."
        raise Refused(words, "too_many_waiting", 409)


def _written(session: Session, actor: Actor, form_key: str, top_up: TopUp, catalog: Catalog, now: datetime) -> str:
    pro_forma = ProForma(
        id=ids.new("pf"),
        customer_id=actor.customer_id,
        purpose=Purpose.TOP_UP.value,
        state="open",
        amount_minor=top_up.amount.amount_minor,
        currency=top_up.amount.currency,
        net_minor=top_up.price.net.amount_minor,
        treatment=top_up.kept_treatment,
        credits_micros=top_up.credits.micros,
        pack=top_up.pack,
        expires_after_days=top_up.expires_after_days,
        form_key=form_key,
        created_by=actor.member_id,
        created_at=now,
        valid_until=now + timedelta(days=catalog.payment_methods.transfer_days),
    )
    session.add(pro_forma)
    session.flush()
    after = {"amount_minor": pro_forma.amount_minor, "currency": pro_forma.currency}
    audit.record(session, actor.customer_id, actor.member_id, "pro_forma.created", pro_forma.id, after=after)
    events.write(session, actor.customer_id, "pro_forma.created", pro_forma.id, facts_of(pro_forma))
    return pro_forma.id


def facts_of(pro_forma: ProForma) -> dict[str, object]:
    """Return what an event says of a pro-forma."""
    return {
        "pro_forma": pro_forma.id,
        "amount_minor": pro_forma.amount_minor,
        "currency": pro_forma.currency,
        "valid_until": pro_forma.valid_until.isoformat(),
    }


def read(pro_forma_id: str) -> Ordered:
    """Return a pro-forma of the customer in scope, or `NotFound`."""
    if not ids.is_id(pro_forma_id, "pf"):
        raise NotFound("pro-forma")
    found = db.session.execute(
        _all().where(ProForma.id == pro_forma_id).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("pro-forma")
    pro_forma, payment = found
    return _ordered(pro_forma, payment)


def latest(limit: int = LONGEST_LIST) -> list[Ordered]:
    """Return the newest pro-formas of the customer in scope."""
    rows = db.session.execute(_all().order_by(ProForma.created_at.desc(), ProForma.id.desc()).limit(limit))
    return [_ordered(pro_forma, payment) for pro_forma, payment in rows]


def waiting() -> list[Ordered]:
    """Return what waits for a transfer of the customer in scope, the oldest first: in this order it is paid."""
    rows = db.session.execute(
        _all().where(allocation.is_waiting(clock.now())).order_by(ProForma.created_at, ProForma.id)
    )
    return [_ordered(pro_forma, payment) for pro_forma, payment in rows]


def under_way(catalog: Catalog, customer_id: str) -> tuple[list[Ordered], list[Ordered], int]:
    """Return what other pages show of orders that wait, twice, and what is unapplied; nothing where none are taken."""
    found = waiting() if is_offered(catalog) else []
    return found, found, allocation.unapplied_of(customer_id) if found else 0


def give_up(actor: Actor, pro_forma_id: str) -> None:
    """Cancel a pro-forma that waits; what has arrived stays the customer's. One that is over stays as it is."""
    read(pro_forma_id)
    with as_service("cancel a pro-forma"):
        with transaction() as session:
            posting.lock(session, actor.customer_id)  # so that no payment is made for it meanwhile
            found = session.execute(_all().where(ProForma.id == pro_forma_id).with_for_update(of=ProForma)).one()
            pro_forma, payment = found
            ordered = _ordered(pro_forma, payment)
            if ordered.standing in {Standing.PAYING, Standing.PAID}:
                raise BEING_PAID
            if ordered.pro_forma.state != "open":
                return
            _close(session, ordered.pro_forma, "canceled", actor.member_id)
        allocation.apply(actor.customer_id)  # what it held up may be paid now


def expire_due(limit: int = 50) -> int:
    """End pro-formas whose time is over, at most `limit`; return how many ended. One that is being paid goes on."""
    with as_service("end pro-formas whose time is over"):
        return sum(due_rows.claimed(limit, _expire))


def _expire() -> int | None:
    now = clock.now()
    live = select(Payment.id).where(
        Payment.customer_id == ProForma.customer_id,
        Payment.id == ProForma.payment_id,
        Payment.state.not_in(["failed", "canceled"]),
    )
    due = select(ProForma).where(ProForma.state == "open", ProForma.valid_until <= now, ~live.exists())

    def take(row: ProForma) -> int:
        _close(db.session(), row, "expired", "worker")
        return 1

    return due_rows.claim(due.order_by(ProForma.valid_until, ProForma.id), take)


def _close(session: Session, pro_forma: ProForma, state: str, by: str) -> None:
    pro_forma.state, pro_forma.closed_at = state, clock.now()
    audit.record(session, pro_forma.customer_id, by, f"pro_forma.{state}", pro_forma.id)
    session.flush()
    events.write(session, pro_forma.customer_id, f"pro_forma.{state}", pro_forma.id, facts_of(pro_forma))


def _all() -> Select[ProForma, Payment]:
    return select(ProForma, Payment).outerjoin(
        Payment, (Payment.customer_id == ProForma.customer_id) & (Payment.id == ProForma.payment_id)
    )


def _ordered(pro_forma: ProForma, payment: Payment | None) -> Ordered:
    return Ordered(pro_forma, payment, _standing(pro_forma, payment))


def _standing(pro_forma: ProForma, payment: Payment | None) -> Standing:
    state = PaymentState(payment.state) if payment is not None else None
    if state in _PAID:
        return Standing.PAID
    if pro_forma.state != "open":
        return Standing(pro_forma.state)
    if state in OPEN:
        return Standing.PAYING
    return Standing.WAITING if clock.now() < pro_forma.valid_until else Standing.EXPIRED
