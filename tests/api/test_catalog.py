"""What is offered, and what a customer has: the plans and meters of the version that it keeps, with its number."""

import pytest
from flask import Flask

from app.models.customers import Customer
from app.services.catalog import versions
from tests.support import meters
from tests.support.api import Api, api_for, problem_of


@pytest.fixture
def acme(api: Api) -> Customer:
    """A customer of version 1, while version 2 is offered."""
    meters.apply()
    made = meters.customer("Acme", plan="paid")
    versions.apply(meters.dearer_without_paid_and_hours())
    return made


def shown(api: Api, path: str, **query: str) -> list[tuple[str, int]]:
    """Return the keys and versions of what is listed."""
    return [(each["key"], each["catalog_version"]) for each in api.get(path, **query).get_json()["data"]]


def test_what_is_offered_is_the_newest_version(api: Api, acme: Customer) -> None:
    assert shown(api, "/plans") == [("free", 2)]
    assert ("hours", 2) not in shown(api, "/meters", catalog="metered")
    price = next(each for each in api.get("/meters").get_json()["data"] if each["key"] == "requests")["credits"]
    assert price == "0.80"


def test_what_a_customer_has_is_of_the_version_that_it_keeps(api: Api, acme: Customer) -> None:
    assert shown(api, "/plans", customer=acme.customer_id) == [("free", 1), ("paid", 1)]
    has = {each["key"]: each for each in api.get("/meters", customer=acme.customer_id).get_json()["data"]}
    assert (has["requests"]["credits"], has["requests"]["catalog_version"], "hours" in has) == ("0.40", 1, True)
    assert shown(api, "/plans", customer=acme.customer_id, catalog="other") == []
    assert problem_of(api.get("/plans", customer="cus_nobody")) == (404, "not_found")


def test_a_key_for_one_customer_lists_what_that_one_has(app: Flask, api: Api, acme: Customer) -> None:
    globex = meters.customer("Globex")
    own = api_for(app, customer=acme)
    assert shown(own, "/plans") == [("free", 1), ("paid", 1)]
    assert ("hours", 1) in shown(own, "/meters")
    assert problem_of(own.get("/plans", customer=globex.customer_id)) == (404, "not_found")
