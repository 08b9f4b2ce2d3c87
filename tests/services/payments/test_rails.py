"""Every rail: paid once at a wallet's page, debited over days, and charged while nobody is there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, ids
from app.config import Settings
from app.domain.errors import Refused
from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.people import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry, OutboxEvent
from app.models.ledger import Transfer
from app.models.mails import Mail
from app.models.payments import Attempt, Payment
from app.models.scope import as_customer, as_service
from app.services import jobs
from app.services.catalog import versions
from app.services.customers import registration
from app.services.payment_methods import mandates, setups
from app.services.payment_methods import saved as method_saved
from app.services.payments import collection, settlement, top_ups
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.faults.outcome import Outcome, faults, outcome, recover
from tests.support import cast, shop

BACK = "http://127.0.0.1/{}".format
MANY = 50


@pytest.fixture
def hooli(catalog: str) -> Customer:
    """A customer in euros, who may pay by card, SEPA debit and PayPal, and was given nothing to try."""
    cast.apply_catalog("platform")
    return registration.create(name="Hooli", email="billing@hooli.example", catalog="platform", external_id="hooli")


@pytest.fixture
def gavin(hooli: Customer) -> Actor:
    """Hooli's billing manager."""
    return cast.make_actor(replace(cast.ALICE, name="Gavin Grove", email="gavin@hooli.example"), hooli)


def buys(actor: Actor, way: str, minor: int = 2500, currency: str = "USD") -> Payment:
    """Let the member buy on the page."""
    with as_customer(actor.customer_id):
        return top_ups.buy(
            actor,
            form_key=ids.new_form_key(),
            amount=Money(minor, currency),
            pack="",
            method_id=way,
            return_url=BACK,
        )


def charges(actor: Actor, way: str, minor: int = 2500, currency: str = "USD") -> Payment:
    """Charge the customer while nobody is there."""
    return top_ups.charge(
        actor.customer_id,
        by="auto_recharge",
        form_key=ids.new_form_key(),
        amount=Money(minor, currency),
        pack="",
        method_id=way,
        return_url=BACK,
    )


def saved(actor: Actor, name: str) -> str:
    """Save a test method, as its member would; return its id."""
    if not name.endswith("_de"):
        return shop.add_method(actor, name).id
    with as_customer(actor.customer_id):
        text = mandates.current(versions.current("platform"))
        setup = setups.begin(
            actor,
            kind=Rail.SEPA_DEBIT,
            test_method=name,
            address="203.0.113.7",
            user_agent="Tests",
            mandate_text_version=text.version,
        )
    assert setup.method_id, setup.problem
    return setup.method_id


def stands(payment: Payment) -> Payment:
    with as_service("look at a payment"):
        return db.session.scalars(
            select(Payment).where(Payment.id == payment.id).execution_options(populate_existing=True)
        ).one()


def later(app: Flask, wait: timedelta = timedelta(0)) -> None:
    """Let the worker run, `wait` from now."""
    with app.app_context(), clock.at(clock.now() + wait):
        for _ in range(3):
            jobs.run_due()


def rows(model: Any, payment: Payment, wanted: Any) -> list[Any]:
    with as_service("look at the rows"):
        return list(db.session.scalars(select(wanted).where(model.customer_id == payment.customer_id)))


def mails(payment: Payment) -> list[str]:
    return sorted(rows(Mail, payment, Mail.key))


def events_of(payment: Payment) -> list[str]:
    return sorted(rows(OutboxEvent, payment, OutboxEvent.type))


def attempts(payment: Payment) -> list[tuple[int, str, str]]:
    found = rows(Attempt, payment, Attempt)
    return sorted((each.number, each.state, each.code) for each in found if each.payment_id == payment.id)


def intent(settings: Settings, payment: Payment) -> dict[str, Any]:
    found = controls.objects(settings, "payment_intent")
    return next(each for each in found if each["metadata"]["payment"] == payment.id)


# Paid once


