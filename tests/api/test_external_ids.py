"""The seller's own id of a customer names it wherever ours does: in each address, body and filter, and no other."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from app import ids
from app.api.contract.openapi import operations_of
from app.domain.errors import Refused
from app.models.customers import Customer
from app.models.scope import as_service
from app.services.customers import registration
from app.services.customers.external_ids import ADDRESS_WORDS, check
from app.services.tax import registrations
from app.services.transaction import transaction
from app.services.webhooks import queue
from tests.support import cast, transfers
from tests.support.api import Api, api_for, problem_of
from tests.support.documents import documents_of
from tests.support.reversals import buys

ODD = [
    "acme",
    "org-17",
    "user-42@shop.example",
    "25%off",
    "100%25",
    "Acme & Söhne 東京",
    "a b",
    "a+b",
    "a?b#c",
    "shop/17",
    "a//b",
    "/a",
    "a/",
    "/",
    "balance",
    "shops/balanced",
    "usage",
    "grt_00000000000000000000000000",
    "hold_00000000000000000000000000",
    "'; drop table customers; --",
    "x" * 200,
]
OFF = {
    "enabled": False, "threshold": "20", "amount": {"amount_minor": 2500, "currency": "USD"}, "pack": None,
    "period_limit": {"amount_minor": 5000, "currency": "USD"}, "payment_method": None, "version": 0,
}  # fmt: skip
LIMITS = {"enabled": True, "daily_limit": "5", "notify_threshold": None, "webhook_url": None, "version": 0}
ADDRESS = {"company": "A", "line1": "1 St", "city": "B", "postal_code": "10115", "country": "DE", "version": 0}
QUERIES = {"usage_events": {"meter": "requests"}, "statement": {"from": "2026-11-01", "to": "2026-11-30"}}
CHANNEL = {"form": "slack", "url": "http://localhost", "version": 0}
ASKS = {"plan": "none", "message": "?", "name": "New", "email": "new@acme.example"}
CORRECTED = {
    "company": "Acme",
    "line1": "1 Main Street",
    "city": "Reno",
    "postal_code": "89501",
    "region": "NV",
    "country": "US",
}
EXEMPT = {"value": "EX-1", "territories": ["FR"], "file": "JVBERi0xLjcK"}
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("PATCH", "/customers/<customer_id>"): {"name": "Named"},
    ("POST", "/customers/<customer_id>/credit_grants"): {"credits": "1", "reason": "Test"},
    ("POST", "/customers/<customer_id>/invoices/<invoice_id>/void"): {"reason": "Test"},
    ("POST", "/customers/<customer_id>/invoices/<invoice_id>/credit_notes"): {"reason": "Test"},
    ("POST", "/customers/<customer_id>/pro_formas"): {"amount_minor": 2500},
    ("POST", "/customers/<customer_id>/statement/pdf"): {"from": "2026-11-01", "to": "2026-11-30"},
    ("POST", "/customers/<customer_id>/credit_codes/preview"): {"code": "NO-SUCH-CODE"},
    ("POST", "/customers/<customer_id>/credit_codes/redeem"): {"code": "NO-SUCH-CODE"},
    ("POST", "/customers/<customer_id>/invoice_notifications/ask_again"): {"email": "nobody@acme.example"},
    ("POST", "/customers/<customer_id>/members"): {"email": "new@acme.example", "name": "New", "role": "viewer"},
    ("PATCH", "/customers/<customer_id>/members/<member_id>"): {"role": "viewer"},
    ("PUT", "/customers/<customer_id>/notification_channel"): CHANNEL,
    ("POST", "/customers/<customer_id>/notification_channel/pause"): {"version": 0},
    ("POST", "/customers/<customer_id>/notification_channel/resume"): {"version": 0},
    ("POST", "/customers/<customer_id>/subscription/requests"): ASKS,
    ("POST", "/customers/<customer_id>/top_ups"): {"amount": {"amount_minor": 2500, "currency": "USD"}},
    ("POST", "/customers/<customer_id>/top_ups/preview"): {"amount": {"amount_minor": 2500, "currency": "USD"}},
    ("POST", "/customers/<customer_id>/usage_alerts/ask_again"): {"email": "nobody@acme.example"},
    ("PUT", "/customers/<customer_id>/auto_recharge"): OFF,
    ("PUT", "/customers/<customer_id>/invoice_address"): ADDRESS,
    ("PUT", "/customers/<customer_id>/invoice_notifications"): {
        "billing_email": "a@acme.example",
        "recipients": [],
        "version": 0,
    },
    ("PUT", "/customers/<customer_id>/spend_management"): LIMITS,
    ("POST", "/customers/<customer_id>/invoices/<invoice_id>/corrections/preview"): CORRECTED,
    ("POST", "/customers/<customer_id>/invoices/<invoice_id>/corrections"): CORRECTED | {"preview": "gone"},
    ("POST", "/customers/<customer_id>/price_changes"): {"version": 1, "on": f"{datetime.now(UTC).year + 1}-06-01"},
    ("PATCH", "/customers/<customer_id>/subscription"): {"seats_used": 1},
    ("PUT", "/customers/<customer_id>/subscription"): {"preview": "gone"},
    ("POST", "/customers/<customer_id>/subscription/changes"): {"preview": "gone"},
    ("POST", "/customers/<customer_id>/tax_registrations"): {"country": "SG", "type": "other", "value": "7"},
    ("POST", "/customers/<customer_id>/tax_registrations/certificates"): EXEMPT,
    ("PUT", "/customers/<customer_id>/usage_alerts"): {"alerts": [], "recipients": [], "version": 1},
}


UNPROCESSABLE = {
    "pro_formas": "kind_not_taken",  # this seller takes no bank transfers
    "price_changes": "version_not_newer",  # the customer has the newest one
}
SAYS_NO = {
    "credit_code_not_valid", "email_taken", "method_missing", "plan_unknown", "referrals_not_offered", "registration_exists",
    "url_not_https", "webhook_missing",
}  # fmt: skip
"""Why what is found for the customer is refused: it has none of it, or the other id has just done the same."""
LACKS = {"address", "channel", "webhook", "payment method", "member"}
"""What this customer has none of, or none any more."""
FILES = ("/receipts/<payment_id>", "/years/<year>", "/pdf/<paper_id>")


@pytest.fixture
def api(app: Flask, acme: Customer) -> Api:
    """The host's backend."""
    return api_for(app)


