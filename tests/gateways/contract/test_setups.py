"""Saving methods: with nothing charged, once, with what may be shown, and with the mandate that a debit needs."""

import pytest

from app import clock, ids
from app.domain.addresses.profile import Profile
from app.domain.methods import Acceptance, Rail, Setup, SetupAnswer, SetupOrder, SetupStatus
from app.domain.payments import Declined, Misused, SavedMethod
from app.gateways.processor import PaymentGateway
from tests.gateways.contract.conftest import RETURN_URL, Outside, Processor, Saves


def begun(gateway: PaymentGateway, owner: str, *kinds: Rail) -> tuple[SetupOrder, Setup]:
    """A setup that nobody has confirmed."""
    order = SetupOrder(ids.new("set"), "cus_acme", owner, kinds or (Rail.CARD, Rail.SEPA_DEBIT, Rail.PAYPAL))
    made = gateway.begin_setup(order, key=f"{order.setup_id}:create")
    assert isinstance(made, Setup)
    return order, made


def confirmed(gateway: PaymentGateway, setup: Setup, name: str, *, key: str = "", accepted: bool = True) -> SetupAnswer:
    """What saving a named test method answers."""
    acceptance = Acceptance("203.0.113.7", "Firefox", clock.now()) if accepted else None
    key = key or f"{setup.setup_id}:confirm"
    return gateway.confirm_setup(setup.id, method=name, return_url=RETURN_URL, acceptance=acceptance, key=key)


def fetched(gateway: PaymentGateway, setup: Setup) -> Setup:
    """The setup as it stands now."""
    now = gateway.fetch_setup(setup.id)
    assert isinstance(now, Setup)
    return now


def test_a_setup_is_unconfirmed_carries_our_ids_and_a_secret_for_the_browser(
    gateway: PaymentGateway, owner: str
) -> None:
    order, made = begun(gateway, owner)
    assert (made.status, made.method, made.action_url) == (SetupStatus.REQUIRES_PAYMENT_METHOD, None, "")
    assert (made.setup_id, made.customer_id) == (order.setup_id, "cus_acme")
    assert made.client_secret.startswith(made.id) and made.client_secret not in repr(made)


def test_the_same_key_is_the_same_setup(gateway: PaymentGateway, owner: str) -> None:
    order, made = begun(gateway, owner)
    assert gateway.begin_setup(order, key=f"{order.setup_id}:create") == made


def test_a_card_is_saved_with_what_may_be_shown(gateway: PaymentGateway, owner: str, save: Saves) -> None:
    made = save("pm_card_visa")
    assert made.status is SetupStatus.SUCCEEDED and made.method and made == fetched(gateway, made)
    saved = made.method
    assert (saved.kind, saved.brand, saved.last4) == ("card", "visa", "4242")
    assert saved.processor_id.startswith("pm_") and saved.processor_id != "pm_card_visa"
    assert saved.exp_month and saved.exp_year and saved.fingerprint
    assert gateway.list_methods(owner) == [saved]
    assert gateway.fetch_method(saved.processor_id) == saved


def test_confirming_a_setup_twice_saves_one_card(gateway: PaymentGateway, owner: str) -> None:
    _, setup = begun(gateway, owner)
    first = confirmed(gateway, setup, "pm_card_visa")
    assert confirmed(gateway, setup, "pm_card_visa") == first, "the stored answer, for its key"
    assert confirmed(gateway, setup, "pm_card_mastercard", key=f"{setup.setup_id}:again") == first, "it is over"
    listed = gateway.list_methods(owner)
    assert isinstance(listed, list) and len(listed) == 1


def test_the_same_card_has_the_same_fingerprint_and_another_has_another(save: Saves) -> None:
    one, two, other = (save(name).method for name in ("pm_card_visa", "pm_card_visa", "pm_card_mastercard"))
    assert one and two and other
    assert one.processor_id != two.processor_id
    assert one.fingerprint == two.fingerprint != other.fingerprint


def test_what_is_not_a_test_method_is_not_asked_for(gateway: PaymentGateway, owner: str) -> None:
    _, setup = begun(gateway, owner)
    assert isinstance(confirmed(gateway, setup, "pm_card_gold"), Misused)


def test_a_card_that_the_bank_refuses_is_not_saved_and_another_may_be(gateway: PaymentGateway, owner: str) -> None:
    _, setup = begun(gateway, owner)
    refused = confirmed(gateway, setup, "pm_card_chargeDeclinedIncorrectCvc")
    assert isinstance(refused, Declined) and refused.code
    now = fetched(gateway, setup)
    assert (now.status, now.method) == (SetupStatus.REQUIRES_PAYMENT_METHOD, None) and now.decline_code
    assert gateway.list_methods(owner) == []
    second = confirmed(gateway, setup, "pm_card_visa", key=f"{setup.setup_id}:confirm:2")
    assert isinstance(second, Setup) and second.status is SetupStatus.SUCCEEDED


