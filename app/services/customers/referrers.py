"""A customer's own referral code, and the referral of a new customer who came with the code of another."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.catalog import Catalog
from app.domain.errors import Refused
from app.domain.people.members import Orderer
from app.domain.referrals import earnings, joining
from app.models.customers import Customer
from app.models.database import db
from app.models.members import Member, Membership
from app.models.referrals import Referral, Referrer
from app.models.scope import as_service
from app.services import audit
from app.services.catalog import versions
from app.services.transaction import transaction

_UNKNOWN = Refused(joining.UNKNOWN, "referral_code_unknown", 422, "referral_code")


def begin(session: Session, customer: Customer, now: datetime, by: str, address: str = "") -> Referrer:
    """Give the customer a code of its own, or return the one that is there; the customer's row is locked or new."""
    found = session.get(Referrer, customer.customer_id, populate_existing=True)
    if found is not None:
        return found
    code = ids.new_form_key()[: joining.CODE_LENGTH]
    made = Referrer(customer_id=customer.customer_id, code=code, granted_micros=0, created_at=now, due_at=None)
    session.add(made)
    session.flush()
    audit.record(session, customer.customer_id, by, "referral_code.created", made.code, address=address)
    return made


def ask(actor: Orderer, address: str = "") -> str:
    """Return the customer's code; a customer from before there were referrals gets it now. Twice is once."""
    with as_service("make a referral code"), transaction() as session:
        customer = session.scalars(
            select(Customer).where(Customer.customer_id == actor.customer_id).with_for_update(key_share=True)
        ).one()
        if not versions.of(customer).referrals.offered:
            raise Refused("Referrals are not offered.", "referrals_not_offered")
        return begin(session, customer, clock.now(), actor.member_id, address).code


def inviter_of(session: Session, code: str) -> tuple[Customer, Catalog]:
    """Return whose code it is and what the catalog promises its inviters, or refuse a code that nobody has."""
    named = joining.normal(code)
    inviter = session.scalars(
        select(Customer).join(Referrer, Referrer.customer_id == Customer.customer_id).where(Referrer.code == named)
    ).one_or_none()
    catalog = versions.of(inviter) if inviter is not None and inviter.standing != "closed" else None
    if inviter is None or catalog is None or not catalog.referrals.offered:
        raise _UNKNOWN.copied()
    return inviter, catalog


def join(session: Session, invited: Customer, code: str, now: datetime, by: str) -> Referral:
    """Write down who has invited a new customer, in the transaction that creates it. Terms are those of this day."""
    inviter, catalog = inviter_of(session, code)
    joining.check(_party(inviter, _addresses(session, inviter.customer_id)), _party(invited))
    terms = catalog.referrals
    made = Referral(
        id=ids.new("rfl"),
        customer_id=inviter.customer_id,
        invited_id=invited.customer_id,
        label=joining.masked(invited.name),
        currency=invited.currency,
        basis_points=terms.percent.basis_points,
        joined_at=now,
        ends_at=earnings.until(now, terms.months),
        is_oneself=False,
        gone_minor=0,
        seen_sequence=0,
    )
    session.add(made)
    referrer = session.get_one(Referrer, inviter.customer_id, with_for_update=True)
    referrer.due_at = referrer.due_at or earnings.next_month(now)
    session.flush()
    audit.record(session, inviter.customer_id, by, "referral.joined", made.id)
    return made


def _addresses(session: Session, customer_id: str) -> tuple[str, ...]:
    """Return with which addresses the customer's members sign in."""
    of = select(Member.email).join(Membership, Membership.member_id == Member.id)
    return tuple(session.scalars(of.where(Membership.customer_id == customer_id)))


def _party(customer: Customer, members: tuple[str, ...] = ()) -> joining.Party:
    return joining.Party(
        customer.customer_id, customer.catalog, customer.email, customer.currency, customer.credit_unit, members
    )


@dataclass(frozen=True)
class Invitation:
    """What a shared link leads to."""

    code: str
    seller: str
    sign_up_url: str


def look(code: str) -> Invitation:
    """Return where a code leads, or refuse one that nobody has."""
    with as_service("open a referral link"):
        _inviter, catalog = inviter_of(db.session(), code)
        return Invitation(joining.normal(code), catalog.seller.name, catalog.referrals.sign_up_url)
