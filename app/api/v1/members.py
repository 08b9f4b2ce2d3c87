"""Members: the people of a customer and their roles, listed, and made without a password."""

from typing import Literal

from pydantic import Field, JsonValue

from app.api.contract.operations import (
    Model,
    Moment,
    Page,
    PageQuery,
    caller,
    decode_cursor,
    operation,
    page_of,
    resource,
)
from app.domain.people.members import Role
from app.models.customers import Customer
from app.models.members import Member, Membership
from app.services.access import memberships
from app.services.people import team

bp = resource("members")
PATH = "/customers/<customer_id>/members"
TAG = "Members"
EMAIL: dict[str, JsonValue] = {"format": "email"}
RoleWord = Literal["owner", "billing_manager", "viewer"]


class MemberIn(Model):
    """Somebody who is to use the customer's pages."""

    email: str = Field(max_length=254, json_schema_extra=EMAIL)
    name: str = Field(min_length=1, max_length=200)
    role: RoleWord


class RoleIn(Model):
    """What a member may do from now on."""

    role: RoleWord


class MemberOut(Model):
    """Somebody who signs in for the customer."""

    id: str
    email: str
    name: str
    role: RoleWord
    username: str | None
    location: str
    company: str
    newsletter: bool = Field(description="Whether the member asks for the seller's newsletter.")
    time_zone: str | None = Field(description="By its IANA name; null: that of the member's browser.")
    language: str | None = Field(description="Of the member's pages and mails, such as `de`; null: the browser's.")
    disabled: bool
    created_at: Moment = Field(description="Since when the member is one of this customer's.")


@operation(bp, "GET", PATH, scope="billing:read", query=PageQuery, answers={200: Page[MemberOut]}, tag=TAG)
def listed(customer: Customer, query: PageQuery) -> Page[MemberOut]:
    """List the members of a customer, the newest first."""
    before = decode_cursor(query.cursor, str)
    rows = memberships.listed(customer.customer_id, query.limit + 1, before=before[0] if before else None)
    data, following = page_of(rows, query.limit, lambda row: _shown(*row), lambda row: [row[0].id])
    return Page[MemberOut](data=data, next_cursor=following)


@operation(
    bp,
    "POST",
    PATH,
    scope="customers:write",
    body=MemberIn,
    answers={201: MemberOut},
    refusals=(409, 422),
    tag=TAG,
)
def create(customer: Customer, body: MemberIn) -> MemberOut:
    """Make a member of a customer.

    The member has no password: a portal session leads them in. An address that a member has is refused: 409
    `email_taken`.
    """
    made = memberships.make(
        customer.customer_id, email=body.email, name=body.name, role=Role(body.role), by=caller().key_id
    )
    return _shown(*made)


@operation(
    bp,
    "PATCH",
    f"{PATH}/<member_id>",
    scope="customers:write",
    body=RoleIn,
    answers={200: MemberOut},
    refusals=(409, 422),
    tag=TAG,
)
def change(customer: Customer, member_id: str, body: RoleIn) -> MemberOut:
    """Give a member of a customer another role, from the member's next request on.

    The last owner stays one: 409 `last_owner`.
    """
    team.change_role(customer.customer_id, member_id, Role(body.role), by=caller().key_id)
    return _shown(*memberships.one(customer.customer_id, member_id))


@operation(
    bp,
    "DELETE",
    f"{PATH}/<member_id>",
    scope="customers:write",
    answers={204: None},
    refusals=(409,),
    tag=TAG,
)
def remove(customer: Customer, member_id: str) -> None:
    """Take a member off a customer: sessions and links of theirs for it end at once.

    The last owner stays: 409 `last_owner`.
    """
    team.remove(customer.customer_id, member_id, by=caller().key_id)


def _shown(member: Member, membership: Membership) -> MemberOut:
    return MemberOut(
        id=member.id,
        email=member.email,
        name=member.name,
        role=membership.role,  # type: ignore[arg-type]  # one of the column's own words
        username=member.username,
        location=member.location,
        company=member.company,
        newsletter=member.newsletter,
        time_zone=member.time_zone or None,
        language=member.language or None,
        disabled=member.disabled_at is not None,
        created_at=membership.created_at,
    )
