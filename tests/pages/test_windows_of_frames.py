"""Windows of a frame: a password given there counts for the frame that opened it, and for no other."""

from urllib.parse import urlsplit

import pytest
from flask import Flask

from app.domain.people import Actor
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
