"""Payment methods in tests: what both sides have of them, and a seller who takes every kind."""

import json

import sqlalchemy as sa
from flask import Flask

from app.config import Settings
from app.domain.mandates import SEPA_VERSION
from app.domain.methods import Rail
from app.domain.people.members import Actor, Role
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.models.scope import as_customer
from app.models.setups import MethodSetup
from app.services.catalog import versions
from app.services.customers import registration
from app.services.payment_methods import saved, setups
from tests.support import cast
from tests.support.cast import EXAMPLES, Part
from tests.support.databases import Database

EVERY_KIND = 'kinds = ["card", "sepa_debit", "paypal"]'
ONCE, REFUSED = "pm_card_authenticationRequiredOnSetup", "pm_card_chargeDeclinedIncorrectCvc"
ACCOUNT = "pm_success_de"


ERIKA = Part("Erika Ebner", "erika@initech.example", Role.OWNER)


def sells(**terms: str) -> None:
    """Apply the catalog of a seller who takes every kind, in euros, and has these terms for payment methods."""
    words = (EXAMPLES / "analytics.toml").read_text()
    for line in ('kinds = ["card", "sepa_debit"]', 'manage = "both"', "may_remove_last = true"):
        name = line.partition(" ")[0]
        assert words.count(line) == 1, line
        words = words.replace(line, f"{name} = {terms[name]}" if name in terms else _usual(name))
    assert words.count("[payment_methods]\n") == 1
    words = words.replace("[payment_methods]\n", f"[payment_methods]\ntop_up_only = {terms.get('top_up_only', '[]')}\n")
    versions.apply(words)


def initech(**terms: str) -> tuple[Customer, Actor]:
    """Return a customer of that seller, and Erika, who owns it."""
    sells(**terms)
    customer = registration.create(
        name="Initech", email="billing@initech.example", catalog="analytics", external_id="initech"
    )
    return customer, cast.make_actor(ERIKA, customer)


def begins(actor: Actor, test_method: str, **more: str) -> MethodSetup:
    """Begin to save a test method, with the mandate accepted."""
    with as_customer(actor.customer_id):
        return setups.begin(
            actor,
            kind=Rail.PAYPAL if test_method == "paypal" else Rail.SEPA_DEBIT if "_de" in test_method else Rail.CARD,
            test_method=test_method,
            **({"address": "203.0.113.7", "user_agent": "Test/1.0", "mandate_text_version": version()} | more),
        )


def version() -> str:
    """Return which version of the mandate is accepted today."""
    return SEPA_VERSION


def live(customer: Customer) -> list[PaymentMethod]:
    """Return what the customer has saved, the default first."""
    with as_customer(customer.customer_id):
        return saved.saved()


def shown(customer: Customer) -> list[tuple[str, bool]]:
    """Return the last digits (or the brand) of what is saved, and whether it is the default."""
    return [(each.last4 or each.brand, each.is_default) for each in live(customer)]


def attached(app: Flask) -> list[str]:
    """Return the ids of what is attached to any customer at the processor, sorted."""
    found = controls.objects(app.extensions["purser.settings"], "payment_method")
    return sorted(each["id"] for each in found if each["customer"])


def both_sides_agree(app: Flask, customer: Customer) -> bool:
    """Say whether the processor has exactly what is saved here."""
    return attached(app) == sorted(each.processor_id for each in live(customer))


def _usual(name: str) -> str:
    return {"kinds": EVERY_KIND, "manage": 'manage = "purser"', "may_remove_last": "may_remove_last = true"}[name]


def renewed_at_bank(settings: Settings, database: Database, method: PaymentMethod, **card: object) -> None:
    """Let the processor have these of the saved card from now on, as after the bank has sent another one."""
    (body,) = (each for each in controls.objects(settings, "payment_method") if each["id"] == method.processor_id)
    body["card"] |= card
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(
            sa.text("update sandbox_objects set body = :body where id = :id"),
            {"body": json.dumps(body), "id": method.processor_id},
        )
