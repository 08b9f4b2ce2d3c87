"""Activity says which payment method an entry is about, as its page calls it, in the reader's language."""

from app.domain.auto_recharge.caution import Brake, Caution
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.models.scope import as_customer, as_service
from app.services import audit
from app.services.payment_methods import saved
from app.services.transaction import transaction
from tests.support import recharge, shop
from tests.support.browser import Browser, Page
from tests.support.statements import counted

PATH = "/account/activity/"
MASTERCARD = "pm_card_mastercard"


def said(page: Page) -> list[str]:
    """Return what each entry says, the newest first."""
    return page.texts("#activity-list th[scope=row]")


def gone(actor: Actor, method: PaymentMethod) -> None:
    with as_customer(actor.customer_id):
        saved.remove(actor, method.id)


def test_it_says_which_method_is_charged_what_asks_first_and_whether_others_are_charged(
    alice: Browser, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    other = shop.add_method(alice_actor, MASTERCARD)
    recharge.on(alice_actor)
    recharge.chooses(alice_actor, method_id=other.id, other_methods=True, caution=Caution(brake=Brake.NARROW))
    recharge.chooses(alice_actor, method_id="")
    back, there, *_rest = said(alice.opens(PATH))
    name = f"Mastercard ending in {other.last4}"
    assert f"payment method: {name} → the default one" in back
    assert f"payment method: the default one → {name}" in there
    assert "other saved methods charged too: no → yes" in there
    assert (
        "at unusual use: Ask me from three times the busiest of the last days → "
        "Ask me from one and a half times the busiest of the last days" in there
    )
    in_german = said(alice.opens(PATH, **{"Accept-Language": "de"}))[1]
    assert f"Mastercard mit Endziffern {other.last4}" in in_german, in_german
    file = alice.opens(f"{PATH}activity.csv", **{"Accept-Language": "de"}).response.text
    assert f",payment method,the default one,{name}," in file and ",at unusual use,wide,narrow," in file


def test_a_removed_method_keeps_its_name_and_all_names_of_a_page_take_one_statement(
    alice: Browser, alice_actor: Actor
) -> None:
    alice.opens(PATH)
    with counted() as without:
        alice.opens(PATH)
    methods = [shop.add_method(alice_actor), shop.add_method(alice_actor, MASTERCARD)]
    for each in methods:
        recharge.on(alice_actor, method_id=each.id)
    gone(alice_actor, methods[0])
    with counted() as seen:
        page = alice.opens(PATH)
    name = f"Visa ending in {methods[0].last4}"
    assert len(seen) == len(without) + 1, seen
    assert f"payment method: {name} → Mastercard ending in" in said(page)[1]
    assert said(page)[0] == f"Removed a payment method payment method: {name}", "Removed a payment method: which one?"
    assert methods[0].id not in page.text


def test_what_is_no_method_of_the_customers_is_not_named(
    alice: Browser, acme: Customer, alice_actor: Actor, mallory_actor: Actor
) -> None:
    of_others = shop.add_method(mallory_actor, MASTERCARD)
    with as_service("entries"), transaction() as session:
        for method in (of_others.id, "bank_transfer", "paypal"):
            audit.record(session, acme.customer_id, "worker", "top_up.wished", "pay_1", after={"method": method})
    page = alice.opens(PATH)
    assert sorted(said(page)[:3]) == [
        "Ordered credit payment method: Bank transfer",
        "Ordered credit payment method: PayPal",
        "Ordered credit payment method: one that is not kept any more",
    ]
    assert of_others.id not in page.text and "Mastercard" not in page.text
