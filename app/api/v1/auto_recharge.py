"""Auto-recharge: the customer's standing order, read, and narrowed. A key has no consent to give."""

from pydantic import Field

from app.api.contract.operations import CreditsText, Model, caller, operation, resource
from app.api.contract.shapes import MoneyOut, NoBody
from app.domain.auto_recharge.terms import Terms
from app.domain.errors import NotFound, Refused
from app.domain.money import Money
from app.models.customers import Customer
from app.services.auto_recharge import settings, stop
from app.services.catalog import versions

bp = resource("auto_recharge")


class AutoRecharge(Model):
    """The whole set. Either `amount` or `pack` is `null`; a `payment_method` of `null` is the default one."""

    enabled: bool
    threshold: CreditsText = Field(description="Credit is bought when what remains is below it.")
    amount: MoneyOut | None
    pack: str | None = Field(max_length=60)
    period_limit: MoneyOut = Field(description="The most that is charged automatically in a billing period.")
    payment_method: str | None = Field(max_length=40)
    other_methods: bool = Field(False, description="Whether another saved method may be charged when this one cannot.")
    version: int = Field(ge=0, le=2**31 - 1)


class StoppedOut(Model):
    """What became of the automatic charge that was open."""

    given_up: str | None = Field(description="The payment that was given up: nothing is charged for it.")
    in_flight: str | None = Field(description="The payment whose money may still be taken: the bank has it.")


@operation(
    bp,
    "GET",
    "/customers/<customer_id>/auto_recharge",
    scope="billing:read",
    answers={200: AutoRecharge},
    tag="Auto-recharge",
)
def read(customer: Customer) -> AutoRecharge:
    """Read what the customer allows.

    `version` is 0 while the customer has never chosen: then it is off, with the catalog's values.
    """
    return _shown(_offered(customer))


@operation(
    bp,
    "PUT",
    "/customers/<customer_id>/auto_recharge",
    scope="billing:write",
    body=AutoRecharge,
    answers={200: AutoRecharge},
    refusals=(409, 422),
    tag="Auto-recharge",
)
def replace(customer: Customer, body: AutoRecharge) -> AutoRecharge:
    """Replace the set, or refuse it whole.

    The page's rules hold. Whatever would let something be charged that was not allowed before (switching on, a higher
    threshold or limit, another amount or method) is refused with 403 `consent_missing`: a member accepts that on the
    page. Switching off and lowering need no consent. Another version than the present one is refused with 409.
    """
    now = _offered(customer)
    wanted = Terms(
        enabled=body.enabled,
        threshold=body.threshold,
        period_limit=_money(body.period_limit, now.period_limit.currency, "period_limit"),
        amount=_money(body.amount, now.period_limit.currency, "amount") if body.amount else None,
        pack=body.pack or "",
        method_id=body.payment_method or "",
        other_methods=body.other_methods,
        caution=now.caution,
        version=body.version,
    )
    return _shown(settings.change(customer.customer_id, wanted, by=caller().key_id, accepted=None))


@operation(
    bp,
    "POST",
    "/customers/<customer_id>/auto_recharge/stop",
    scope="billing:write",
    body=NoBody,
    answers={200: StoppedOut},
    refusals=(409,),
    tag="Auto-recharge",
)
def stop_everything(customer: Customer, body: NoBody) -> StoppedOut:  # noqa: ARG001  # it says nothing
    """Stop all automatic charges: auto-recharge is off, and the charge that is open is given up.

    No automatic charge begins after the answer. Whether the open one can still be given up is for the bank to say.
    """
    found = stop.everything(customer.customer_id, _offered(customer), by=caller().key_id, address="")
    return StoppedOut(
        given_up=found.given_up.id if found.given_up else None,
        in_flight=found.in_flight.id if found.in_flight else None,
    )


def _money(given: MoneyOut, currency: str, name: str) -> Money:
    if given.currency != currency:
        raise Refused(f"This customer pays in {currency}.", "currency_mismatch", 422, f"{name}.currency")
    return Money(given.amount_minor, given.currency)


def _offered(customer: Customer) -> Terms:
    try:
        return settings.current(customer, versions.of(customer))
    except NotFound:
        words = "This customer's catalog does not offer auto-recharge."
        raise Refused(words, "not_offered", 404) from None


def _shown(terms: Terms) -> AutoRecharge:
    return AutoRecharge(
        enabled=terms.enabled,
        threshold=terms.threshold,
        amount=_out(terms.amount) if terms.amount else None,
        pack=terms.pack or None,
        period_limit=_out(terms.period_limit),
        payment_method=terms.method_id or None,
        other_methods=terms.other_methods,
        version=terms.version,
    )


def _out(value: Money) -> MoneyOut:
    return MoneyOut(amount_minor=value.amount_minor, currency=value.currency)
