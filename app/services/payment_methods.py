"""Saved ways to pay: which there are, and adding one of the processor's test methods."""

from sqlalchemy import func, select, update

from app import clock, ids
from app.domain.errors import Refused
from app.domain.payments import Declined, Misused, SavedMethod, Unknown
from app.domain.people import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.services import audit
from app.services.processor import gateway
from app.services.transaction import transaction

_UNAVAILABLE = Refused(
    "Our payment processor does not answer right now. Nothing was charged or saved. Please try again in a minute.",
    "processor_unavailable",
    503,
)


def saved() -> list[PaymentMethod]:
    """Return the customer's methods that are not removed, the default first, then the newest."""
    return list(
        db.session.scalars(
            select(PaymentMethod)
            .where(PaymentMethod.removed_at.is_(None))
            .order_by(PaymentMethod.is_default.desc(), PaymentMethod.created_at.desc(), PaymentMethod.id.desc())
        )
    )


def add_test_method(actor: Actor, name: str) -> PaymentMethod:
    """Save one of the processor's named test methods (`pm_card_visa`, …); the first one becomes the default.

    Refuses (422) a method that the bank does not let save, (503) when the processor does not answer.
    """
    owner = _processor_customer(actor.customer_id)
    answer = gateway().add_test_method(
        name, processor_customer=owner, key=f"{actor.customer_id}:method:{ids.new('pm')}"
    )
    match answer:
        case SavedMethod():
            return _keep(actor, answer)
        case Declined():
            raise Refused(
                "The bank does not accept this payment method. Choose another one.",
                "method_declined",
                422,
                "test_method",
            )
        case Misused():
            raise Refused("This is not one of the test methods.", "test_method_unknown", 422, "test_method")
        case Unknown():
            raise _UNAVAILABLE


def _processor_customer(customer_id: str) -> str:
    """Return the processor's id of the customer, made on first need; two at once get the same by the key."""
    with as_service("name the customer to the processor"):
        customer = db.session.get_one(Customer, customer_id)
        if customer.processor_customer:
            return customer.processor_customer
        name, email = customer.name, customer.email
        made = gateway().create_customer(customer_id=customer_id, name=name, email=email, key=f"{customer_id}:customer")
        if not isinstance(made, str):
            raise _UNAVAILABLE
        with transaction() as session:
            session.execute(
                update(Customer)
                .where(Customer.customer_id == customer_id, Customer.processor_customer.is_(None))
                .values(processor_customer=made)
                .execution_options(synchronize_session=False)
            )
            kept = session.scalar(select(Customer.processor_customer).where(Customer.customer_id == customer_id))
        return kept or made


def _keep(actor: Actor, method: SavedMethod) -> PaymentMethod:
    now = clock.now()
    with as_service("save a payment method"), transaction() as session:
        session.execute(  # two first methods at once: one of them becomes the default
            select(Customer.customer_id)
            .where(Customer.customer_id == actor.customer_id)
            .with_for_update(key_share=True)
        )
        others = session.scalar(
            select(func.count())
            .select_from(PaymentMethod)
            .where(PaymentMethod.customer_id == actor.customer_id, PaymentMethod.removed_at.is_(None))
        )
        row = PaymentMethod(
            id=ids.new("pm"),
            customer_id=actor.customer_id,
            processor_id=method.processor_id,
            kind=method.kind,
            brand=method.brand,
            last4=method.last4,
            exp_month=method.exp_month,
            exp_year=method.exp_year,
            holder=method.holder,
            fingerprint=method.fingerprint,
            is_default=not others,
            created_at=now,
        )
        session.add(row)
        audit.record(
            session,
            actor.customer_id,
            actor.member_id,
            "payment_method.added",
            row.id,
            after={"brand": method.brand, "last4": method.last4},
        )
    return row
