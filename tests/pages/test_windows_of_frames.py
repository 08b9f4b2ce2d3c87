"""Windows of a frame: a password given there counts for the frame that opened it, and for no other."""

from urllib.parse import urlsplit

import pytest
from flask import Flask

from app.domain.people import Actor
from tests.support import shop
from tests.support.browser import Browser
from tests.support.cast import PASSWORD
from tests.support.host import host_of

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
    link = urlsplit(str(asked.find("a[target=_blank][data-stay]")["href"])).path
    window = visitor.opens(link, **{"Sec-Fetch-Dest": "document"})
    assert window.texts("h1") == ["Confirm access"]
    done = visitor.submits(window, "form.form", confirm_password=PASSWORD)
    assert (done.status, done.texts("h1")) == (200, ["Done"])
    assert frame.posts(frame.root + SENSITIVE, data).status != 401
    assert (
        other.posts(SENSITIVE, {"csrf_token": other.opens("/billing/invoice-address/").value("csrf_token")}).status
        == 401
    )


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