@pytest.mark.parametrize("rail", ["paypal", "crypto"])
def test_a_wallet_pays_once_and_nothing_is_saved(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer, rail: str
) -> None:
    payment = buys(alice_actor, rail)
    assert (payment.state, payment.rail, payment.method_id) == ("requires_action", rail, None)
    assert payment.action_url.startswith("http")
    controls.answer_challenge(settings, payment.processor_id or "", approved=True)
    settlement.settle(payment.id)
    assert outcome(app, acme.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])
    name = {"paypal": "PayPal", "crypto": "Cryptocurrency"}[rail]
    assert set(rows(Transfer, payment, Transfer.description)) == {f"Credits bought with {name}"}
    assert mails(payment) == [f"receipt:{payment.id}"]
    with as_customer(acme.customer_id):
        assert method_saved.saved() == []


def test_a_wallet_that_declines_charges_nothing(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    payment = buys(alice_actor, "paypal")
    controls.answer_challenge(settings, payment.processor_id or "", approved=False)
    assert settlement.settle(payment.id).state == "failed"
    assert outcome(app, acme.customer_id) == Outcome([], [], ["failed"])
    assert mails(payment) == []  # the page has said it


def test_coins_that_take_a_while_are_credited_when_they_arrive(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    payment = buys(alice_actor, "crypto")
    controls.answer_challenge(settings, payment.processor_id or "", approved=True, later=True)
    assert settlement.settle(payment.id).state == "processing"
    assert outcome(app, acme.customer_id) == Outcome([], [], ["processing"])
    later(app, timedelta(minutes=11))
    assert outcome(app, acme.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])


def test_a_wallet_that_nobody_answers_is_given_up_after_a_day(app: Flask, alice_actor: Actor, acme: Customer) -> None:
    payment = buys(alice_actor, "crypto")
    later(app, timedelta(hours=23))
    assert stands(payment).state == "requires_action"
    later(app, timedelta(hours=24))
    assert (stands(payment).state, stands(payment).problem) == ("canceled", "not_confirmed")
    assert outcome(app, acme.customer_id) == Outcome([], [], ["canceled"])


def test_only_what_the_seller_takes_can_be_used(alice_actor: Actor, gavin: Actor, hooli: Customer) -> None:
    card = saved(gavin, shop.GOOD)
    for actor, way, currency in (
        (gavin, "crypto", "EUR"),
        (alice_actor, "sepa_debit", "USD"),
        (alice_actor, card, "USD"),
    ):
        with pytest.raises(Refused):
            buys(actor, way, currency=currency)
    debit = saved(gavin, "pm_success_de")
    terms = (cast.EXAMPLES / "platform.toml").read_text()
    versions.apply(terms.replace(', "sepa_debit"]', "]"))
    with pytest.raises(Refused) as refused:
        buys(gavin, debit, currency="EUR")
    assert (refused.value.reason, refused.value.status) == ("kind_not_taken", 422)
    assert shop.payments(hooli) == []


def test_nobody_is_charged_by_a_wallet_while_away(alice_actor: Actor, acme: Customer) -> None:
    for rail in ("paypal", "crypto"):
        with pytest.raises(Refused) as refused:
            charges(alice_actor, rail)
        assert refused.value.status == 404
    assert shop.payments(acme) == []


@pytest.mark.case("AC-2")
def test_the_same_wallet_in_two_tabs_is_asked_about(alice_actor: Actor, acme: Customer) -> None:
    buys(alice_actor, "paypal")
    with as_customer(acme.customer_id), pytest.raises(Refused) as refused:
        top_ups.buy(
            alice_actor,
            form_key=ids.new_form_key(),
            amount=Money(2500, "USD"),
            pack="",
            method_id="paypal",
            return_url=BACK,
            repeat=False,
        )
    assert refused.value.reason == "bought_just_now"
    assert len(shop.payments(acme)) == 1


@pytest.mark.case("AC-17")
def test_paying_by_card_gives_up_the_wallet_that_waits(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    waiting = buys(alice_actor, "paypal")
    buys(alice_actor, saved(alice_actor, shop.GOOD))
    assert stands(waiting).state == "canceled"
    controls.answer_challenge(settings, waiting.processor_id or "", approved=True)  # too late
    later(app)
    assert outcome(app, acme.customer_id) == Outcome([2500], [25_000_000], ["canceled", "succeeded"])


class Late:
    """A gateway at which something happens just before a cancellation arrives."""

    def __init__(self, app: Flask, happens: Callable[[], object]) -> None:
        self._gateway, self._happens = app.extensions["purser.gateway"], [happens]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._gateway, name)

        def late(*args: Any, **kwargs: Any) -> object:
            if name == "cancel_intent" and self._happens:
                self._happens.pop()()
            return call(*args, **kwargs)

        return late


@pytest.mark.case("AC-17", "AC-28")
def test_a_cancellation_that_came_too_early_is_not_remembered(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    payment = buys(alice_actor, "crypto")
    number = payment.processor_id or ""
    sent = Late(app, lambda: controls.answer_challenge(settings, number, approved=True, later=True))
    app.extensions["purser.gateway"] = sent
    with as_customer(acme.customer_id):
        assert top_ups.give_up(payment.id).state == "processing"  # the coins were sent in the same moment
    controls.finish(settings, number, succeeded=False)
    later(app)
    assert stands(payment).state == "failed"
    assert outcome(app, acme.customer_id) == Outcome([], [], ["failed"])


# Debited over days


def test_a_debit_takes_days_and_is_credited_when_the_money_is_there(app: Flask, gavin: Actor, hooli: Customer) -> None:
    before = shop.remaining(hooli)
    payment = buys(gavin, saved(gavin, "pm_success_de"), currency="EUR")
    assert (payment.state, payment.rail) == ("processing", Rail.SEPA_DEBIT)
    later(app, timedelta(days=2))
    assert (stands(payment).state, shop.remaining(hooli), mails(payment)) == ("processing", before, [])
    assert rows(Transfer, payment, Transfer.kind).count("payment") == 0  # neither due nor paid
    assert verify(hooli.customer_id) == []
    later(app, timedelta(days=3, minutes=1))
    assert outcome(app, hooli.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])
    assert (shop.remaining(hooli), mails(payment)) == (before + 25_000_000, [f"receipt:{payment.id}"])
    assert attempts(payment) == [(1, "succeeded", "")]


@pytest.mark.case("AC-23", "AC-28")
@pytest.mark.fault("S14")
@pytest.mark.parametrize("heard", [True, False], ids=["webhook", "sweep"])
def test_a_debit_that_fails_days_later_is_never_credited_and_the_customer_is_told(
    app: Flask, gavin: Actor, hooli: Customer, heard: bool
) -> None:
    payment = buys(gavin, saved(gavin, "pm_insufficientFunds_de"), currency="EUR")
    with faults(app, *([] if heard else [("event:*", "lose", MANY)])):
        later(app, timedelta(days=3, hours=7))
    recover(app)
    assert outcome(app, hooli.customer_id) == Outcome([], [], ["failed"])
    assert (events_of(payment), mails(payment)) == (["payment.failed"], [f"payment_failed:{payment.id}"])
    assert len(attempts(payment)) == 1


# Charged while nobody is there


def test_a_charge_while_nobody_is_there_is_credited(app: Flask, alice_actor: Actor, acme: Customer) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.GOOD))
    assert (payment.state, payment.off_session, payment.created_by) == ("succeeded", True, "auto_recharge")
    assert outcome(app, acme.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])
    assert mails(payment) == [f"receipt:{payment.id}"]


