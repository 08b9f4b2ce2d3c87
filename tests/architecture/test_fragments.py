"""A fragment is shown alone: it imports the macros that it and its parts call, and borrows none from a page around it."""

from collections.abc import Iterator
from functools import cache

from jinja2 import Environment, nodes

from tests.architecture.source import APP
from tests.architecture.test_pages import fragments

TEMPLATES = APP / "templates"
GIVEN = {"overview/_chart.html: chart", "overview/_days.html: chart"}
"""What a blueprint gives under a macro's name: Overview's charts are kept as they were drawn."""


@cache
def tree_of(name: str) -> nodes.Template:
    """Return the template as it is read."""
    return Environment(autoescape=True).parse((TEMPLATES / name).read_text())


@cache
def macros() -> set[str]:
    """Return the name of every macro that files of macros offer."""
    files = [*TEMPLATES.glob("macros/*.html"), *TEMPLATES.glob("mail/_pieces.html")]
    found = (tree_of(str(each.relative_to(TEMPLATES))).find_all(nodes.Macro) for each in files)
    return {each.name for several in found for each in several}


def borrowed(name: str, known: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield each macro that the template, or a part that it includes, calls without an import of it or its own."""
    tree = tree_of(name)
    imported = {
        each if isinstance(each, str) else each[1]
        for several in tree.find_all(nodes.FromImport)
        for each in several.names
    }
    given = {each.name for each in tree.find_all(nodes.Name) if each.ctx != "load"}
    has = known | imported | given | {each.name for each in tree.find_all(nodes.Macro)}
    called = {call.node.name for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Name)}
    yield from (f"{name}: {each}" for each in sorted((called & macros()) - has))
    for part in tree.find_all(nodes.Include):
        if isinstance(part.template, nodes.Const):
            yield from borrowed(part.template.value, frozenset(has))


def test_no_fragment_borrows_a_macro() -> None:
    found = {each for fragment in fragments() for each in borrowed(fragment)}
    assert sorted(found - GIVEN) == []
