"""What the tests' apps have of each other is what each would have made by itself, and stays so."""

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound

from app import create_app
from app import making as portal
from app.config import Settings
from tests.support import shared_work

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def of_pages(made: Flask) -> dict[str, object]:
    """Return what an app has of its blueprints."""
    around = {
        place: {name: kept for name, kept in getattr(made, place).items() if name is not None and kept}
        for place in shared_work.OF_PAGES
    }
    rules = sorted((rule.rule, rule.endpoint, sorted(rule.methods or ())) for rule in made.url_map.iter_rules())
    views = {name: view for name, view in made.view_functions.items() if name != "static"}
    return {"rules": rules, "views": views, "blueprints": made.blueprints, "commands": [*made.cli.commands], **around}


def test_an_app_that_is_given_the_pages_has_what_one_that_registers_them_has(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_app(settings)
    given = create_app(settings)
    assert type(given.url_map) is shared_work.Addresses
    monkeypatch.setattr(portal, "_register", shared_work._register)
    registered = create_app(settings)
    assert of_pages(given) == of_pages(registered)
    assert all(
        len(getattr(given, place)[None]) == len(getattr(registered, place)[None]) for place in shared_work.OF_PAGES
    )


def test_an_address_that_is_added_to_one_is_nobody_elses(settings: Settings) -> None:
    create_app(settings)
    one, other = create_app(settings), create_app(settings)
    one.add_url_rule("/only/one", "only_one", lambda: "here")
    assert one.url_map.bind("").match("/only/one") == ("only_one", {})
    assert one.url_map.bind("").match("/billing/")[0] == "overview.page"
    for without in (other, create_app(settings)):
        with pytest.raises(NotFound):
            without.url_map.bind("").match("/only/one")
        assert without.url_map.bind("").match("/billing/")[0] == "overview.page"


def test_an_address_that_is_added_to_the_first_is_nobody_elses_either(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_work, "_pages", {})
    first = create_app(settings)
    first.add_url_rule("/only/first", "only_first", lambda: "here")
    assert first.url_map.bind("").match("/only/first") == ("only_first", {})
    with pytest.raises(NotFound):
        create_app(settings).url_map.bind("").match("/only/first")
