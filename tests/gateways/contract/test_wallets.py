"""Paying once with PayPal or cryptocurrency: on the wallet's own page, with nothing saved."""

import pytest

from app import ids
from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.payments import Intent, IntentStatus, Misused
from app.gateways.processor import PaymentGateway
from tests.gateways.contract.conftest import RETURN_URL, Outside, fetched

WALLETS = pytest.mark.parametrize("rail", [Rail.PAYPAL, Rail.CRYPTO])


def asked(gateway: PaymentGateway, intent: Intent, rail: Rail) -> Intent:
    """The intent, with its customer on the way to the wallet."""
    answer = gateway.confirm_one_time(intent.id, rail=rail, return_url=RETURN_URL, key=f"{intent.payment_id}:confirm:1")
    assert isinstance(answer, Intent)
    return answer


@WALLETS
def test_it_leads_to_the_wallets_page_and_pays_when_its_owner_says_yes(
    gateway: PaymentGateway, outside: Outside, owner: str, intent: Intent, rail: Rail
) -> None:
    answer = asked(gateway, intent, rail)
    assert answer.status is IntentStatus.REQUIRES_ACTION and answer.action_url.startswith("http")
    assert answer.received == Money(0, "USD")
    outside.answers(intent.id, approved=True)
    now = fetched(gateway, intent)
    assert (now.status, now.received, now.rail) == (IntentStatus.SUCCEEDED, Money(2500, "USD"), rail)
    assert gateway.list_methods(owner) == [], "nothing is saved"


@WALLETS
def test_it_pays_nothing_when_its_owner_says_no_and_may_be_tried_again(
    gateway: PaymentGateway, outside: Outside, intent: Intent, rail: Rail
) -> None:
    asked(gateway, intent, rail)
    outside.answers(intent.id, approved=False)
    now = fetched(gateway, intent)
    assert (now.status, now.received, now.action_url) == (IntentStatus.REQUIRES_PAYMENT_METHOD, Money(0, "USD"), "")
    assert now.decline_code == "payment_intent_authentication_failure"
    again = gateway.confirm_one_time(intent.id, rail=rail, return_url=RETURN_URL, key=f"{intent.payment_id}:confirm:2")
    assert isinstance(again, Intent) and again.status is IntentStatus.REQUIRES_ACTION


def test_the_same_key_leads_to_the_same_page(gateway: PaymentGateway, outside: Outside, intent: Intent) -> None:
    assert asked(gateway, intent, Rail.PAYPAL) == asked(gateway, intent, Rail.PAYPAL)


def test_what_waits_for_a_wallet_can_be_given_up(gateway: PaymentGateway, outside: Outside, intent: Intent) -> None:
    asked(gateway, intent, Rail.CRYPTO)
    answer = gateway.cancel_intent(intent.id, key=ids.new("key"))
    assert isinstance(answer, Intent) and (answer.status, answer.action_url) == (IntentStatus.CANCELED, "")


@pytest.mark.parametrize("rail", [Rail.CARD, Rail.SEPA_DEBIT])
def test_a_card_or_a_debit_is_never_paid_with_once(gateway: PaymentGateway, intent: Intent, rail: Rail) -> None:
    answer = gateway.confirm_one_time(intent.id, rail=rail, return_url=RETURN_URL, key=ids.new("key"))
    assert isinstance(answer, Misused)
