"""A fragment is shown alone: it imports the macros that it and its parts call, and borrows none from a page around it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from jinja2 import nodes

from tests.architecture.source import APP
from tests.architecture.test_pages import fragments

TEMPLATES = APP / "templates"
GIVEN = {"overview/_chart.html: chart", "overview/_days.html: chart"}
"""What a blueprint gives under a macro's name: Overview's charts are kept as they were drawn."""


def macros(app: Flask) -> set[str]:
    """Return the name of every macro that files of macros offer."""
    files = [*TEMPLATES.glob("macros/*.html"), *TEMPLATES.glob("mail/_pieces.html")]
    found = (app.jinja_env.parse(each.read_text()).find_all(nodes.Macro) for each in files)
    return {each.name for several in found for each in several}


def borrowed(app: Flask, name: str, known: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield each macro that the template, or a part that it includes, calls without an import of it or its own."""
    tree = app.jinja_env.parse((TEMPLATES / name).read_text())
    imported = {
        each if isinstance(each, str) else each[1]
        for several in tree.find_all(nodes.FromImport)
        for each in several.names
    }
    given = {each.name for each in tree.find_all(nodes.Name) if each.ctx != "load"}
    has = known | imported | given | {each.name for each in tree.find_all(nodes.Macro)}
    called = {call.node.name for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Name)}
    yield from (f"{name}: {each}" for each in sorted((called & macros(app)) - has))
    for part in tree.find_all(nodes.Include):
        if isinstance(part.template, nodes.Const):
            yield from borrowed(app, part.template.value, frozenset(has))


@pytest.mark.parametrize("fragment", fragments())
def test_a_fragment_borrows_no_macro(app: Flask, fragment: str) -> None:
    assert sorted(set(borrowed(app, fragment)) - GIVEN) == []
