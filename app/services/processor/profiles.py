"""A customer's name, e-mail, address and tax numbers at the processor: sent after they changed here, the last last.

One worker at a time sends a customer's, for a lease longer than a request can take, so that no older ones arrive after
newer ones. Each try has a number, and its request's key says it. Killed before the request, or over it: sent again when
the lease is over, as they are then. Killed after it: sent once more, which changes nothing.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.addresses.address import NAMES, Address
from app.domain.addresses.profile import Profile
from app.domain.payments import MISSING, Misused, Unknown
from app.domain.tax.registrations import Kind
from app.models.customers import Customer
from app.models.database import Moment, db
from app.models.invoicing import InvoiceAddress
from app.models.scope import as_service
from app.models.tax import TaxRegistration
from app.services import due_rows, wake_ups
from app.services.processor.gateway import gateway
from app.services.transaction import transaction

log = structlog.get_logger()
_UNKNOWN_THERE = {Kind.OTHER, Kind.EXEMPTION}
"""Kinds that the processor has no type for."""
LEASE = timedelta(minutes=5)  # longer than a request with its repetitions can take


def changed(session: Session, customer: Customer, now: datetime) -> None:
    """Note, in the caller's transaction, that the locked customer's name, e-mail or address was changed."""
    customer.profile_version += 1
    if customer.profile_due_at is None:  # else somebody is sending, and sends again when that lease is over
        customer.profile_due_at = now
    wake_ups.after_commit(session, "profiles_sent")


def read(customer: Customer) -> Profile:
    """Return what the processor is to know of the customer, as it stands now."""
    row = db.session.get(InvoiceAddress, customer.customer_id, populate_existing=True)
    rows = select(TaxRegistration.kind, TaxRegistration.value, TaxRegistration.removed_at)
    rows = rows.where(TaxRegistration.customer_id == customer.customer_id)
    registered = db.session.execute(rows.order_by(TaxRegistration.kind, TaxRegistration.value)).all()
    kept = [each for each in registered if each.removed_at is None and each.kind not in _UNKNOWN_THERE]
    address = Address(**{name: getattr(row, name) for name in NAMES}) if row is not None else None
    tax_ids = tuple((each.kind, each.value) for each in kept) if registered else None
    return Profile(customer.name, customer.email, address, tax_ids)


def send_due(limit: int = 50) -> int:
    """Send what is due, one customer after the other, at most `limit`; return how many the processor has now."""
    with as_service("send names to the processor"):
        return due_rows.each(due_rows.claimed(limit, _claim), _send, of="customer", failed="profile_not_sent")


def due(now: Moment) -> Select[Customer]:
    """Ask for customers whose name and address are to be sent to the processor."""
    return select(Customer).where(Customer.profile_due_at <= now)


def _claim() -> str | None:
    """Claim the customer that is due the longest, for one lease and as one more try."""
    now = clock.now()

    def take(customer: Customer) -> str:
        customer.profile_due_at = now + LEASE
        customer.profile_version += 1
        return customer.customer_id

    return due_rows.claim(due(now).order_by(Customer.profile_due_at, Customer.customer_id), take)


def _send(customer_id: str) -> int:
    """Send them as they are now. What nobody answers is sent again when the lease is over."""
    customer = db.session.get_one(Customer, customer_id, populate_existing=True)
    profile, attempt, at_processor = read(customer), customer.profile_version, customer.processor_customer
    if at_processor is not None:  # else it gets them when it is made
        key = f"{customer_id}:profile:{attempt}"
        answer = gateway().update_customer(at_processor, profile=profile, key=key)
        if answer is None and profile.tax_ids is not None:
            answer = gateway().set_tax_ids(at_processor, profile.tax_ids, key=key)
        if isinstance(answer, Unknown):
            return 0
        if isinstance(answer, Misused) and answer.code != MISSING:  # one that is missing is made again with them
            log.error("profile_refused", customer=customer_id, why=answer.code)
    with transaction() as session:
        done = session.execute(
            update(Customer)
            .where(Customer.customer_id == customer_id, Customer.profile_version == attempt)
            .values(profile_due_at=None)
            .returning(Customer.customer_id)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
    return 0 if done is None else 1