@pytest.mark.fault("H6")
def test_a_closed_customer_is_not_charged_while_away_and_a_suspended_one_is(
    app: Flask, alice_actor: Actor, acme: Customer
) -> None:
    card = saved(alice_actor, shop.GOOD)
    for standing in ("closed", "suspended"):
        with as_service("change a standing"), transaction() as session:
            session.get_one(Customer, acme.customer_id).standing = standing
        if standing == "closed":
            with pytest.raises(Refused) as refused:
                charges(alice_actor, card)
            assert (refused.value.reason, refused.value.status) == ("closed", 409)
            assert shop.payments(acme) == []
    assert charges(alice_actor, card).state == "succeeded"
    assert shop.charges(app) == [2500]


@pytest.mark.case("AC-10", "AC-23")
def test_a_failed_charge_keeps_its_claim_and_is_never_tried_again_by_itself(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    key, method = ids.new_form_key(), saved(alice_actor, shop.BROKE)

    def charge() -> Payment:
        return top_ups.charge(
            acme.customer_id,
            by="auto_recharge",
            form_key=key,
            amount=Money(2500, "USD"),
            pack="",
            method_id=method,
            return_url=BACK,
        )

    payment = charge()
    assert (payment.state, payment.problem) == ("failed", "insufficient_funds")
    recover(app)
    assert charge().id == payment.id
    assert attempts(payment) == [(1, "declined", "insufficient_funds")]
    assert len(controls.objects(settings, "charge")) == 1
    assert (events_of(payment), mails(payment)) == (["payment.failed"], [f"payment_failed:{payment.id}"])


@pytest.mark.case("AC-11")
def test_a_charge_that_needs_its_customer_waits_and_tells_them(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))
    assert (payment.state, payment.problem, payment.action_url) == ("requires_action", "authentication_required", "")
    later(app, timedelta(hours=1))
    later(app, timedelta(hours=23))
    assert stands(payment).state == "requires_action"
    assert intent(settings, payment)["status"] == "requires_payment_method"  # not cancelled: it can be gone on with
    assert attempts(payment) == [(1, "declined", "authentication_required")]
    assert (events_of(payment), mails(payment)) == (["payment.requires_action"], [f"action_needed:{payment.id}"])
    assert outcome(app, acme.customer_id) == Outcome([], [], ["requires_action"])


