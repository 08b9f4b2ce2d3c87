"""Payment methods: which are saved, which one is charged by default, and how one goes. One is added in a browser."""

from typing import Literal

from pydantic import Field

from app.api.contract.operations import Model, Moment, caller, operation, resource
from app.api.contract.shapes import NoBody
from app.domain.payments import method_name
from app.domain.people.members import ByKey
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.services import portal_links
from app.services.payment_methods import saved

bp = resource("payment_methods")
PATH = "/customers/<customer_id>/payment_methods"
TAG = "Payment methods"


class MethodOut(Model):
    """A saved payment method: only what may be shown of it."""

    id: str
    kind: Literal["card", "sepa_debit", "paypal"]
    name: str = Field(description="Such as `Visa ending in 4242`.")
    brand: str
    last4: str
    exp_month: int | None
    exp_year: int | None
    is_default: bool = Field(description="Whether it is charged where no method is named.")
    created_at: Moment


class Methods(Model):
    """The saved methods of a customer."""

    data: list[MethodOut] = Field(description="The default one first, then the newest.")
    add_url: str = Field(
        description="The page on which a member adds one: the card's number, the bank's question and the mandate are "
        "the browser's. A portal session with the view `payment-methods` leads there without signing in."
    )


@operation(bp, "GET", PATH, scope="billing:read", answers={200: Methods}, tag=TAG)
def listed(customer: Customer) -> Methods:  # noqa: ARG001  # its scope is in force
    """List the saved payment methods of a customer, and where one more is added."""
    return _all()


@operation(
    bp,
    "POST",
    f"{PATH}/<method_id>/default",
    scope="billing:write",
    body=NoBody,
    answers={200: Methods},
    refusals=(409,),
    tag=TAG,
)
def make_default(customer: Customer, method_id: str, body: NoBody) -> Methods:  # noqa: ARG001  # it says nothing
    """Charge this method by default. Twice is once.

    Refused with 409: a card that has expired (`method_expired`), and one that buys credit only (`top_up_only`).
    """
    saved.make_default(ByKey(customer.customer_id, caller().key_id), method_id)
    return _all()


@operation(
    bp,
    "DELETE",
    f"{PATH}/<method_id>",
    scope="billing:write",
    answers={200: Methods},
    refusals=(409,),
    tag=TAG,
)
def remove(customer: Customer, method_id: str) -> Methods:
    """Remove a payment method: no new charge uses it. The default passes on to another one.

    Refused with 409: the last one, where the seller wants one (`last_method`), and where methods are kept in the
    payment processor's portal (`managed_elsewhere`).
    """
    saved.remove(ByKey(customer.customer_id, caller().key_id), method_id)
    return _all()


def _all() -> Methods:
    return Methods(data=[_shown(each) for each in saved.saved()], add_url=portal_links.page("payment_methods.page"))


def _shown(method: PaymentMethod) -> MethodOut:
    return MethodOut(
        id=method.id,
        kind=method.kind,  # type: ignore[arg-type]  # one of the column's own words
        name=method_name(method.brand, method.last4),
        brand=method.brand,
        last4=method.last4,
        exp_month=method.exp_month,
        exp_year=method.exp_year,
        is_default=method.is_default,
        created_at=method.created_at,
    )
