"""What the portal relies on, said only in the words of `PaymentGateway`: any processor behind it must pass."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.domain.money import Money
from app.domain.payments import Declined, Intent, IntentStatus, Misused, SavedMethod
from app.gateways.processor import PaymentGateway

Confirm = Callable[..., Any]


def test_a_test_method_is_saved_with_what_may_be_shown(gateway: PaymentGateway, owner: str) -> None:
    saved = gateway.add_test_method("pm_card_visa", processor_customer=owner, key="k1")
    assert isinstance(saved, SavedMethod)
    assert (saved.kind, saved.brand, saved.last4) == ("card", "visa", "4242")
    assert saved.processor_id.startswith("pm_") and saved.processor_id != "pm_card_visa"
    assert saved.exp_month and saved.exp_year and saved.fingerprint


def test_the_same_card_has_the_same_fingerprint_and_another_has_another(gateway: PaymentGateway, owner: str) -> None:
    one, two, other = (
        gateway.add_test_method(name, processor_customer=owner, key=key)
        for name, key in [("pm_card_visa", "k1"), ("pm_card_visa", "k2"), ("pm_card_amex", "k3")]
    )
    assert isinstance(one, SavedMethod) and isinstance(two, SavedMethod) and isinstance(other, SavedMethod)
    assert one.processor_id != two.processor_id
    assert one.fingerprint == two.fingerprint != other.fingerprint


def test_a_method_that_is_not_one_of_the_test_methods_is_not_asked_for(gateway: PaymentGateway, owner: str) -> None:
    assert isinstance(gateway.add_test_method("pm_card_gold", processor_customer=owner, key="k"), Misused)


def test_an_intent_is_unconfirmed_and_carries_our_ids(gateway: PaymentGateway, order: Any) -> None:
    wished = order()
    made = gateway.create_intent(wished, key="create")
    assert isinstance(made, Intent)
    assert made.status is IntentStatus.REQUIRES_PAYMENT_METHOD
    assert (made.amount, made.received) == (Money(2500, "USD"), Money(0, "USD"))
    assert (made.payment_id, made.customer_id) == (wished.payment_id, "cus_acme")


@pytest.mark.case("AC-1")
def test_the_same_key_is_the_same_intent(gateway: PaymentGateway, order: Any) -> None:
    wished = order()
    assert gateway.create_intent(wished, key="create") == gateway.create_intent(wished, key="create")


@pytest.mark.case("AC-1", "AC-32/33")
def test_a_key_with_other_parameters_is_a_bug_of_ours(gateway: PaymentGateway, order: Any) -> None:
    wished = order()
    gateway.create_intent(wished, key="create")
    answer = gateway.create_intent(replace(wished, amount=Money(2600, "USD")), key="create")
    assert isinstance(answer, Misused) and answer.code == "idempotency_error"


def test_a_good_card_pays(gateway: PaymentGateway, intent: Intent, card: Any, confirm: Confirm) -> None:
    answer = confirm(intent, card("pm_card_visa"))
    assert answer == gateway.fetch_intent(intent.id)
    assert (answer.status, answer.received) == (IntentStatus.SUCCEEDED, Money(2500, "USD"))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeCustomerFail", "generic_decline"),
    ],
)
def test_a_bad_card_is_declined_with_the_banks_word(
    gateway: PaymentGateway, intent: Intent, card: Any, confirm: Confirm, name: str, code: str
) -> None:
    method = card(name)
    assert confirm(intent, method) == Declined(code, intent.id)
    now = gateway.fetch_intent(intent.id)
    assert isinstance(now, Intent) and now.status is IntentStatus.REQUIRES_PAYMENT_METHOD
    assert now.decline_code == code and now.received == Money(0, "USD")
    assert confirm(intent, method) == Declined(code, intent.id), "the stored answer is replayed for its key"


def test_after_a_decline_a_new_attempt_with_a_new_key_may_pay(intent: Intent, card: Any, confirm: Confirm) -> None:
    confirm(intent, card("pm_card_chargeDeclined"), key="first")
    answer = confirm(intent, card("pm_card_visa"), key="second")
    assert answer.status is IntentStatus.SUCCEEDED and answer.decline_code == ""


def test_a_card_that_needs_its_owner_leads_to_the_bank(intent: Intent, card: Any, confirm: Confirm) -> None:
    answer = confirm(intent, card("pm_card_authenticationRequired"))
    assert answer.status is IntentStatus.REQUIRES_ACTION and answer.action_url.startswith("http")
    assert answer.received == Money(0, "USD")


@pytest.mark.case("AC-11")
def test_a_card_that_needs_its_owner_is_declined_when_nobody_is_there(
    intent: Intent, card: Any, confirm: Confirm
) -> None:
    assert confirm(intent, card("pm_card_authenticationRequired"), off_session=True) == Declined(
        "authentication_required", intent.id
    )


@pytest.mark.case("AC-17")
def test_confirming_what_has_been_paid_answers_that_it_is_paid(intent: Intent, card: Any, confirm: Confirm) -> None:
    visa = card("pm_card_visa")
    paid = confirm(intent, visa, key="first")
    assert confirm(intent, visa, key="second") == paid


def test_an_open_intent_can_be_given_up_and_then_cannot_be_charged(
    gateway: PaymentGateway, intent: Intent, card: Any, confirm: Confirm
) -> None:
    answer = gateway.cancel_intent(intent.id, key="cancel")
    assert isinstance(answer, Intent) and answer.status is IntentStatus.CANCELED
    assert confirm(intent, card("pm_card_visa")).status is IntentStatus.CANCELED


@pytest.mark.case("AC-28")
def test_giving_up_what_is_over_answers_how_it_ended(
    gateway: PaymentGateway, intent: Intent, card: Any, confirm: Confirm
) -> None:
    paid = confirm(intent, card("pm_card_visa"))
    assert gateway.cancel_intent(intent.id, key="cancel") == paid


@pytest.mark.case("AC-22")
def test_an_intent_whose_id_was_lost_is_found_by_our_payment(gateway: PaymentGateway, order: Any) -> None:
    before, wished, after = order(), order(), order()
    made = [gateway.create_intent(each, key=each.payment_id) for each in (before, wished, after)]
    owner = wished.processor_customer
    since = clock.now() - timedelta(seconds=30)
    assert gateway.find_intent(payment_id=wished.payment_id, processor_customer=owner, since=since) == made[1]
    assert gateway.find_intent(payment_id="pay_other", processor_customer=owner, since=since) is None


def test_an_intent_is_found_behind_many_others(gateway: PaymentGateway, order: Any) -> None:
    orders = [order() for _ in range(103)]
    made = [gateway.create_intent(each, key=each.payment_id) for each in orders]
    found = gateway.find_intent(
        payment_id=orders[0].payment_id,
        processor_customer=orders[0].processor_customer,
        since=clock.now() - timedelta(minutes=1),
    )
    assert found == made[0]


@pytest.mark.parametrize("currency", ["JPY", "KWD", "ISK", "UGX", "EUR"])
def test_amounts_come_back_as_they_went(gateway: PaymentGateway, order: Any, currency: str) -> None:
    amount = Money(50_000, currency)
    made = gateway.create_intent(replace(order(), amount=amount), key="create")
    assert isinstance(made, Intent) and made.amount == amount


def test_what_the_processor_does_not_know_is_a_bug_of_ours(
    gateway: PaymentGateway, intent: Intent, confirm: Confirm
) -> None:
    assert isinstance(gateway.fetch_intent("pi_unknown"), Misused)
    assert isinstance(gateway.cancel_intent("pi_unknown", key="k"), Misused)
    assert isinstance(confirm(intent, "pm_unknown"), Misused)


def test_a_detached_method_cannot_be_charged_and_detaching_it_again_is_fine(
    gateway: PaymentGateway, intent: Intent, card: Any, confirm: Confirm
) -> None:
    visa = card("pm_card_visa")
    assert gateway.detach_method(visa, key="d1") is None
    assert gateway.detach_method(visa, key="d2") is None
    assert isinstance(confirm(intent, visa), Misused)
    now = gateway.fetch_intent(intent.id)
    assert isinstance(now, Intent) and now.received == Money(0, "USD")


def test_a_method_of_another_customer_cannot_be_charged(
    gateway: PaymentGateway, intent: Intent, confirm: Confirm
) -> None:
    stranger = gateway.create_customer(customer_id="cus_globex", name="Globex", email="g@globex.example", key="globex")
    assert isinstance(stranger, str)
    theirs = gateway.add_test_method("pm_card_visa", processor_customer=stranger, key="theirs")
    assert isinstance(theirs, SavedMethod)
    assert isinstance(confirm(intent, theirs.processor_id), Misused)
