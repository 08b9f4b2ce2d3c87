"""Members with an authenticator app, and what it shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from urllib.parse import urljoin

import pyotp
from werkzeug.datastructures import MultiDict

from app import clock
from app.domain.people.acting import By
from app.domain.people.members import Actor
from app.models.database import db
from app.models.scope import as_service
from app.models.second_factors import TwoFactor
from app.services import encryption
from app.services.sign_in import two_factor
from tests.support.browser import Browser, Page
from tests.support.cast import PASSWORD

SIGN_IN, STEP_TWO = "/sign-in", "/sign-in/second-step/"
CODE_FORM = "#second_factor-code"


def secret_of(actor: Actor) -> str:
    with as_service("read a secret"):
        return encryption.decrypt(db.session.get_one(TwoFactor, actor.member_id).secret, actor.member_id)


def shown(actor: Actor, *, steps: int = 0) -> str:
    """Return what the member's app shows now, or so many steps later."""
    return pyotp.TOTP(secret_of(actor)).at(clock.now() + timedelta(seconds=30 * steps))


def by(actor: Actor, here: Browser | None = None) -> By:
    kept = here.client.get_cookie("purser") if here else None
    return By(actor.member_id, actor.customer_id, kept.value if kept else "")


def switch_on(actor: Actor, here: Browser | None = None) -> tuple[str, ...]:
    """Set an app up for the member, an hour ago, and return the recovery codes. The session of `here` goes on."""
    with clock.at(clock.now() - timedelta(hours=1)):
        two_factor.begin(actor.member_id)
        return two_factor.confirm(by(actor, here), shown(actor))


@contextmanager
def stands() -> Iterator[datetime]:
    """Let the clock stand at the beginning of a step."""
    now = clock.now()
    with clock.at(now.replace(second=now.second // 30 * 30, microsecond=0)):
        yield clock.now()


def gives_password(browser: Browser, actor: Actor, path: str = SIGN_IN) -> Page:
    return browser.submits(browser.opens(path), "form.form", email=actor.email, password=PASSWORD)


def signs_in(browser: Browser, actor: Actor, code: str, path: str = SIGN_IN) -> Page:
    return browser.submits(gives_password(browser, actor, path), CODE_FORM, code=code)


def sends(browser: Browser, page: Page, form: str, answer: str, *, field: str = "credential", **fields: object) -> Page:
    """Send the form as the script of the page does: with the answer of the member's device in its hidden field."""
    found, button = page.find(form), page.find(f"{form} button[data-passkey]")
    data = browser._filled(found, fields)
    if "data-action" in button.attrs:
        data = MultiDict((name, data[name]) for name in ("csrf_token", "next") if name in data)
    else:
        assert found.select(f"input[type=hidden][name={field}]")
    data[button["data-field"]] = answer
    return browser.posts(urljoin(page.path, str(button.get("data-action") or found["action"])), data)
