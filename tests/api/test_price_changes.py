"""Other prices are announced to a customer by the API, shown in its own money, and withdrawn."""

from flask import Flask

from app import clock
from tests.support import plans
from tests.support.api import api_for, problem_of
from tests.support.months import at, begins, runs
from tests.support.plans import BEGIN


def test_prices_are_announced_shown_and_withdrawn(app: Flask) -> None:
    api, acme = api_for(app), begins(BEGIN, "team")
    path = f"/customers/{acme.customer_id}/price_changes"
    runs(BEGIN)
    plans.applies(('monthly = "49.00"', 'monthly = "98.00"'))
    with clock.at(at(2027, 7, 2)):
        assert runs(at(2027, 7, 2)) == 1
        assert problem_of(api.post(path, {"version": 2, "on": "2027-07-02"})) == (422, "day_not_to_come")
        assert problem_of(api.post(path, {"version": 9, "on": "2027-09-01"})) == (422, "version_unknown")
        assert problem_of(api.post(path, {"version": 2, "on": "9999-12-31"})) == (422, "day_too_far")
        made = api.post(path, {"version": 2, "on": "2027-09-01"}).get_json()
        assert made | {"id": "prc"} == {
            "id": "prc", "plan": "team", "version": 2, "on": "2027-09-01", "announced_at": "2027-07-02T00:00:00Z",
            "months": 1, "before_minor": 4900, "after_minor": 9800, "currency": "USD",
        }  # fmt: skip
        assert api.get(path).get_json() == {"data": [made]}
        assert [api.open("DELETE", path).get_json() for _twice in range(2)] == [{"data": []}] * 2
