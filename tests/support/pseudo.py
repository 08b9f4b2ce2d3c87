"""Pages in the pseudo-language: what of a page is read, and what of that has no accent, as no catalog knows it."""

import dataclasses
import re
from collections.abc import Iterator

import pytest
from bs4 import Comment, Tag

from app.domain import language
from app.languages import PSEUDO
from app.models.customers import Customer
from app.services.catalog import versions
from tests.support.browser import Page

ASKED = {"Accept-Language": PSEUDO}
PART = {**ASKED, "HX-Request": "true"}
ID = re.compile(r"\b[a-z]{2,5}_[0-9A-Za-z]+|\b(?:INV|CN|RGCN|RG|RR|R)-[0-9-]+")
"""Ids, and numbers of documents."""
SHOWN = ("aria-label", "placeholder", "title", "alt", "data-busy", "data-ended", "data-unavailable", "aria-valuetext")
"""Attributes that are read."""
NOT_READ = "script, style, svg, datalist, code, .commands, option[lang]"
"""What is no sentence."""
WORD = re.compile(r"[A-Za-z]{2,}")
EVERYWHERE = (
    "UTC",
    "SSH",
    "Linux",
    "macOS",
    "Windows",
    "Terminal",
    "PowerShell",
    "PayPal",
    "Stripe",
    "SEPA",
    "CSV",
    "PDF",
    "Europe/Zurich",
    "Slack",
    "Teams",
)
"""What is called so in every language."""


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pseudo-language is offered; whoever imports this has it in each test."""
    monkeypatch.setattr(language, "OFFERED", ("en", PSEUDO))


def texts(page: Page) -> Iterator[str]:
    """Yield what is read of the page, piece by piece."""
    for each in page.soup.select(NOT_READ):
        each.decompose()
    for text in page.soup.find_all(string=True):
        if not isinstance(text, Comment) and text != "html":
            yield str(text)
    for element in page.soup.find_all(True):
        if isinstance(element, Tag):
            yield from (str(element[name]) for name in SHOWN if element.has_attr(name))


def data(value: object) -> Iterator[str]:
    """Yield every text in a value of the catalog: the seller's own words."""
    if isinstance(value, str):
        yield value
    elif dataclasses.is_dataclass(value):
        for each in dataclasses.fields(value):
            yield from data(getattr(value, each.name))
    elif isinstance(value, dict):
        yield from data(list(value.items()))
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from data(part)


def plain(page: Page, known: set[str]) -> list[str]:
    """Return what is read of the page and was not translated, the texts of the data left out."""
    longest = sorted((each for each in known if WORD.search(each)), key=len, reverse=True)
    found = []
    for text in texts(page):
        rest = text
        for each in longest:
            rest = rest.replace(each, "")
        if WORD.search(rest):
            found.append(" ".join(text.split()))
    return found


def known_of(acme: Customer) -> set[str]:
    words = {"Alice Archer", "alice@acme.example", "Bob Baker", "bob@acme.example", acme.name, "billing@acme.example"}
    return {*words, *EVERYWHERE, *data(versions.of(acme))}


@dataclasses.dataclass(frozen=True)
class IsSaid:
    """Says that a page is whole in the language; what is data is left out, ids and numbers of documents too."""

    data: tuple[str, ...] = ()
    """What these pages have in them of tests, files and banks."""
    not_read: str = ""
    """What of them is data as a whole, as a selector."""
    in_columns: bool = False
    """Whether units stand alone, or at the head of a column with a capital."""

    def __call__(self, page: Page, acme: Customer, *known: str, status: int = 200) -> None:
        """Say so of the page, and that it has this status."""
        assert page.status == status, page.text
        for each in page.soup.select(self.not_read) if self.not_read else ():
            each.decompose()
        words = {*known_of(acme), *self.data, *known}
        if self.in_columns:
            words |= {each.capitalize() for each in words if WORD.search(each)}
            words |= {each.unit.removesuffix("s") for each in versions.of(acme).meters}
        left = [each for each in plain(page, words) if WORD.search(_without(ID.sub("", each), words))]
        assert left == [], page.path


def _without(text: str, words: set[str]) -> str:
    for each in sorted(words, key=len, reverse=True):
        text = text.replace(each, "") if WORD.search(each) else text
    return text
