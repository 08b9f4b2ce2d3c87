"""What OWASP ASVS 5.0 asks of passwords and sessions, where no page's own test says it (docs/security.md)."""

import pkgutil
import re
import secrets
from collections.abc import Iterator
from importlib import import_module

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from sqlalchemy import func, select
from wtforms import PasswordField
from wtforms.fields.core import UnboundField
from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]

import app as purser
from app.domain.errors import Refused
from app.domain.people.members import Actor
from app.domain.people.passwords import check_password
from app.models.database import db
from app.models.members import Member
from app.models.scope import as_service
from app.services.access import sessions
from app.web.fields import PageForm
from tests.architecture.source import APP
from tests.support.browser import Browser
from tests.support.routes import path_of, rules_of

EMAIL = "alice@acme.example"


def forms() -> Iterator[type[FlaskForm]]:
    """Yield each form that the app has."""
    for found in pkgutil.walk_packages(purser.__path__, "app."):
        if found.name.startswith(("app.blueprints.", "app.forms.", "app.web.")):
            import_module(found.name)
    waiting: list[type[FlaskForm]] = [PageForm]
    while waiting:
        form = waiting.pop()
        yield form
        waiting += form.__subclasses__()


def fields() -> list[tuple[str, str, UnboundField]]:
    """Return each field of each form: the form's name, the field's, and what it is."""
    return [
        (form.__name__, name, field)
        for form in forms()
        for name, field in vars(form).items()
        if isinstance(field, UnboundField)
    ]


def test_asvs_6_2_4_more_than_three_thousand_common_passwords_are_refused() -> None:
    known = [each for each in FREQUENCY_LISTS["passwords"] if len(each) >= 8]
    assert len(known) > 3000
    for password in known[:3500]:
        with pytest.raises(Refused, match="too easy to guess"):
            check_password(password, EMAIL)


@pytest.mark.parametrize(
    "password", ["kelp market run", "brombeerwald", "!?;:,.-_#+*", "9302 7715 46", "пароль из слов", "  two  ends  "]
)
def test_asvs_6_2_5_any_composition_is_taken(password: str) -> None:
    check_password(password, EMAIL)


def test_asvs_6_2_6_every_password_is_masked() -> None:
    named = [(form, name, field) for form, name, field in fields() if "password" in name]
    assert named
    for form, name, field in named:
        assert issubclass(field.field_class, PasswordField), f"{form}.{name}"


def test_asvs_6_2_7_password_managers_and_pasting_are_welcome() -> None:
    for form, name, field in fields():
        if "password" in name:
            assert field.kwargs["render_kw"]["autocomplete"] in {"current-password", "new-password"}, f"{form}.{name}"
    for script in (APP / "static").glob("*.js"):
        assert not re.search(r"""["']paste["']|onpaste""", script.read_text()), script.name


def test_asvs_6_3_2_a_new_installation_has_no_member(app: Flask) -> None:
    with as_service("count"):
        assert db.session.scalar(select(func.count()).select_from(Member)) == 0


def test_asvs_6_4_2_no_form_has_a_hint_or_a_secret_question() -> None:
    for form, name, _field in fields():
        assert not re.search(r"hint|question|maiden|birth", name), f"{form}.{name}"


def test_asvs_7_2_2_each_sign_in_has_a_token_of_its_own(app: Flask, alice_actor: Actor) -> None:
    begun = [sessions.begin("{}", alice_actor.member_id, alice_actor.customer_id) for _ in range(3)]
    assert len(set(begun)) == 3
    for token in begun:
        found = sessions.find(token)
        assert found is not None
        assert found.actor == alice_actor


def test_asvs_7_2_3_a_token_is_256_bits_of_the_systems_random_numbers(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int | None] = []
    made = secrets.token_bytes

    def seen(size: int | None = None) -> bytes:
        asked.append(size)
        return made(size)

    monkeypatch.setattr(secrets, "token_bytes", seen)
    assert re.fullmatch(r"[\w-]{43}", sessions.begin("{}"), re.ASCII)
    assert asked == [32]


def test_asvs_7_4_4_each_page_has_the_way_out(app: Flask, alice: Browser) -> None:
    pages = 0
    for rule in rules_of(app):
        if (
            "GET" not in (rule.methods or set())
            or rule.arguments
            or rule.endpoint.startswith(("v1_", "dev_", "health"))
        ):
            continue
        page = alice.opens(path_of(app, rule))
        if page.status == 200 and page.soup.select(".shell"):
            pages += 1
            assert len(page.soup.select(".account form[action='/sign-out'] button")) == 1, rule.endpoint
    assert pages > 15
