"""Rails at the sandbox: debits take days, wallets ask on their own page, and nothing of them is saved by paying."""

from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.config import Settings
from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.payments import Declined, Intent, IntentStatus, Misused, ProcessorEvent
from app.gateways.processor import PaymentGateway
from app.gateways.sandbox import controls
from app.gateways.sandbox.charges import CRYPTO_TAKES, DEBIT_TAKES
from tests.gateways.conftest import RETURN_URL, charged

MOMENT = timedelta(seconds=1)


def now(gateway: PaymentGateway, intent: Intent) -> Intent:
    found = gateway.fetch_intent(intent.id)
    assert isinstance(found, Intent)
    return found


def by_wallet(gateway: PaymentGateway, intent: Intent, rail: Rail) -> Intent:
    answer = gateway.confirm_one_time(intent.id, rail=rail, return_url=RETURN_URL, key=f"{intent.payment_id}:confirm:1")
    assert isinstance(answer, Intent)
    return answer


@pytest.mark.parametrize("off_session", [True, False])
def test_a_debit_is_on_its_way_for_three_days_and_then_paid(
    gateway: PaymentGateway,
    settings: Settings,
    euros: Intent,
    card: Any,
    confirm: Any,
    time_passes: Any,
    off_session: bool,
) -> None:
    answer = confirm(euros, card("pm_success_de"), off_session=off_session)
    assert (answer.status, answer.rail) == (IntentStatus.PROCESSING, "sepa_debit")
    assert answer.received == Money(0, "EUR") and charged(settings) == []
    time_passes(DEBIT_TAKES - MOMENT)
    assert now(gateway, euros).status is IntentStatus.PROCESSING
    time_passes(MOMENT)
    paid = now(gateway, euros)
    assert (paid.status, paid.received) == (IntentStatus.SUCCEEDED, Money(2500, "EUR"))
    assert charged(settings) == [2500]


@pytest.mark.parametrize(
    ("name", "code"), [("pm_failedDelayed_de", "generic_decline"), ("pm_insufficientFunds_de", "insufficient_funds")]
)
def test_a_debit_may_fail_late(
    gateway: PaymentGateway,
    settings: Settings,
    euros: Intent,
    card: Any,
    confirm: Any,
    time_passes: Any,
    name: str,
    code: str,
) -> None:
    method = card(name)
    assert confirm(euros, method).status is IntentStatus.PROCESSING
    time_passes(DEBIT_TAKES)
    failed = now(gateway, euros)
    assert (failed.status, failed.decline_code) == (IntentStatus.REQUIRES_PAYMENT_METHOD, code)
    assert (failed.rail, failed.method) == ("sepa_debit", method), "also when it failed it says what was tried"
    assert charged(settings) == []


def test_what_is_on_its_way_cannot_be_given_up(gateway: PaymentGateway, euros: Intent, card: Any, confirm: Any) -> None:
    confirm(euros, card("pm_success_de"))
    answer = gateway.cancel_intent(euros.id, key="cancel")
    assert isinstance(answer, Intent) and answer.status is IntentStatus.PROCESSING


def test_a_day_that_comes_is_reported_by_webhooks_without_anybody_asking(
    app: Any, settings: Settings, euros: Intent, card: Any, confirm: Any, time_passes: Any
) -> None:
    confirm(euros, card("pm_success_de"))
    controls.deliver_due(settings, app.wsgi_app)
    time_passes(DEBIT_TAKES)
    assert controls.deliver_due(settings, app.wsgi_app) == 2
    event_types = [each["type"] for each in controls.objects(settings, "event", limit=2)]
    assert event_types == ["payment_intent.succeeded", "charge.succeeded"]


@pytest.mark.parametrize("succeeded", [True, False, None])
def test_what_is_on_its_way_ends_as_it_is_asked_to(
    gateway: PaymentGateway, settings: Settings, euros: Intent, card: Any, confirm: Any, succeeded: bool | None
) -> None:
    confirm(euros, card("pm_failedDelayed_de"))
    controls.finish(settings, euros.id, succeeded=succeeded)
    ended = IntentStatus.SUCCEEDED if succeeded else IntentStatus.REQUIRES_PAYMENT_METHOD
    assert now(gateway, euros).status is ended
    controls.finish(settings, euros.id, succeeded=not succeeded)
    assert now(gateway, euros).status is ended, "it ends once"


def test_a_saved_paypal_account_pays_at_once(intent: Intent, card: Any, confirm: Any) -> None:
    answer = confirm(intent, card("paypal"), off_session=True)
    assert (answer.status, answer.rail) == (IntentStatus.SUCCEEDED, "paypal")


@pytest.mark.parametrize("rail", [Rail.PAYPAL, Rail.CRYPTO])
def test_a_wallet_pays_once_on_its_own_page_and_nothing_is_saved(
    gateway: PaymentGateway, settings: Settings, owner: str, intent: Intent, rail: Rail
) -> None:
    asked = by_wallet(gateway, intent, rail)
    assert asked.status is IntentStatus.REQUIRES_ACTION and asked.rail == rail
    assert asked.action_url == f"{settings.base_url}/sandbox/wallet/{intent.id}"
    assert by_wallet(gateway, intent, rail) == asked, "the same key is answered, not executed again"
    back = controls.answer_challenge(settings, intent.id, approved=True)
    assert back == f"{RETURN_URL}&payment_intent={intent.id}&redirect_status=succeeded"
    paid = now(gateway, intent)
    assert (paid.status, paid.received, paid.rail) == (IntentStatus.SUCCEEDED, Money(2500, "USD"), rail)
    assert gateway.list_methods(owner) == [] and gateway.fetch_method(paid.method) is None


