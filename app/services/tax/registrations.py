"""A customer's tax registrations: which there are, how one comes and how one goes.

Saving asks nobody: a number of a member state is kept as pending, and `checking.py` asks about it afterwards.
"""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.tax.registrations import Kind, State
from app.later import later
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.models.tax import ExemptionFile, TaxRegistration
from app.services import audit, wake_ups
from app.services.outbox import events
from app.services.processor import profiles
from app.services.tax import changes
from app.services.transaction import transaction

if TYPE_CHECKING:
    from app.services.tax import numbers
else:  # with the rules of a dozen countries, when somebody saves a number
    numbers = later("app.services.tax.numbers")

MOST = 20
NO_SERVICE, UNKNOWN_FORM, FOR_SHOPS = "no_service", "unknown_form", "for_shops"
WAITS_FOR_SELLER = "waits_for_seller"


def listed(customer_id: str) -> list[TaxRegistration]:
    """Return the customer's registrations that are not removed, the oldest first."""
    return list(
        db.session.scalars(
            select(TaxRegistration)
            .where(TaxRegistration.customer_id == customer_id, TaxRegistration.removed_at.is_(None))
            .order_by(TaxRegistration.created_at, TaxRegistration.id)
        )
    )


def tax_numbers(customer_id: str) -> list[str]:
    """Return the customer's tax numbers: no certificates."""
    return [each.value for each in listed(customer_id) if each.kind != Kind.EXEMPTION]


def one(customer_id: str, registration_id: str) -> TaxRegistration:
    """Return the customer's registration that is not removed, or `NotFound`."""
    found = next((each for each in listed(customer_id) if each.id == registration_id), None)
    if found is None:
        raise NotFound("tax registration")
    return found


def add(customer_id: str, *, kind: str, country: str, value: str, by: str, address: str = "") -> TaxRegistration:
    """Keep the number, and let it be checked afterwards where somebody can be asked about it.

    Refuses (422) what cannot be such a number and (409) one that is there already, or one too many.
    """
    number = numbers.read(kind, country, value)
    now = clock.now()
    state, why = State.UNVERIFIED, NO_SERVICE
    if number.kind is Kind.EU_VAT:
        state, why = State.PENDING, ""
    elif number.kind in {Kind.OTHER, Kind.EU_OSS_VAT}:
        why = UNKNOWN_FORM if number.kind is Kind.OTHER else FOR_SHOPS
    row = TaxRegistration(
        id=ids.new("txr"),
        customer_id=customer_id,
        kind=number.kind,
        country=number.country,
        value=number.value,
        state=state,
        why=why,
        check_at=now if state is State.PENDING else None,
        created_at=now,
        created_by=by,
    )
    return keep(row, by, address)


def add_exemption(
    customer_id: str, *, value: str, territories: tuple[str, ...], expires_on: date | None, by: str, reason: str
) -> TaxRegistration:
    """Keep a certificate of exemption that the seller has seen and verified; `reason` says what was looked at."""
    audit.ask_who_and_why(by, reason, "Say who has verified the certificate, and how.")
    row = exemption(customer_id, value, territories, expires_on, by)
    row.state, row.why, row.answered_at, row.verified_at = State.VERIFIED, "", row.created_at, row.created_at
    return keep(row, by, "", reason)


def exemption(
    customer_id: str, value: str, territories: tuple[str, ...], expires_on: date | None, by: str
) -> TaxRegistration:
    """Return a certificate that waits for the seller, or refuse (422) one without a number or place."""
    text = value.strip()
    if not text or len(text) > numbers.LONGEST or not text.isprintable() or not territories:
        raise Refused(_("A certificate has a number and at least one country."), "value_malformed", 422, "value")
    return TaxRegistration(
        id=ids.new("txr"),
        customer_id=customer_id,
        kind=Kind.EXEMPTION,
        country=territories[0][:2],
        value=text,
        state=State.PENDING,
        why=WAITS_FOR_SELLER,
        territories=" ".join(territories),
        expires_on=expires_on,
        created_at=clock.now(),
        created_by=by,
    )


def remove(customer_id: str, registration_id: str, *, by: str, address: str = "") -> TaxRegistration:
    """Remove the registration: it counts for nothing from now on. What was answered about it is kept (AC-69)."""
    now = clock.now()
    with as_service("remove a tax registration"), transaction() as session:
        customer = _lock(session, customer_id)
        row = session.scalars(
            select(TaxRegistration)
            .where(
                TaxRegistration.customer_id == customer_id,
                TaxRegistration.id == registration_id,
                TaxRegistration.removed_at.is_(None),
            )
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()
        if row is None:
            raise NotFound("tax registration")
        row.removed_at, row.removed_by, row.check_at = now, by, None
        if row.verified_at is None:  # it has exempted nothing: nobody needs its file
            file = select(ExemptionFile).where(
                ExemptionFile.customer_id == customer_id, ExemptionFile.registration_id == row.id
            )
            for each in session.scalars(file):
                session.delete(each)
        changes.taxed_otherwise(session, customer_id, now)
        profiles.changed(session, customer, now)
        audit.record(session, customer_id, by, "tax_registration.removed", row.id, before=said(row), address=address)
    return row


def described(row: TaxRegistration) -> dict[str, object]:
    """Return what an event says of a registration and what was answered about it."""
    about = {"tax_registration": row.id, "reason": row.why, "name": row.name, "consultation": row.consultation}
    return said(row) | about


def said(row: TaxRegistration) -> dict[str, object]:
    """Return what audit entries and events say of a registration."""
    return {"type": row.kind, "country": row.country, "value": row.value, "state": row.state}


def keep(
    row: TaxRegistration, by: str, address: str, reason: str = "", file: ExemptionFile | None = None
) -> TaxRegistration:
    """Keep the registration, with the file of a certificate where there is one; refuse (409) what is there already."""
    with as_service("add a tax registration"), transaction() as session:
        customer = _lock(session, row.customer_id)
        there = session.scalars(
            select(TaxRegistration.id).where(
                TaxRegistration.customer_id == row.customer_id,
                TaxRegistration.kind == row.kind,
                TaxRegistration.value == row.value,
                TaxRegistration.removed_at.is_(None),
            )
        ).one_or_none()
        if there is not None:
            raise Refused(_("This number is in the list already."), "registration_exists", 409, "value")
        many = session.scalar(
            select(func.count())
            .select_from(TaxRegistration)
            .where(TaxRegistration.customer_id == row.customer_id, TaxRegistration.removed_at.is_(None))
        )
        if (many or 0) >= MOST:
            words = _("There are {most} numbers already. Remove one first.", most=MOST)
            raise Refused(words, "too_many_registrations", 409)
        session.add(row)
        session.flush()
        if file is not None:
            session.add(file)
            events.write(session, row.customer_id, "tax_registration.submitted", row.id, described(row))
        changes.taxed_otherwise(session, row.customer_id, row.created_at)
        profiles.changed(session, customer, row.created_at)
        after = said(row) | ({"reason": reason} if reason else {}) | ({"sha256": file.sha256} if file else {})
        audit.record(session, row.customer_id, by, "tax_registration.added", row.id, after=after, address=address)
        if row.check_at is not None:
            wake_ups.after_commit(session, "tax_numbers_checked")
    return row


def _lock(session: Session, customer_id: str) -> Customer:
    customer = session.scalars(
        select(Customer)
        .where(Customer.customer_id == customer_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if customer is None:
        raise NotFound("customer")
    return customer
