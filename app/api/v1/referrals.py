"""Referrals: a customer's own code, what it has earned, and who came by it."""

from pydantic import Field

from app.api.contract.operations import CreditsFromZero, Model, Moment, caller, operation, resource
from app.api.contract.shapes import NoBody
from app.domain.people.members import ByKey
from app.models.customers import Customer
from app.services.catalog import versions
from app.services.customers import referrers
from app.services.referrals import reads

bp = resource("referrals")


class InvitedOut(Model):
    """A customer who came by the code. The inviter learns no more of it."""

    id: str
    label: str = Field(description="The first letter of its name.")
    joined_at: Moment
    ends_at: Moment = Field(description="What it pays from then on earns nothing.")
    earned: CreditsFromZero


class ReferralsOut(Model):
    """A customer's referrals."""

    offered: bool = Field(description="Whether the seller offers them. Without it there are no new ones.")
    code: str | None = Field(description="Null: the customer has asked for none yet.")
    url: str | None = Field(description="The link to share.")
    percent: str = Field(description="The share that a customer who joins now earns, of what it pays before tax.")
    months: int = Field(description="For how long.")
    earned: CreditsFromZero = Field(description="In all, counted within half a minute of what is paid.")
    given: CreditsFromZero = Field(description="What of it was given as credit. More than `earned`: a part went back.")
    credit_unit: str
    next_at: Moment | None = Field(description="When the month that runs is given for; null: nobody was invited.")
    invited: list[InvitedOut] = Field(description="The newest 200.")
    count: int = Field(description="How many were invited in all.")


@operation(
    bp,
    "GET",
    "/customers/<customer_id>/referrals",
    scope="billing:read",
    answers={200: ReferralsOut},
    tag="Customers",
)
def read(customer: Customer) -> ReferralsOut:
    """Read a customer's referrals.

    Whoever signs up with the code is sent as `referral_code` when the customer is created.
    """
    return _shown(customer)


@operation(
    bp,
    "POST",
    "/customers/<customer_id>/referrals/link",
    scope="billing:write",
    body=NoBody,
    answers={200: ReferralsOut},
    refusals=(409,),
    tag="Customers",
)
def make_link(customer: Customer, body: NoBody) -> ReferralsOut:  # noqa: ARG001  # it says nothing
    """Give a customer its code, where it is from before there were referrals. Twice is once."""
    referrers.ask(ByKey(customer.customer_id, caller().key_id))
    return _shown(customer)


def _shown(customer: Customer) -> ReferralsOut:
    terms, found = versions.of(customer).referrals, reads.statement(customer.customer_id, customer.currency)
    return ReferralsOut(
        offered=terms.offered,
        code=found.code or None,
        url=reads.link(found.code) if found.code else None,
        percent=f"{terms.percent.basis_points / 100:g}",
        months=terms.months,
        earned=found.earned,
        given=found.given,
        credit_unit=customer.credit_unit,
        next_at=found.next_at,
        invited=[
            InvitedOut(id=each.id, label=each.label, joined_at=each.joined_at, ends_at=each.ends_at, earned=each.earned)
            for each in found.people
        ],
        count=found.count,
    )
