"""H1–H6: people click twice, use two tabs and go back, and things change while a payment is under way.

Over real HTTP against a real server, so that two requests are really served at once.
"""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import update

from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.scope import as_service
from app.services.catalog import versions
from app.services.payment_methods import saved
from app.services.transaction import transaction
from tests.support import shop
from tests.support.cast import EXAMPLES
from tests.support.outcome import Outcome, outcome, recover
from tests.support.server import Server
from tests.support.visitor import AT_ONCE, Sheet, Visitor, at_once, fields

ADDED = "Added $25.00 to your balance"
WAITS = "Your bank asks you to confirm this payment"
PAID = Outcome([2500], [25_000_000], ["succeeded"])


@pytest.fixture
def alice_there(live_server: Server, alice_actor: Actor) -> Iterator[Visitor]:
    """Alice at the real server, signed in."""
    visitor = Visitor(live_server.url)
    visitor.signs_in(alice_actor.email)
    yield visitor
    visitor.closes()


@pytest.mark.fault("H1")
@pytest.mark.case("AC-2")
def test_a_double_click_is_one_purchase(app: Flask, alice_actor: Actor, alice_there: Visitor) -> None:
    shop.add_method(alice_actor)
    answers = at_once(alice_there, [alice_there.reviews()] * AT_ONCE)
    assert {answer.status for answer in answers} == {200}
    assert len({answer.url for answer in answers}) == 1, "every click leads to the same payment"
    recover(app)
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.fault("H2")
@pytest.mark.case("AC-2")
def test_two_tabs_at_the_same_moment_are_one_purchase(app: Flask, alice_actor: Actor, alice_there: Visitor) -> None:
    shop.add_method(alice_actor)
    answers = at_once(alice_there, [alice_there.reviews() for _ in range(2)])
    assert sorted(answer.status for answer in answers) == [200, 409], "the other tab is asked whether it is meant"
    recover(app)
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.fault("H3")
@pytest.mark.case("AC-2")
def test_back_and_sent_again_is_one_purchase(app: Flask, alice_actor: Actor, alice_there: Visitor) -> None:
    shop.add_method(alice_actor)
    form = alice_there.reviews()
    first, again = alice_there.sends(shop.PATH, form), alice_there.sends(shop.PATH, form)
    assert (first.heading, again.heading, again.url) == (ADDED, ADDED, first.url)
    fresh = alice_there.sends(shop.PATH, alice_there.reviews())  # the page before, loaded anew, has a key of its own
    assert fresh.status == 409
    recover(app)
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.fault("H4")
def test_a_catalog_that_changes_before_the_button_is_pressed_charges_nothing_unseen(
    app: Flask, alice_actor: Actor, alice_there: Visitor
) -> None:
    shop.add_method(alice_actor)
    form = alice_there.reviews()
    sell_from(app, "30.00")
    assert alice_there.sends(shop.PATH, form).status == 422
    assert outcome(app, alice_actor.customer_id) == Outcome([], [], [])


@pytest.mark.fault("H4")
def test_a_catalog_that_changes_while_the_bank_asks_leaves_what_was_promised(
    app: Flask, alice_actor: Actor, alice_there: Visitor
) -> None:
    shop.add_method(alice_actor, shop.ASKS)
    waiting = alice_there.sends(shop.PATH, alice_there.reviews())
    assert waiting.heading == WAITS
    sell_from(app, "30.00")
    assert approves(alice_there, waiting).heading == ADDED
    recover(app)
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.fault("H4")
def test_a_method_that_is_removed_while_the_bank_asks_is_charged_at_most_for_what_the_bank_confirmed(
    app: Flask, alice_actor: Actor, alice_there: Visitor
) -> None:
    method = shop.add_method(alice_actor, shop.ASKS)
    waiting = alice_there.sends(shop.PATH, alice_there.reviews())
    saved.remove(alice_actor, method.id)
    assert approves(alice_there, waiting).heading == ADDED
    late = alice_there.sends(shop.PATH, {**alice_there.reviews("40.00"), "method": method.id})
    assert late.status in {404, 422}, "nothing new is charged to it"
    recover(app)
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.fault("H5")
def test_suspended_while_the_bank_asks_it_is_still_credited_and_they_can_pay(
    app: Flask, alice_actor: Actor, alice_there: Visitor
) -> None:
    shop.add_method(alice_actor, shop.ASKS)
    waiting = alice_there.sends(shop.PATH, alice_there.reviews())
    put(alice_actor.customer_id, "suspended")
    assert approves(alice_there, waiting).heading == ADDED
    recover(app)
    assert outcome(app, alice_actor.customer_id) == PAID
    next_one = alice_there.sends(shop.PATH, alice_there.reviews("40.00"))  # who is suspended can always pay (I31)
    assert next_one.heading == "Your bank asks you to confirm this payment"


@pytest.mark.fault("H6")
def test_closed_while_the_bank_asks_what_was_charged_is_booked_once(
    app: Flask, alice_actor: Actor, alice_there: Visitor
) -> None:
    shop.add_method(alice_actor, shop.ASKS)
    waiting = alice_there.sends(shop.PATH, alice_there.reviews())
    put(alice_actor.customer_id, "closed")
    approves(alice_there, waiting)
    recover(app)
    assert outcome(app, alice_actor.customer_id) == PAID, "charged money is never left unbooked"


def approves(visitor: Visitor, waiting: Sheet) -> Sheet:
    """Go to the bank, say yes, and come back."""
    (link,) = waiting.soup.select("#add_credits-payment a.btn--primary")
    bank = visitor.opens(str(link["href"]))
    return visitor.sends(bank.url, {**fields(bank, "form"), "approve": "1"})


def sell_from(app: Flask, least: str) -> None:
    """Let the seller apply a catalog that sells from another amount on."""
    text = (EXAMPLES / "gateway.toml").read_text()
    changed = text.replace('min = "5.00"', f'min = "{least}"').replace('"25.00"', '"50.00"')
    assert text.count('"5.00"') == 1 and text.count('"25.00"') == 2, "what stands below the new minimum goes with it"
    with app.app_context():
        versions.apply(changed)


def put(customer_id: str, standing: str) -> None:
    """Let the seller put the customer into another standing."""
    with as_service("change a standing"), transaction() as session:
        session.execute(update(Customer).where(Customer.customer_id == customer_id).values(standing=standing))
