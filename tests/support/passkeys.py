"""Passkeys in tests: what the page's script asks and sends, done by hand with a device in software."""

from typing import Any

import pytest
from sqlalchemy import select

from app.models.database import db
from app.models.scope import as_service
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser, Page
from tests.support.second_factors import sends

PAGE, ROOM, SIGN_IN, HOME = "/account/authentication/", "/account/passkeys", "/sign-in", "/billing/"
NOT_KNOWN = "This passkey is not known here. Sign in in another way."
UNREADABLE = "This passkey cannot be read. Try again, or sign in in another way."


def written(model: type, **values: object) -> list[Any]:
    with as_service("look at what was written"):
        return list(db.session.scalars(select(model).filter_by(**values)))


def asks(browser: Browser, path: str, page: Page) -> dict[str, Any]:
    """Do what the script does: ask the server what the browser is to be asked for."""
    sent = {"Origin": browser.origin, "Sec-Fetch-Site": "same-origin", "X-CSRFToken": page.value("csrf_token")}
    answer = browser.client.post(path, base_url=browser.origin, headers=sent)
    assert (answer.status_code, answer.mimetype) == (200, "application/json"), answer.text
    return dict(answer.get_json())


def adds(browser: Browser, device: Authenticator, name: str = "Laptop") -> Page:
    page = browser.opens(f"{ROOM}/new")
    made = device.creates(asks(browser, f"{ROOM}/options", page))
    return sends(browser, page, "#passkeys-form form", made, name=name)


def signs_in(browser: Browser, device: Authenticator, path: str = SIGN_IN) -> Page:
    page = browser.opens(path)
    answer = device.uses(asks(browser, f"{SIGN_IN}/passkey/options", page))
    return sends(browser, page, "form.form", answer)


@pytest.fixture
def device(origin: str, alice: Browser) -> Authenticator:
    """Alice's laptop, which has a passkey of hers."""
    made = Authenticator(origin)
    assert adds(alice, made).path == PAGE
    return made
