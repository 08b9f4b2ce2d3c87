"""The address that a customer's invoices are made out to, with its purchase order number: read, and changed."""

from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.addresses import questions
from app.domain.addresses.address import NAMES, Address
from app.domain.addresses.questions import Unfit
from app.domain.errors import Refused
from app.domain.language import _
from app.models.customers import Customer
from app.models.database import db
from app.models.invoicing import InvoiceAddress
from app.models.scope import as_service
from app.services import audit
from app.services.catalog import versions
from app.services.customers import directory
from app.services.processor import profiles
from app.services.tax import changes
from app.services.transaction import transaction

CHANGED_MEANWHILE = "version_gone_by"


@dataclass(frozen=True)
class Kept:
    """What is on the customer's invoices from now on. `version` counts the changes; 0: there is no address yet."""

    address: Address = Address()
    po_number: str = ""
    version: int = 0
    buyer_reference: str = ""


def of(session: Session, customer_id: str) -> Address | None:
    """Return the customer's address; None: there is none yet. One statement."""
    row = _row(session, customer_id)
    return None if row is None else _address(row)


def po_number(session: Session, customer_id: str) -> str:
    """Return the purchase order number for the customer's invoices; empty: none."""
    row = _row(session, customer_id)
    return "" if row is None else row.po_number


def current(customer_id: str) -> Kept:
    """Return what the customer in scope has. One statement."""
    return _kept(_row(db.session(), customer_id))


def change(
    customer_id: str,
    wanted: Address,
    po: str,
    version: int,
    *,
    by: str,
    as_typed: bool = False,
    address: str = "",
    reference: str = "",
) -> Kept:
    """Put this in the place of the address, number and reference of the version, or refuse it whole; return what holds.

    An old version is refused (409), an empty required field (422). What looks wrong is asked about (422) unless it is
    to be kept `as_typed`, or is what is kept already. The processor's record follows, after the commit.
    """
    with as_service("change an invoice address"), transaction() as session:
        customer = directory.locked(session, customer_id)
        row = _row(session, customer_id)
        before = _kept(row)
        if version != before.version:
            words = _("The address was changed meanwhile. Read it again before you save.")
            raise Refused(words, CHANGED_MEANWHILE)
        number = questions.plain(po)
        named = questions.plain(reference)
        refuse(customer, before, wanted, number, named, as_typed=as_typed)
        if (wanted, number, named) == (before.address, before.po_number, before.buyer_reference):
            return before
        now = clock.now()
        if row is None:
            row = InvoiceAddress(customer_id=customer_id, version=0)
            session.add(row)
        for name in NAMES:
            setattr(row, name, getattr(wanted, name))
        row.po_number, row.buyer_reference, row.version = number, named, before.version + 1
        row.changed_at, row.changed_by = now, by
        if wanted != before.address:
            profiles.changed(session, customer, now)
            changes.taxed_otherwise(session, customer_id, now)
        after = _kept(row)
        was, will = _audited(before), _audited(after)
        moved = [name for name in will if was[name] != will[name]]
        audit.record(
            session,
            customer_id,
            by,
            "invoice_address.changed",
            customer_id,
            before={name: was[name] for name in moved},
            after={name: will[name] for name in moved},
            address=address,
        )
        session.flush()
        return after


def refuse(customer: Customer, before: Kept, wanted: Address, number: str, named: str = "", *, as_typed: bool) -> None:
    """Refuse (`Unfit`) what cannot be kept in the place of `before`, and what is to be asked about first."""
    seller = versions.of(customer).seller_name
    refusals = questions.refusals(wanted)
    refusals += questions.po_refusals(number, is_required=customer.po_required, seller=seller)
    refusals += questions.reference_refusals(named)
    is_new = wanted != before.address
    asked = questions.questions(wanted) if is_new and not (as_typed or refusals) else []
    if refusals or asked:
        raise Unfit(refusals, asked)


def _row(session: Session, customer_id: str) -> InvoiceAddress | None:
    wanted = select(InvoiceAddress).where(InvoiceAddress.customer_id == customer_id)
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def _address(row: InvoiceAddress) -> Address:
    return Address(**{name: getattr(row, name) for name in NAMES})


def _kept(row: InvoiceAddress | None) -> Kept:
    return Kept() if row is None else Kept(_address(row), row.po_number, row.version, row.buyer_reference)


def _audited(kept: Kept) -> dict[str, object]:
    return asdict(kept.address) | {"po_number": kept.po_number, "buyer_reference": kept.buyer_reference}
