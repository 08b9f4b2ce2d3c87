"""People who sign in with a provider, and link an account there: what tests of both share."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import extensions
from app.domain.people.members import Actor
from app.gateways import connect
from app.models.database import db
from app.models.members import Member
from app.models.scope import as_service
from app.services.sign_in.identity_providers import the_providers
from app.services.transaction import transaction
from tests.support.browser import Browser, Page
from tests.support.identity_server import Account, FakeIdentities, serving

PAGE, SIGN_IN, OKTA = "/account/authentication/", "/sign-in", "/sign-in/with/okta"
LINK, UNLINK = "form[action$='/accounts/okta']", "form[action*='/accounts/'][action$='/removal']"
OUT = ".account form[action='/sign-out']"
AT_OKTA = Account("sub-1", "alice@acme.example")
LATER = timedelta(minutes=11)
NOT_HERE = "This Okta account is not linked to a sign-in here. Sign in in another way, and link it on Authentication."
NOT_BEGUN = "This sign-in was not begun in this browser, took longer than 10 minutes, or has ended. Begin again."


@pytest.fixture
def there(app: Flask) -> Iterator[FakeIdentities]:
    """Okta and GitHub, which the seller has set."""
    with serving() as fake:
        known = replace(extensions.settings.of(app), identity_providers=(fake.github(), fake.provider()))
        extensions.settings.set(app, known)
        the_providers.set(app, connect.to_identity_providers(known))
        yield fake


def sent_to(browser: Browser, path: str = OKTA) -> str:
    """Return the provider's address that the browser is sent to."""
    return browser.opens(path).redirects[-1]


def signs_in(there: FakeIdentities, browser: Browser, account: Account = AT_OKTA, path: str = OKTA) -> Page:
    return browser.opens(there.agrees(sent_to(browser, path), account))


def address_in(page: Page) -> str:
    return str(page.find("a.btn--primary")["href"])


def links(there: FakeIdentities, browser: Browser, account: Account = AT_OKTA) -> Page:
    onward = browser.submits(browser.opens(PAGE), LINK)
    assert f"0;url={address_in(onward)}" == onward.find("meta[http-equiv=refresh]")["content"]
    return browser.opens(there.agrees(address_in(onward), account))


def written(model: Any, **values: Any) -> list[Any]:
    with as_service("look at what was written"):
        return list(db.session.scalars(select(model).filter_by(**values)))


def changes(actor: Actor, **values: Any) -> None:
    with as_service("change a member"), transaction() as session:
        member = session.get_one(Member, actor.member_id)
        for name, value in values.items():
            setattr(member, name, value)
