"""Setups: a method is saved once whatever happens on the way, and only what the processor says is saved."""

import time
from datetime import timedelta
from threading import Barrier, Event, Thread

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, ids
from app.domain.errors import NotFound, Refused
from app.domain.methods import MOST_METHODS, MOST_SETUPS, SETUPS_WITHIN, Rail, Setup, SetupStatus
from app.domain.payments import SavedMethod
from app.domain.people import Actor
from app.gateways import test_methods
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.scope import as_customer, as_service
from app.models.setups import Mandate, MethodSetup
from app.services import jobs
from app.services.payment_methods import rows, saved, setup_outcomes, setups
from app.services.transaction import transaction
from tests.support import methods, shop
from tests.support.client import outside_contexts
from tests.support.methods import ACCOUNT, ONCE, REFUSED
from tests.support.shop import GOOD

DAY = timedelta(hours=24)


def setups_of(customer: Customer) -> list[MethodSetup]:
    """Return the customer's setups, the oldest first."""
    with as_customer(customer.customer_id):
        return list(db.session.scalars(select(MethodSetup).order_by(MethodSetup.created_at, MethodSetup.id)))


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


def at_processor(app: Flask) -> list[str]:
    """Return how the processor's setups stand."""
    return [each["status"] for each in controls.objects(app.extensions["purser.settings"], "setup_intent")]


def plant(app: Flask, call: str, fault: str, times: int = 1) -> None:
    controls.plant(app.extensions["purser.settings"], call, fault, times)


def later(wait: timedelta) -> None:
    """Let time pass and do what is due then, until nothing is."""
    with clock.at(clock.now() + wait):
        while any(count for name, count in jobs.run_due().items() if name in {"setups_checked", "webhooks_worked"}):
            pass


def answers(app: Flask, setup: MethodSetup, *, approved: bool) -> None:
    """Answer the bank or the wallet."""
    settings, processor_id = app.extensions["purser.settings"], str(setup.processor_id)
    assert controls.answer_challenge(settings, processor_id, approved=approved)


def test_the_first_card_becomes_the_default_and_the_next_does_not(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    for name in (GOOD, "pm_card_mastercard"):
        shop.add_method(alice_actor, name)
    assert methods.shown(acme) == [("4242", True), ("4444", False)]
    assert methods.both_sides_agree(app, acme)
    with as_customer(acme.customer_id):
        added = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "payment_method.added")).all()
    assert [each.actor for each in added] == [alice_actor.member_id] * 2


