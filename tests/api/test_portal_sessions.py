"""Portal sessions and frame origins by the API: who is let in, how it looks, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, url_for
from sqlalchemy import select

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.members import BrowserSession, Member, Membership, PortalSession
from app.models.scope import as_service
from app.services.access import frame_origins
from app.services.catalog import versions
from app.services.transaction import transaction
from app.web.navigation import SIDEBAR
from tests.support import cast, periods
from tests.support.api import Api, api_for, problem_of
from tests.support.host import ORIGIN


def made(api: Api, customer: Customer, **body: Any) -> Any:
    return api.post("/portal_sessions", {"customer": customer.customer_id, **body})


@pytest.fixture
def creating(app: Flask, acme: Customer) -> None:
    """Acme's catalog lets portal sessions make members."""
    text = (cast.EXAMPLES / f"{cast.CATALOG}.toml").read_text() + "\n[embedding]\ncreates_members = true\n"
    applied = versions.apply(text)
    with as_service("a test"), transaction() as session:
        session.get_one(Customer, acme.customer_id).catalog_version = applied.version


@pytest.mark.both_databases
def test_a_link_is_answered_once_and_kept_as_a_hash(api: Api, acme: Customer, alice_actor: Actor) -> None:
    answer = made(api, acme, member_email=cast.ALICE.email)
    assert (answer.status_code, set(answer.get_json())) == (201, {"url", "expires_at"})
    token = answer.get_json()["url"].rpartition("/")[2]
    with as_service("a test"):
        (row,) = db.session.scalars(select(PortalSession)).all()
    assert token.encode() not in bytes(row.token_hash) and token not in str(vars(row))
    assert row.expires_at - row.created_at == timedelta(seconds=60)


def test_the_same_request_is_answered_with_the_same_link_and_nothing_is_kept_of_it(
    api: Api, acme: Customer, alice_actor: Actor
) -> None:
    body = {"customer": acme.customer_id, "member_email": cast.ALICE.email}
    first, again = (api.post("/portal_sessions", body, once="k1") for _ in range(2))
    assert first.get_json() == again.get_json()
    other = api.post("/portal_sessions", {**body, "view": "plan"}, once="k1")
    assert problem_of(other) == (409, "idempotency_key_reused")
    assert api.post("/portal_sessions", body, once="k2").get_json() != first.get_json()


def test_the_only_member_need_not_be_named(api: Api, acme: Customer, alice_actor: Actor) -> None:
    assert made(api, acme).status_code == 201
    cast.make_actor(cast.BOB, acme)
    assert problem_of(made(api, acme)) == (409, "member_ambiguous")


def test_who_is_no_member_is_refused_with_the_way(api: Api, acme: Customer, globex: Customer) -> None:
    cast.make_actor(cast.MALLORY, globex)
    for email in ("new@acme.example", cast.MALLORY.email):
        answer = made(api, acme, member_email=email, role="owner")
        assert problem_of(answer) == (404, "member_not_found")
        assert "embedding.creates_members" in answer.get_json()["detail"]
    assert problem_of(made(api, acme)) == (404, "member_not_found")


@pytest.mark.usefixtures("creating")
@pytest.mark.both_databases
def test_a_member_is_made_with_the_role_named_where_the_catalog_says_so(api: Api, acme: Customer) -> None:
    assert made(api, acme, member_email="New@acme.example", role="billing_manager").status_code == 201
    assert made(api, acme, member_email="other@acme.example", member_name="Olga Other").status_code == 201
    assert made(api, acme, member_email="new@acme.example", role="owner").status_code == 201
    with as_service("a test"):
        found = db.session.execute(
            select(Member.email, Member.name, Member.password_hash, Membership.role)
            .join(Membership, Membership.member_id == Member.id)
            .order_by(Member.email)
        ).all()
    assert [tuple(each) for each in found] == [
        ("new@acme.example", "new", None, "billing_manager"),
        ("other@acme.example", "Olga Other", None, "viewer"),
    ], "whoever is a member keeps the role that he or she has"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"view": "nothing"}, "view_unknown"),
        ({"view": "//evil.example/billing/"}, "view_unknown"),
        ({"view": "/sign-in"}, "view_unknown"),
        ({"view": "/v1/customers"}, "view_unknown"),
        ({"view": "/confirm-access/"}, "view_unknown"),
        ({"view": "/billing/\\evil"}, "view_unknown"),
        ({"return_url": "https://evil.example/"}, "return_url_not_allowed"),
        ({"return_url": "javascript:alert(1)"}, "return_url_not_allowed"),
        ({"return_url": f"{ORIGIN}.evil.example/"}, "return_url_not_allowed"),
        ({"return_url": f"{ORIGIN}@evil.example/"}, "return_url_not_allowed"),
        ({"theme": {"accent": "red"}}, "theme_malformed"),
        ({"theme": {"accent": "#ffee00"}}, "theme_malformed"),
        ({"theme": {"accent": "#000000", "accent_dark": "#000000"}}, "theme_malformed"),
        ({"theme": {"mode": "pink"}}, "validation_failed"),
        ({"theme": {"background": "#ffffff"}}, "validation_failed"),
        ({"locale": "../en"}, "validation_failed"),
        ({"role": "admin"}, "validation_failed"),
        ({"member_email": "nobody"}, "email_malformed"),
    ],
)
def test_what_cannot_be_shown_is_refused(
    api: Api, acme: Customer, alice_actor: Actor, body: dict[str, Any], reason: str
) -> None:
    frame_origins.add(ORIGIN, by="a test")
    answer = made(api, acme, **{"member_email": cast.ALICE.email, **body})
    assert problem_of(answer) == (422, reason)
    assert answer.get_json()["errors"]


