"""Windows of a frame: a password given there counts for the frame that opened it, and for no other."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from tests.support import shop
from tests.support.browser import Browser, Page
from tests.support.cast import PASSWORD
from tests.support.host import host_of

IN_A_WINDOW = {"Sec-Fetch-Dest": "document"}
SCRIPT = "script[src='/static/window.js']"
SENSITIVE = "/billing/spend-management/webhook/secret"


@pytest.mark.parametrize("cookies", [True, False], ids=["cookie", "no cookie"])
def test_a_password_given_in_the_window_counts_for_its_frame(
    app: Flask, origin: str, alice_actor: Actor, visitor: Browser, cookies: bool
) -> None:
    host = host_of(app, origin, alice_actor)
    frame, other = host.frame(cookies=cookies), host.frame()
    data = {"csrf_token": frame.opens(f"{frame.root}/billing/invoice-address/").value("csrf_token")}
    asked = frame.posts(frame.root + SENSITIVE, data)
    assert (asked.status, asked.texts("h1")) == (401, ["Confirm access"])
    assert 'type="password"' not in asked.text
    window = visitor.opens(link_of(asked), **IN_A_WINDOW)
    assert window.texts("h1") == ["Confirm access"]
    done = visitor.submits(window, "form.form", confirm_password=PASSWORD)
    assert (done.status, done.texts("h1")) == (200, ["Done"])
    assert frame.posts(frame.root + SENSITIVE, data).status != 401
    assert (
        other.posts(SENSITIVE, {"csrf_token": other.opens("/billing/invoice-address/").value("csrf_token")}).status
        == 401
    )


def test_a_window_whose_address_holds_its_token_lasts_ten_minutes(app: Flask, origin: str, alice_actor: Actor) -> None:
    begun = clock.now()
    with clock.at(begun):
        frame = host_of(app, origin, alice_actor).frame(cookies=False, view="payment_methods")
        window = Browser(app.test_client(use_cookies=False), origin, alice_actor)  # type: ignore[arg-type]  # as Frame
        first = window.opens(link_of(frame.page), **IN_A_WINDOW)
        assert (first.status, first.path[:3], len(first.soup.select(SCRIPT))) == (200, "/t/", 1)
        assert not frame.page.soup.select(SCRIPT), "a frame's address is nobody's"
        in_a_tab = window.opens(frame.page.path, **IN_A_WINDOW)
        assert len(in_a_tab.soup.select(SCRIPT)) == 1, "a link of the frame in a tab of its own"
    for minutes, status in ((6, 200), (9.9, 200), (10.1, 401)):
        with clock.at(begun + timedelta(minutes=minutes)):
            page = window.opens(first.path, **IN_A_WINDOW)
            assert page.status == status, minutes
    assert "open it again where you came from" in page.text and "Reload" not in page.text
    as_a_cookie = {"Cookie": f"purser-frame={first.path.split('/')[2]}", "Sec-Fetch-Dest": "document"}
    with clock.at(begun + timedelta(minutes=9)):
        assert app.test_client(use_cookies=False).get("/billing/", headers=as_a_cookie).status_code == 200
    with clock.at(begun + timedelta(minutes=10.1)):
        assert app.test_client(use_cookies=False).get("/billing/", headers=as_a_cookie).status_code == 303

    reloaded = window.opens("/embedded/window", **IN_A_WINDOW)
    assert (reloaded.status, reloaded.texts("h1")) == (404, ["This page cannot be loaded again"])


def test_a_window_whose_address_holds_its_token_is_over_once_it_is_done(
    app: Flask, origin: str, alice_actor: Actor
) -> None:
    frame = host_of(app, origin, alice_actor).frame(cookies=False)
    window = Browser(app.test_client(use_cookies=False), origin, alice_actor)  # type: ignore[arg-type]  # as Frame
    data = {"csrf_token": frame.opens(f"{frame.root}/billing/invoice-address/").value("csrf_token")}
    asked = frame.posts(frame.root + SENSITIVE, data)
    question = window.opens(link_of(asked), **IN_A_WINDOW)
    done = window.submits(question, "form.form", confirm_password=PASSWORD)
    assert (done.status, done.path[:3], done.texts("h1")) == (200, "/t/", ["Done"])
    assert window.opens(done.path, **IN_A_WINDOW).status == 401, "it is over with what it was for"
    assert frame.posts(frame.root + SENSITIVE, data).status != 401


@pytest.mark.parametrize("cookies", [True, False], ids=["cookie", "no cookie"])
def test_what_leads_to_the_bank_opens_a_window_and_the_frame_keeps_its_page(
    app: Flask, origin: str, alice_actor: Actor, cookies: bool
) -> None:
    method = shop.add_method(alice_actor, shop.ASKS)
    frame = host_of(app, origin, alice_actor).frame(cookies=cookies)
    total = frame.submits(
        frame.opens(frame.root + shop.PATH), shop.FORM, button=shop.BUY, amount="25.00", method=method.id
    )
    waits = frame.submits(total, shop.FORM, button=shop.BUY)
    bank = waits.find("#add_credits-payment a.btn--primary")
    assert ("/sandbox/challenge/" in str(bank["href"]), bank["target"], bank["rel"]) == (True, "_blank", ["noopener"])

    # where an answer itself leads to the bank
    token = str(frame.page.find("body")["hx-headers:inherited"]).split('"')[3]
    resumed = f"{waits.path}/resumption"
    asked = frame.posts(resumed, {"csrf_token": token})
    assert (asked.status, asked.redirects, asked.texts("h1")) == (200, (), ["Go on in a new window"])
    window = asked.find("#portal_session-onward a[target=_blank]")
    assert "/sandbox/challenge/" in str(window["href"]) and window["rel"] == ["noopener"]
    again = str(asked.find("a[data-again]")["href"])
    assert (again, frame.opens(again).status) == (frame.root + shop.PATH, 200), "the frame goes on where it was"
    part = frame.posts(resumed, {"csrf_token": token}, **{"HX-Request": "true"})
    headers = part.response.headers
    assert (headers["HX-Retarget"], headers["HX-Reswap"]) == ("#main > .main__in", "innerHTML")
    assert "HX-Redirect" not in headers and part.texts("h1") == ["Go on in a new window"]


def link_of(page: Page) -> str:
    """Return the path of the link that opens a window from this page."""
    return urlsplit(str(page.find("a[target=_blank][href*='/embedded/']")["href"])).path
