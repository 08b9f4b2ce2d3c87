"""Mandates: what a customer accepts before a bank account may be debited, kept word for word and never deleted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain import mandates
from app.domain.catalog import Catalog
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.mails import MANDATE
from app.domain.mandates import AcceptedMandate, MandateText
from app.domain.methods import ProcessorMandate, Rail
from app.domain.people.deletion import member_name
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.members import Member
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.models.setups import Mandate
from app.services import audit
from app.services.catalog import versions
from app.services.outbox import mails

MOST_SHOWN = 200


@dataclass(frozen=True)
class EarlierMandate:
    """A mandate of an account that is not saved any more, or an older one of an account that is."""

    id: str
    account: str
    accepted_at: datetime


def current(catalog: Catalog) -> MandateText:
    """Return the text that is accepted today."""
    return mandates.sepa_debit(catalog.seller.name)


def check_accepted(version: str, text: MandateText) -> None:
    """Refuse (422) unless exactly this text was accepted."""
    if not version:
        raise Refused(_("Read the mandate and accept it first."), "mandate_not_accepted", 422, "accept")
    if version != text.version:
        raise Refused(_("The mandate has changed. Read it again, then accept it."), "mandate_changed", 422, "accept")


def keep(session: Session, actor: Actor, text: MandateText, *, address: str, user_agent: str) -> Mandate:
    """Write in the caller's transaction that the actor has accepted the text."""
    mandate = Mandate(
        id=ids.new("man"),
        customer_id=actor.customer_id,
        kind=Rail.SEPA_DEBIT.value,
        text=text.text,
        text_version=text.version,
        accepted_by=actor.member_id,
        accepted_at=clock.now(),
        address=address[:45],
        user_agent=user_agent[:500],
    )
    session.add(mandate)
    session.flush()
    audit.record(
        session,
        actor.customer_id,
        actor.member_id,
        "mandate.accepted",
        mandate.id,
        after={"version": text.version},
        address=address[:45],
    )
    return mandate


def complete(
    session: Session, customer_id: str, mandate_id: str, method_id: str, at_processor: ProcessorMandate | None
) -> None:
    """Write in the caller's transaction which method the mandate is for, how the processor calls it, and the mail."""
    known = {"processor_id": at_processor.id, "reference": at_processor.reference} if at_processor else {}
    session.execute(
        update(Mandate)
        .where(Mandate.customer_id == customer_id, Mandate.id == mandate_id)
        .values(method_id=method_id, **known)
        .execution_options(synchronize_session=False)
    )
    to = session.scalars(select(Customer.email).where(Customer.customer_id == customer_id)).one()
    mails.write(session, customer_id, MANDATE, key=f"{MANDATE}:{mandate_id}", to=to, mandate=mandate_id)


def by_method(methods: list[PaymentMethod]) -> dict[str, str]:
    """Return the newest mandate's id for each of the customer's methods that has one."""
    wanted = [method.id for method in methods if method.kind == Rail.SEPA_DEBIT]
    if not wanted:
        return {}
    rows = db.session.execute(
        select(Mandate.method_id, Mandate.id)
        .where(Mandate.method_id.in_(wanted))
        .order_by(Mandate.accepted_at, Mandate.id)
    )
    return {method_id: mandate_id for method_id, mandate_id in rows if method_id}


def earlier(current: Iterable[str]) -> list[EarlierMandate]:
    """Return the customer's mandates that were for an account and are not among the `current` ones, newest first."""
    rows = db.session.execute(
        select(Mandate.id, PaymentMethod.last4, Mandate.accepted_at)
        .join(
            PaymentMethod,
            (PaymentMethod.customer_id == Mandate.customer_id) & (PaymentMethod.id == Mandate.method_id),
        )
        .where(Mandate.id.not_in(list(current)))
        .order_by(Mandate.accepted_at.desc(), Mandate.id.desc())
        .limit(MOST_SHOWN)
    )
    return [EarlierMandate(found, mandates.account_name(last4), when) for found, last4, when in rows]


def read(mandate_id: str) -> AcceptedMandate:
    """Return the customer's mandate with all that its file says, or `NotFound`."""
    mandate = db.session.scalars(select(Mandate).where(Mandate.id == mandate_id)).one_or_none()
    if mandate is None:
        raise NotFound("mandate")
    customer = db.session.get_one(Customer, mandate.customer_id)
    method = db.session.get(PaymentMethod, mandate.method_id) if mandate.method_id else None
    seller = versions.of(customer).seller
    return AcceptedMandate(
        id=mandate.id,
        reference=mandate.reference,
        creditor=(seller.name, *seller.address),
        debtor=customer.name,
        account=mandates.account_name(method.last4) if method else "",
        text=MandateText(mandate.text_version, mandate.text),
        accepted_by=_name_of(mandate.accepted_by),
        accepted_at=mandate.accepted_at,
        address=mandate.address,
        user_agent=mandate.user_agent,
    )


def language_of(mandate_id: str) -> str:
    """Return the language in which a mandate of the customer in scope was accepted."""
    version = db.session.scalar(select(Mandate.text_version).where(Mandate.id == mandate_id))
    return mandates.language_of(version or "")


def _name_of(member_id: str) -> str:
    with as_service("name the member who accepted a mandate"):
        return member_name(db.session.scalar(select(Member.name).where(Member.id == member_id)) or member_id)
