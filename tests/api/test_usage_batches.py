"""POST /v1/usage_events with a batch: whatever is wrong inside one event, the others count."""

import json

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.models.customers import Customer
from tests.support import meters
from tests.support.api import Api, problem_of

GOOD = '{"id": "good-1", "customer": "acme", "meter": "requests", "quantity": 5}'
LAST = '{"id": "good-2", "customer": "acme", "meter": "requests", "quantity": 7}'
BAD = '{"id": "bad", "customer": "acme", "meter": "requests", %s}'
QUANTITY_TWICE = '"quantity": 1, "quantity": 2'
WRONG = {
    '"quantity": 1' + "0" * 30: "quantity: ",
    '"quantity": 1' + "0" * 5000: "quantity: ",
    '"properties": {"n": -1' + "0" * 30 + "}": "properties.n: ",
    '"properties": {"n": 1e400}': "properties.n: ",
    r'"properties": {"n": ["a\u0000b"]}': "properties.n.0: ",
    r'"properties": {"a\u0000b": 1}': "properties: ",
    r'"subject": "a\u0000b"': "subject: ",
    '"properties": {"n": 1, "n": 2}': "properties.n: ",
    QUANTITY_TWICE: "quantity: ",
    r'"properties": {"n": "\ud800"}': r"It cannot be read: half a character, such as \ud800 alone.",
    '"properties": {"n": ' + "[" * 300 + "]" * 300 + "}": "It cannot be read",
}


@pytest.fixture
def metered(app: Flask) -> Customer:
    """Acme, on the catalog with all kinds of meters."""
    meters.apply()
    return meters.customer("Acme")


def send(api: Api, text: str, once: str | None = None) -> TestResponse:
    """Send the text as it is: no writer of JSON would have written it."""
    return api.open("POST", "/usage_events", data=text, headers={"Content-Type": "application/json"}, once=once)


def used(api: Api, customer: Customer) -> int:
    found = api.get(f"/customers/{customer.customer_id}/usage").get_json()["meters"]
    return int(next(each["used"] for each in found if each["meter"] == "requests"))


@pytest.mark.parametrize("wrong", WRONG)
def test_one_bad_event_refuses_itself_alone(api: Api, metered: Customer, wrong: str) -> None:
    answer = send(api, f'{{"events": [{GOOD}, {BAD % wrong}, {LAST}]}}')
    assert answer.status_code == 200, answer.get_data(as_text=True)
    said = answer.get_json()
    (rejected,) = said["rejected"]
    assert (said["accepted"], rejected["index"], rejected["reason"]) == (2, 1, "malformed")
    assert rejected["detail"].startswith(WRONG[wrong])
    assert used(api, metered) == 12


@pytest.mark.parametrize("wrong", WRONG)
def test_the_same_event_alone_is_refused(api: Api, metered: Customer, wrong: str) -> None:
    assert send(api, BAD % wrong).status_code in {400, 422}
    assert used(api, metered) == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (f'{{"events": [{GOOD}], "events": [{LAST}]}}', 422),
        (f'{{"events": [{GOOD}], "more": 1{"0" * 30}}}', 422),
        (f'{{"events": {{"a": {GOOD}}}}}', 422),
        (f'{{"events": [{",".join([GOOD] * 1001)}]}}', 422),
        (f'{{"events": [{GOOD}, NaN]}}', 400),
        (f'{{"events": [{GOOD}], "more": -Infinity}}', 400),
        (f'{{"events": [{GOOD}', 400),
        (f'{{"events": [{GOOD}]}} x', 400),
        ('{"events": ' + "[" * 100_000 + "]" * 100_000 + "}", 400),
        (rf'{{"events": [{GOOD}], "more": "\ud800"}}', 400),
        ("[" * 100_000, 400),
    ],
)
def test_what_is_wrong_with_the_batch_refuses_the_batch(api: Api, metered: Customer, body: str, status: int) -> None:
    answer = send(api, body)
    assert problem_of(answer)[0] == status
    for name in ("NaN", "-Infinity"):
        assert (f"{name} is no number of JSON" in answer.get_json()["detail"]) is (f" {name}" in body)
    assert used(api, metered) == 0


def test_a_key_is_not_answered_for_another_batch(api: Api, metered: Customer) -> None:
    twice = f'{{"events": [{GOOD}, {BAD % QUANTITY_TWICE}]}}'
    assert send(api, twice, once="batch-1").get_json()["accepted"] == 1
    again = send(api, json.dumps(json.loads(twice)), once="batch-1")
    assert problem_of(again) == (409, "idempotency_key_reused")
