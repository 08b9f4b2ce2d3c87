"""The sandbox answers like Stripe: spoken to by the real SDK, wrongly on purpose."""

import re
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe

from app import ids
from app.config import Settings
from app.domain.payments import Intent, IntentStatus
from app.gateways import connect, test_methods
from app.gateways.processor import PaymentGateway
from app.gateways.sandbox import controls
from tests.gateways.conftest import charged

REFUSED = "pm_card_chargeDeclinedIncorrectCvc"


@pytest.fixture
def client(settings: Settings) -> stripe.StripeClient:
    return connect.sdk(settings)


GOOD: dict[str, Any] = {"amount": 2500, "currency": "usd"}


@pytest.mark.parametrize(
    ("wrong", "param", "code"),
    [
        ({"payment_method_types": ["card"]}, "payment_method_types", "parameter_unknown"),
        ({"colour": "red"}, "colour", "parameter_unknown"),
        (
            {"automatic_payment_methods": {"enabled": True, "colour": "red"}},
            "automatic_payment_methods[colour]",
            "parameter_unknown",
        ),
        (
            {"automatic_payment_methods": {"enabled": True, "allow_redirects": "maybe"}},
            "automatic_payment_methods[allow_redirects]",
            None,
        ),
        ({"setup_future_usage": "always"}, "setup_future_usage", None),
        ({"allowed_payment_method_types": ["gold"]}, "allowed_payment_method_types[0]", None),
        ({"amount": "1e3"}, "amount", "parameter_invalid_integer"),
        ({"amount": -1}, "amount", "parameter_invalid_integer"),
        ({"currency": "USD"}, "currency", None),
        ({"currency": "kwd", "amount": 10_001}, "amount", "parameter_invalid_integer"),
        ({"currency": "ugx", "amount": 10_001}, "amount", "parameter_invalid_integer"),
        ({"currency": "iqd", "amount": 10_000}, "currency", None),
        ({"currency": "xyz", "amount": 10_000}, "currency", None),
        ({"customer": ""}, "customer", "parameter_invalid_empty"),
    ],
)
def test_wrong_parameters_are_refused(
    client: stripe.StripeClient, settings: Settings, wrong: dict[str, Any], param: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create({**GOOD, **wrong}, {"idempotency_key": "k"})
    assert (refused.value.http_status, refused.value.param, refused.value.code) == (400, param, code)
    assert refused.value.request_id
    assert controls.objects(settings, "payment_intent") == []
    assert client.v1.payment_intents.create(GOOD, {"idempotency_key": "k"}).id, (
        "a refused request does not use its key up"
    )


@pytest.mark.parametrize("call", ["create", "list"])
def test_an_unknown_customer_is_refused(client: stripe.StripeClient, call: str) -> None:
    sent: Any = {"customer": "cus_unknown", **(GOOD if call == "create" else {})}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        getattr(client.v1.payment_intents, call)(sent)
    assert (refused.value.http_status, refused.value.param, refused.value.code) == (400, "customer", "resource_missing")


@pytest.mark.parametrize("name", ["amount", "currency"])
def test_a_missing_parameter_is_refused(client: stripe.StripeClient, name: str) -> None:
    parameters: Any = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(parameters)
    assert (refused.value.param, refused.value.code) == (name, "parameter_missing")


def test_a_card_number_is_refused_and_not_kept(client: stripe.StripeClient, settings: Settings) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.create({"name": "4242 4242 4242 4242"})
    assert "4242" not in str(controls.requests(settings))


def test_a_replayed_answer_says_so(client: stripe.StripeClient) -> None:
    first = client.v1.payment_intents.create(GOOD, {"idempotency_key": "k"})
    again = client.v1.payment_intents.create(GOOD, {"idempotency_key": "k"})
    assert first.id == again.id
    assert first.last_response and "Idempotent-Replayed" not in first.last_response.headers
    assert again.last_response and again.last_response.headers["idempotent-replayed"] == "true"


def test_confirming_needs_a_method_and_a_way_back(client: stripe.StripeClient, intent: Intent, card: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as no_method:
        client.v1.payment_intents.confirm(intent.id, {"return_url": "http://localhost/"})
    assert no_method.value.code == "payment_intent_unexpected_state"
    with pytest.raises(stripe.InvalidRequestError) as no_way_back:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": card("pm_card_visa")})
    assert no_way_back.value.param == "return_url"


def test_confirming_twice_is_an_unexpected_state(
    client: stripe.StripeClient, intent: Intent, card: Any, confirm: Any
) -> None:
    visa = card("pm_card_visa")
    confirm(intent, visa)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": visa, "return_url": "http://localhost/"})
    assert refused.value.code == "payment_intent_unexpected_state"
    assert (
        refused.value.error
        and refused.value.error.payment_intent
        and refused.value.error.payment_intent.status == "succeeded"
    )


def test_an_unknown_address_is_not_found(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.products.list()
    assert refused.value.http_status == 404


@pytest.mark.case("AC-44")
def test_parallel_confirmations_of_one_intent_charge_once(
    settings: Settings, gateway: PaymentGateway, intent: Intent, card: Any
) -> None:
    visa, answers = card("pm_card_visa"), []

    def confirms(number: int) -> None:
        answers.append(
            gateway.confirm_intent(
                intent.id, method=visa, return_url="http://localhost/", off_session=False, key=f"key {number % 4}"
            )
        )

    threads = [threading.Thread(target=confirms, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8 and charged(settings) == [2500]
    assert {answer.status for answer in answers if isinstance(answer, Intent)} == {IntentStatus.SUCCEEDED}


@pytest.mark.parametrize("approved", [True, False])
def test_the_bank_is_answered_once(
    gateway: PaymentGateway, settings: Settings, intent: Intent, card: Any, confirm: Any, approved: bool
) -> None:
    confirm(intent, card("pm_card_authenticationRequired"))
    asked = controls.challenge(settings, intent.id)
    assert asked and asked.open
    back = controls.answer_challenge(settings, intent.id, approved=approved)
    assert back
    query = parse_qs(urlsplit(back).query)
    status = "succeeded" if approved else "failed"
    assert query == {"from": ["bank"], "payment_intent": [intent.id], "redirect_status": [status]}
    assert controls.answer_challenge(settings, intent.id, approved=not approved) == back
    now = gateway.fetch_intent(intent.id)
    assert isinstance(now, Intent) and now.action_url == ""
    assert charged(settings) == ([2500] if approved else [])
    assert now.decline_code == ("" if approved else "payment_intent_authentication_failure")


def test_there_is_no_question_about_what_never_asked_one(settings: Settings, intent: Intent) -> None:
    assert controls.challenge(settings, intent.id) is None
    assert controls.challenge(settings, "pi_unknown") is None
    assert controls.answer_challenge(settings, "pi_unknown", approved=True) is None


def test_every_request_that_changes_something_has_its_key_and_holds_no_card_number(
    gateway: PaymentGateway, settings: Settings, owner: str, card: Any, order: Any, confirm: Any
) -> None:
    names = [name for rail in test_methods.OFFERED.values() for name, _label in rail if name != REFUSED]
    for name in names:
        charge = order()
        made = gateway.create_intent(charge, key=f"{charge.payment_id}:create")
        assert isinstance(made, Intent)
        method = card(name)
        confirm(made, method)
        gateway.cancel_intent(made.id, key=f"{charge.payment_id}:cancel")
        gateway.detach_method(method, key=ids.new("key"))
    recorded = controls.requests(settings, 500)
    assert len(recorded) == 1 + 6 * len(names)
    by_itself = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")  # the SDK's own key, when it is given none
    for each in recorded:
        assert each["line"].startswith("post /v1/")
        assert each["key"] and not by_itself.fullmatch(each["key"])
        assert not re.search(r"(?<![0-9a-f])[0-9]{13,19}(?![0-9a-f])", str(each["params"]))


def test_what_the_sandbox_did_stays_when_we_roll_back(
    app: Any, settings: Settings, gateway: PaymentGateway, order: Any
) -> None:
    from app.models.database import db
    from app.models.scope import as_service

    with app.app_context(), as_service("a request that fails"):
        made = gateway.create_intent(order(), key="create")
        db.session.rollback()
    assert isinstance(made, Intent) and gateway.fetch_intent(made.id) == made
