"""What is bought in a currency that Stripe counts otherwise: charged, received and sent back to the last part of it."""

from decimal import Decimal

import pytest
from flask import Flask

from app import ids
from app.config import Settings
from app.domain.currencies import exponent
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.payments import ChargeOrder, Misused
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.scope import as_customer
from app.services.catalog import versions
from app.services.catalog.versions import WrongCatalog
from app.services.customers import registration
from app.services.payments import top_ups
from app.services.processor.gateway import gateway
from app.services.reversals import refunds
from app.services.verification.verify import verify
from tests.support import cast, rails, shop
from tests.support.small_catalogs import SMALL, TOKENS


def sold_in(currency: str) -> str:
    """Return a catalog in the currency whose amounts all are whole."""
    return SMALL.replace("USD", currency).replace(".00", "")


def member(currency: str) -> Actor:
    """Return a member of a customer who buys in the currency."""
    least = {"HUF": "200", "JPY": "200"}.get(currency, "5")
    versions.apply(sold_in(currency).replace('max = "5000"', 'max = "90000"').replace('min = "5"', f'min = "{least}"'))
    customer = registration.create(name="Piper", email="billing@piper.example", catalog="small", external_id="piper")
    return cast.make_actor(cast.ALICE, customer)


@pytest.mark.case("AC-39/40")
@pytest.mark.parametrize(
    ("currency", "asked", "charged", "part"),
    [
        ("MGA", "25000", 25_000, "1000"),
        ("KWD", "1500.500", 1_500_500, "0.010"),
        ("UGX", "5000", 500_000, "1"),
        ("ISK", "5000", 500_000, "1"),
        ("HUF", "2500.50", 250_050, "0.50"),
        ("JPY", "5000", 5_000, "1"),
    ],
)
def test_it_is_charged_received_and_refunded_exactly(
    app: Flask, settings: Settings, currency: str, asked: str, charged: int, part: str
) -> None:
    alice = member(currency)
    minor, back = (int(Decimal(each).scaleb(exponent(currency))) for each in (asked, part))
    payment = rails.buys(alice, shop.add_method(alice).id, minor, currency)
    assert (payment.state, payment.received_minor) == ("succeeded", minor)
    (intent,) = controls.objects(settings, "payment_intent")
    assert (intent["amount"], intent["amount_received"], intent["currency"]) == (charged, charged, currency.lower())
    with as_customer(alice.customer_id):
        made = refunds.refund(payment.id, amount=Money(back, currency), reason="Too much", requested_by="seller")
        assert (made.state, made.amount_minor) == ("succeeded", back)
        rest = refunds.refund(payment.id, reason="All of it", requested_by="seller")
    assert rest.amount_minor == minor - back
    assert sum(each["amount"] for each in controls.objects(settings, "refund")) == charged
    assert verify() == []


@pytest.mark.parametrize(
    ("currency", "minor", "words"),
    [("KWD", 10_505, "KWD\xa010.500 or KWD\xa010.510"), ("MGA", 100_050, "MGA\xa01,000 or MGA\xa01,001")],
)
def test_what_the_processor_cannot_take_is_refused_before_anything_is_asked_of_it(
    app: Flask, settings: Settings, currency: str, minor: int, words: str
) -> None:
    alice = member(currency)
    card = shop.add_method(alice).id
    with pytest.raises(Refused) as refused:
        rails.buys(alice, card, minor, currency)
    assert words in refused.value.sentence and (refused.value.reason, refused.value.status) == ("amount_not_taken", 422)
    payment = rails.buys(alice, card, 200_000, currency)
    with as_customer(alice.customer_id), pytest.raises(Refused) as refused:
        refunds.refund(payment.id, amount=Money(minor, currency), reason="Too much", requested_by="seller")
    assert words in refused.value.sentence
    assert len(controls.objects(settings, "payment_intent")) == 1 and not controls.objects(settings, "refund")


@pytest.mark.parametrize(
    ("currency", "why"),
    [
        ("XYZ", "cannot be charged: XYZ is no currency of ISO 4217"),
        ("BGN", "cannot be charged: BGN was withdrawn and is no currency any more"),
        ("XAU", "cannot be charged: XAU is no currency of ISO 4217"),
        ("CLF", "cannot be charged: CLF is a unit of account that nobody pays in"),
        ("IQD", "cannot be charged: the payment processor does not charge in IQD"),
    ],
)
def test_a_catalog_in_a_currency_that_cannot_be_charged_is_refused(app: Flask, currency: str, why: str) -> None:
    with pytest.raises(WrongCatalog) as refused:
        versions.apply(sold_in(currency))
    assert str(refused.value) == f"credits.currency (line 8) {why}"
    assert versions.parse(sold_in(currency)).currency == currency, "what was sold before is still read"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            sold_in("KWD").replace('min = "5"', 'min = "5.005"'),
            "top_up.min (line 12) is finer than the payment processor counts KWD; take 5.000 or 5.010, not 5.005",
        ),
        (
            sold_in("KWD").replace('min = "5"', 'min = "5"\nsuggested = ["25", "30.001"]'),
            "top_up.suggested[2] (line 13) is finer than the payment processor counts KWD; take 30.000 or 30.010, not 30.001",
        ),
        (
            sold_in("MGA").replace('monthly = "10"', 'monthly = "10.50"'),
            "plans.tiers[2].monthly (line 34) is finer than the payment processor counts MGA; take 10.00 or 11.00, not 10.50",
        ),
        (
            TOKENS.replace('price = "5.00"', 'price = "0.49"'),
            "packs[1].price (line 10) must lie between 0.50 and 999999.99, which is what the payment processor charges",
        ),
        (
            sold_in("HUF").replace('min = "5"', 'min = "174"'),
            "top_up.min (line 12) must lie between 175.00 and 999999.99, which is what the payment processor charges",
        ),
    ],
)
def test_a_catalog_with_an_amount_that_cannot_be_charged_is_refused_with_the_nearest(
    app: Flask, text: str, sentence: str
) -> None:
    with pytest.raises(WrongCatalog) as refused:
        versions.apply(text)
    assert str(refused.value).splitlines() == [sentence]


def test_a_pack_that_was_sold_at_such_a_price_is_not_charged(app: Flask, settings: Settings) -> None:
    alice = member("KWD")
    card = shop.add_method(alice).id
    with as_customer(alice.customer_id), pytest.raises(Refused) as refused:
        top_ups.buy(
            alice,
            form_key=ids.new_form_key(),
            amount=Money(5_005, "KWD"),
            pack="",
            method_id=card,
            return_url=rails.BACK,
        )
    assert refused.value.reason == "amount_not_taken"
    assert controls.objects(settings, "payment_intent") == []


def test_what_an_order_from_before_asks_in_parts_too_fine_is_refused_and_never_sent(
    app: Flask, settings: Settings
) -> None:
    order = ChargeOrder("pay_1", "cus_1", "", Money(1_505, "KWD"), "Credits", off_session=False, metadata={})
    made = gateway().create_intent(order, key="k")
    back = gateway().create_refund(
        intent_id="pi_1", refund_id="ref_1", payment_id="pay_1", amount=Money(1_505, "KWD"), reason="r", key="k"
    )
    assert isinstance(made, Misused) and isinstance(back, Misused)
    assert (made.code, back.code, controls.requests(settings)) == ("amount_not_taken", "amount_not_taken", [])
