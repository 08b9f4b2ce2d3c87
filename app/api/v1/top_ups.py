"""Top-ups: buy credit by a saved method or at a wallet's page, once for each key; and see the total before."""

from pydantic import ConfigDict, Field

from app import clock, ids
from app.api.contract.operations import CreditsFromZero, Model, caller, operation, request_key, resource
from app.api.contract.shapes import MoneyOut
from app.api.v1.payments import PaymentUnderWay, under_way
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.people.members import ByKey
from app.models.customers import Customer
from app.models.database import db
from app.services.catalog import versions
from app.services.payment_methods import saved
from app.services.payments import resume_links, top_ups
from app.services.tax import decision

bp = resource("top_ups")
PATH = "/customers/<customer_id>/top_ups"
TAG = "Payments"


class TopUpFields(Model):
    """What is bought: an amount, or a pack."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": {"amount_minor": 2500, "currency": "EUR"}}]})

    amount: MoneyOut | None = Field(
        None, description="The price before tax is added, as the page asks for it, in the customer's currency."
    )
    pack: str | None = Field(None, min_length=1, max_length=60, description="The key of a pack.")


class TopUpIn(TopUpFields):
    """What is bought, and how it is paid."""

    payment_method: str | None = Field(
        None,
        min_length=1,
        max_length=40,
        description="A saved method, or `paypal` or `crypto` to pay once at the wallet's page; null: the default one.",
    )
    off_session: bool = Field(
        False,
        description="Whether the customer is not there. Then it is paid by a saved method, and where the bank wants "
        "the customer, a mail with a link is sent.",
    )
    preview: str | None = Field(
        None, max_length=200, description="`preview` of the total that was shown: another total is refused."
    )


class TopUpPreview(Model):
    """What it comes to."""

    net: MoneyOut = Field(description="Before tax.")
    tax: MoneyOut
    total: MoneyOut = Field(description="What is charged.")
    credits: CreditsFromZero = Field(description="The credit that it gives.")
    credit_unit: str
    expires_after_days: int | None = Field(description="How long the credit lasts from the day it is paid; null: on.")
    preview: str = Field(description="Send it with the order.")


@operation(
    bp,
    "POST",
    f"{PATH}/preview",
    scope="billing:read",
    body=TopUpFields,
    answers={200: TopUpPreview},
    refusals=(422,),
    idempotent=False,
    tag=TAG,
)
def previewed(customer: Customer, body: TopUpFields) -> TopUpPreview:
    """See what a top-up comes to with its tax, and what credit it gives. Nothing is written."""
    catalog, amount = versions.of(customer), _amount(customer, body)
    taxation = decision.taxation(db.session(), customer.customer_id, catalog, clock.now().date())
    wanted = top_ups.priced(catalog, taxation, amount=amount, pack=body.pack or "")
    price = wanted.price
    return TopUpPreview(
        net=_out(price.net),
        tax=_out(price.tax),
        total=_out(wanted.amount),
        credits=wanted.credits,
        credit_unit=customer.credit_unit,
        expires_after_days=wanted.expires_after_days,
        preview=wanted.preview,
    )


@operation(
    bp,
    "POST",
    PATH,
    scope="billing:write",
    body=TopUpIn,
    answers={201: PaymentUnderWay},
    refusals=(409, 422, 429),
    tag=TAG,
)
def buy(customer: Customer, body: TopUpIn) -> PaymentUnderWay:
    """Buy credit for a customer, and answer with the payment as it stands.

    Sent again with the same Idempotency-Key it is the same payment, charged at most once, also after a crash. Without
    a key the same purchase within ten minutes is refused: 409 `bought_just_now`, `waits_already`, `not_heard_yet`. A
    declined payment is `failed`, with the reason in `problem`. What is `requires_action` waits for the customer at
    `action_url` for a day; what is `processing` is read again later. Rules of the page: 409 `total_changed`, `closed`,
    `po_number_missing`; 429 `too_many_declines`.
    """
    key, customer_id = request_key(), customer.customer_id
    form_key = ids.form_key_of(key) if key else ids.new_form_key()
    amount, way = _amount(customer, body), body.payment_method or _default()
    try:
        if body.off_session:
            payment = top_ups.charge(
                customer_id,
                by=caller().key_id,
                form_key=form_key,
                amount=amount,
                pack=body.pack or "",
                method_id=way,
                return_url=resume_links.return_url,
                repeat=key is not None,
                previewed=body.preview or "",
            )
        else:
            payment = top_ups.buy(
                ByKey(customer_id, caller().key_id),
                form_key=form_key,
                amount=amount,
                pack=body.pack or "",
                method_id=way,
                return_url=resume_links.return_url,
                repeat=key is not None,
                previewed=body.preview or "",
            )
    except Refused as refusal:
        refusal.field = "payment_method" if refusal.field == "method" else refusal.field
        raise
    return under_way(payment)


def _amount(customer: Customer, body: TopUpFields) -> Money | None:
    """Return the amount that is wanted, or refuse both, neither, and another currency."""
    if (body.amount is None) == (body.pack is None):
        raise Refused("Name either an amount or a pack.", "one_of", 422, "amount")
    if body.amount is None:
        return None
    if body.amount.currency != customer.currency:
        raise Refused(f"This customer pays in {customer.currency}.", "currency_mismatch", 422, "amount.currency")
    return Money(body.amount.amount_minor, customer.currency)


def _default() -> str:
    method = saved.default()
    if method is None:
        words = "The customer has no default payment method. One is added at `add_url` of `GET …/payment_methods`."
        raise Refused(words, "method_missing", 422, "payment_method")
    return method.id


def _out(value: Money) -> MoneyOut:
    return MoneyOut(amount_minor=value.amount_minor, currency=value.currency)