@pytest.mark.parametrize("approved", [True, False])
@pytest.mark.parametrize("name", ["pm_card_authenticationRequiredOnSetup", "paypal"])
def test_what_needs_its_owner_is_saved_when_they_say_yes(
    gateway: PaymentGateway, outside: Outside, owner: str, save: Saves, name: str, approved: bool
) -> None:
    made = save(name)
    assert made.status is SetupStatus.REQUIRES_ACTION and made.action_url.startswith("http")
    assert made.method is None and gateway.list_methods(owner) == []
    outside.answers(made.id, approved=approved)
    now = fetched(gateway, made)
    assert now.action_url == ""
    if approved:
        assert now.status is SetupStatus.SUCCEEDED and now.method and gateway.list_methods(owner) == [now.method]
        assert now.method.kind == ("paypal" if name == "paypal" else "card")
    else:
        assert (now.status, now.method) == (SetupStatus.REQUIRES_PAYMENT_METHOD, None)
        assert now.decline_code and gateway.list_methods(owner) == []


def test_a_debit_is_saved_with_its_mandate(gateway: PaymentGateway, owner: str, save: Saves) -> None:
    made = save("pm_success_de")
    assert made.status is SetupStatus.SUCCEEDED and made.method and made.mandate
    assert (made.method.kind, made.method.last4, made.method.exp_year) == ("sepa_debit", "3000", None)
    assert made.method.fingerprint
    assert made.mandate.id.startswith("mandate_") and made.mandate.reference
    assert fetched(gateway, made) == made and gateway.list_methods(owner) == [made.method]


def test_a_debit_without_an_accepted_mandate_is_not_saved(gateway: PaymentGateway, owner: str) -> None:
    _, setup = begun(gateway, owner)
    assert isinstance(confirmed(gateway, setup, "pm_success_de", accepted=False), Misused)
    assert gateway.list_methods(owner) == []


def test_an_open_setup_can_be_given_up_and_then_saves_nothing(gateway: PaymentGateway, owner: str) -> None:
    _, setup = begun(gateway, owner)
    answer = gateway.cancel_setup(setup.id, key=f"{setup.setup_id}:cancel")
    assert isinstance(answer, Setup) and answer.status is SetupStatus.CANCELED
    after = confirmed(gateway, setup, "pm_card_visa")
    assert isinstance(after, Setup) and after.status is SetupStatus.CANCELED
    assert gateway.list_methods(owner) == []


def test_a_setup_that_waits_for_its_owner_can_be_given_up(
    gateway: PaymentGateway, outside: Outside, save: Saves
) -> None:
    made = save("paypal")
    answer = gateway.cancel_setup(made.id, key=f"{made.setup_id}:cancel")
    assert isinstance(answer, Setup) and (answer.status, answer.action_url) == (SetupStatus.CANCELED, "")


def test_giving_up_a_setup_that_is_over_answers_how_it_ended(gateway: PaymentGateway, save: Saves) -> None:
    made = save("pm_card_visa")
    assert gateway.cancel_setup(made.id, key=f"{made.setup_id}:cancel") == made


def test_what_the_processor_does_not_know_is_a_bug_of_ours(gateway: PaymentGateway) -> None:
    assert isinstance(gateway.fetch_setup("seti_unknown"), Misused)
    assert isinstance(gateway.cancel_setup("seti_unknown", key=ids.new("key")), Misused)
    assert isinstance(gateway.fetch_method("pm_unknown"), Misused)


def test_a_detached_method_belongs_to_nobody(gateway: PaymentGateway, owner: str, save: Saves) -> None:
    first, second = (save(name).method for name in ("pm_card_visa", "pm_card_mastercard"))
    assert first and second
    assert gateway.detach_method(first.processor_id, key=ids.new("key")) is None
    assert gateway.fetch_method(first.processor_id) is None
    assert gateway.list_methods(owner) == [second]


def test_the_methods_of_one_customer_are_not_anothers(gateway: PaymentGateway, owner: str, save: Saves) -> None:
    stranger = gateway.create_customer(
        customer_id="cus_globex", profile=Profile("Globex", "g@globex.example"), key=ids.new("key")
    )
    assert isinstance(stranger, str)
    theirs = save("pm_card_visa", owner=stranger).method
    assert isinstance(theirs, SavedMethod)
    assert gateway.list_methods(owner) == [] and gateway.list_methods(stranger) == [theirs]


def test_the_processors_own_portal_has_an_address_for_the_customer(gateway: PaymentGateway, owner: str) -> None:
    url = gateway.portal_url(processor_customer=owner, return_url=RETURN_URL, key=ids.new("key"))
    assert isinstance(url, str) and url.startswith("http")
    unknown = gateway.portal_url(processor_customer="cus_unknown", return_url=RETURN_URL, key=ids.new("key"))
    assert isinstance(unknown, Misused)


def test_the_secret_for_the_browser_goes_to_nobody_else(
    processor: Processor, gateway: PaymentGateway, owner: str
) -> None:
    """It comes from the processor and is never sent back: the server does not need it."""
    _, setup = begun(gateway, owner)
    confirmed(gateway, setup, "pm_card_visa")
    sent = [f"{each.url} {each.body} {dict(each.headers)}" for each in processor.requests()]
    assert not [each for each in sent if setup.client_secret in each]