def test_what_a_wallet_paid_once_with_cannot_be_charged_again(
    gateway: PaymentGateway, settings: Settings, intent: Intent, order: Any, confirm: Any
) -> None:
    wallet = by_wallet(gateway, intent, Rail.PAYPAL).method
    controls.answer_challenge(settings, intent.id, approved=True)
    charge = order()
    another = gateway.create_intent(charge, key=charge.payment_id)
    assert isinstance(another, Intent) and isinstance(confirm(another, wallet), Misused)
    assert charged(settings) == [2500]


@pytest.mark.parametrize("rail", [Rail.PAYPAL, Rail.CRYPTO])
def test_who_says_no_to_the_wallet_pays_nothing_and_may_pay_otherwise(
    gateway: PaymentGateway, settings: Settings, intent: Intent, card: Any, confirm: Any, rail: Rail
) -> None:
    by_wallet(gateway, intent, rail)
    back = controls.answer_challenge(settings, intent.id, approved=False)
    assert back and back.endswith("redirect_status=failed")
    failed = now(gateway, intent)
    assert failed.decline_code == "payment_intent_authentication_failure" and failed.rail == rail
    assert confirm(intent, card("pm_card_visa"), key="another").status is IntentStatus.SUCCEEDED
    assert charged(settings) == [2500]


def test_cryptocurrency_may_take_a_while(
    gateway: PaymentGateway, settings: Settings, intent: Intent, time_passes: Any
) -> None:
    by_wallet(gateway, intent, Rail.CRYPTO)
    back = controls.answer_challenge(settings, intent.id, approved=True, later=True)
    assert back and back.endswith("redirect_status=pending")
    assert now(gateway, intent).status is IntentStatus.PROCESSING
    time_passes(CRYPTO_TAKES)
    assert now(gateway, intent).status is IntentStatus.SUCCEEDED and charged(settings) == [2500]


@pytest.mark.parametrize("rail", [Rail.CARD, Rail.SEPA_DEBIT])
def test_a_card_or_a_debit_is_never_paid_with_once(
    gateway: PaymentGateway, settings: Settings, intent: Intent, rail: Rail
) -> None:
    answer = gateway.confirm_one_time(intent.id, rail=rail, return_url=RETURN_URL, key="once")
    assert isinstance(answer, Misused)
    assert next(each["line"] for each in controls.requests(settings)) == "post /v1/payment_intents"


def test_an_intent_says_what_it_was_paid_with(gateway: PaymentGateway, intent: Intent, card: Any, confirm: Any) -> None:
    assert (intent.method, intent.rail) == ("", "")
    poor, visa = card("pm_card_chargeDeclined"), card("pm_card_visa")
    assert isinstance(confirm(intent, poor, key="first"), Declined)
    assert (now(gateway, intent).method, now(gateway, intent).rail) == (poor, "card")
    assert (confirm(intent, visa, key="second").method, now(gateway, intent).rail) == (visa, "card")


@pytest.mark.parametrize(("name", "currency"), [("pm_success_de", "USD"), ("crypto", "EUR")])
def test_a_rail_takes_its_own_currency_alone(
    gateway: PaymentGateway, settings: Settings, order: Any, card: Any, confirm: Any, name: str, currency: str
) -> None:
    charge = order(currency)
    made = gateway.create_intent(charge, key=charge.payment_id)
    assert isinstance(made, Intent)
    if name == "crypto":
        answer = gateway.confirm_one_time(made.id, rail=Rail.CRYPTO, return_url=RETURN_URL, key="once")
    else:
        answer = confirm(made, card(name))
    assert isinstance(answer, Misused) and answer.code == "payment_intent_incompatible_payment_method"
    assert controls.objects(settings, "charge") == []


def test_intents_of_a_span_come_whole_and_the_oldest_first(gateway: PaymentGateway, order: Any) -> None:
    start = clock.now().replace(microsecond=0)
    made = []
    for hours in range(4):
        with clock.at(start + timedelta(hours=hours)):
            charge = order()
            made.append(gateway.create_intent(charge, key=charge.payment_id))
    assert gateway.intents_since(start, start + timedelta(hours=9)) == made
    assert gateway.intents_since(start + timedelta(hours=1), start + timedelta(hours=3)) == made[1:3]
    assert gateway.intents_since(start - timedelta(hours=3), start) == []


def test_intents_of_a_span_come_page_after_page(gateway: PaymentGateway, order: Any) -> None:
    start, orders = clock.now(), [order() for _ in range(103)]
    made = [gateway.create_intent(each, key=each.payment_id) for each in orders]
    assert gateway.intents_since(start, clock.now() + MOMENT) == made


def test_events_of_a_span_come_the_oldest_first(
    gateway: PaymentGateway, intent: Intent, card: Any, confirm: Any
) -> None:
    confirm(intent, card("pm_card_visa"))
    events = gateway.events_since(clock.now() - timedelta(hours=1), clock.now() + MOMENT)
    assert isinstance(events, list) and all(isinstance(event, ProcessorEvent) for event in events)
    assert [event.type for event in events] == [
        "payment_intent.created", "setup_intent.created", "payment_method.attached", "setup_intent.succeeded",
        "charge.succeeded", "payment_intent.succeeded",
    ]  # fmt: skip
    assert events[-1].object_id == intent.id
    assert gateway.events_since(clock.now() - timedelta(days=2), clock.now() - timedelta(days=1)) == []