@pytest.mark.case("AC-11", "AC-12")
def test_going_on_with_it_asks_the_bank_and_an_approval_is_credited_once(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))
    asked = collection.resume(payment.id, BACK(payment.id))
    assert (asked.state, asked.problem) == ("requires_action", "")
    assert asked.action_url.startswith("http")
    assert collection.resume(payment.id, BACK(payment.id)).action_url == asked.action_url
    assert attempts(payment) == [(1, "declined", "authentication_required"), (2, "requires_action", "")]
    controls.answer_challenge(settings, payment.processor_id or "", approved=True)
    assert collection.resume(payment.id, BACK(payment.id)).state == "succeeded"
    recover(app)
    assert outcome(app, acme.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])
    assert attempts(payment)[-1] == (2, "succeeded", "")
    assert mails(payment) == [f"action_needed:{payment.id}", f"receipt:{payment.id}"]


@pytest.mark.case("AC-9", "AC-16")
def test_everybody_who_goes_on_with_it_at_once_makes_one_attempt(
    app: Flask, settings: Settings, alice_actor: Actor
) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))

    def goes_on(_number: int) -> str:
        with app.app_context():
            return collection.resume(payment.id, BACK(payment.id)).state

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(goes_on, range(4))) == {"requires_action"}
    later(app)
    assert [number for number, _state, _code in attempts(payment)] == [1, 2]
    assert stands(payment).action_url.startswith("http")


@pytest.mark.case("AC-12", "AC-23")
def test_who_declines_at_the_bank_is_charged_nothing(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))
    collection.resume(payment.id, BACK(payment.id))
    controls.answer_challenge(settings, payment.processor_id or "", approved=False)
    later(app)
    assert outcome(app, acme.customer_id) == Outcome([], [], ["failed"])
    assert events_of(payment) == ["payment.failed", "payment.requires_action"]


