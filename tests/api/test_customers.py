"""Customers: created, found and changed by the seller's program."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain import language
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.scope import as_customer
from app.services.balance import history
from app.services.catalog import versions
from tests.support import cast, meters
from tests.support.api import Api, problem_of
from tests.support.statements import counted

NEW = {"external_id": "initech", "name": "Initech", "email": "Billing@Initech.example"}


@pytest.mark.both_databases
def test_a_customer_is_created_with_a_balance_and_the_trial(api: Api, catalog: str) -> None:
    made = api.post("/customers", NEW)
    assert made.status_code == 201
    body = made.get_json()
    assert (body["external_id"], body["name"], body["email"]) == ("initech", "Initech", "billing@initech.example")
    assert (body["catalog"], body["plan"], body["currency"], body["standing"]) == (catalog, None, "USD", "good")
    assert api.get(f"/customers/{body['id']}").get_json() == body
    sold = api.get(f"/customers/{body['id']}/balance").get_json()
    with as_customer(body["id"]):
        assert sold["total_credits"] == f"{history.numbers().total_credits.units:.2f}"


def test_an_external_id_is_taken_once(api: Api, catalog: str) -> None:
    assert api.post("/customers", NEW).status_code == 201
    assert problem_of(api.post("/customers", NEW)) == (409, "external_id_taken")
    assert len(api.get("/customers").get_json()["data"]) == 1


def test_nobody_takes_the_id_of_another_customer_for_its_own(api: Api, acme: Customer, globex: Customer) -> None:
    wanted = {"external_id": globex.customer_id}
    for answer in (
        api.post("/customers", {**NEW, **wanted}),
        api.open("PATCH", f"/customers/{acme.customer_id}", json=wanted),
    ):
        assert problem_of(answer) == (422, "external_id_reserved")
    event = {"id": "one", "customer": globex.customer_id, "meter": "requests", "quantity": 1}
    assert api.post("/usage_events", event).status_code == 200
    assert api.get(f"/customers/{acme.customer_id}").get_json()["external_id"] == "acme"


@pytest.mark.case("AC-1")
def test_the_same_request_creates_one_customer(api: Api, catalog: str) -> None:
    first, again = (api.post("/customers", NEW, once="signup-7") for _ in range(2))
    assert first.data == again.data
    assert (first.status_code, again.status_code) == (201, 201)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b.example\nBcc: c@d.example"}, "email"),
        ({"external_id": ""}, "external_id"),
        ({"external_id": "a\tb"}, "external_id"),
        ({"external_id": " initech"}, "external_id"),
        ({"external_id": "initech "}, "external_id"),
        ({"external_id": "cus_01kam00000000000000000000a"}, "external_id"),
        ({"external_id": "CUS_mine"}, "external_id"),
        ({"currency": "EUR"}, "currency"),
        ({"currency": "US"}, "currency"),
        ({"plan": "golden"}, "plan"),
        ({"catalog": "nothing"}, "catalog"),
        ({"standing": "good"}, "standing"),
        ({"overage_protection_micros": 1}, "overage_protection_micros"),
    ],
)
def test_a_wrong_field_is_named(api: Api, catalog: str, change: dict[str, object], field: str) -> None:
    answer = api.post("/customers", {**NEW, **change})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.get_json()["errors"]] == [field]
    assert api.get("/customers").get_json()["data"] == []


def test_among_several_catalogs_the_one_that_fits_is_taken(api: Api, catalog: str) -> None:
    cast.apply_catalog("identity")
    assert problem_of(api.post("/customers", NEW))[0] == 422
    plans = {each["catalog"]: each for each in api.get("/plans").get_json()["data"]}
    for name, sold in plans.items():
        wanted = {**NEW, "external_id": name, "catalog": name, "plan": sold["key"]}
        made = api.post("/customers", wanted).get_json()
        assert (made["catalog"], made["plan"]) == (name, sold["key"])


def test_a_change_keeps_what_is_left_out_and_is_written_down(api: Api, acme: Customer) -> None:
    path = f"/customers/{acme.customer_id}"
    assert api.get(path).get_json()["catalog_version"] == 1
    changed = api.open("PATCH", path, json={"name": "Acme Ltd"})
    assert changed.status_code == 200
    assert changed.get_json() == {**api.get(path).get_json(), "name": "Acme Ltd", "email": acme.email}
    with as_customer(acme.customer_id):
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "customer.changed")).one()
    assert '"name": "Acme"' in entry.before
    assert '"name": "Acme Ltd"' in entry.after
    assert entry.actor.startswith("key_")


def test_the_plan_in_force_is_named_by_usage_and_changes_nothing(api: Api, app: Flask) -> None:
    meters.apply()
    acme = meters.customer("Acme", plan="")
    path = f"/customers/{acme.customer_id}"
    before = api.get(path).get_json()
    versions.apply(meters.METERED.format(burn="realtime").replace('"0.40"', '"0.80"'))
    in_force = api.get(f"{path}/usage").get_json()["plan"]
    assert (before["plan"], in_force, before["catalog_version"]) == (None, "free", 1)
    for plan in (in_force, None):
        assert api.open("PATCH", path, json={"plan": plan}).get_json() == before


def test_nothing_changed_writes_nothing_down(api: Api, acme: Customer) -> None:
    for body in ({}, {"name": "Acme"}):
        assert api.open("PATCH", f"/customers/{acme.customer_id}", json=body).status_code == 200
    with as_customer(acme.customer_id):
        assert not db.session.scalars(select(AuditEntry).where(AuditEntry.action == "customer.changed")).all()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"external_id": "globex"}, 409),
        ({"external_id": "cus_globex"}, 422),
        ({"external_id": " globex"}, 422),
        ({"plan": "golden"}, 409),
        ({"email": "nobody"}, 422),
        ({"name": "\u200b"}, 422),
        ({"name": None}, 422),
        ({"external_id": None}, 422),
        ({"currency": "EUR"}, 422),
    ],
)
def test_a_change_that_cannot_be_is_refused_whole(
    api: Api, acme: Customer, globex: Customer, body: dict[str, str], status: int
) -> None:
    path = f"/customers/{acme.customer_id}"
    before = api.get(path).get_json()
    assert problem_of(api.open("PATCH", path, json={"name": "Other", **body}))[0] == status
    assert api.get(path).get_json() == before


def test_the_list_is_paged_with_nothing_lost_or_twice(api: Api, catalog: str) -> None:
    made = [cast.make_customer(f"Number{index}").customer_id for index in range(7)]
    for limit in (1, 2, 3, 7, 200):
        seen, cursor, pages = [], None, 0
        while True:
            page = api.get("/customers", limit=limit, **({"cursor": cursor} if cursor else {})).get_json()
            seen += [each["id"] for each in page["data"]]
            cursor, pages = page["next_cursor"], pages + 1
            if cursor is None:
                break
        assert seen == made[::-1]
        assert pages == -(-7 // limit)


def test_a_customer_is_found_by_the_hosts_own_id(api: Api, acme: Customer, globex: Customer) -> None:
    found = api.get("/customers", external_id="acme").get_json()
    assert [each["id"] for each in found["data"]] == [acme.customer_id]


def test_a_page_of_the_list_asks_the_same_however_long_it_is(api: Api, catalog: str) -> None:
    cast.make_customer("One")
    with counted() as few:
        api.get("/customers")
    for index in range(5):
        cast.make_customer(f"More{index}")
    with counted() as many:
        api.get("/customers")
    assert len(many) <= len(few)  # the first call of a key also notes its use


def test_the_language_of_documents_is_read_and_set(api: Api, acme: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "OFFERED", ("en", "he"))
    path = f"/customers/{acme.customer_id}"
    assert api.get(path).get_json()["language"] == "en"
    assert api.open("PATCH", path, json={"language": "he"}).get_json()["language"] == "he"
    for wanted in ("fr", "english", "he-IL"):
        assert problem_of(api.open("PATCH", path, json={"language": wanted})) == (422, "language_unknown")
    assert problem_of(api.open("PATCH", path, json={"language": ""}))[0] == 422
    assert api.get(path).get_json()["language"] == "he"
