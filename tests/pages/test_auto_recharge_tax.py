"""Auto-recharge with tax: what one purchase comes to, and why nothing is charged where that is above the limit."""

from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from tests.support import recharge, spend
from tests.support.browser import Browser
from tests.support.credits_page import visa
from tests.support.taxed import NUMBER, becomes, lives, registered, sold_from_france

__all__ = ["visa"]
PATH = "/billing/auto-recharge/"


def test_the_page_says_that_tax_makes_the_rule_impossible_and_why(
    alice: Browser, alice_actor: Actor, acme: Customer, visa: PaymentMethod
) -> None:
    sold_from_france()
    lives(acme, "DE")
    number = registered(acme, "verified")
    spend.gives(acme, "100")
    recharge.on(alice_actor, limit=2_500)
    assert "One purchase comes to" not in alice.opens(PATH).text
    becomes(number, "unverified")
    page = alice.opens(PATH)
    (said,) = page.texts("#auto_recharge-said")
    assert said == (
        "One purchase comes to $29.75 with VAT 19 %, more than your limit of $25.00. "
        f"Tax is added because your number {NUMBER} is not verified. "
        "Nothing is charged automatically until you raise the limit or buy less at once. Tax settings"
    )
    assert "One purchase comes to $29.75: $25.00 and VAT 19 % of $4.75. The limit counts the tax." in page.text
    refused = alice.submits(page, "#auto_recharge-form", button="#auto_recharge-save")
    assert refused.status == 422
    (wrong,) = refused.errors()
    assert wrong.startswith("One purchase costs $29.75 with VAT 19 %, which is more than the limit of $25.00")
