"""Saving a method while answers are lost, late or about something else."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.domain.methods import Setup, SetupStatus
from app.domain.payments import SavedMethod
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.scope import as_service
from app.services.payment_methods import setup_outcomes, setups
from tests.support import methods, shop
from tests.support.setups import at_processor, later, plant, setups_of


@pytest.mark.fault("S2", "S4", "S5")
@pytest.mark.parametrize("fault", ["refuse", "reset_before", "timeout_before", "500_before", "429", "409"])
@pytest.mark.parametrize("call", ["create_customer", "create_setup", "confirm_setup"])
def test_a_request_that_does_not_arrive_saves_nothing_and_says_so(
    app: Flask, acme: Customer, alice_actor: Actor, call: str, fault: str
) -> None:
    plant(app, call, fault)
    with pytest.raises(Refused) as refused:
        shop.add_method(alice_actor)
    assert (refused.value.status, refused.value.reason) == (503, "processor_unavailable")
    assert [each.state for each in setups_of(acme)] in ([], ["canceled"])
    later(timedelta(hours=30))
    assert (methods.live(acme), methods.attached(app)) == ([], [])
    shop.add_method(alice_actor)
    assert methods.both_sides_agree(app, acme)


@pytest.mark.fault("S3", "S4", "S6")
@pytest.mark.parametrize("fault", ["reset_after", "timeout_after", "500_after"])
def test_a_lost_answer_to_the_confirmation_is_looked_up(
    app: Flask, acme: Customer, alice_actor: Actor, fault: str
) -> None:
    plant(app, "confirm_setup", fault)
    assert shop.add_method(alice_actor).last4 == "4242"
    assert methods.both_sides_agree(app, acme)


def test_while_nobody_knows_it_stays_open_and_the_sweep_finds_it(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    plant(app, "confirm_setup", "timeout_after")
    plant(app, "fetch_setup", "timeout_before")
    with pytest.raises(Refused) as refused:
        shop.add_method(alice_actor)
    assert refused.value.status == 503
    assert [(each.state, each.method_id) for each in setups_of(acme)] == [("created", None)]
    later(timedelta(minutes=5))
    assert methods.shown(acme) == [("4242", True)]


def test_an_interrupted_setup_is_given_up_at_the_processor(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    plant(app, "confirm_setup", "timeout_before")
    plant(app, "cancel_setup", "timeout_before")
    with pytest.raises(Refused):
        shop.add_method(alice_actor)
    assert ([each.state for each in setups_of(acme)], at_processor(app)) == (["created"], ["requires_payment_method"])
    later(timedelta(minutes=10))
    assert ([each.state for each in setups_of(acme)], at_processor(app)) == (["canceled"], ["canceled"])


def test_once_over_nothing_moves_a_setup(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    (setup,) = setups_of(acme)
    for ways in ({"give_up": True}, {"returned": True}, {"refused": "expired_card"}, {}):
        after = setups.settle(setup.id, **ways)  # type: ignore[arg-type]  # each is one of its own
        assert (after.state, after.problem, after.updated_at) == ("succeeded", "", setup.updated_at)
    assert methods.shown(acme) == [("4242", True)]


@pytest.mark.case("AC-21", "AC-28")
def test_an_answer_that_comes_late_moves_nothing_back(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    (setup,) = setups_of(acme)
    for status in (SetupStatus.REQUIRES_ACTION, SetupStatus.CANCELED, SetupStatus.SUCCEEDED):
        late = Setup(str(setup.processor_id), status, setup.id, acme.customer_id, action_url="http://localhost/late")
        with as_service("test"):
            setup_outcomes.record(setup.id, late, "expired_card", "", clock.now())
    (after,) = setups_of(acme)
    assert (after.state, after.problem, after.action_url) == ("succeeded", "", "")


@pytest.mark.fault("S15")
def test_an_answer_about_another_setup_is_for_a_person(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    setup = methods.begins(alice_actor, "paypal")
    strange = SavedMethod("pm_strange", "card", "visa", "1111", 1, 2040, "", "strange")
    for answer in (
        Setup("seti_other", SetupStatus.SUCCEEDED, setup.id, acme.customer_id, strange),
        Setup(str(setup.processor_id), SetupStatus.SUCCEEDED, "set_other", acme.customer_id, strange),
        Setup(str(setup.processor_id), SetupStatus.SUCCEEDED, setup.id, "cus_other", strange),
    ):
        with as_service("test"):
            setup_outcomes.record(setup.id, answer, "", "", clock.now())
    (after,) = setups_of(acme)
    assert (after.state, after.problem, methods.live(acme)) == ("requires_action", "another_setup", [])
