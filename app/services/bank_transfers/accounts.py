"""The bank account that a customer sends its transfers to: asked of the processor once, and kept."""

from sqlalchemy import select, update

from app import clock
from app.domain.bank_transfers import accounts
from app.domain.bank_transfers.accounts import BankAccount, TransferScheme
from app.domain.bank_transfers.allocation import LOOK_WHILE_WAITING
from app.domain.catalog import Catalog
from app.models.bank_transfers import TransferAccount
from app.models.bulk import insert_new
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.catalog import versions
from app.services.processor import customers
from app.services.processor.gateway import gateway
from app.services.transaction import transaction


def scheme_of(catalog: Catalog) -> TransferScheme:
    """Return how transfers to this seller come in."""
    return TransferScheme(catalog.currency, catalog.payment_methods.transfer_country)


def read() -> BankAccount | None:
    """Return the account of the customer in scope, as it was kept; None: it is not known yet."""
    return accounts.read(db.session.scalar(select(TransferAccount.details)) or "")


def ensure_known(customer_id: str) -> bool:
    """Ask the processor for the customer's account unless it is kept; say whether it is known then.

    Any number who ask at once are given the same: the key says whose account it is.
    """
    with as_service("ask for the account of a customer's transfers"):
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        row = db.session.get(TransferAccount, customer_id, populate_existing=True)
        if row is not None and row.details and row.processor_customer == customer.processor_customer:
            return True
        scheme = scheme_of(versions.of(customer))
        named = customers.named(customer_id)
        if not isinstance(named, str):
            return False
        # First that there is one, so that whatever arrives there is looked for, then what it is.
        _keep(customer_id, named, "")
        key = f"{customer_id}:transfer_account:{named}:{scheme.currency}{scheme.country}"
        found = gateway().bank_account(named, scheme=scheme, key=key)
        if not isinstance(found, BankAccount):
            return False
        _keep(customer_id, named, found.written())
        return True


def _keep(customer_id: str, named: str, details: str) -> None:
    now = clock.now()
    new = {"processor_customer": named, "details": details, "created_at": now, "next_look_at": now + LOOK_WHILE_WAITING}
    with transaction() as session:
        if insert_new(session, TransferAccount, {"customer_id": customer_id, **new}):
            return
        session.execute(
            update(TransferAccount)
            .where(TransferAccount.customer_id == customer_id)
            .values(processor_customer=named, details=details)
            .execution_options(synchronize_session=False)
        )