def test_a_page_that_the_customers_catalog_leaves_out_is_refused_and_every_other_one_is_there(
    app: Flask, origin: str
) -> None:
    small = periods.customer()  # its catalog offers no referrals, nothing automatic, no limits
    alice = cast.signed_in(app, origin, periods.manager(small))
    api, left_out = api_for(app), set()
    for page in (*(each.endpoint for _title, items in SIDEBAR for each in items), "webhook.page"):
        view = page.removesuffix(".page")
        answer = made(api, small, view=view)
        with app.test_request_context():
            path = url_for(page)
        assert answer.status_code == (201 if alice.opens(path).status == 200 else 422), view
        if answer.status_code == 422:
            assert problem_of(answer) == (422, "view_not_offered")
            left_out.add(view)
    assert left_out >= {"referrals"}


def test_who_signed_in_at_the_host_a_short_while_ago_is_fresh_for_ten_minutes(
    app: Flask, api: Api, acme: Customer, alice_actor: Actor
) -> None:
    now = clock.now()
    with clock.at(now):
        answer = made(api, acme, auth_time=(now - timedelta(minutes=4)).isoformat())
        assert made(api, acme, auth_time=(now + timedelta(minutes=5)).isoformat()).status_code == 201
        ahead = made(api, acme, auth_time=(now + timedelta(minutes=5, seconds=1)).isoformat())
        assert problem_of(ahead) == (422, "auth_time_ahead")
        app.test_client().get(answer.get_json()["url"])
    with as_service("a test"):
        (row,) = db.session.scalars(select(BrowserSession)).all()
        later = db.session.scalars(select(PortalSession.authenticated_at).order_by(PortalSession.id)).all()
    assert row.authenticated_at == now - timedelta(minutes=4)
    assert later == [now - timedelta(minutes=4), now], "nobody signs in later than now"


def test_a_customers_key_lets_nobody_in_and_names_no_origin(app: Flask, acme: Customer) -> None:
    own = api_for(app, customer=acme)
    assert made(own, acme).status_code == 403
    assert own.get("/frame_origins").status_code == 403


def test_origins_are_added_listed_and_removed(api: Api) -> None:
    for text in (ORIGIN, f"{ORIGIN}/", "HTTPS://App.Example:443"):
        assert api.post("/frame_origins", {"origin": text}).get_json()["origin"] == ORIGIN
    assert api.post("/frame_origins", {"origin": "http://localhost:5000"}).status_code == 201
    assert [each["origin"] for each in api.get("/frame_origins").get_json()["data"]] == [
        "http://localhost:5000",
        ORIGIN,
    ]
    assert api.open("DELETE", "/frame_origins", query_string={"origin": ORIGIN}).status_code == 204
    assert problem_of(api.open("DELETE", "/frame_origins", query_string={"origin": ORIGIN})) == (404, "not_found")


@pytest.mark.parametrize(
    "text",
    [
        "*", "https://*.example", "http://app.example", "https://app.example/x", "https://a b", "app.example", "null",
        "https://user@app.example", "https://app.example:99999", "javascript:alert(1)", "https://", "https://app.example?x",
        "https://app.example;x", "https://'none'", "file:///etc", "https://1.2.3", "https://münchen.example", "https://app.example:0",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_refused(api: Api, text: str) -> None:
    answer = api.post("/frame_origins", {"origin": text})
    assert problem_of(answer)[0] == 422
    assert ("punycode" in answer.get_json()["detail"]) is not text.isascii()
    assert frame_origins.allowed() == ()


def test_there_are_fifty_origins_at_most(api: Api) -> None:
    for number in range(50):
        frame_origins.add(f"https://host-{number}.example", by="a test")
    assert problem_of(api.post("/frame_origins", {"origin": ORIGIN})) == (409, "too_many_origins")
    assert len(frame_origins.allowed()) == 50
