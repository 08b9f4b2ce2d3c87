"""The processor misbehaves in each way, once: the gateway never raises, and what it says is what it may know."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.config import Settings
from app.domain.addresses.profile import Profile
from app.domain.methods import Rail, SetupOrder
from app.domain.money import Money
from app.domain.payments import Declined, Intent, IntentStatus, Misused, Unknown
from app.gateways import connect
from app.gateways.processor import PaymentGateway
from app.gateways.sandbox import controls, faults
from app.gateways.sandbox.faults import AFTER, BEFORE, CALLS
from tests.gateways.conftest import RETURN_URL as BACK
from tests.gateways.conftest import begun, charged


@pytest.mark.parametrize("fault", BEFORE)
def test_nothing_is_charged_when_the_request_does_not_arrive(
    gateway: PaymentGateway, settings: Settings, intent: Intent, card: Any, confirm: Any, fault: str
) -> None:
    visa = card("pm_card_visa")
    controls.plant(settings, "confirm_intent", fault)
    answer = confirm(intent, visa)
    assert isinstance(answer, Unknown)
    assert charged(settings) == []
    assert confirm(intent, visa).status is IntentStatus.SUCCEEDED, "the same key works afterwards"
    assert charged(settings) == [2500]


@pytest.mark.case("AC-22")
@pytest.mark.parametrize("fault", AFTER)
def test_a_lost_answer_is_unknown_and_looking_it_up_answers(
    gateway: PaymentGateway, settings: Settings, intent: Intent, card: Any, confirm: Any, fault: str
) -> None:
    visa = card("pm_card_visa")
    controls.plant(settings, "confirm_intent", fault)
    answer = confirm(intent, visa)
    assert isinstance(answer, Unknown)
    now = gateway.fetch_intent(intent.id)
    assert isinstance(now, Intent) and now.status is IntentStatus.SUCCEEDED
    assert confirm(intent, visa) == now, "the same key is answered, not executed again"
    assert charged(settings) == [2500]


@pytest.mark.parametrize("fault", AFTER)
def test_a_lost_decline_stays_declined(settings: Settings, intent: Intent, card: Any, confirm: Any, fault: str) -> None:
    poor = card("pm_card_chargeDeclined")
    controls.plant(settings, "confirm_intent", fault)
    assert isinstance(confirm(intent, poor), Unknown)
    assert confirm(intent, poor) == Declined("generic_decline", intent.id)


@pytest.mark.parametrize("fault", [*BEFORE, *AFTER])
def test_every_call_answers_with_a_value(
    gateway: PaymentGateway, settings: Settings, owner: str, intent: Intent, order: Any, fault: str
) -> None:
    setup = begun(gateway, owner)
    calls: list[tuple[str, Callable[[], object]]] = [
        (
            "create_customer",
            lambda: gateway.create_customer(customer_id="cus_b", profile=Profile("B", "b@b.example"), key="b"),
        ),
        ("create_intent", lambda: gateway.create_intent(order(), key="create-b")),
        ("fetch_intent", lambda: gateway.fetch_intent(intent.id)),
        ("cancel_intent", lambda: gateway.cancel_intent(intent.id, key="cancel")),
        ("list_intents", lambda: gateway.find_intent(payment_id="pay_x", processor_customer=owner, since=clock.now())),
        ("confirm_intent", lambda: gateway.confirm_one_time(intent.id, rail=Rail.PAYPAL, return_url=BACK, key="once")),
        ("list_intents", lambda: gateway.intents_since(clock.now(), clock.now())),
        ("list_events", lambda: gateway.events_since(clock.now(), clock.now())),
        ("create_setup", lambda: gateway.begin_setup(SetupOrder("set_b", "cus_b", owner, (Rail.CARD,)), key="begin")),
        (
            "confirm_setup",
            lambda: gateway.confirm_setup(setup.id, method="pm_card_visa", return_url=BACK, acceptance=None, key="c"),
        ),
        ("fetch_setup", lambda: gateway.fetch_setup(setup.id)),
        ("cancel_setup", lambda: gateway.cancel_setup(setup.id, key="cancel_setup")),
        ("fetch_method", lambda: gateway.fetch_method("pm_x")),
        ("list_methods", lambda: gateway.list_methods(owner)),
        ("detach_method", lambda: gateway.detach_method("pm_x", key="d")),
        (
            "create_portal_session",
            lambda: gateway.portal_url(processor_customer=owner, return_url=BACK, key="portal"),
        ),
        (
            "create_refund",
            lambda: gateway.create_refund(
                intent_id=intent.id, refund_id="ref_b", payment_id="pay_b", amount=intent.amount, reason="", key="r"
            ),
        ),
        ("fetch_refund", lambda: gateway.fetch_refund("re_x")),
        ("list_refunds", lambda: gateway.refunds_of(intent.id)),
        ("fetch_dispute", lambda: gateway.fetch_dispute("du_x")),
        ("list_disputes", lambda: gateway.disputes_of(intent.id)),
    ]
    for name, call in calls:
        controls.plant(settings, name, fault)
        assert isinstance(call(), Unknown), name
    assert controls.planted(settings) == []


@pytest.mark.parametrize("fault", ["reset_before", "reset_after", "timeout_after", "500_after", "409"])
def test_the_sdk_rides_out_a_single_bad_moment(
    settings: Settings, intent: Intent, card: Any, confirm: Any, fault: str
) -> None:
    visa = card("pm_card_visa")
    controls.plant(settings, "confirm_intent", f"flaky_{fault}", times=2)
    assert confirm(intent, visa).status is IntentStatus.SUCCEEDED
    assert charged(settings) == [2500]


def test_the_sdk_gives_up_after_two_repetitions(settings: Settings, intent: Intent, card: Any, confirm: Any) -> None:
    visa = card("pm_card_visa")
    controls.plant(settings, "confirm_intent", "flaky_timeout_before", times=3)
    assert isinstance(confirm(intent, visa), Unknown)
    assert controls.planted(settings) == [] and charged(settings) == []


@pytest.mark.fault("S12")
def test_an_expired_key_is_a_new_request_to_the_processor(gateway: PaymentGateway, order: Any) -> None:
    charge = order()
    with clock.at(clock.now()):
        first = gateway.create_intent(charge, key="create")
    with clock.at(clock.now() + timedelta(hours=23)):
        assert gateway.create_intent(charge, key="create") == first
    with clock.at(clock.now() + timedelta(hours=25)):
        second = gateway.create_intent(charge, key="create")
    assert isinstance(first, Intent) and isinstance(second, Intent) and first.id != second.id


@pytest.mark.case("AC-18")
@pytest.mark.fault("S15")
def test_another_amount_received_is_reported_as_received(
    settings: Settings, intent: Intent, card: Any, confirm: Any
) -> None:
    visa = card("pm_card_visa")
    controls.plant(settings, "confirm_intent", "other_amount")
    answer = confirm(intent, visa)
    assert (answer.amount, answer.received) == (Money(2500, "USD"), Money(2600, "USD"))


@pytest.mark.case("AC-43")
@pytest.mark.fault("S15")
def test_another_currency_is_reported_as_such(settings: Settings, intent: Intent, card: Any, confirm: Any) -> None:
    visa = card("pm_card_visa")
    controls.plant(settings, "confirm_intent", "other_currency")
    assert confirm(intent, visa).received.currency == "JPY"


@pytest.mark.parametrize(
    ("succeeded", "status"), [(True, IntentStatus.SUCCEEDED), (False, IntentStatus.REQUIRES_PAYMENT_METHOD)]
)
def test_money_on_its_way_is_neither_paid_nor_declined(
    gateway: PaymentGateway,
    settings: Settings,
    intent: Intent,
    card: Any,
    confirm: Any,
    succeeded: bool,
    status: IntentStatus,
) -> None:
    visa = card("pm_card_visa")
    controls.plant(settings, "confirm_intent", "processing")
    answer = confirm(intent, visa)
    assert (answer.status, answer.received) == (IntentStatus.PROCESSING, Money(0, "USD"))
    controls.finish(settings, intent.id, succeeded=succeeded)
    now = gateway.fetch_intent(intent.id)
    assert isinstance(now, Intent) and now.status is status


def test_a_wrong_key_is_the_sellers_to_mend(settings: Settings, order: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controls, "API_KEY", "sk_test_one")
    transport = controls.transport(settings)
    monkeypatch.setattr(controls, "API_KEY", "sk_test_other")
    monkeypatch.setattr(controls, "transport", lambda _settings: transport)
    assert isinstance(connect.to_processor(settings).create_intent(order(), key="k"), Misused)


def test_amounts_out_of_bounds_are_a_bug_of_ours(gateway: PaymentGateway, order: Any) -> None:
    for amount, code in [(49, "amount_too_small"), (100_000_000, "amount_too_large")]:
        answer = gateway.create_intent(replace(order(), amount=Money(amount, "USD")), key=str(amount))
        assert isinstance(answer, Misused) and answer.code == code


def test_faults_planted_in_the_same_moment_come_one_after_another(settings: Settings) -> None:
    for call in CALLS:
        controls.plant(settings, call, "refuse")
    assert faults.planted(settings.database_url) == [(call, "refuse", 1) for call in CALLS]
