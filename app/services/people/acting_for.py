"""For which customers a member may act: listed by name, with what is to be paid for each."""

from dataclasses import dataclass

from sqlalchemy import func, or_, select, tuple_

from app.domain.people.members import Role
from app.models.customers import Customer
from app.models.database import db
from app.models.members import Membership
from app.models.scope import as_service
from app.services.access import badge

A_PAGE = 25
LONGEST_SEARCH = 100


@dataclass(frozen=True)
class ActsFor:
    """A customer that a member may act for."""

    customer_id: str
    name: str
    role: Role
    invoices_due: int


@dataclass(frozen=True)
class Listed:
    """A page of them; `after` is the name and id of the last one where more follow."""

    rows: list[ActsFor]
    after: tuple[str, str] | None


def listed(member_id: str, *, text: str = "", after: tuple[str, str] | None = None) -> Listed:
    """Return the customers of the member whose name or id has the text, by name, behind the one named by `after`."""
    by_name = func.lower(Customer.name)
    wanted = (
        select(Customer.customer_id, Customer.name, by_name, Membership.role, badge.INVOICES_DUE)
        .join(Membership, Membership.customer_id == Customer.customer_id)
        .where(Membership.member_id == member_id)
        .order_by(by_name, Customer.customer_id)
        .limit(A_PAGE + 1)
    )
    if text:
        has_text = func.lower(Customer.name).contains(text.lower(), autoescape=True)
        wanted = wanted.where(or_(has_text, Customer.external_id == text, Customer.customer_id == text))
    if after is not None:
        wanted = wanted.where(tuple_(by_name, Customer.customer_id) > after)
    with as_service("list the customers of a member"):  # a customer's own role sees no other customer
        found = db.session.execute(wanted).all()
    rows = [ActsFor(customer_id, name, Role(role), due or 0) for customer_id, name, _lower, role, due in found[:A_PAGE]]
    more = found[A_PAGE - 1] if len(found) > A_PAGE else None
    return Listed(rows, (more[2], more[0]) if more is not None else None)
