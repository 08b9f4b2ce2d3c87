"""POST /v1/usage_events: single and batch, once each, judged event by event."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.models.customers import Customer
from tests.support import meters
from tests.support.api import Api, api_for, problem_of

PATH = "/usage_events"


@pytest.fixture
def metered(app: Flask) -> Customer:
    """Acme, on the catalog with all kinds of meters."""
    meters.apply()
    return meters.customer("Acme")


def event(number: int, **changes: object) -> dict[str, object]:
    return {"id": f"evt-{number}", "customer": "acme", "meter": "requests", "quantity": 1000, **changes}


def used(api: Api, customer: Customer, meter: str = "requests") -> int:
    found = api.get(f"/customers/{customer.customer_id}/usage").get_json()["meters"]
    return int(next(each["used"] for each in found if each["meter"] == meter))


@pytest.mark.both_databases
def test_one_event_is_accepted_and_again_is_a_duplicate(api: Api, metered: Customer) -> None:
    first = api.post(PATH, event(1, time="2026-11-20T10:00:00+02:00", properties={"path": "/a"}))
    assert (first.status_code, first.get_json()) == (200, {"accepted": 1, "duplicates": 0, "rejected": []})
    again = api.post(PATH, event(1, time="2026-11-20T08:00:00Z", properties={"path": "/a"}))
    assert (again.status_code, again.get_json()) == (200, {"accepted": 0, "duplicates": 1, "rejected": []})
    assert used(api, metered) == 1000


@pytest.mark.parametrize(
    ("body", "field"),
    [({**event(1), "quantity": -1}, "quantity"), ({"events": []}, "events"), ({"events": "x"}, "events"), ({}, "id")],
)
def test_a_wrong_field_is_called_as_it_was_sent(
    api: Api, metered: Customer, body: dict[str, object], field: str
) -> None:
    answer = api.post(PATH, body)
    assert problem_of(answer)[0] == 422
    assert answer.get_json()["errors"][0]["field"] == field


@pytest.fixture(autouse=True)
def _today(app: Flask) -> object:
    """Stand on the day that the events' times are near."""
    with clock.at(clock.now().replace(year=2026, month=11, day=21)):
        yield


def test_the_same_id_with_another_body_is_409(api: Api, metered: Customer) -> None:
    api.post(PATH, event(1))
    assert problem_of(api.post(PATH, event(1, quantity=999))) == (409, "id_reused")
    assert used(api, metered) == 1000


@pytest.mark.case("AC-1")
def test_the_same_request_with_its_key_has_the_same_answer(api: Api, metered: Customer) -> None:
    first = api.post(PATH, event(1), once="report-1")
    assert api.post(PATH, event(1), once="report-1").get_json() == first.get_json()
    assert problem_of(api.post(PATH, event(2), once="report-1"))[0] == 409
    assert used(api, metered) == 1000


def test_a_batch_is_judged_event_by_event(api: Api, metered: Customer) -> None:
    globex = meters.customer("Globex")
    batch = [
        event(1),
        event(2, customer=globex.customer_id, quantity=7),
        event(3, quantity="many"),
        {"id": "evt-4"},
        5,
        event(6, meter="nothing"),
        event(7, extra=1),
        event(1),
        event(9, time="yesterday"),
    ]
    answer = api.post(PATH, {"events": batch})
    assert answer.status_code == 200
    said = answer.get_json()
    assert (said["accepted"], said["duplicates"]) == (2, 1)
    assert [(each["index"], each["reason"]) for each in said["rejected"]] == [
        (2, "malformed"),
        (3, "malformed"),
        (4, "malformed"),
        (5, "unknown_meter"),
        (6, "malformed"),
        (8, "malformed"),
    ]
    assert said["rejected"][0]["detail"].startswith("quantity: ")
    assert said["rejected"][2]["detail"] == "Send a JSON object."
    assert (used(api, metered), used(api, globex)) == (1000, 7)


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"customer": "nobody"}, 422, "unknown_customer"),
        ({"meter": "nothing"}, 422, "unknown_meter"),
        ({"meter": "users", "quantity": 1}, 422, "subject_missing"),
        ({"meter": "runs", "quantity": 2}, 422, "quantity_not_one"),
        ({"time": "2026-10-01T00:00:00Z"}, 422, "too_old"),
        ({"time": "2026-11-23T00:00:00Z"}, 422, "in_the_future"),
        ({"id": "a\tb"}, 422, "id_malformed"),
        ({"id": " "}, 422, "id_malformed"),
        ({"id": "hold_01kam"}, 422, "id_reserved"),
        ({"properties": {"note": "x" * 4000}}, 422, "properties_too_long"),
        ({"quantity": -1}, 422, "validation_failed"),
        ({"quantity": 1.5}, 422, "validation_failed"),
        ({"quantity": 10**12 + 1}, 422, "validation_failed"),
        ({"id": "x" * 201}, 422, "validation_failed"),
        ({"id": None}, 422, "validation_failed"),
    ],
)
def test_one_event_that_cannot_be_counted_says_why(
    api: Api, metered: Customer, change: dict[str, object], status: int, reason: str
) -> None:
    assert problem_of(api.post(PATH, event(1, **change))) == (status, reason)
    assert used(api, metered) == 0


@pytest.mark.parametrize("body", [{"events": []}, {"events": [event(1)] * 1001}, {"events": 5}, {}, [], "x"])
def test_a_body_that_is_no_event_and_no_batch_is_422(api: Api, metered: Customer, body: object) -> None:
    assert problem_of(api.post(PATH, body)) == (422, "validation_failed")


def test_a_thousand_events_go_in_one_call(api: Api, metered: Customer) -> None:
    answer = api.post(PATH, {"events": [event(number, quantity=1) for number in range(1000)]})
    assert answer.get_json() == {"accepted": 1000, "duplicates": 0, "rejected": []}
    assert used(api, metered) == 1000


def test_a_key_of_one_customer_reports_no_other_customers_usage(app: Flask, api: Api, metered: Customer) -> None:
    globex = meters.customer("Globex")
    theirs = api_for(app, "usage:write", customer=globex)
    assert problem_of(theirs.post(PATH, event(1))) == (422, "unknown_customer")
    assert theirs.post(PATH, event(1, customer="globex")).status_code == 200
    assert (used(api, metered), used(api, globex)) == (0, 1000)


def test_it_needs_the_scope(app: Flask, metered: Customer) -> None:
    assert problem_of(api_for(app, "billing:read").post(PATH, event(1)))[0] == 403


def test_the_time_that_is_said_is_kept_and_the_day_is_that_of_acceptance(api: Api, metered: Customer) -> None:
    yesterday = clock.now() - timedelta(days=1)
    api.post(PATH, event(1, time=yesterday.isoformat()))
    page = api.get(f"/customers/{metered.customer_id}/usage_events", meter="requests").get_json()
    (found,) = page["data"]
    assert found["occurred_at"] == yesterday.isoformat().replace("+00:00", "Z")
    assert found["date"] == clock.now().date().isoformat()
