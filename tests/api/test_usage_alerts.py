"""Usage alerts over the API: the same set, and the same rules, as on the page."""

import pytest
from flask import Flask

from app.models.customers import Customer
from tests.support import meters, usage_cast
from tests.support.api import Api, api_for, problem_of

EIGHTY = {"meter": "requests", "threshold": 80, "is_percent": True}


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Acme on the paid plan."""
    return usage_cast.metered()


def path(customer: Customer) -> str:
    return f"/customers/{customer.customer_id}/usage_alerts"


@pytest.mark.both_databases
def test_a_set_is_put_and_read(api: Api, acme: Customer) -> None:
    assert api.get(path(acme)).get_json() == {"alerts": [], "recipients": [], "version": 1}
    made = api.open(
        "PUT", path(acme), json={"alerts": [EIGHTY], "recipients": [{"email": "ops@acme.example"}], "version": 1}
    )
    said = made.get_json()
    assert (made.status_code, said["version"]) == (200, 2)
    assert [{name: each[name] for name in EIGHTY} for each in said["alerts"]] == [EIGHTY]
    assert said["recipients"] == [{"email": "ops@acme.example", "confirmed_at": None}]
    assert api.get(path(acme)).get_json() == said
    stale = api.open("PUT", path(acme), json={"alerts": [], "recipients": [], "version": 1})
    assert problem_of(stale) == (409, "version_gone_by")


@pytest.mark.case("AC-56")
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"alerts": [EIGHTY, EIGHTY]}, "alert_twice"),
        ({"alerts": [{"meter": "zebras", "threshold": 1}]}, "meter_unknown"),
        ({"alerts": [{"meter": "runs", "threshold": 80, "is_percent": True}]}, "percentage_of_nothing"),
        ({"alerts": [{"meter": "requests", "threshold": 1001, "is_percent": True}]}, "threshold_out_of_range"),
        ({"alerts": [{"meter": "requests", "threshold": 0}]}, "validation_failed"),
        ({"alerts": [{"meter": "requests", "threshold": 10**15 + 1}]}, "validation_failed"),
        ({"alerts": [{"meter": "runs", "threshold": each} for each in range(1, 22)]}, "too_many_alerts"),
        ({"recipients": [{"email": "ops"}]}, "email_malformed"),
        ({"recipients": [{"email": "ops@acme.example"}, {"email": "OPS@acme.example"}]}, "email_twice"),
        ({"recipients": [{"email": f"{each}@acme.example"} for each in range(11)]}, "too_many_emails"),
        ({"zebra": 1}, "validation_failed"),
    ],
)
def test_it_refuses_what_the_page_refuses(api: Api, acme: Customer, body: dict[str, object], reason: str) -> None:
    answer = api.open("PUT", path(acme), json={"alerts": [], "recipients": [], "version": 1} | body)
    assert problem_of(answer) == (422, reason)
    assert api.get(path(acme)).get_json() == {"alerts": [], "recipients": [], "version": 1}


def test_a_key_for_one_customer_reaches_no_other(app: Flask, acme: Customer) -> None:
    other = api_for(app, customer=meters.customer("Globex"))
    assert problem_of(other.get(path(acme))) == (404, "not_found")
    answer = other.open("PUT", path(acme), json={"alerts": [], "recipients": [], "version": 1})
    assert problem_of(answer) == (404, "not_found")


def test_reading_needs_billing_read_and_changing_billing_write(app: Flask, acme: Customer) -> None:
    reader = api_for(app, "billing:read")
    assert reader.get(path(acme)).status_code == 200
    answer = reader.open("PUT", path(acme), json={"alerts": [], "recipients": [], "version": 1})
    assert problem_of(answer) == (403, "forbidden")
