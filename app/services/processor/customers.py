"""The processor's own record of a customer, made when it is first needed."""

import hashlib

from sqlalchemy import and_, case, literal, select, update

from app import clock
from app.domain.errors import Refused
from app.domain.language import marked
from app.domain.payments import Misused, Unknown
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.processor import profiles
from app.services.processor.gateway import gateway
from app.services.transaction import transaction

UNAVAILABLE = Refused(
    marked(
        "Our payment processor does not answer right now. Nothing was charged or saved. Please try again in a minute."
    ),
    "processor_unavailable",
    503,
)


def of(customer_id: str) -> str:
    """Return the processor's id of the customer, or refuse (503) while the processor does not give one."""
    made = named(customer_id)
    if not isinstance(made, str):
        raise UNAVAILABLE.copied()
    return made


def named(customer_id: str, *, instead_of: str | None = None) -> str | Unknown | Misused:
    """Return the processor's id of the customer, made now where there is none or where it is `instead_of` a lost one.

    Any number who ask at once get the same, by the key: it says what is made, and instead of whom, so that neither a
    changed profile nor a deleted record is answered from the processor's memory.
    """
    with as_service("name the customer to the processor"):
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        if customer.processor_customer and customer.processor_customer != instead_of:
            return customer.processor_customer
        profile, version = profiles.read(customer), customer.profile_version
        said = hashlib.sha256(f"{instead_of or ''}\n{profile.mark}".encode()).hexdigest()[:16]
        key = f"{customer_id}:customer:{said}"
        made = gateway().create_customer(customer_id=customer_id, profile=profile, key=key)
        if not isinstance(made, str):
            # Somebody else's first request may have been quicker with the same key.
            by_now = db.session.scalar(select(Customer.processor_customer).where(Customer.customer_id == customer_id))
            return by_now if by_now and by_now != instead_of else made
        before = Customer.processor_customer == instead_of if instead_of else Customer.processor_customer.is_(None)
        with transaction() as session:
            session.execute(
                update(Customer)
                .where(Customer.customer_id == customer_id, before)
                .values(
                    processor_customer=made,
                    # Changed while the request was on its way: the processor was not sent what stands here now.
                    # Tax numbers are sent by themselves, afterwards.
                    profile_due_at=case(
                        (
                            and_(Customer.profile_version == version, literal(not profile.tax_ids)),
                            Customer.profile_due_at,
                        ),
                        else_=clock.now(),
                    ),
                )
                .execution_options(synchronize_session=False)
            )
            kept = session.scalar(select(Customer.processor_customer).where(Customer.customer_id == customer_id))
        return kept or made
