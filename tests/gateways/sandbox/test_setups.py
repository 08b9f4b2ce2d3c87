"""Saving methods at the sandbox: what is saved, what it needs, what is asked and what is refused."""

from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.config import Settings
from app.domain.addresses.profile import Profile
from app.domain.methods import Acceptance, Rail, Setup, SetupStatus
from app.domain.payments import Declined, Intent, IntentStatus, Misused, SavedMethod, Unknown
from app.gateways import test_methods
from app.gateways.processor import PaymentGateway
from app.gateways.sandbox import controls
from app.gateways.sandbox.hosted_pages import PORTAL_LIFETIME as LIFETIME
from tests.gateways.conftest import ACCEPTED, KINDS, RETURN_URL, begun, charged, confirmed, saved

ASKS_ONCE = "pm_card_authenticationRequiredOnSetup"
CARDS = [name for name, _ in test_methods.OFFERED[Rail.CARD] if name != "pm_card_chargeDeclinedIncorrectCvc"]


@pytest.mark.parametrize("name", [*CARDS, *(name for name, _ in test_methods.OFFERED[Rail.SEPA_DEBIT]), "paypal"])
def test_each_test_method_can_be_saved_and_looks_like_itself(
    gateway: PaymentGateway, settings: Settings, owner: str, name: str
) -> None:
    method = saved(gateway, settings, owner, name)
    labels = dict(each for rail in test_methods.OFFERED.values() for each in rail)
    assert method.last4 in labels[name] and method.fingerprint and method.holder
    assert (method.exp_year is None) == (method.kind != "card")
    assert gateway.list_methods(owner) == [method] and gateway.fetch_method(method.processor_id) == method
    assert charged(settings) == [], "saving charges nothing"


def test_every_rail_that_can_be_saved_has_test_methods() -> None:
    assert {rail: bool(methods) for rail, methods in test_methods.OFFERED.items()} == dict.fromkeys(KINDS, True)


def test_a_setup_is_unconfirmed_carries_our_ids_and_hides_its_secret(gateway: PaymentGateway, owner: str) -> None:
    setup = begun(gateway, owner, "set_1")
    assert setup.status is SetupStatus.REQUIRES_PAYMENT_METHOD and setup.method is None
    assert (setup.setup_id, setup.customer_id) == ("set_1", "cus_acme")
    assert setup.client_secret.startswith(setup.id) and setup.client_secret not in f"{setup} {setup!r}"
    assert begun(gateway, owner, "set_1") == setup, "the same key is the same setup"


def test_the_same_account_has_the_same_fingerprint_and_another_has_another(
    gateway: PaymentGateway, settings: Settings, owner: str
) -> None:
    names = ["pm_success_de", "pm_success_de", "pm_disputed_de", "paypal", "paypal", "pm_card_visa"]
    prints = [saved(gateway, settings, owner, name).fingerprint for name in names]
    assert prints[0] == prints[1] and prints[3] == prints[4]
    assert len(set(prints)) == 4


def test_a_debit_is_saved_with_its_mandate_only_when_that_was_accepted(gateway: PaymentGateway, owner: str) -> None:
    setup = begun(gateway, owner)
    ask: dict[str, Any] = {"method": "pm_success_de", "return_url": RETURN_URL}
    refused = gateway.confirm_setup(setup.id, acceptance=None, key="c1", **ask)
    assert isinstance(refused, Misused) and "mandate" in refused.why
    nowhere = gateway.confirm_setup(setup.id, acceptance=Acceptance("", "", clock.now()), key="c2", **ask)
    assert isinstance(nowhere, Misused)
    answer = gateway.confirm_setup(setup.id, acceptance=ACCEPTED, key="c3", **ask)
    assert isinstance(answer, Setup) and answer.method and answer.method.kind == "sepa_debit"
    assert answer.mandate and answer.mandate.id.startswith("mandate_") and len(answer.mandate.reference) == 16


def test_the_mandate_keeps_who_accepted_it_from_where(gateway: PaymentGateway, settings: Settings, owner: str) -> None:
    saved(gateway, settings, owner, "pm_success_de")
    (mandate,) = controls.objects(settings, "mandate")
    assert mandate["customer_acceptance"]["online"] == {"ip_address": "192.0.2.7", "user_agent": "Mozilla/5.0"}
    assert mandate["customer_acceptance"]["accepted_at"] == int(ACCEPTED.accepted_at.timestamp())


def test_a_card_needs_no_mandate(gateway: PaymentGateway, owner: str) -> None:
    answer = confirmed(gateway, begun(gateway, owner), "pm_card_visa")
    assert isinstance(answer, Setup) and answer.mandate is None


