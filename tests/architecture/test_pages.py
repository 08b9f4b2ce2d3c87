"""A page's word is the same everywhere: blueprint, templates, test, docs; a fragment's id is its path."""

import re
from importlib import import_module

import pytest
from bs4 import BeautifulSoup

from app.web.navigation import ACCOUNT, SIDEBAR
from tests.architecture.source import APP, ROOT

PAGES = [item.endpoint.partition(".")[0] for _title, items in SIDEBAR for item in items]
OF_THE_MEMBER = [item.endpoint.partition(".")[0] for item in ACCOUNT]
TEMPLATES = APP / "templates"
INLINE = re.compile(r"\s(style|on[a-z]+|hx-on[^=\s]*)\s*=|<script(?![^>]*\ssrc=)|<style|\bjs:", re.IGNORECASE)

# A mail has no stylesheet but its own, and its reader's program takes some of it away: styles stand on each element.
# What is printed has its styles in one element, and refers to nothing but pictures and a page of ours.
ON_PAPER = re.compile(
    r"\son[a-z]+\s*=|\shref\s*=(?!\"\{\{ pay\.link \}\}\")|\sstyle\s*="
    r"|\ssrc\s*=(?!\"\{\{ (printed\.logo|pay\.code)\.picture \}\}\")|<script|<link|\bjs:|url\(|@import",
    re.IGNORECASE,
)
IN_MAIL = re.compile(r"\son[a-z]+\s*=|<script|<link|<img|<form|<iframe|\bjs:|url\(", re.IGNORECASE)


def test_the_sidebar_names_pages() -> None:
    assert PAGES
    assert OF_THE_MEMBER
    assert len({*PAGES, *OF_THE_MEMBER}) == len(PAGES) + len(OF_THE_MEMBER)


@pytest.mark.parametrize("page", [*PAGES, *OF_THE_MEMBER])
def test_every_page_has_its_five_places(page: str) -> None:
    module = import_module(f"app.blueprints.account.{page}" if page in OF_THE_MEMBER else f"app.blueprints.{page}")
    assert module.bp.name == page
    assert module.__doc__
    assert (TEMPLATES / page / "page.html").exists()
    assert (ROOT / "tests" / "pages" / f"test_{page}.py").exists()
    assert (ROOT / "docs" / "customer" / f"{page.replace('_', '-')}.md").exists()


def fragments() -> list[str]:
    """Return the fragments that pages swap in: the files `FOLDER/_NAME.html` that a blueprint shows alone."""
    shown = "\n".join(path.read_text() for path in (APP / "blueprints").rglob("*.py"))
    return sorted(set(re.findall(r'"([a-z_]+/_[a-z_]+\.html)"', shown)))


def test_there_are_fragments() -> None:
    assert fragments()


@pytest.mark.parametrize("fragment", fragments())
def test_a_fragments_root_id_is_its_path(fragment: str) -> None:
    source = (TEMPLATES / fragment).read_text()
    own = re.sub(r"\{% macro .*?\{% endmacro %\}", "", source, flags=re.DOTALL)
    plain = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", own, flags=re.DOTALL)
    roots = [each for each in BeautifulSoup(plain, "html.parser").children if getattr(each, "name", None)]
    wanted = fragment.removesuffix(".html").replace("/_", "-")
    assert [root.get("id") for root in roots] == [wanted]


def test_templates_hold_no_inline_code_or_style() -> None:
    found = []
    for path in TEMPLATES.rglob("*.html"):
        forbidden = {"mail": IN_MAIL, "pdf": ON_PAPER}.get(path.parent.name, INLINE)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if forbidden.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []


def test_templates_do_no_arithmetic_on_money() -> None:
    pattern = re.compile(r"(micros|minor|amount|credits)\b[^}%]*\s[-+*/]\s|\s[-+*/]\s[^}%]*\b\w*(micros|minor)\b")
    found = []
    for path in TEMPLATES.rglob("*.html"):
        for expression in re.findall(r"\{[{%](.*?)[%}]\}", path.read_text(), re.DOTALL):
            without_words = re.sub(r"'[^']*'|\"[^\"]*\"", "", expression)
            if pattern.search(without_words):
                found.append(f"{path.relative_to(ROOT)}: {expression.strip()}")
    assert found == []


def test_what_looks_again_by_itself_offers_to_look_again_without_javascript() -> None:
    asking = [path for path in TEMPLATES.rglob("_*.html") if re.search('hx-trigger="(every|load)', path.read_text())]
    assert len(asking) >= 10
    for path in asking:
        page = path.with_name(f"{path.stem[1:]}.html")
        source = path.read_text() + (page.read_text() if page.exists() else "")
        offered = re.search(r"<noscript>.*(Look again|http-equiv=.refresh).*</noscript>", source)
        assert offered, path.relative_to(TEMPLATES)
