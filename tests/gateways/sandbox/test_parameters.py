"""The checker of recorded requests finds what Stripe would refuse, and is content with what it takes."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
import stripe

from app.config import Settings
from app.gateways.sandbox import controls
from tests.support import stripe_spec
from tests.support.stripe_wire import VERSION, Sent, problems

BASE = "https://api.stripe.com"
HEADERS = {
    "Authorization": "Bearer sk_test_x",
    "Content-Type": "application/x-www-form-urlencoded",
    "Idempotency-Key": "pay_1:create",
    "Stripe-Version": VERSION,
}
INTENT = {
    "amount": "2500",
    "currency": "usd",
    "customer": "cus_1",
    "description": "Credits for Acme",
    "automatic_payment_methods[enabled]": "true",
    "automatic_payment_methods[allow_redirects]": "always",
    "metadata[payment]": "pay_1",
}
GOOD = Sent("post", f"{BASE}/v1/payment_intents", HEADERS, urlencode(INTENT))


def carrying(**changes: str) -> Sent:
    """The good request with other parameters."""
    return replace(GOOD, body=urlencode({**INTENT, **changes}))


def without(name: str) -> Sent:
    """The good request without one parameter."""
    return replace(GOOD, body=urlencode({key: value for key, value in INTENT.items() if key != name}))


def headed(**changes: str | None) -> Sent:
    """The good request with other headers."""
    changed = {**HEADERS, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return replace(GOOD, headers={name: value for name, value in changed.items() if value is not None})


def asking(path: str, **params: str) -> Sent:
    """A request for something else."""
    return replace(GOOD, url=f"{BASE}{path}", body=urlencode(params))


WRONG_BY_ITSELF: list[tuple[Sent, str]] = [
    (carrying(colour="red"), "colour: unknown"),
    (carrying(**{"automatic_payment_methods[colour]": "red"}), "automatic_payment_methods[colour]: unknown"),
    (carrying(**{"automatic_payment_methods[allow_redirects]": "maybe"}), "automatic_payment_methods[allow_redirects]"),
    (carrying(**{"automatic_payment_methods[enabled]": "yes"}), "automatic_payment_methods[enabled]: 'yes' is no bool"),
    (carrying(automatic_payment_methods="1"), "automatic_payment_methods"),
    (carrying(amount="25.00"), "amount: '25.00' is no int"),
    (carrying(amount="0"), "amount: '0' is no amount"),
    (carrying(currency="USD"), "currency: 'USD'"),
    (carrying(customer=""), "customer: ''"),
    (carrying(setup_future_usage="always"), "setup_future_usage"),
    (carrying(**{"customer[id]": "cus_1"}), "unknown"),
    (carrying(description="4242 4242 4242 4242"), "description: a card's"),
    (carrying(**{"metadata[card]": "4000002500003155"}), "metadata[card]: a card's"),
    (without("amount"), "amount: missing"),
    (without("currency"), "currency: missing"),
    (replace(GOOD, method="delete"), "no such operation"),
    (asking("/v1/payment_intent", amount="1"), "no such operation"),
    (asking("/v1/payment_intents/pi_1/confirm", error_on_requires_action="1"), "error_on_requires_action"),
    (asking("/v1/payment_intents/pi_1/cancel", cancellation_reason="because"), "cancellation_reason"),
    (asking("/v1/refunds", payment_intent="pi_1", reason="because"), "reason: 'because'"),
    (
        asking("/v1/payment_methods", **{"type": "sepa_debit", "sepa_debit[iban]": "DE89370400440532013000"}),
        "sepa_debit[iban]: a card's or an account's own data",
    ),
    (asking("/v1/payment_methods", **{"type": "card", "card[cvc]": "123"}), "card[cvc]: a card's"),
]
"""Requests that the sandbox refuses, too, by its own reading of the SDK."""
WRONG: list[tuple[Sent, str]] = [
    *WRONG_BY_ITSELF,
    (carrying(**{"expand[first]": "customer"}), "expand: not a list"),
    (carrying(**{"metadata[payment]": "x" * 501}), "metadata: too much"),
    (carrying(**{f"metadata[{number}]": "x" for number in range(50)}), "metadata: too much"),
    (replace(GOOD, body=f"{GOOD.body}&amount=2600"), "amount: twice"),
    (replace(GOOD, url=f"{GOOD.url}?confirm=true"), "wrong place"),
    (replace(GOOD, url="https://api.example.com/v1/payment_intents"), "goes to api.example.com"),
    (headed(Idempotency_Key=None), "Idempotency-Key: missing"),
    (headed(Idempotency_Key="k" * 256), "Idempotency-Key: missing or of another form"),
    (headed(Idempotency_Key="0b5fbd3e-8d0a-4a3e-9c55-0d7f6a8f2a11"), "Idempotency-Key: made up"),
    (headed(Stripe_Version="2024-06-20"), "Stripe-Version: 2024-06-20"),
    (headed(Stripe_Version=None), "Stripe-Version: None"),
    (headed(Authorization="Bearer sk_live_x"), "Authorization"),
    (headed(Content_Type="application/json"), "Content-Type"),
    (headed(X_Stripe_Client_Telemetry="{}"), "Telemetry"),
]


@pytest.mark.parametrize(("sent", "words"), WRONG, ids=[words for _, words in WRONG])
def test_a_wrong_request_is_found(sent: Sent, words: str) -> None:
    assert [each for each in problems(sent, base=BASE) if words in each]


def test_the_sandbox_refuses_what_the_checker_finds(settings: Settings) -> None:
    """Two readers of the SDK's types, written apart, agree about each parameter."""
    transport, key = controls.transport(settings), {"Authorization": f"Bearer {controls.API_KEY}"}
    made, _, _ = transport.request("post", f"{BASE}/v1/customers", {**HEADERS, **key}, "name=Acme")
    customer, statuses = json.loads(made)["id"], []
    for number, (sent, _) in enumerate([*WRONG_BY_ITSELF, (GOOD, "")]):
        headers = {**sent.headers, **key, "Idempotency-Key": f"request {number}"}
        _, status, _ = transport.request(sent.method, sent.url, headers, sent.body.replace("cus_1", customer))
        statuses.append(status)
    assert set(statuses[:-1]) <= {400, 404} and statuses[-1] == 200, statuses


