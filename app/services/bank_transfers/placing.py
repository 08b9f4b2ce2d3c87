"""Place an order that is paid by bank transfer: the pro-forma is committed before anything is asked of anybody."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.bank_transfers.allocation import LONGEST_LIST, Standing
from app.domain.catalog import Catalog
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.mails import PRO_FORMA
from app.domain.money import Money
from app.domain.payments import Purpose
from app.domain.people.members import Orderer
from app.models.bank_transfers import ProForma
from app.models.customers import Customer
from app.models.scope import as_service
from app.services import audit
from app.services.bank_transfers import accounts, allocation, orders
from app.services.catalog import versions
from app.services.outbox import billing_mails, events
from app.services.payments import top_ups
from app.services.tax import decision
from app.services.transaction import transaction


@dataclass(frozen=True)
class Wanted:
    """What is ordered: for how much in all, and what it gives or pays."""

    purpose: Purpose
    amount: Money
    credits_micros: int = 0
    pack: str = ""
    expires_after_days: int | None = None
    net_minor: int | None = None
    treatment: str = ""
    document_id: str | None = None
    why_not: Refused | None = None
    """Why it is not ordered as it is, unless the same form has ordered it already."""


def order(actor: Orderer, *, form_key: str, amount: Money | None, pack: str, previewed: str = "") -> ProForma:
    """Order credit to be paid by bank transfer; return the pro-forma, with its price and tax as they are now.

    Refuses (422) what is not sold, and (409) a customer whose account is closed and another total than was `previewed`,
    beside what `place` refuses.
    """

    def wanted(session: Session, customer: Customer, catalog: Catalog) -> Wanted:
        if customer.standing == top_ups.CLOSED:
            raise Refused(top_ups.closed_sentence(catalog), top_ups.CLOSED)
        taxation = decision.taxation(session, customer.customer_id, catalog, clock.now().date())
        top_up = top_ups.priced(catalog, taxation, amount=amount, pack=pack)
        changed = top_ups.total_changed(top_up) if previewed not in {"", top_up.preview} else None
        return Wanted(
            purpose=Purpose.TOP_UP,
            amount=top_up.amount,
            credits_micros=top_up.credits.micros,
            pack=top_up.pack,
            expires_after_days=top_up.expires_after_days,
            net_minor=top_up.price.net.amount_minor,
            treatment=top_up.kept_treatment,
            why_not=top_ups.po_refusal(session, customer, catalog) or changed,
        )

    return place(actor, form_key, wanted)


def place(actor: Orderer, form_key: str, wanted_of: Callable[[Session, Customer, Catalog], Wanted]) -> ProForma:
    """Order to be paid by bank transfer what `wanted_of` says or refuses, once the customer is locked.

    `form_key` makes it one order: the same key with the same choice gives the one that is there, and so does an invoice
    that waits already for the same amount. Refuses (422) where no bank transfers are taken and (409) one more while
    twenty wait. Cash that is there already pays it at once.
    """
    if not ids.is_form_key(form_key):
        raise Refused(_("This form is no longer valid. Please fill it in again."), "form_key_malformed", 422)
    with as_service("order by bank transfer"), transaction() as session:
        customer = session.scalars(
            select(Customer)
            .where(Customer.customer_id == actor.customer_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).one()
        catalog = versions.of(customer)
        if not orders.is_offered(catalog):
            words = _("This payment method is no longer accepted. Choose another one.")
            raise Refused(words, "kind_not_taken", 422, "method")
        earlier = session.scalars(
            select(ProForma).where(ProForma.customer_id == actor.customer_id, ProForma.form_key == form_key)
        ).one_or_none()
        wanted = wanted_of(session, customer, catalog)
        if earlier is not None:
            _ask_same(earlier, wanted)
        elif wanted.why_not is not None:
            raise wanted.why_not
        else:
            earlier = _of_invoice(session, actor, wanted)
        pro_forma_id = earlier.id if earlier is not None else _written(session, customer, actor, form_key, wanted)
    accounts.ensure_known(actor.customer_id)
    allocation.apply(actor.customer_id)
    return orders.read(pro_forma_id).pro_forma


def _ask_same(earlier: ProForma, wanted: Wanted) -> None:
    if (earlier.document_id, earlier.pack, earlier.credits_micros) != (
        wanted.document_id,
        wanted.pack,
        wanted.credits_micros,
    ):
        words = _("This form was already sent, with another choice. Check the form and send it again.")
        raise Refused(words, "form_already_used", 409)


def _of_invoice(session: Session, actor: Orderer, wanted: Wanted) -> ProForma | None:
    """Return the pro-forma of the invoice that waits for the same amount; one that asks for another is cancelled."""
    if wanted.document_id is None:
        return None
    found = session.execute(
        orders.every().where(
            ProForma.customer_id == actor.customer_id,
            ProForma.document_id == wanted.document_id,
            ProForma.state == "open",
        )
    ).one_or_none()
    if found is None:
        return None
    pro_forma, payment, invoice = found
    standing = orders.standing_of(pro_forma, payment, invoice)
    if standing in {Standing.PAYING, Standing.PAID}:
        raise orders.BEING_PAID.copied()
    if standing is Standing.WAITING and pro_forma.amount_minor == wanted.amount.amount_minor:
        return pro_forma
    orders.close(session, pro_forma, "canceled", actor.member_id)
    return None


def _written(session: Session, customer: Customer, actor: Orderer, form_key: str, wanted: Wanted) -> str:
    now = clock.now()
    waits = select(func.count()).where(ProForma.customer_id == actor.customer_id, allocation.is_waiting(now))
    if (session.scalar(waits) or 0) >= LONGEST_LIST:
        words = _("{n} orders wait for your transfer already. Cancel one that you do not need.", n=LONGEST_LIST)
        raise Refused(words, "too_many_waiting", 409)
    pro_forma = ProForma(
        id=ids.new("pf"),
        customer_id=actor.customer_id,
        purpose=wanted.purpose.value,
        document_id=wanted.document_id,
        state="open",
        amount_minor=wanted.amount.amount_minor,
        currency=wanted.amount.currency,
        net_minor=wanted.net_minor,
        treatment=wanted.treatment,
        credits_micros=wanted.credits_micros,
        pack=wanted.pack,
        expires_after_days=wanted.expires_after_days,
        form_key=form_key,
        created_by=actor.member_id,
        created_at=now,
        valid_until=now + timedelta(days=versions.of(customer).payment_methods.transfer_days),
    )
    session.add(pro_forma)
    session.flush()
    after = {"amount_minor": pro_forma.amount_minor, "currency": pro_forma.currency}
    audit.record(session, actor.customer_id, actor.member_id, "pro_forma.created", pro_forma.id, after=after)
    events.write(session, actor.customer_id, "pro_forma.created", pro_forma.id, orders.facts_of(pro_forma))
    key, about = f"{PRO_FORMA}:{pro_forma.id}", pro_forma.id
    billing_mails.write(session, actor.customer_id, PRO_FORMA, key=key, to=customer.email, pro_forma=about)
    return pro_forma.id
