"""Which methods may be saved: kinds, how many, with which mandate, by which form."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, ids
from app.domain.errors import NotFound, Refused
from app.domain.methods import MOST_METHODS, MOST_SETUPS, SETUPS_WITHIN, Rail
from app.domain.people.members import Actor
from app.gateways import test_methods
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer, as_service
from app.models.setups import Mandate, MethodSetup
from app.services.payment_methods import saved, setups
from app.services.transaction import transaction
from tests.support import methods, shop
from tests.support.client import outside_contexts
from tests.support.methods import ACCOUNT, ONCE, REFUSED
from tests.support.setups import DAY, at_processor, later, setups_of
from tests.support.shop import GOOD


def begun_elsewhere(customer: Customer, number: int) -> None:
    """Write what another of our processes has begun for the customer: nothing of it came to the processor."""
    now = clock.now()
    with as_service("test"), transaction() as session:
        for _ in range(number):
            session.add(
                MethodSetup(
                    id=ids.new("set"),
                    customer_id=customer.customer_id,
                    member_id="mem_other",
                    kind="card",
                    state="canceled",
                    created_at=now,
                    updated_at=now,
                    next_check_at=now,
                )
            )


def test_a_kind_that_the_seller_does_not_take_is_refused(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    for kind in (Rail.SEPA_DEBIT, Rail.CRYPTO):
        with as_customer(acme.customer_id), pytest.raises(Refused) as refused:
            setups.begin(alice_actor, kind=kind, test_method=ACCOUNT, mandate_text_version=methods.version())
        assert (refused.value.status, refused.value.reason) == (422, "kind_not_taken")
    assert setups_of(acme) == []


@pytest.mark.case("AC-73")
def test_where_the_processor_manages_methods_none_is_added_or_removed_here(
    app: Flask,
) -> None:
    initech, erika = methods.initech()
    kept = shop.add_method(erika)
    methods.sells(manage='"processor_portal"')
    for change in (lambda: shop.add_method(erika), lambda: saved.remove(erika, kept.id)):
        with pytest.raises(Refused) as refused:
            change()
        assert (refused.value.status, refused.value.reason) == (409, "managed_elsewhere")
    assert methods.shown(initech) == [("4242", True)]


def test_there_is_an_end_to_how_many_may_be_saved(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    names = [name for name, _label in test_methods.OFFERED[Rail.CARD] if name not in {ONCE, REFUSED}]
    assert len(names) < MOST_METHODS
    setups.MOST_METHODS, most = len(names), setups.MOST_METHODS
    try:
        for name in names:
            shop.add_method(alice_actor, name)
        with pytest.raises(Refused) as refused:
            shop.add_method(alice_actor)
    finally:
        setups.MOST_METHODS = most
    assert (refused.value.status, refused.value.reason) == (409, "too_many_methods")


def test_many_tries_in_an_hour_are_refused_whoever_counts_them(
    app: Flask, acme: Customer, alice_actor: Actor, mallory_actor: Actor
) -> None:
    begun_elsewhere(acme, MOST_SETUPS)
    with pytest.raises(Refused) as refused:
        shop.add_method(alice_actor)
    assert (refused.value.status, refused.value.reason) == (429, "too_many_tries")
    assert (len(setups_of(acme)), at_processor(app)) == (MOST_SETUPS, [])
    assert shop.add_method(mallory_actor).last4 == "4242"
    with clock.at(clock.now() + SETUPS_WITHIN + timedelta(seconds=1)):
        assert shop.add_method(alice_actor).last4 == "4242"


def test_two_last_tries_at_once_are_one(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    begun_elsewhere(acme, MOST_SETUPS - 2)
    start, ends = Barrier(3), []

    def begin() -> None:
        with app.app_context():
            start.wait(60)
            try:
                ends.append(methods.begins(alice_actor, GOOD).state)
            except Refused as refusal:
                ends.append(refusal.reason)

    threads = [Thread(target=begin) for _ in range(3)]
    with outside_contexts():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert sorted(ends) == ["succeeded", "too_many_tries", "too_many_tries"]


def test_a_debit_needs_the_mandate_that_is_shown(app: Flask) -> None:
    initech, erika = methods.initech()
    for accepted, reason in (("", "mandate_not_accepted"), ("sepa_debit-2020-01", "mandate_changed")):
        with pytest.raises(Refused) as refused:
            methods.begins(erika, ACCOUNT, mandate_text_version=accepted)
        assert (refused.value.status, refused.value.reason, refused.value.field) == (422, reason, "accept")
    assert (setups_of(initech), methods.live(initech)) == ([], [])


def test_an_accepted_mandate_is_kept_word_for_word(app: Flask) -> None:
    initech, erika = methods.initech()
    setup = methods.begins(erika, ACCOUNT)
    (method,) = methods.live(initech)
    with as_customer(initech.customer_id):
        mandate = db.session.scalars(select(Mandate)).one()
    assert (mandate.id, mandate.method_id, mandate.text_version) == (setup.mandate_id, method.id, methods.version())
    assert "Meridian Analytics GmbH and Stripe" in mandate.text
    assert (mandate.accepted_by, mandate.address, mandate.user_agent) == (
        erika.member_id,
        "203.0.113.7",
        "Test/1.0",
    )
    theirs = controls.objects(app.extensions["purser.settings"], "mandate")
    assert [mandate.processor_id] == [each["id"] for each in theirs]
    assert mandate.reference == theirs[0]["payment_method_details"]["sepa_debit"]["reference"]
    acceptance = theirs[0]["customer_acceptance"]["online"]
    assert (acceptance["ip_address"], acceptance["user_agent"]) == ("203.0.113.7", "Test/1.0")


def test_the_secret_for_the_processors_form_is_kept_nowhere(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    with as_customer(acme.customer_id):
        setup = setups.begin(alice_actor, kind=Rail.CARD)
        secret = setups.client_secret(setup.id)
    assert setup.state == "created"
    assert secret.startswith(f"{setup.processor_id}_secret_")
    kept = [str(value) for each in setups_of(acme) for value in vars(each).values()]
    assert not any("_secret_" in value for value in kept)


def test_the_form_in_the_browser_may_be_tried_again_until_a_day_is_over(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    with as_customer(acme.customer_id):
        setup = setups.begin(alice_actor, kind=Rail.CARD)
    gateway, processor_id = app.extensions["purser.gateway"], str(setup.processor_id)
    url = setups.return_url(setup.id)
    gateway.confirm_setup(processor_id, method=REFUSED, return_url=url, acceptance=None, key="browser:1")
    later(timedelta(hours=2))
    assert [each.state for each in setups_of(acme)] == ["created"], "the customer is still at the form"
    gateway.confirm_setup(processor_id, method=GOOD, return_url=url, acceptance=None, key="browser:2")
    later(timedelta(hours=3))
    assert methods.shown(acme) == [("4242", True)]


def test_a_form_that_nobody_filled_in_is_given_up_after_a_day(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    with as_customer(acme.customer_id):
        setups.begin(alice_actor, kind=Rail.CARD)
    later(DAY + timedelta(hours=7))
    assert ([each.state for each in setups_of(acme)], at_processor(app)) == (["canceled"], ["canceled"])


def test_another_customers_setup_is_not_there(app: Flask, alice_actor: Actor, mallory_actor: Actor) -> None:
    setup = methods.begins(alice_actor, "paypal")
    with as_customer(mallory_actor.customer_id):
        for look in (setups.get, setups.client_secret):
            with pytest.raises(NotFound):
                look(setup.id)
        assert setups.under_way() == []
