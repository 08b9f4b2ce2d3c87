"""The way in from a host product: a link that works once, a session of its own, with a cookie and without any."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.access import frame_origins, members
from tests.support import cast
from tests.support.browser import Browser
from tests.support.host import IN_A_FRAME, ORIGIN, Host, host_of, policy_of

WITH_AND_WITHOUT = pytest.mark.parametrize("cookies", [True, False], ids=["cookie", "no cookie"])

NOBODYS = (
    "http://evil.example/",
    "http://app.example/",
    "https://app_1.example/",
    "android-app://evil/",
    "https://[",
    "x",
)
"""What states an origin that no page of a host can have."""


@pytest.fixture
def host(app: Flask, origin: str, alice_actor: Actor) -> Host:
    """A host product that shows the portal to Alice."""
    return host_of(app, origin, alice_actor)


@pytest.mark.both_databases
@WITH_AND_WITHOUT
def test_a_frame_shows_the_page_that_was_asked_for(host: Host, cookies: bool) -> None:
    frame = host.frame(cookies=cookies, view="invoices")
    assert (frame.page.status, frame.page.texts("h1")) == (200, ["Invoices"])
    assert frame.page.path.endswith("/billing/invoices")
    assert bool(frame.root) is not cookies, "the token stands in the address only where no cookie came back"
    assert policy_of(frame.page) == ORIGIN
    headers = frame.page.response.headers
    assert (headers["Cross-Origin-Embedder-Policy"], headers["Cross-Origin-Resource-Policy"]) == (
        "require-corp",
        "cross-origin",
    )
    assert "X-Frame-Options" not in headers


def test_the_cookie_is_for_this_host_alone(app: Flask, host: Host, origin: str) -> None:
    answer = app.test_client().get(host.link(), base_url=origin, headers=IN_A_FRAME)
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("purser-frame=")
    assert {"Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"} <= {
        each.strip() for each in cookie.split(";")
    }
    assert "Domain" not in cookie


def test_a_link_works_once_and_for_a_minute(app: Flask, host: Host, visitor: Browser) -> None:
    link = host.link()
    assert visitor.client.head(link, base_url=visitor.origin).status_code == 204, "looking ahead uses nothing up"
    assert visitor.opens(link, **IN_A_FRAME).status == 200
    again = visitor.opens(link, **IN_A_FRAME)
    assert (again.status, again.redirects, again.texts("h1")) == (410, (), ["This link has been used"])
    assert policy_of(again) == ORIGIN, "what says so is seen in the frame"
    now = clock.now()
    with clock.at(now):
        late = host.link()
    with clock.at(now + timedelta(seconds=61)):
        over = visitor.opens(late, **IN_A_FRAME)
    assert (over.status, over.texts("h1")) == (410, ["This link has expired"])
    assert visitor.opens("/embedded/nothing", **IN_A_FRAME).status == 404


def test_the_address_of_the_check_works_once(app: Flask, host: Host, origin: str) -> None:
    first = app.test_client().get(host.link(), base_url=origin, headers=IN_A_FRAME).location
    stranger = app.test_client(use_cookies=False)
    assert stranger.get(first, base_url=origin).status_code == 303
    assert stranger.get(first, base_url=origin).status_code == 410


def test_another_origin_is_refused_and_the_link_stays_good(host: Host, visitor: Browser) -> None:
    link = host.link()
    for sender in ("https://evil.example/", "https://app.example.evil.example/", "http://localhost:9/"):
        page = visitor.opens(link, **IN_A_FRAME | {"Referer": sender})
        assert (page.status, policy_of(page)) == (403, "'none'")
        assert f"flask portal add-frame-origin {sender[:-1]}" in page.text
    for sender in (*NOBODYS, *(sender.upper() for sender in NOBODYS)):
        page = visitor.opens(link, **IN_A_FRAME | {"Referer": sender})
        assert (page.status, policy_of(page)) == (403, "'none'"), sender
        assert "Only a page at https:// can be allowed to show it." in page.text
    assert visitor.opens(link, **IN_A_FRAME).status == 200


def test_without_an_origin_of_the_sellers_nobody_frames_anything(host: Host, visitor: Browser) -> None:
    frame_origins.remove(ORIGIN, by="a test")
    page = visitor.opens(host.link(), **{"Sec-Fetch-Dest": "iframe"})
    assert (page.status, policy_of(page)) == (403, "'none'")
    own = visitor.opens(host.link(), **{"Sec-Fetch-Dest": "document"})
    assert (own.status, own.texts("h1"), policy_of(own)) == (200, ["Overview"], "'none'"), "a redirect needs no frame"


def test_an_origin_that_is_removed_frames_nothing_from_then_on(host: Host) -> None:
    frame = host.frame()
    frame_origins.add("https://other.example:8443", by="a test")
    assert policy_of(frame.opens("/billing/")) == f"{ORIGIN} https://other.example:8443"
    frame_origins.remove(ORIGIN, by="a test")
    assert policy_of(frame.opens("/billing/")) == "https://other.example:8443"


@WITH_AND_WITHOUT
def test_passwords_and_ways_in_are_never_framed(host: Host, cookies: bool) -> None:
    frame = host.frame(cookies=cookies)
    for path in ("/confirm-access/", "/billing/resume/abc", "/sign-in", "/v1/docs", "/metrics"):
        page = frame.client.get(frame.root + path, base_url=frame.origin)
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"], path
        assert 'type="password"' not in page.text, path


@WITH_AND_WITHOUT
def test_a_portal_session_never_becomes_a_sign_in(host: Host, cookies: bool) -> None:
    frame = host.frame(cookies=cookies)
    token = str(frame.page.soup.select("[hx-headers\\:inherited]")[0]["hx-headers:inherited"]).split('"')[3]
    data = {"email": cast.ALICE.email, "password": cast.PASSWORD, "csrf_token": token}
    assert frame.posts(frame.root + "/sign-in", data).status == 403
    assert (
        frame.posts(frame.root + "/confirm-access/", {"confirm_password": cast.PASSWORD, "csrf_token": token}).status
        == 403
    )
    stand_alone = frame.client.get_cookie("purser") if cookies else None
    assert stand_alone is None


def test_each_kind_of_token_is_good_for_its_own_way_alone(app: Flask, host: Host, alice: Browser) -> None:
    framed, signed_in = host.frame().client.get_cookie("purser-frame"), alice.client.get_cookie("purser")
    assert framed is not None and signed_in is not None
    for cookie in (f"purser={framed.value}", f"purser-frame={signed_in.value}"):
        answer = app.test_client(use_cookies=False).get(
            "/billing/", headers={"Cookie": cookie, "Sec-Fetch-Dest": "document"}
        )
        assert answer.status_code == 303, cookie
    answer = app.test_client(use_cookies=False).get(f"/t/{signed_in.value}/billing/")
    assert answer.status_code == 401


def test_beside_a_sign_in_of_the_same_site_the_address_holds_the_token(host: Host, alice: Browser, origin: str) -> None:
    page = alice.opens(host.link(), **IN_A_FRAME)
    assert (page.status, page.path[:3]) == (200, "/t/")
    assert alice.opens("/billing/").status == 200, "the sign-in is what it was"


@WITH_AND_WITHOUT
def test_it_lasts_while_it_is_used_each_half_hour(host: Host, cookies: bool) -> None:
    begun = clock.now()
    with clock.at(begun):
        frame = host.frame(cookies=cookies)
    for minutes in (0.9, 29, 58, 87):
        with clock.at(begun + timedelta(minutes=minutes)):
            assert frame.opens(f"{frame.root}/billing/").status == 200, minutes
    with clock.at(begun + timedelta(minutes=87 + 32)):
        over = frame.opens(f"{frame.root}/billing/", **IN_A_FRAME)
        part = frame.opens(f"{frame.root}/billing/", **{"HX-Request": "true", "Sec-Fetch-Dest": "empty"})
    for page in (over, part):
        assert (page.status, page.response.headers["Purser-Session"], policy_of(page)) == (401, "ended", ORIGIN)
        assert "Your session here has ended" in page.text
    assert part.response.headers["HX-Retarget"] == "#notices", "what was typed stays"


def test_it_lasts_twelve_hours_at_most(host: Host) -> None:
    begun = clock.now()
    with clock.at(begun):
        frame = host.frame()
    for half_hours in range(1, 26):
        with clock.at(begun + timedelta(minutes=29 * half_hours)):
            page = frame.opens("/billing/usage/", **IN_A_FRAME)
            assert page.status == (200 if 29 * half_hours < 720 else 401), half_hours


def test_a_member_who_is_lost_is_out_at_once(host: Host, alice_actor: Actor, acme: Customer) -> None:
    frame = host.frame()
    with_role = host.frame(role="viewer")
    assert "Your role can view this page but not change it" in with_role.opens("/billing/payment-methods/").text
    assert members.managers(acme.customer_id) == [cast.ALICE.name], "the session's role is not the member's"
    assert frame.opens("/billing/payment-methods/").status == 200


def test_a_sandboxed_frame_without_an_origin_sends_forms_in_path_mode_alone(host: Host) -> None:
    for cookies, status in ((False, 200), (True, 403)):
        frame = host.frame(cookies=cookies, view="invoice_notifications")
        token = frame.page.value("csrf_token")
        sandboxed = {"Origin": "null", "Sec-Fetch-Site": "cross-site"}
        data = {"csrf_token": token, "billing_email": "billing@acme.example"}
        path = f"{frame.root}/billing/invoice-notifications/"
        good = frame.posts(frame.root + "/embedded/theme", {"csrf_token": token, "mode": "dark"}, **sandboxed)
        assert good.status == status, cookies
        evil = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        assert frame.posts(path, data, **evil).status == 403
        assert frame.posts(frame.root + "/embedded/theme", {"mode": "dark"}, **sandboxed).status in {400, 403}


def test_the_referrer_of_a_page_with_a_token_is_its_origin_alone(host: Host) -> None:
    for cookies, said in ((False, "strict-origin"), (True, "same-origin")):
        assert host.frame(cookies=cookies).page.response.headers["Referrer-Policy"] == said


def test_a_change_in_path_mode_leads_to_a_page_in_path_mode(host: Host) -> None:
    frame = host.frame(cookies=False, view="notifications")
    saved = frame.submits(frame.page, "form[action$='/notifications/digest']")
    assert saved.redirects and all(each.startswith(f"{frame.root}/billing/") for each in saved.redirects)
    assert saved.status == 200


def test_the_way_into_a_page_with_an_embedder_policy_says_at_each_step_that_it_may_stand_there(
    app: Flask, host: Host, origin: str
) -> None:
    path, client = host.link(), app.test_client(use_cookies=False)
    for status in (303, 303, 200):
        answer = client.get(path, base_url=origin, headers=IN_A_FRAME)
        said = [answer.headers.get(f"Cross-Origin-{name}-Policy") for name in ("Embedder", "Resource")]
        assert (answer.status_code, said) == (status, ["require-corp", "cross-origin"]), path
        path = answer.location or ""