@pytest.mark.case("AC-12")
@pytest.mark.parametrize("began", [False, True], ids=["never", "begun"])
def test_nobody_goes_on_with_it_after_a_day(app: Flask, alice_actor: Actor, acme: Customer, began: bool) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))
    if began:
        collection.resume(payment.id, BACK(payment.id))
    with app.app_context(), clock.at(clock.now() + timedelta(hours=24)):
        assert collection.resume(payment.id, BACK(payment.id)).state == "canceled"
    assert outcome(app, acme.customer_id) == Outcome([], [], ["canceled"])
    assert mails(payment) == [f"action_needed:{payment.id}", f"payment_failed:{payment.id}"]


def test_it_can_be_given_up_instead(app: Flask, alice_actor: Actor, acme: Customer) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))
    with as_customer(acme.customer_id):
        assert top_ups.give_up(payment.id).state == "canceled"
    assert collection.resume(payment.id, BACK(payment.id)).state == "canceled"
    assert outcome(app, acme.customer_id) == Outcome([], [], ["canceled"])
    assert mails(payment) == [f"action_needed:{payment.id}"]  # who gave it up knows


@pytest.mark.fault("S13")
def test_a_card_detached_meanwhile_ends_it(app: Flask, settings: Settings, alice_actor: Actor, acme: Customer) -> None:
    card = shop.add_method(alice_actor, shop.ASKS)
    payment = charges(alice_actor, card.id)
    controls.detach(settings, card.processor_id)
    assert collection.resume(payment.id, BACK(payment.id)).state == "failed"
    assert outcome(app, acme.customer_id) == Outcome([], [], ["failed"])


@pytest.mark.fault("H4")
def test_a_card_removed_meanwhile_is_not_charged_any_more(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    method = saved(alice_actor, shop.ASKS)
    payment = charges(alice_actor, method)
    method_saved.remove(alice_actor, method)
    over = collection.resume(payment.id, BACK(payment.id))
    assert (over.state, over.problem) == ("failed", "method_removed")
    assert len(attempts(payment)) == 1
    assert outcome(app, acme.customer_id) == Outcome([], [], ["failed"])


def test_who_went_on_with_it_is_written_down(alice_actor: Actor) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))
    collection.resume(payment.id, BACK(payment.id), alice_actor.member_id)
    wanted = [(each.actor, each.subject) for each in rows(AuditEntry, payment, AuditEntry) if "resumed" in each.action]
    assert wanted == [(alice_actor.member_id, payment.id)]


LOST = ["refuse", "reset_before", "timeout_before", "reset_after", "timeout_after", "500_after"]


@pytest.mark.case("AC-19/20", "AC-22")
@pytest.mark.parametrize("fault", LOST)
def test_whatever_becomes_of_the_second_call_it_can_be_gone_on_with(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer, fault: str
) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))
    with faults(app, ("confirm_intent", fault, MANY), ("fetch_intent", "reset_before", MANY)):
        collection.resume(payment.id, BACK(payment.id))
    later(app, timedelta(minutes=3))
    with app.app_context(), clock.at(clock.now() + timedelta(minutes=4)):
        asked = collection.resume(payment.id, BACK(payment.id))
        assert asked.action_url.startswith("http")
        controls.answer_challenge(settings, payment.processor_id or "", approved=True)
    recover(app)
    assert outcome(app, acme.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("way", ["saved", "paypal"])
def test_whatever_becomes_of_the_first_call_nothing_is_charged_twice(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer, fault: str, way: str
) -> None:
    method = saved(alice_actor, shop.ASKS) if way == "saved" else ""
    with faults(app, ("confirm_intent", fault, MANY), ("fetch_intent", "reset_before", MANY)):
        payment = charges(alice_actor, method) if method else buys(alice_actor, "paypal")
    assert payment.state == "confirming"
    later(app, timedelta(minutes=3))
    waiting = stands(payment)
    assert waiting.state in {"requires_action", "canceled"}
    if waiting.state == "requires_action":
        with app.app_context(), clock.at(clock.now() + timedelta(minutes=4)):
            assert collection.resume(payment.id, BACK(payment.id)).action_url.startswith("http")
        controls.answer_challenge(settings, payment.processor_id or "", approved=True)
    recover(app)
    paid = waiting.state == "requires_action"
    wanted = Outcome([2500], [25_000_000], ["succeeded"]) if paid else Outcome([], [], ["canceled"])
    assert outcome(app, acme.customer_id) == wanted


# What is committed before each call


class Looking:
    """A gateway that looks at what is committed before it asks for money."""

    def __init__(self, app: Flask) -> None:
        self._gateway, self.seen = app.extensions["purser.gateway"], list[tuple[str, list[str]]]()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._gateway, name)

        def looked(*args: Any, **kwargs: Any) -> object:
            if name in {"confirm_intent", "confirm_one_time"}:
                with as_service("look before the call"):
                    started = select(Attempt.idempotency_key).where(Attempt.state == "started")
                    self.seen.append((kwargs["key"], list(db.session.scalars(started))))
                    db.session.rollback()
            return call(*args, **kwargs)

        return looked