@pytest.mark.parametrize(
    "sent",
    [
        GOOD,
        carrying(**{"expand[0]": "customer", "expand[1]": "latest_charge"}),
        asking("/v1/payment_intents/pi_1/confirm", payment_method="pm_1", return_url="https://a.example/", off_session="true"),
        asking("/v1/payment_intents/pi_1/cancel", cancellation_reason="abandoned"),
        asking("/v1/payment_methods/pm_1/detach"),
        asking("/v1/refunds", payment_intent="pi_1", amount="100", reason="requested_by_customer"),
        asking("/v1/billing_portal/sessions", customer="cus_1", return_url="https://a.example/"),
        Sent("get", f"{BASE}/v1/payment_intents?customer=cus_1&created[gte]=1795000000&limit=100", HEADERS, ""),
        Sent("get", f"{BASE}/v1/setup_intents/seti_1", {name: HEADERS[name] for name in ("Authorization", "Stripe-Version")}, ""),
    ],
    ids=lambda sent: f"{sent.method} {sent.url}",
)  # fmt: skip
def test_a_good_request_is_let_be(sent: Sent) -> None:
    assert problems(sent, base=BASE) == []


def test_the_spec_holds_every_operation_of_the_sdk() -> None:
    """Each service's method that asks for something has its operation, and each type of parameters can be read."""
    asked = sum(file.read_text().count("self._request(") for file in stripe_spec.SDK.rglob("_*_service.py"))
    assert len(stripe_spec.operations()) == asked > 500
    nothing: Any = {"no_parameter_has_this_name": "1"}
    for operation in stripe_spec.operations():
        assert "no_parameter_has_this_name: unknown" in stripe_spec.wrong(operation, nothing)


def test_the_version_is_the_one_that_the_sdk_was_made_for() -> None:
    assert stripe.api_version == VERSION
