"""Every answer says what a browser may load, who may frame it and who may keep it."""

from dataclasses import replace

import pytest
from flask import Flask

from app import create_app
from app.config import Settings
from app.models.database import db
from app.services.access import frame_origins
from app.web.security_headers import policy
from tests.support.browser import Browser
from tests.support.routes import paths_of

FRAMED_BY_NOBODY = "frame-ancestors 'none'"
DIRECTIVES = {
    "default-src 'self'", "script-src 'self'", "style-src 'self'", "object-src 'none'", "base-uri 'none'",
    "form-action 'self'", FRAMED_BY_NOBODY,
}  # fmt: skip


LINKS = "/embedded/"
"""Pages at the address of a link that may still be good: it is said to nobody, not even to the portal itself."""


def check(headers: "object", path: str = "") -> None:
    get = headers.get  # type: ignore[attr-defined]
    wanted = (
        DIRECTIVES - {FRAMED_BY_NOBODY} if path.startswith(LINKS) else DIRECTIVES
    )  # that a link is over is seen in frames
    assert set(get("Content-Security-Policy", "").split("; ")) >= wanted
    assert "unsafe" not in get("Content-Security-Policy")
    assert get("X-Content-Type-Options") == "nosniff"
    assert get("Referrer-Policy") == "same-origin" or (get("Referrer-Policy") == "no-referrer" and LINKS in path)
    assert "geolocation=()" in get("Permissions-Policy")
    assert get("X-Request-Id")


def test_every_route_sends_them_to_strangers(app: Flask, visitor: Browser) -> None:
    for path in [*paths_of(app), "/no-such-page", "/static/portal.css", "/static/none.css"]:
        for method in ("GET", "POST", "PUT"):
            answer = visitor.client.open(path, method=method, base_url=visitor.origin)
            check(answer.headers, path)
            answer.close()


def test_every_page_sends_them_to_members(app: Flask, alice: Browser) -> None:
    frame_origins.add("https://app.example", by="a test")  # whose pages may frame a portal session, and no sign-in
    for path in paths_of(app):
        answer = alice.client.get(path, base_url=alice.origin)
        check(answer.headers, path)
        if answer.mimetype == "text/css":  # a frame's colours: they stand in the address, and are nobody's
            continue
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "HX-Request" in answer.headers["Vary"]
        answer.close()


def test_files_may_be_kept(visitor: Browser) -> None:
    answer = visitor.client.get("/static/portal.css", base_url=visitor.origin)
    assert "max-age" in answer.headers["Cache-Control"]
    assert "no-store" not in answer.headers["Cache-Control"]
    answer.close()


def test_no_page_has_anything_inline(app: Flask, alice: Browser, visitor: Browser) -> None:
    pages = [alice.opens(path) for path in paths_of(app)] + [visitor.opens("/sign-in"), visitor.opens("/none")]
    for page in [page for page in pages if page.response.mimetype == "text/html"]:
        assert not page.soup.select("style, [style]")
        assert not [each for each in page.soup.select("script") if not each.get("src")]
        handlers = [name for each in page.soup.find_all() for name in each.attrs if name.startswith(("on", "hx-on"))]
        assert handlers == []


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(visitor: Browser) -> None:
    answer = visitor.client.get("/sign-in", base_url=visitor.origin)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("purser=")
    for flag in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in cookie


def test_over_tls_the_cookie_is_bound_to_the_host_and_tls_is_kept(settings: Settings) -> None:
    app = create_app(replace(settings, base_url="https://billing.example"))
    answer = app.test_client().get("/sign-in", base_url="https://billing.example")
    with app.app_context():
        db.engine.dispose()
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-purser-sign-in=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_a_form_may_end_at_stripes_bank_page_only_with_stripe(settings: Settings) -> None:
    assert "stripe.com" not in policy(settings)
    pages = " ".join(f"https://{name}.stripe.com" for name in ("hooks", "checkout", "billing"))
    assert f"form-action 'self' {pages};" in policy(replace(settings, payments="stripe"))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abc-123.DEF_45", True), ("short", False), ("a" * 65, False), ("x y z 1 2 3", False), ("ключключ", False)],
)
def test_a_request_id_is_taken_over_only_when_well_formed(visitor: Browser, sent: str, kept: bool) -> None:
    answer = visitor.client.get(
        "/healthz", base_url=visitor.origin, headers={"X-Request-Id": sent.encode().decode("latin-1")}
    )
    assert (answer.headers["X-Request-Id"] == sent) is kept
