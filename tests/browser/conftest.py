"""What the browser tests ask for: Alice's page in Chromium, with and without JavaScript, that reports what went wrong."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser as ChromiumBrowser
from playwright.sync_api import Page, Route, expect

from app.domain.money import Credits
from app.domain.people.members import Actor
from app.services.access import api_keys, frame_origins, sessions
from app.services.ledger import grants
from tests.support.cast import PASSWORD
from tests.support.host_page import HostPage, serving_host
from tests.support.server import Server

Opens = Callable[..., Page]
LOADS_WITHIN, SHOWS_WITHIN = 30_000, 20_000
"""Milliseconds that a page may take. No promise is tested by them: a machine that does much else at once is slow."""
expect.set_options(timeout=SHOWS_WITHIN)


@pytest.fixture
def signs_in(app: Flask, chromium: ChromiumBrowser, live_server: Server, alice_actor: Actor) -> Iterator[Opens]:
    """Give Alice a browser of her own in which she is signed in; afterwards, no page may have thrown or broken the policy.

    She has opened no page yet; what signing in by the page is like has a test of its own.
    """
    contexts, complaints = [], []

    def sign_in(**options: object) -> Page:
        context = chromium.new_context(base_url=live_server.url, **options)  # type: ignore[arg-type]  # as given
        context.set_default_timeout(LOADS_WITHIN)
        contexts.append(context)
        token = sessions.begin("{}", alice_actor.member_id, alice_actor.customer_id)
        context.add_cookies([{"name": app.session_interface.cookie, "value": token, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None
        )
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def host(app: Flask, live_server: Server, alice_actor: Actor) -> Iterator[HostPage]:
    """A host product on localhost, whose origin the seller has added."""
    given = {"kind": "promotional", "granted_by": "seller", "reason": "Welcome", "description": "Welcome"}
    grants.give(alice_actor.customer_id, credits=Credits(50_000_000), **given)  # type: ignore[arg-type]  # all text
    _row, key = api_keys.create("host", ["embed:create"])
    body = {"customer": alice_actor.customer_id, "member_email": alice_actor.email}
    with serving_host(live_server, key, body) as serving:
        frame_origins.add(serving.url, by="a test")
        yield serving


def at_one_moment(page: Page) -> None:
    """Let no time pass for the scripts of the pages that are opened from now on, however long their answers take."""
    page.add_init_script("performance.now = () => 1")


def notices_stay(page: Page) -> None:
    """Let no notice of the pages that are opened from now on go by itself: a busy machine may need longer than they stay."""
    page.add_init_script(
        "const soon = window.setTimeout; window.setTimeout = (act, ms, ...more) => ms >= 8000 ? 0 : soon(act, ms, ...more)"
    )


def held(page: Page, waiting: list[Route]) -> Route:
    """Return the first of the requests that a route holds back, once it is there: the page shows earlier that it asks."""
    for _ in range(SHOWS_WITHIN // 10):
        if waiting:
            return waiting[0]
        page.wait_for_timeout(10)
    raise AssertionError("the page never asked")


def by_the_page(page: Page, email: str) -> None:
    """Sign in by the page, as a person does."""
    page.goto("/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/billing/")