@pytest.mark.parametrize(
    ("name", "page", "word"), [(ASKS_ONCE, "challenge", "setup_intent"), ("paypal", "wallet", "setup_intent")]
)
def test_what_asks_leads_to_a_page_and_is_saved_when_the_customer_says_yes(
    gateway: PaymentGateway, settings: Settings, owner: str, name: str, page: str, word: str
) -> None:
    setup = begun(gateway, owner)
    asked = confirmed(gateway, setup, name)
    assert isinstance(asked, Setup) and asked.status is SetupStatus.REQUIRES_ACTION and asked.method is None
    assert asked.action_url == f"{settings.base_url}/sandbox/{page}/{setup.id}"
    assert gateway.list_methods(owner) == []
    back = controls.answer_challenge(settings, setup.id, approved=True)
    assert back == f"{RETURN_URL}&{word}={setup.id}&redirect_status=succeeded"
    done = gateway.fetch_setup(setup.id)
    assert isinstance(done, Setup) and done.status is SetupStatus.SUCCEEDED and done.action_url == ""
    assert gateway.list_methods(owner) == [done.method]
    assert controls.answer_challenge(settings, setup.id, approved=False) == back, "the first answer stands"


@pytest.mark.parametrize("name", [ASKS_ONCE, "paypal"])
def test_what_asks_is_not_saved_when_the_customer_says_no(
    gateway: PaymentGateway, settings: Settings, owner: str, name: str
) -> None:
    setup = begun(gateway, owner)
    confirmed(gateway, setup, name)
    back = controls.answer_challenge(settings, setup.id, approved=False)
    assert back and back.endswith("redirect_status=failed")
    now = gateway.fetch_setup(setup.id)
    assert isinstance(now, Setup) and now.status is SetupStatus.REQUIRES_PAYMENT_METHOD
    assert now.decline_code == "setup_intent_authentication_failure" and gateway.list_methods(owner) == []


def test_a_card_that_asked_once_is_charged_without_asking_again(
    gateway: PaymentGateway, intent: Intent, card: Any, confirm: Any
) -> None:
    assert confirm(intent, card(ASKS_ONCE), off_session=True).status is IntentStatus.SUCCEEDED


def test_a_card_that_is_refused_is_not_saved_and_another_may_be(gateway: PaymentGateway, owner: str) -> None:
    setup = begun(gateway, owner)
    assert confirmed(gateway, setup, "pm_card_chargeDeclinedIncorrectCvc") == Declined("incorrect_cvc", setup.id)
    now = gateway.fetch_setup(setup.id)
    assert isinstance(now, Setup) and now.decline_code == "incorrect_cvc" and gateway.list_methods(owner) == []
    answer = gateway.confirm_setup(
        setup.id, method="pm_card_visa", return_url=RETURN_URL, acceptance=None, key="another"
    )
    assert isinstance(answer, Setup) and answer.status is SetupStatus.SUCCEEDED and answer.decline_code == ""


def test_a_setup_takes_only_the_kinds_it_was_begun_for(gateway: PaymentGateway, owner: str) -> None:
    setup = begun(gateway, owner, kinds=(Rail.CARD,))
    for name in ("pm_success_de", "paypal"):
        answer = gateway.confirm_setup(
            setup.id, method=name, return_url=RETURN_URL, acceptance=ACCEPTED, key=f"{name}:c"
        )
        assert isinstance(answer, Misused)
    assert gateway.list_methods(owner) == []


@pytest.mark.parametrize("name", ["pm_card_gold", "crypto", "", "pm_01a1fcfbaa3275d1ae7cc5735168a73d"])
def test_what_is_no_test_method_to_save_is_not_asked_for(
    gateway: PaymentGateway, settings: Settings, owner: str, name: str
) -> None:
    setup = begun(gateway, owner)
    assert isinstance(confirmed(gateway, setup, name), Misused)
    assert next(each["line"] for each in controls.requests(settings)).endswith("/setup_intents")


def test_confirming_or_giving_up_what_is_over_answers_how_it_ended(gateway: PaymentGateway, owner: str) -> None:
    setup = begun(gateway, owner)
    done = confirmed(gateway, setup, "pm_card_visa")
    again = gateway.confirm_setup(
        setup.id, method="pm_card_amex", return_url=RETURN_URL, acceptance=None, key="another"
    )
    assert done == again == gateway.cancel_setup(setup.id, key="cancel")
    methods = gateway.list_methods(owner)
    assert isinstance(methods, list) and [method.brand for method in methods] == ["visa"]


