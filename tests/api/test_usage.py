"""GET /v1/customers/{id}/usage and …/usage_events: the meters of a period, and the events behind a number."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.rating import UsageReport
from app.models.customers import Customer
from app.services.catalog import versions
from app.services.customers import plan_moves
from app.services.usage import events
from tests.support import meters
from tests.support.api import Api, api_for, problem_of
from tests.support.statements import counted

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def metered(app: Flask) -> object:
    """Acme on the paid plan, with two days of usage; the clock stands at noon of the second."""
    meters.apply()
    with clock.at(NOON - timedelta(days=1)):
        customer = meters.customer("Acme", plan="paid")
        events.accept(
            [UsageReport(f"a-{n}", "acme", "requests", 500, subject=f"s-{n}") for n in range(3)]
            + [UsageReport(f"u-{n}", "acme", "users", subject=f"s-{n % 2}") for n in range(3)]
        )
    with clock.at(NOON):
        events.accept([UsageReport(f"b-{n}", "acme", "requests", 100) for n in range(4)])
        yield customer


@pytest.mark.both_databases
def test_each_meter_of_the_catalog_is_shown_day_by_day(api: Api, metered: Customer) -> None:
    said = api.get(f"/customers/{metered.customer_id}/usage").get_json()
    assert said["period"] == {
        "number": 1,
        "starts_at": "2026-11-20T00:00:00Z",
        "ends_at": "2026-12-20T00:00:00Z",
        "is_open": True,
    }
    assert [each["meter"] for each in said["meters"]] == ["requests", "runs", "users", "storage", "peak", "hours"]
    requests = said["meters"][0]
    assert (requests["used"], requests["included"], requests["overage"], requests["limit"]) == (1900, 1000, 900, 5000)
    assert requests["credits"] == "0.36"
    assert requests["days"] == [
        {"date": "2026-11-20", "quantity": 1500, "events": 3, "credits": "0.20"},
        {"date": "2026-11-21", "quantity": 400, "events": 4, "credits": "0.16"},
    ]
    users = said["meters"][2]
    assert (users["used"], users["overage"], users["days"][0]["quantity"], users["days"][0]["events"]) == (2, 0, 2, 3)
    assert said["without_meter"] == []


def test_a_meter_that_is_no_longer_sold_still_shows_what_was_used(api: Api, metered: Customer) -> None:
    versions.apply(
        meters.METERED.format(burn="realtime")
        .replace('key = "requests"', 'key = "calls"')
        .replace("requests = ", "calls = ")
    )
    meters.move_to_newest(metered.customer_id)
    said = api.get(f"/customers/{metered.customer_id}/usage").get_json()
    assert said["meters"][0]["meter"] == "calls"
    gone = said["meters"][-1]
    assert (gone["meter"], gone["used"], gone["included"], gone["credits"]) == ("requests", 1900, 0, "0.36")
    assert (gone["title"], gone["unit"], gone["kind"]) == ("Requests", "requests", "sum")


def test_a_closed_period_is_shown_by_the_terms_that_it_closed_with(api: Api, metered: Customer) -> None:
    path = f"/customers/{metered.customer_id}/usage"
    with clock.at(datetime(2026, 12, 20, tzinfo=UTC)):
        versions.apply(meters.dearer_without_paid_and_hours())
        moves, _stay = plan_moves.planned("metered", to="free")
        assert list(plan_moves.move_each(moves, by="ops", reason="New prices")) == [None]
        now, before = api.get(path).get_json(), api.get(path, period=1).get_json()
    terms = [(each["catalog_version"], each["plan"], each["meters"][0]["included"]) for each in (now, before)]
    assert terms == [(2, "free", 0), (1, "paid", 1000)]
    assert [len(each["meters"]) for each in (now, before)] == [5, 6]


def test_a_period_that_is_over_is_shown_by_its_number_and_the_next_has_begun(api: Api, metered: Customer) -> None:
    path = f"/customers/{metered.customer_id}/usage"
    with clock.at(datetime(2027, 1, 20, tzinfo=UTC)):
        now = api.get(path).get_json()
        assert (now["period"]["number"], now["period"]["starts_at"]) == (3, "2027-01-20T00:00:00Z")
        assert [each["used"] for each in now["meters"]] == [0] * 6
        before = api.get(path, period=1).get_json()
        assert before["meters"][0]["used"] == 1900
        assert before["period"]["is_open"] is False
    assert problem_of(api.get(path, period=9)) == (404, "not_found")


def test_the_events_behind_a_number_come_page_by_page_the_newest_first(api: Api, metered: Customer) -> None:
    path, query = f"/customers/{metered.customer_id}/usage_events", {"meter": "requests", "limit": 3}
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = api.get(path, **query, **cursor).get_json()
        seen += [each["id"] for each in page["data"]]
        cursor = {"cursor": page["next_cursor"]}
    assert seen == ["b-3", "b-2", "b-1", "b-0", "a-2", "a-1", "a-0"]
    assert page["next_cursor"] is None
    assert page["data"][-1]["credits"] == "0.00"


def test_the_events_of_a_day_are_those_of_its_number(api: Api, metered: Customer) -> None:
    path = f"/customers/{metered.customer_id}/usage_events"
    page = api.get(path, meter="requests", first="2026-11-20", last="2026-11-20").get_json()
    assert [(each["id"], each["quantity"], each["subject"]) for each in page["data"]] == [
        ("a-2", 500, "s-2"),
        ("a-1", 500, "s-1"),
        ("a-0", 500, "s-0"),
    ]
    assert sum(each["quantity"] for each in page["data"]) == 1500


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({}, "validation_failed"),
        ({"meter": "requests", "first": "2026-02-30"}, "day_malformed"),
        ({"meter": "requests", "last": "0001-01-01"}, "day_malformed"),
        ({"meter": "requests", "last": "tomorrow"}, "validation_failed"),
        ({"meter": "requests", "cursor": "nonsense"}, "cursor_malformed"),
        ({"meter": "requests", "cursor": "WyJhIiwiYiIsImMiXQ"}, "cursor_malformed"),
        ({"meter": "requests", "limit": 201}, "validation_failed"),
    ],
)
def test_a_query_that_cannot_be_answered_is_422(
    api: Api, metered: Customer, query: dict[str, object], reason: str
) -> None:
    assert problem_of(api.get(f"/customers/{metered.customer_id}/usage_events", **query)) == (422, reason)


def test_nobody_reads_another_customers_usage(app: Flask, metered: Customer) -> None:
    theirs = api_for(app, "billing:read", customer=meters.customer("Globex"))
    for path, query in (("usage", {}), ("usage_events", {"meter": "requests"})):
        answer = theirs.get(f"/customers/{metered.customer_id}/{path}", **query)
        assert problem_of(answer) == (404, "not_found")


def test_a_page_is_as_many_statements_at_any_depth(api: Api, metered: Customer) -> None:
    path = f"/customers/{metered.customer_id}/usage_events"
    api.get(path, meter="requests")  # a key's first use is written down
    with counted() as first:
        page = api.get(path, meter="requests", limit=2).get_json()
    with counted() as second:
        api.get(path, meter="requests", limit=2, cursor=page["next_cursor"])
    assert len(first) == len(second) <= 4
    with counted() as usage:
        api.get(f"/customers/{metered.customer_id}/usage")
    assert len(usage) <= 8