def called(customer: Customer, external_id: str) -> None:
    """Give the customer this id of the seller's."""
    with as_service("name a customer"), transaction() as session:
        session.execute(
            update(Customer).where(Customer.customer_id == customer.customer_id).values(external_id=external_id)
        )


def registered(customer: Customer) -> str:
    """Return the id of a number that may be removed."""
    made = registrations.add(customer.customer_id, kind="other", country="SG", value=ids.new("x")[:40], by="test")
    return made.id


def addresses(app: Flask) -> Iterator[tuple[str, str]]:
    """Yield the method and path of each operation that names a customer in its path."""
    for each in operations_of(app):
        if "<customer_id>" in each.path:
            yield each.method, each.path


def refused_for_what_it_has(answer: TestResponse) -> bool:
    """Say whether the customer was found, and what refuses is its free plan or the preview of its invoice."""
    reasons = {"nothing_changes", "nothing_to_cancel", "preview_gone_by"}
    return problem_of(answer)[1] in reasons or answer.get_json()["detail"] == "There is no such change of plan."


def says_no(answer: TestResponse) -> bool:
    """Say whether the customer was found, and has none of what is asked for, or no more of it."""
    problem = answer.get_json() if answer.status_code >= 400 else {"reason": "", "detail": ""}
    return problem["reason"] in SAYS_NO or problem["detail"] in {f"There is no such {each}." for each in LACKS}


def test_each_operation_takes_either_id(app: Flask, api: Api, acme: Customer) -> None:
    called(acme, "shop/17 ä%@")
    paid = buys(app, cast.make_actor(cast.ALICE, acme), 2500)
    payment, method_id = paid.id, paid.method_id or ""
    (invoice,) = [each.id for each in documents_of(acme)]
    pro_forma = transfers.written(acme)
    seen = set()
    for method, path in addresses(app):
        body, query = BODIES.get((method, path)), QUERIES.get(path.rpartition("/")[2], {})
        for name in (acme.customer_id, "shop/17 ä%@"):
            place = path.replace("<customer_id>", quote(name, safe=""))
            if "<registration_id>" in place:
                place = place.replace("<registration_id>", registered(acme))
            place = place.replace("<payment_id>", payment).replace("<method_id>", method_id)
            place = place.replace("<invoice_id>", invoice).replace("<pro_forma_id>", pro_forma)
            answer = api.open(method, place, query_string=query, **({"json": body} if body else {}))
            if body is not None and "version" in body and answer.status_code == 409:
                assert problem_of(answer) == (409, "version_gone_by")  # the other id has changed the same thing
                continue
            if path.endswith(("/pay", "/void", "/credit_notes")):
                assert problem_of(answer) in {(409, "not_payable"), (409, "invoice_paid")}  # it is paid already
                continue
            if path.endswith("/corrections") or ("/subscription" in path and answer.status_code in {404, 409}):
                assert refused_for_what_it_has(answer)
                continue
            if path.endswith(("/pdf", "/xml", *FILES)):  # who is asked about was found: no files are made here
                assert problem_of(answer) in {(404, "not_offered"), (404, "not_found")}
                assert "customer" not in answer.get_json()["detail"]
                continue
            if method == "POST" and (reason := UNPROCESSABLE.get(path.rpartition("/")[2])):
                assert problem_of(answer) == (422, reason)
                continue
            if says_no(answer):
                continue
            assert answer.status_code in {200, 201, 202}, (method, place, answer.text)
        seen.add(path)
    assert len(seen) >= 8


