"""Charging what is saved: created unconfirmed, confirmed once, declined with a word, given up, found again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from app import clock, ids
from app.domain.addresses.profile import Profile
from app.domain.methods import Rail, Setup, SetupOrder
from app.domain.money import Money
from app.domain.payments import Answer, Declined, Intent, IntentStatus, Misused
from app.gateways.processor import PaymentGateway
from tests.gateways.contract.conftest import RETURN_URL, Card, Order, Outside, Processor, Saves, created, fetched

Confirm = Callable[..., Answer]


def test_an_intent_is_unconfirmed_and_carries_our_ids(gateway: PaymentGateway, order: Order) -> None:
    charge = order()
    made = created(gateway, charge)
    assert made.status is IntentStatus.REQUIRES_PAYMENT_METHOD
    assert (made.amount, made.received) == (Money(2500, "USD"), Money(0, "USD"))
    assert (made.payment_id, made.customer_id) == (charge.payment_id, "cus_acme")


@pytest.mark.case("AC-1")
def test_the_same_key_is_the_same_intent(gateway: PaymentGateway, order: Order) -> None:
    charge = order()
    assert created(gateway, charge) == created(gateway, charge)


@pytest.mark.case("AC-1", "AC-32/33")
@pytest.mark.fault("S11")
def test_a_key_with_other_parameters_is_a_bug_of_ours(gateway: PaymentGateway, order: Order) -> None:
    charge = order()
    created(gateway, charge)
    other = replace(charge, amount=Money(2600, "USD"))
    answer = gateway.create_intent(other, key=f"{charge.payment_id}:create")
    assert isinstance(answer, Misused) and answer.code == "idempotency_error"


def test_a_good_card_pays(gateway: PaymentGateway, intent: Intent, card: Card, confirm: Confirm) -> None:
    visa = card("pm_card_visa")
    answer = confirm(intent, visa)
    assert isinstance(answer, Intent) and answer == fetched(gateway, intent)
    assert (answer.status, answer.received) == (IntentStatus.SUCCEEDED, Money(2500, "USD"))
    assert (answer.rail, answer.method) == ("card", visa)


@pytest.mark.fault("S9")
def test_a_bad_card_is_declined_with_the_banks_word(
    gateway: PaymentGateway, intent: Intent, card: Card, confirm: Confirm
) -> None:
    method = card("pm_card_chargeCustomerFail")
    assert confirm(intent, method) == Declined("generic_decline", intent.id)
    now = fetched(gateway, intent)
    assert now.status is IntentStatus.REQUIRES_PAYMENT_METHOD
    assert now.decline_code == "generic_decline" and now.received == Money(0, "USD")
    assert confirm(intent, method) == Declined("generic_decline", intent.id), "the stored answer, for its key"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclined", "generic_decline"),
    ],
)
def test_a_bad_card_is_declined_when_it_is_saved_or_charged(
    gateway: PaymentGateway, intent: Intent, owner: str, confirm: Confirm, name: str, code: str
) -> None:
    """Stripe's bank declines these while they are saved; the sandbox's lets them be seen declined at each charge."""
    begun = gateway.begin_setup(SetupOrder(ids.new("set"), "cus_acme", owner, (Rail.CARD,)), key=ids.new("key"))
    assert isinstance(begun, Setup)
    answer = gateway.confirm_setup(begun.id, method=name, return_url=RETURN_URL, acceptance=None, key=ids.new("key"))
    if isinstance(answer, Setup):
        assert answer.method
        assert confirm(intent, answer.method.processor_id) == Declined(code, intent.id)
        assert fetched(gateway, intent).decline_code == code
    else:
        assert isinstance(answer, Declined) and answer.code
        assert gateway.list_methods(owner) == []


def test_after_a_decline_a_new_attempt_with_a_new_key_may_pay(intent: Intent, card: Card, confirm: Confirm) -> None:
    confirm(intent, card("pm_card_chargeCustomerFail"), key=f"{intent.payment_id}:confirm:1")
    answer = confirm(intent, card("pm_card_visa"), key=f"{intent.payment_id}:confirm:2")
    assert isinstance(answer, Intent) and answer.status is IntentStatus.SUCCEEDED and answer.decline_code == ""


@pytest.mark.parametrize("approved", [True, False])
def test_a_card_that_needs_its_owner_leads_to_the_bank(
    gateway: PaymentGateway, outside: Outside, intent: Intent, save: Saves, confirm: Confirm, approved: bool
) -> None:
    card = _authenticated(gateway, outside, save)
    answer = confirm(intent, card)
    assert isinstance(answer, Intent)
    assert answer.status is IntentStatus.REQUIRES_ACTION and answer.action_url.startswith("http")
    assert answer.received == Money(0, "USD")
    outside.answers(intent.id, approved=approved)
    now = fetched(gateway, intent)
    assert now.action_url == ""
    if approved:
        assert (now.status, now.received) == (IntentStatus.SUCCEEDED, Money(2500, "USD"))
    else:
        assert now.status is IntentStatus.REQUIRES_PAYMENT_METHOD
        assert now.decline_code == "payment_intent_authentication_failure"


@pytest.mark.case("AC-11")
def test_a_card_that_needs_its_owner_is_declined_when_nobody_is_there(
    gateway: PaymentGateway, outside: Outside, intent: Intent, save: Saves, confirm: Confirm
) -> None:
    card = _authenticated(gateway, outside, save)
    assert confirm(intent, card, off_session=True) == Declined("authentication_required", intent.id)
    assert fetched(gateway, intent).status is IntentStatus.REQUIRES_PAYMENT_METHOD
    again = confirm(intent, card, key=f"{intent.payment_id}:confirm:2")
    assert isinstance(again, Intent) and again.status is IntentStatus.REQUIRES_ACTION, "its owner goes on with it"
    outside.answers(intent.id, approved=True)
    assert fetched(gateway, intent).received == Money(2500, "USD")


@pytest.mark.case("AC-17")
def test_confirming_what_has_been_paid_answers_that_it_is_paid(intent: Intent, card: Card, confirm: Confirm) -> None:
    visa = card("pm_card_visa")
    paid = confirm(intent, visa, key=f"{intent.payment_id}:confirm:1")
    assert confirm(intent, visa, key=f"{intent.payment_id}:confirm:2") == paid


def test_an_open_intent_can_be_given_up_and_then_cannot_be_charged(
    gateway: PaymentGateway, intent: Intent, card: Card, confirm: Confirm
) -> None:
    answer = gateway.cancel_intent(intent.id, key=ids.new("key"))
    assert isinstance(answer, Intent) and answer.status is IntentStatus.CANCELED
    after = confirm(intent, card("pm_card_visa"))
    assert isinstance(after, Intent) and after.status is IntentStatus.CANCELED


@pytest.mark.case("AC-12")
def test_an_intent_that_waits_for_the_bank_can_be_given_up(
    gateway: PaymentGateway, outside: Outside, intent: Intent, save: Saves, confirm: Confirm
) -> None:
    confirm(intent, _authenticated(gateway, outside, save))
    answer = gateway.cancel_intent(intent.id, key=ids.new("key"))
    assert isinstance(answer, Intent)
    assert (answer.status, answer.action_url) == (IntentStatus.CANCELED, "")


@pytest.mark.case("AC-28")
def test_giving_up_what_is_over_answers_how_it_ended(
    gateway: PaymentGateway, intent: Intent, card: Card, confirm: Confirm
) -> None:
    paid = confirm(intent, card("pm_card_visa"))
    assert gateway.cancel_intent(intent.id, key=ids.new("key")) == paid


@pytest.mark.case("AC-22")
def test_an_intent_whose_id_was_lost_is_found_by_our_payment(gateway: PaymentGateway, order: Order) -> None:
    since, orders = clock.now() - timedelta(seconds=30), [order() for _ in range(3)]
    made = [created(gateway, each) for each in orders]
    owner = orders[1].processor_customer
    assert gateway.find_intent(payment_id=orders[1].payment_id, processor_customer=owner, since=since) == made[1]
    assert gateway.find_intent(payment_id="pay_other", processor_customer=owner, since=since) is None


def test_an_intent_is_found_behind_many_others(gateway: PaymentGateway, order: Order) -> None:
    since, orders = clock.now() - timedelta(minutes=1), [order() for _ in range(103)]
    made = [created(gateway, each) for each in orders]
    owner = orders[0].processor_customer
    assert gateway.find_intent(payment_id=orders[0].payment_id, processor_customer=owner, since=since) == made[0]
    listed = gateway.intents_since(since, clock.now() + timedelta(minutes=1))
    assert isinstance(listed, list)
    assert [each for each in listed if each.payment_id in {order.payment_id for order in orders}] == made


def test_what_was_made_later_is_not_listed(gateway: PaymentGateway, intent: Intent) -> None:
    listed = gateway.intents_since(clock.now() - timedelta(hours=2), clock.now() - timedelta(hours=1))
    assert isinstance(listed, list) and intent not in listed


@pytest.mark.parametrize("currency", ["JPY", "KWD", "ISK", "UGX", "MGA", "HUF", "EUR"])
def test_amounts_come_back_as_they_went(gateway: PaymentGateway, order: Order, currency: str) -> None:
    amount = Money(50_000, currency)
    assert created(gateway, replace(order(), amount=amount)).amount == amount


def test_what_the_processor_does_not_know_is_a_bug_of_ours(
    gateway: PaymentGateway, intent: Intent, confirm: Confirm
) -> None:
    assert isinstance(gateway.fetch_intent("pi_unknown"), Misused)
    assert isinstance(gateway.cancel_intent("pi_unknown", key=ids.new("key")), Misused)
    assert isinstance(confirm(intent, "pm_unknown"), Misused)


@pytest.mark.fault("S13")
def test_a_detached_method_cannot_be_charged_and_detaching_it_again_is_fine(
    gateway: PaymentGateway, intent: Intent, card: Card, confirm: Confirm
) -> None:
    visa = card("pm_card_visa")
    assert gateway.detach_method(visa, key=ids.new("key")) is None
    assert gateway.detach_method(visa, key=ids.new("key")) is None
    assert isinstance(confirm(intent, visa), Misused)
    assert fetched(gateway, intent).received == Money(0, "USD")


def test_a_method_of_another_customer_cannot_be_charged(
    gateway: PaymentGateway, intent: Intent, save: Saves, confirm: Confirm
) -> None:
    stranger = gateway.create_customer(
        customer_id="cus_globex", profile=Profile("Globex", "g@globex.example"), key=ids.new("key")
    )
    assert isinstance(stranger, str)
    theirs = save("pm_card_visa", owner=stranger).method
    assert theirs
    assert isinstance(confirm(intent, theirs.processor_id), Misused)
    assert fetched(gateway, intent).received == Money(0, "USD")


@pytest.mark.case("AC-16")
@pytest.mark.parametrize("succeeded", [True, False])
def test_a_debit_is_on_its_way_for_days(
    gateway: PaymentGateway, outside: Outside, order: Order, card: Card, confirm: Confirm, succeeded: bool
) -> None:
    made = created(gateway, order("EUR"))
    answer = confirm(made, card("pm_success_de"))
    assert isinstance(answer, Intent)
    assert (answer.status, answer.received, answer.rail) == (IntentStatus.PROCESSING, Money(0, "EUR"), "sepa_debit")
    late = gateway.cancel_intent(made.id, key=ids.new("key"))
    assert isinstance(late, Intent) and late.status is IntentStatus.PROCESSING, "it cannot be called back"
    outside.debit_ends(made.id, succeeded=succeeded)
    now = fetched(gateway, made)
    if succeeded:
        assert (now.status, now.received) == (IntentStatus.SUCCEEDED, Money(2500, "EUR"))
    else:
        assert (now.status, now.received) == (IntentStatus.REQUIRES_PAYMENT_METHOD, Money(0, "EUR"))
        assert now.decline_code


def test_what_happened_is_listed_with_its_moment(
    gateway: PaymentGateway, intent: Intent, card: Card, confirm: Confirm
) -> None:
    since = clock.now() - timedelta(minutes=1)
    confirm(intent, card("pm_card_visa"))
    events = gateway.events_since(since, clock.now() + timedelta(minutes=1))
    assert isinstance(events, list)
    ours = [each for each in events if each.object_id == intent.id and each.type == "payment_intent.succeeded"]
    assert len(ours) == 1 and ours[0].created_at >= since and not ours[0].livemode
    earlier = gateway.events_since(since - timedelta(hours=1), since)
    assert isinstance(earlier, list) and not [each for each in earlier if each.object_id == intent.id]


def test_no_request_says_anything_that_nobody_asked_for(processor: Processor, intent: Intent) -> None:
    """What goes out with an intent, to the letter: no more of a person than the customer's id."""
    sent = next(each for each in processor.requests() if each.url.endswith("/v1/payment_intents"))
    names = {each.partition("=")[0] for each in sent.body.replace("%5B", "[").replace("%5D", "]").split("&")}
    assert names == {
        "amount", "currency", "customer", "description", "metadata[payment]", "metadata[customer]",
        "automatic_payment_methods[enabled]", "automatic_payment_methods[allow_redirects]",
    }  # fmt: skip


def _authenticated(gateway: PaymentGateway, outside: Outside, save: Saves) -> str:
    """Return a saved card whose bank asks at each payment; Stripe's asks while it is saved, too."""
    begun = save("pm_card_authenticationRequired")
    if begun.method is None:
        outside.answers(begun.id, approved=True)
        now = gateway.fetch_setup(begun.id)
        assert isinstance(now, Setup)
        begun = now
    assert begun.method
    return begun.method.processor_id
