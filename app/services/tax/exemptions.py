"""Certificates of exemption that customers send: kept with their file, and nothing before the seller has decided."""

import hashlib
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app import clock
from app.domain.errors import NotFound, Refused, ensure
from app.domain.language import _
from app.domain.tax import certificates
from app.domain.tax.registrations import Kind, State
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer, as_service
from app.models.tax import ExemptionFile, TaxRegistration
from app.services import audit
from app.services.outbox import events
from app.services.tax import changes, registrations
from app.services.transaction import transaction

REFUSED_BY_SELLER = "refused_by_seller"


@dataclass(frozen=True)
class SentFile:
    """A certificate's file as the customer sent it."""

    name: str
    content_type: str
    content: bytes
    sha256: str


def send(
    customer_id: str,
    *,
    value: str,
    territories: list[str],
    expires_on: date | None,
    content: bytes,
    by: str,
    address: str = "",
) -> TaxRegistration:
    """Keep a certificate with its file: it waits for the seller.

    Refuses (422) what can be none and (409) one that is kept already.
    """
    places = certificates.places(territories)
    if expires_on is not None and expires_on < clock.now().date():
        words = _("This day is over: a certificate that has expired exempts nothing.")
        raise Refused(words, "expired", 422, "expires_on")
    content_type = certificates.content_type(content)
    row = registrations.exemption(customer_id, value, places, expires_on, by)
    file = ExemptionFile(
        customer_id=customer_id,
        registration_id=row.id,
        content_type=content_type,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        created_at=row.created_at,
    )
    return registrations.keep(row, by, address, file=file)


def with_files(customer_id: str) -> frozenset[str]:
    """Return which of the customer's certificates have a file."""
    wanted = select(ExemptionFile.registration_id).where(ExemptionFile.customer_id == customer_id)
    return frozenset(db.session.scalars(wanted))


def file_of(customer_id: str, registration_id: str) -> SentFile:
    """Return the file of the customer's certificate that is not removed, as it was sent, or `NotFound`."""
    row = registrations.one(customer_id, registration_id)
    found = db.session.scalars(
        select(ExemptionFile)
        .where(ExemptionFile.customer_id == customer_id, ExemptionFile.registration_id == row.id)
        .options(undefer(ExemptionFile.content))
    ).one_or_none()
    if found is None:
        raise NotFound("file")
    ensure(hashlib.sha256(found.content).hexdigest() == found.sha256, f"the file of {row.id} is not what was sent")
    return SentFile(
        certificates.file_name(row.value, found.content_type), found.content_type, found.content, found.sha256
    )


def read(registration_id: str) -> SentFile:
    """Return the file of any customer's certificate, for the seller."""
    with as_service("read a certificate of exemption"):
        row = db.session.get(TaxRegistration, registration_id)
        if row is None:
            raise NotFound("certificate")
        customer_id = row.customer_id
    with as_customer(customer_id):
        return file_of(customer_id, registration_id)


def waiting() -> list[TaxRegistration]:
    """Return the certificates that wait for the seller, the oldest first."""
    with as_service("list certificates of exemption"):
        return list(
            db.session.scalars(
                select(TaxRegistration)
                .where(
                    TaxRegistration.kind == Kind.EXEMPTION,
                    TaxRegistration.state == State.PENDING,
                    TaxRegistration.removed_at.is_(None),
                )
                .order_by(TaxRegistration.created_at, TaxRegistration.id)
            )
        )


def decide(registration_id: str, *, verified: bool, by: str, reason: str) -> TaxRegistration:
    """Verify a certificate, or reject it, also one that was verified; done twice it is done once."""
    audit.ask_who_and_why(by, reason, "Say who has decided it, and what was looked at.")
    with as_service("decide on a certificate of exemption"), transaction() as session:
        found = session.get(TaxRegistration, registration_id)
        if found is None:
            raise NotFound("certificate")
        outbox = events.lock(session, found.customer_id)
        row = _locked(session, outbox.customer, registration_id)
        state = State.VERIFIED if verified else State.UNVERIFIED
        if row.state != state:
            _decided(session, outbox, row, state, by, reason)
    return row


def _locked(session: Session, customer: Customer, registration_id: str) -> TaxRegistration:
    row = session.scalars(
        select(TaxRegistration)
        .where(
            TaxRegistration.customer_id == customer.customer_id,
            TaxRegistration.id == registration_id,
            TaxRegistration.kind == Kind.EXEMPTION,
            TaxRegistration.removed_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound("certificate")
    return row


def _decided(session: Session, outbox: events.Outbox, row: TaxRegistration, state: State, by: str, reason: str) -> None:
    before, now = registrations.said(row), clock.now()
    row.state, row.why = state, "" if state is State.VERIFIED else REFUSED_BY_SELLER
    row.answered_at = now
    row.verified_at = now if state is State.VERIFIED else row.verified_at
    row.changes += 1
    changes.taxed_otherwise(session, row.customer_id, now)
    changes.rejected_later(session, outbox, row, before["state"])
    after = registrations.said(row) | {"reason": reason}
    audit.record(session, row.customer_id, by, "tax_registration.checked", row.id, before=before, after=after)
    name = "tax_registration.verified" if state is State.VERIFIED else "tax_registration.rejected"
    outbox.write(name, f"{row.id}:{row.changes}", registrations.described(row))