def test_an_open_setup_can_be_given_up_and_then_saves_nothing(gateway: PaymentGateway, owner: str) -> None:
    setup = begun(gateway, owner)
    confirmed(gateway, setup, "paypal")
    answer = gateway.cancel_setup(setup.id, key="cancel")
    assert isinstance(answer, Setup) and answer.status is SetupStatus.CANCELED and answer.action_url == ""
    late = gateway.confirm_setup(setup.id, method="pm_card_visa", return_url=RETURN_URL, acceptance=None, key="late")
    assert late == answer and gateway.list_methods(owner) == []


def test_a_method_that_was_removed_elsewhere_is_gone(
    gateway: PaymentGateway, settings: Settings, owner: str, card: Any
) -> None:
    visa = card("pm_card_visa")
    controls.detach(settings, visa)
    assert gateway.fetch_method(visa) is None and gateway.list_methods(owner) == []
    assert gateway.detach_method(visa, key="d") is None
    (sent, *_) = controls.objects(settings, "event", owner=owner)
    assert (sent["type"], sent["data"]["object"]["id"]) == ("payment_method.detached", visa)


def test_what_the_processor_does_not_know_is_a_bug_of_ours(gateway: PaymentGateway) -> None:
    assert isinstance(gateway.fetch_setup("seti_unknown"), Misused)
    assert isinstance(gateway.cancel_setup("seti_unknown", key="k"), Misused)
    assert isinstance(gateway.fetch_method("pm_unknown"), Misused)
    assert isinstance(gateway.portal_url(processor_customer="cus_x", return_url=RETURN_URL, key="k"), Misused)


def test_many_methods_are_listed_whole(gateway: PaymentGateway, settings: Settings, owner: str) -> None:
    for _ in range(3):
        saved(gateway, settings, owner, "pm_card_visa")
    listed = gateway.list_methods(owner)
    assert isinstance(listed, list) and len({method.processor_id for method in listed}) == 3


def test_a_setup_that_lost_its_answer_is_answered_again_and_saves_once(
    gateway: PaymentGateway, settings: Settings, owner: str
) -> None:
    setup = begun(gateway, owner)
    controls.plant(settings, "confirm_setup", "timeout_after")
    assert isinstance(confirmed(gateway, setup, "pm_card_visa"), Unknown)
    again = confirmed(gateway, setup, "pm_card_visa")
    assert isinstance(again, Setup) and isinstance(again.method, SavedMethod)
    assert gateway.list_methods(owner) == [again.method]


def test_the_processors_own_portal_shows_what_is_saved_for_an_hour(
    gateway: PaymentGateway, settings: Settings, owner: str, card: Any, time_passes: Any
) -> None:
    visa = card("pm_card_visa")
    url = gateway.portal_url(
        processor_customer=owner, return_url="http://localhost/billing/payment-methods", key="portal"
    )
    assert isinstance(url, str) and url.startswith(f"{settings.base_url}/sandbox/portal/bps_")
    session = url.rsplit("/", 1)[1]
    visit = controls.portal(settings, session)
    assert (
        visit
        and visit.methods == [(visa, "Visa ending in 4242")]
        and visit.return_url == "http://localhost/billing/payment-methods"
    )
    time_passes(LIFETIME + timedelta(seconds=2))
    assert controls.portal(settings, session) is None
    assert not controls.remove_in_portal(settings, session, visa)
    assert gateway.fetch_method(visa) is not None


def test_the_portal_removes_only_what_is_the_customers(
    gateway: PaymentGateway, settings: Settings, owner: str, card: Any
) -> None:
    stranger = gateway.create_customer(customer_id="cus_globex", profile=Profile("Globex", "g@globex.example"), key="g")
    assert isinstance(stranger, str)
    visa = card("pm_card_visa")
    url = gateway.portal_url(processor_customer=stranger, return_url=RETURN_URL, key="portal")
    assert isinstance(url, str)
    assert not controls.remove_in_portal(settings, url.rsplit("/", 1)[1], visa)
    assert gateway.fetch_method(visa) is not None


def test_with_a_live_key_no_test_method_is_saved(settings: Settings) -> None:
    from app.gateways import connect
    from app.gateways.stripe.gateway import StripeGateway

    live = StripeGateway(connect.sdk(settings), webhook_secret="whsec_x", live=True)
    answer = live.confirm_setup("seti_1", method="pm_card_visa", return_url=RETURN_URL, acceptance=None, key="k")
    assert isinstance(answer, Misused) and answer.code == "not_a_test_method"
    assert controls.requests(settings) == []