@pytest.mark.parametrize("name", ODD)
def test_whatever_it_has_in_it_it_names_its_customer(api: Api, acme: Customer, name: str) -> None:
    check(name)
    called(acme, name)
    place = f"/customers/{quote(name, safe='')}"
    assert api.get(place).get_json()["id"] == acme.customer_id
    assert api.get(f"{place}/balance").get_json()["customer"] == acme.customer_id
    asked = api.post("/authorizations", {"customer": name, "credits": "1"}).get_json()
    assert asked["allowed"]
    assert api.get(f"/authorizations/{asked['authorization']}").get_json()["customer"] == acme.customer_id
    event = {"id": "one", "customer": name, "meter": "requests", "quantity": 1}
    assert api.post("/usage_events", event).get_json()["accepted"] == 1
    assert api.post("/usage_events", event | {"customer": acme.customer_id}).get_json()["duplicates"] == 1
    assert [each["id"] for each in api.get("/customers", external_id=name).get_json()["data"]] == [acme.customer_id]
    assert api.get("/webhook_deliveries", customer=name).status_code == 200
    assert problem_of(api.open("DELETE", f"{place}/balance"))[0] in {404, 405}


def test_a_filter_takes_either_id(app: Flask, acme: Customer, globex: Customer) -> None:
    row = {"event_type": "balance.low", "sequence": 1, "body": "{}", "endpoint_id": "whk_none", "to_seller": True}
    with as_service("a delivery of each"), transaction() as session:
        for each in (acme, globex):
            queue.add(
                session, [queue.row(customer_id=each.customer_id, event_id=ids.new("evt"), now=each.created_at, **row)]
            )  # type: ignore[arg-type]
    api = api_for(app)
    for name in (acme.customer_id, "acme"):
        found = api.get("/webhook_deliveries", customer=name).get_json()["data"]
        assert [each["customer"] for each in found] == [acme.customer_id]
        assert api.get("/plans", customer=name).get_json()["data"]
    assert api.get("/webhook_deliveries", customer="nobody").get_json()["data"] == []
    assert problem_of(api.get("/plans", customer="nobody")) == (404, "not_found")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("cus_17", "external_id_reserved"),
        ("CUS_17", "external_id_reserved"),
        ("cus_00000000000000000000000000", "external_id_reserved"),
        *((f"shop/{word}", "external_id_reserved") for word in ADDRESS_WORDS),
        ("shop/balance/17", "external_id_reserved"),
        ("..", "external_id_malformed"),
        ("a/./b", "external_id_malformed"),
        ("", "external_id_malformed"),
        (" a", "external_id_malformed"),
        ("a\u2028b", "external_id_unprintable"),
        ("x" * 201, "external_id_malformed"),
    ],
)
def test_what_could_name_another_is_refused(name: str, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        check(name)
    assert (refusal.value.status, refusal.value.reason, refusal.value.field) == (422, reason, "external_id")


def test_what_is_refused_is_refused_when_it_is_created_and_when_it_is_changed(api: Api, acme: Customer) -> None:
    new = {"name": "New", "email": "new@new.example", "external_id": "shop/balance"}
    assert problem_of(api.post("/customers", new)) == (422, "external_id_reserved")
    change = {"external_id": "shop/balance"}
    assert problem_of(api.open("PATCH", "/customers/acme", json=change)) == (422, "external_id_reserved")


def test_each_word_that_follows_a_customer_in_an_address_is_known(app: Flask) -> None:
    following = {path.split("/")[3] for _method, path in addresses(app) if path.count("/") > 2}
    assert following <= set(ADDRESS_WORDS)
    assert len(following) >= 6


def test_our_own_id_comes_first(app: Flask, api: Api, acme: Customer, globex: Customer) -> None:
    called(globex, acme.customer_id)  # as no release lets it be
    assert api.get(f"/customers/{acme.customer_id}").get_json()["id"] == acme.customer_id
    asked = api.post("/authorizations", {"customer": acme.customer_id, "credits": "1"}).get_json()
    assert api.get(f"/authorizations/{asked['authorization']}").get_json()["customer"] == acme.customer_id


def test_another_customers_is_not_found(app: Flask, acme: Customer, globex: Customer) -> None:
    mine = api_for(app, customer=acme)
    assert mine.get("/customers/acme").get_json()["id"] == acme.customer_id
    for name in ("globex", globex.customer_id, "nobody"):
        answers = [mine.get(f"/customers/{name}{path}") for path in ("", "/balance", "/usage", "/usage_alerts")]
        answers.append(mine.open("PUT", f"/customers/{name}/spend_management", json=LIMITS))
        answers.append(mine.post("/authorizations", {"customer": name, "credits": "1"}))
        for answer in answers:
            assert problem_of(answer) == (404, "not_found")
            assert "globex" not in answer.text.lower().replace(globex.customer_id, "")
        assert mine.get("/webhook_deliveries", customer=name).get_json()["data"] == []


def test_a_customer_may_be_created_with_a_slash_in_its_id(api: Api) -> None:
    new = {"name": "New", "email": "new@new.example", "external_id": "eu/shop/17"}
    made = api.post("/customers", new).get_json()
    assert api.get("/customers/eu%2Fshop%2F17/balance").get_json()["customer"] == made["id"]
    assert (
        registration.create(
            name="Old", email="old@old.example", catalog=cast.CATALOG, external_id="eu/shop"
        ).customer_id
        != made["id"]
    )
