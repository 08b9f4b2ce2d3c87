"""A customer who pays in euros by every way there is, and the papers of it."""

from app import ids
from app.domain.money import Money
from app.domain.people.members import Actor, Role
from app.models.bank_transfers import ProForma
from app.models.customers import Customer
from app.models.payments import Payment
from app.models.scope import as_customer
from app.services.bank_transfers import placing
from app.services.catalog import versions
from app.services.customers import registration
from app.services.payments import top_ups
from tests.support import cast
from tests.support.cast import EXAMPLES, Part
from tests.support.shop import GOOD, add_method

NORA = Part("Nora Nord", "nora@nordlicht.example", Role.OWNER)


def customer(taxed: str = "at_use") -> tuple[Customer, Actor]:
    """Create a customer of the example's hosting company, who is taxed at home, and Nora, who owns it."""
    words = (EXAMPLES / "platform.toml").read_text()
    if taxed == "at_purchase":
        assert words.count('credits = "at_use"') == words.count("credits_first = true") == 1
        words = words.replace('credits = "at_use"', f'credits = "{taxed}"').replace("credits_first = true", "")
    versions.apply(words)
    made = registration.create(
        name="Nordlicht", email="billing@nordlicht.example", catalog="platform", external_id="nord"
    )
    return made, cast.make_actor(NORA, made)


def buys(actor: Actor) -> Payment:
    """Buy credit for €25.00 by card."""
    method = add_method(actor, GOOD).id
    with as_customer(actor.customer_id):
        return top_ups.buy(
            actor,
            form_key=ids.new_form_key(),
            amount=Money(2500, "EUR"),
            pack="",
            method_id=method,
            return_url="http://127.0.0.1/{}".format,
        )


def orders(actor: Actor) -> ProForma:
    """Order credit for €25.00 to be paid by bank transfer."""
    with as_customer(actor.customer_id):
        return placing.order(actor, form_key=ids.new_form_key(), amount=Money(2500, "EUR"), pack="")