@pytest.fixture
def looking(app: Flask) -> Looking:
    """A gateway that looks first; not yet in place."""
    return Looking(app)


@pytest.mark.case("AC-9", "AC-24")
@pytest.mark.parametrize("way", ["pm_card_visa", "pm_card_authenticationRequired", "paypal", "crypto"])
def test_the_attempt_and_its_key_are_committed_before_the_call(
    app: Flask, alice_actor: Actor, looking: Looking, way: str
) -> None:
    method = saved(alice_actor, way) if way.startswith("pm_") else way
    app.extensions["purser.gateway"] = looking
    payment = charges(alice_actor, method) if way.startswith("pm_") else buys(alice_actor, method)
    collection.resume(payment.id, BACK(payment.id))
    keys = [f"{payment.id}:confirm:{number}" for number, _state, _code in attempts(payment)]
    assert looking.seen == [(key, [key]) for key in keys]
    assert len(keys) == (2 if way == shop.ASKS else 1)


@pytest.mark.case("AC-23")
@pytest.mark.parametrize("path", ["declined", "declined late", "refused at the bank", "unanswered", "given up"])
def test_every_way_to_fail_is_told_once(
    app: Flask, settings: Settings, gavin: Actor, hooli: Customer, path: str
) -> None:
    name = {"declined": shop.BROKE, "declined late": "pm_failedDelayed_de"}.get(path, shop.ASKS)
    payment = buys(gavin, saved(gavin, name), currency="EUR")
    if path == "refused at the bank":
        controls.answer_challenge(settings, payment.processor_id or "", approved=False)
    if path == "given up":
        with as_customer(hooli.customer_id):
            top_ups.give_up(payment.id)
    recover(app)
    later(app, timedelta(days=9))
    assert stands(payment).state in {"failed", "canceled"}
    assert events_of(payment) == ["payment.failed"]
    assert outcome(app, hooli.customer_id).charged_minor == []


@pytest.mark.case("AC-12")
@pytest.mark.parametrize("answered", [False, True], ids=["leaves", "answers"])
def test_who_leaves_the_bank_is_mailed_the_way_back_and_who_answers_is_not(
    app: Flask, settings: Settings, alice_actor: Actor, answered: bool
) -> None:
    payment = buys(alice_actor, saved(alice_actor, shop.ASKS))
    later(app, timedelta(minutes=10))
    assert rows(Mail, payment, Mail.state) == ["pending"]
    if answered:
        controls.answer_challenge(settings, payment.processor_id or "", approved=True)
    later(app, timedelta(minutes=20))
    states = dict(zip(rows(Mail, payment, Mail.key), rows(Mail, payment, Mail.state), strict=True))
    wanted = {f"action_needed:{payment.id}": "dropped", f"receipt:{payment.id}": "sent"}
    assert states == (wanted if answered else {f"action_needed:{payment.id}": "sent"})