def test_the_same_card_again_takes_the_place_of_the_older_entry(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    first = shop.add_method(alice_actor)
    shop.add_method(alice_actor, "pm_card_mastercard")
    again = shop.add_method(alice_actor)
    assert again.id != first.id
    assert methods.shown(acme) == [("4242", True), ("4444", False)], "the default passes on to the newer entry"
    assert methods.both_sides_agree(app, acme), "the processor has let go of the older one"


def test_two_who_save_the_same_card_at_once_have_it_once(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor, "pm_card_mastercard")  # the processor knows Acme
    start, ends = Barrier(2), []

    def save() -> None:
        with app.app_context():
            start.wait(10)
            ends.append(methods.begins(alice_actor, GOOD).state)

    threads = [Thread(target=save) for _ in range(2)]
    with outside_contexts():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert ends == ["succeeded"] * 2
    assert methods.shown(acme) == [("4444", True), ("4242", False)]
    later(timedelta(hours=1))
    assert methods.both_sides_agree(app, acme)


def test_of_two_first_methods_at_once_one_is_the_default(app: Flask, acme: Customer) -> None:
    held, ends = Event(), []

    def keep(name: str, hold: float) -> None:
        method = SavedMethod(name, "card", "visa", "4242", 8, 2034, "Acme", name)
        with app.app_context(), as_service("test"), transaction() as session:
            row = rows.keep(session, acme.customer_id, method, actor="test", address="", now=clock.now())
            ends.append(row.is_default)
            held.set()
            time.sleep(hold)  # long enough for the other to come to the same place

    threads = [Thread(target=keep, args=("pm_one", 1.0)), Thread(target=keep, args=("pm_two", 0.0))]
    with outside_contexts():
        for thread in threads:
            thread.start()
            assert held.wait(10)
        for thread in threads:
            thread.join(60)
    assert ends == [True, False]
    assert [is_default for _digits, is_default in methods.shown(acme)] == [True, False]


def test_settled_twice_at_once_and_by_the_webhook_it_is_kept_once(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    setup = methods.begins(alice_actor, ONCE)
    assert (setup.state, methods.live(acme)) == ("requires_action", [])
    answers(app, setup, approved=True)
    start = Barrier(2)

    def settle() -> None:
        with app.app_context():
            start.wait(10)
            setups.settle(setup.id, returned=True)

    threads = [Thread(target=settle) for _ in range(2)]
    with outside_contexts():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    later(timedelta(minutes=1))
    assert methods.shown(acme) == [("3155", True)]
    assert methods.both_sides_agree(app, acme)


@pytest.mark.parametrize("name", [ONCE, "paypal"])
def test_who_never_comes_back_is_saved_by_the_webhook(
    app: Flask, acme: Customer, alice_actor: Actor, name: str
) -> None:
    setup = methods.begins(alice_actor, name)
    answers(app, setup, approved=True)
    later(timedelta(0))
    assert [each.kind for each in methods.live(acme)] == [setup.kind]
    assert [each.state for each in setups_of(acme)] == ["succeeded"]


def test_a_lost_webhook_is_made_up_for_by_the_sweep(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    plant(app, "event:*", "lose", 50)
    answers(app, methods.begins(alice_actor, "paypal"), approved=True)
    later(timedelta(0))
    assert methods.live(acme) == []
    later(timedelta(minutes=5))
    assert methods.shown(acme) == [("paypal", True)]


@pytest.mark.parametrize("name", [ONCE, "paypal"])
def test_who_says_no_saves_nothing(app: Flask, acme: Customer, alice_actor: Actor, name: str) -> None:
    setup = methods.begins(alice_actor, name)
    answers(app, setup, approved=False)
    with as_customer(acme.customer_id):
        ended = setups.settle(setup.id, returned=True)
    assert (ended.state, at_processor(app), methods.live(acme)) == ("failed", ["canceled"], [])
    assert "not confirmed that it is you" in setups.refusal(ended).sentence


def test_the_banks_question_left_alone_is_given_up_after_a_day(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    methods.begins(alice_actor, ONCE)
    later(DAY - timedelta(minutes=1))
    assert [each.state for each in setups_of(acme)] == ["requires_action"]
    later(DAY + timedelta(hours=7))
    assert ([each.state for each in setups_of(acme)], at_processor(app)) == (["canceled"], ["canceled"])


def test_given_up_it_can_no_longer_be_approved(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    setup = methods.begins(alice_actor, "paypal")
    with as_customer(acme.customer_id):
        ended = setups.settle(setup.id, give_up=True)
    assert (ended.state, ended.problem) == ("canceled", "given_up")
    answers(app, setup, approved=True)
    later(timedelta(hours=1))
    assert (methods.live(acme), methods.attached(app)) == ([], [])


def test_approved_before_it_was_given_up_it_is_saved(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    setup = methods.begins(alice_actor, "paypal")
    answers(app, setup, approved=True)
    with as_customer(acme.customer_id):
        assert setups.settle(setup.id, give_up=True).state == "succeeded"
    assert methods.shown(acme) == [("paypal", True)]


def test_a_card_that_the_bank_refuses_is_not_saved(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    with pytest.raises(Refused) as refused:
        shop.add_method(alice_actor, REFUSED)
    assert (refused.value.status, refused.value.field) == (422, "test_method")
    assert refused.value.sentence == "The card's security code is wrong. Nothing was saved."
    assert (methods.live(acme), methods.attached(app), at_processor(app)) == ([], [], ["canceled"])


def test_a_name_that_is_no_test_method_is_refused(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    with pytest.raises(Refused, match="not one of the test methods"):
        shop.add_method(alice_actor, "pm_card_unheard_of")
    assert methods.live(acme) == []


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


def test_an_interrupted_wish_is_given_up_at_the_processor(app: Flask, acme: Customer, alice_actor: Actor) -> None:
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
            start.wait(10)
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
