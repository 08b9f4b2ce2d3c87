"""What the browser tests ask for: Alice's page in Chromium, with and without JavaScript, that reports what went wrong."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser as ChromiumBrowser
from playwright.sync_api import Page

from app.domain.people import Actor
from tests.support.cast import PASSWORD
from tests.support.server import Server

Opens = Callable[..., Page]


@pytest.fixture
def signs_in(chromium: ChromiumBrowser, live_server: Server, alice_actor: Actor) -> Iterator[Opens]:
    """Sign Alice in to a browser of her own; afterwards, no page may have broken the content policy or thrown."""
    contexts, complaints = [], []

    def sign_in(**options: object) -> Page:
        context = chromium.new_context(base_url=live_server.url, **options)  # type: ignore[arg-type]  # as given
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None
        )
        page.goto("/sign-in")
        page.fill("[name=email]", alice_actor.email)
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/billing/")
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert complaints == []
