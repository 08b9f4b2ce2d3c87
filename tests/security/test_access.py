"""Closed unless it is said to be open, and changed only from our own pages."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.web.access import safe_next
from tests.support.browser import Browser
from tests.support.routes import UNSAFE, path_of, rules_of

# Whoever adds a line here has thought about it.
OPEN = {
    "sign_in.page",
    "sign_in.sign_out",
    "sign_in.sign_in",
    "sign_in.passkey_options",
    "sign_in.use_passkey",
    "sign_in_with.begin",  # the way to a provider, and back with what this browser alone was given
    "sign_in_with.back",
    "second_factor.page",  # after the password: it opens nothing before the second factor
    "second_factor.enter",
    "second_factor.options",
    "second_factor.use_passkey",
    "health.live",
    "health.ready",
    "processor_webhooks.receive",
    "bank_challenge.page",
    "bank_challenge.answer",
    "bank_challenge.wallet",
    "bank_challenge.pay",
    "bank_challenge.portal",  # the other side: its address is the proof
    "bank_challenge.remove",
    "bank_challenge.checkout",
    "bank_challenge.check_out",
    "resume.page",  # its token is the proof: a mailed link, used once
    "resume.use",
    "resume.returned",
    "resume.came_back",  # its address is the proof: what the processor was given, for a day
    "automatic_charge.page",  # its address is the proof: a mailed question, answered once
    "automatic_charge.answer",
    "weekly_digest.page",  # its address is the proof: the link in each digest
    "weekly_digest.stop",
    "confirm_email.page",  # and here too: a mailed link
    "confirm_email.confirm",
    "confirm_email.stop",
    "confirm_email.stopped",
    "confirm_billing_email.page",
    "confirm_billing_email.confirm",
    "confirm_billing_email.stop",
    "confirm_billing_email.done",
    "forgot_password.page",  # whoever forgot the password is nobody yet: it says the same to all
    "forgot_password.ask",
    "forgot_password.sent",
    "reset_password.arrive",  # a mailed link, used once; its hash is in the session then
    "reset_password.page",
    "reset_password.choose",
    "confirm_sign_in_email.arrive",  # and here too
    "confirm_sign_in_email.page",
    "confirm_sign_in_email.confirm",
    "confirm_sign_in_email.done",
    "access_link.enter",  # its token is the proof: a read-only link
    "invitation.page",  # its token is the proof: a mailed link, used once
    "invitation.join",
    "invitation.sign_up",
    "join.page",  # the link that a customer shares: it says nothing of whose it is
    "portal_session.enter",  # its token is the proof: a link of the host's, used once within a minute
    "portal_session.check",
    "portal_session.window",  # says to open a window again
    "portal_session.styles",  # its address is all that it says
    "metrics.read",  # figures of the process, and of nobody
    "v1_docs.page",
    "v1_docs.openapi",
}
FOR_PROGRAMS = {"health", "processor_webhooks", "metrics"}
ANY_ROLE = {
    "two_factor.begin", "two_factor.switch_on", "two_factor.new_codes", "two_factor.switch_off",
    "passkeys.options", "passkeys.add", "passkeys.remove", "confirm_access.passkey_options",
    "sign_in.sign_out", "confirm_access.confirm", "notifications.save_digest",
    "portal_session.change_theme",  # how the host wants a frame to look
    "members.leave",  # anybody may go
    "customers.switch",  # the role is that of the membership that is switched to
    "authentication.change_password", "authentication.end_session", "authentication.end_others",
    "authentication.change_email", "own_account.delete", "authentication.cancel_email",
    "profile.save", "ssh_keys.add", "ssh_keys.remove", "api_tokens.make", "api_tokens.revoke",  # the member's own
    "identities.link", "identities.unlink",
    # What may be read may be had as a file, and a mail that says when it is there.
    "invoices.year_mail", "statement.pdf", "bank_transfers.pdf", "payment_methods.mandate_pdf",
}  # fmt: skip


def closed(app: Flask) -> list[Rule]:
    """Return the routes that ask for a sign-in. The Billing API asks for a key: see test_api_keys.py."""
    return [
        rule
        for rule in rules_of(app)
        if rule.endpoint not in OPEN and not rule.endpoint.startswith(("dev_processor.", "v1_"))
    ]


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def changing(app: Flask) -> list[tuple[str, str]]:
    return [
        (method, path_of(app, rule))
        for rule in closed(app)
        for method in methods(rule)
        if method in UNSAFE and rule.endpoint not in ANY_ROLE
    ]


def test_only_the_named_views_are_open(app: Flask) -> None:
    found = {
        rule.endpoint
        for rule in rules_of(app)
        if getattr(app.view_functions[rule.endpoint], "is_public", False)
        and not rule.endpoint.startswith("dev_processor.")
        and not hasattr(app.view_functions[rule.endpoint], "operation")  # asks for a key itself
    }
    assert found == OPEN


def test_a_stranger_is_sent_to_sign_in_from_every_page(app: Flask, visitor: Browser) -> None:
    for rule in closed(app):
        for method in methods(rule):
            path = path_of(app, rule)
            answer = visitor.client.open(path, method=method, base_url=visitor.origin)
            assert (answer.status_code, rule.endpoint) == (303, rule.endpoint)
            assert answer.location.startswith("/sign-in")


def test_a_stranger_with_htmx_is_sent_to_sign_in(app: Flask, visitor: Browser) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"{visitor.origin}/billing/add-credits?pack=a"}
    for rule in closed(app):
        for method in methods(rule):
            answer = visitor.client.open(path_of(app, rule), method=method, base_url=visitor.origin, headers=headers)
            assert (answer.status_code, rule.endpoint) == (401, rule.endpoint)
            said = "" if method in {"GET", "HEAD"} else "&ended=1"
            assert answer.headers["HX-Redirect"] == f"/sign-in?next=%2Fbilling%2Fadd-credits%3Fpack%3Da{said}"


def test_asvs_8_3_1_a_viewer_changes_nothing(app: Flask, bob: Browser) -> None:
    token = bob.opens("/billing/").soup.select("[name=csrf_token]")[0]["value"]
    assert changing(app)
    for method, path in changing(app):
        answer = bob.client.open(path, method=method, base_url=bob.origin, data={"csrf_token": token})
        assert (answer.status_code, path) == (403, path)


def test_a_change_without_the_forms_token_is_refused(app: Flask, alice: Browser) -> None:
    for method, path in [*changing(app), ("POST", "/sign-out"), ("POST", "/sign-in")]:
        for data in ({}, {"csrf_token": "made-up"}):
            answer = alice.client.open(path, method=method, base_url=alice.origin, data=data)
            assert (answer.status_code, path) == (400, path)


def test_another_members_token_is_refused(app: Flask, alice: Browser, mallory: Browser) -> None:
    theirs = mallory.opens("/billing/").soup.select("[name=csrf_token]")[0]["value"]
    assert alice.posts("/sign-out", {"csrf_token": theirs}).status == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_change_from_another_site_is_refused(app: Flask, alice: Browser, headers: dict[str, str]) -> None:
    token = alice.opens("/billing/").soup.select("[name=csrf_token]")[0]["value"]
    for method, path in [*changing(app), ("POST", "/sign-out"), ("POST", "/sign-in")]:
        answer = alice.client.open(
            path, method=method, base_url=alice.origin, data={"csrf_token": token}, headers=headers
        )
        assert (answer.status_code, path) == (403, path)


def test_views_for_programs_ask_for_no_session(app: Flask, visitor: Browser) -> None:
    for rule in rules_of(app):
        if rule.endpoint.partition(".")[0] in FOR_PROGRAMS:
            for method in methods(rule):
                answer = visitor.client.open(path_of(app, rule), method=method, base_url=visitor.origin)
                assert answer.status_code in {200, 400}
                assert "Set-Cookie" not in answer.headers


def test_an_unknown_address_is_404_to_everybody(visitor: Browser, alice: Browser) -> None:
    for browser in (visitor, alice):
        page = browser.opens("/billing/no-such-page")
        assert page.status == 404
        assert page.find("h1").text == "There is no such page"
        assert page.text.count("There is no such page") == 2, "in the title and the heading, not below it again"
        assert page.response.headers["X-Request-Id"] in page.text


def test_nul_in_an_address_is_refused(alice: Browser) -> None:
    assert alice.opens("/billing/balance-history?q=a%00b").status == 400
    assert alice.opens("/billing/%00").status == 404


def test_a_wrong_method_is_405_in_words(alice: Browser) -> None:
    answer = alice.client.delete("/healthz", base_url=alice.origin)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert "This cannot be done here" in answer.text


def test_a_body_that_is_too_large_is_413_in_words(visitor: Browser) -> None:
    page = visitor.posts("/sign-in", {"csrf_token": "x", "email": "y" * 1_100_000})
    assert page.status == 413
    assert page.find("h1").text == "This is too large"


def test_an_error_reaches_htmx_as_a_notice(alice: Browser) -> None:
    answer = alice.client.post("/sign-out", base_url=alice.origin, headers={"HX-Request": "true"})
    assert answer.status_code == 400
    assert answer.headers["HX-Retarget"] == "#notices"
    assert "<html" not in answer.text
    assert "This form is too old" in answer.text


@pytest.mark.parametrize("path", ["/", "/billing/", "/billing/balance-history?kind=usage&q=a%20b"])
def test_a_path_of_ours_is_followed(path: str) -> None:
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "text",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil",
        "/a\nb",
        "/a\0",
        "",
        "a/b",
        "/" * 3000,
    ],
)
def test_anything_else_leads_to_the_front_page(text: str) -> None:
    assert safe_next(text) == "/"


def test_a_page_of_htmx_that_cannot_be_read_is_no_error(client: FlaskClient) -> None:
    answer = client.get("/billing/", headers={"HX-Request": "true", "HX-Current-URL": "http://[bad"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in"
