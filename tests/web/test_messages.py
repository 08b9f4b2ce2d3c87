"""The catalogs are in step with the sources: every sentence in every language, with the same values and markup."""

import ast
import re
from collections import Counter
from functools import cache

import pytest
from babel.messages.catalog import Catalog

from app.domain import language
from app.languages import CATALOGS, path_of
from tests.architecture.source import APP, modules, named, tree
from tests.support import messages

LANGUAGES = messages.TRANSLATED
FORMS_OF_ONE = {"de": 1, "fr": 0, "es": 1, "he": 2}
"""How many of a language's forms are for one number alone."""


@cache
def sources() -> Catalog:
    return messages.sources()


def test_there_are_sentences_and_five_languages() -> None:
    assert len(sources()) > 100
    assert {path.stem for path in CATALOGS.glob("*.po")} == set(LANGUAGES) and len(language.NAMES) == 5
    assert set(language.OFFERED) <= set(language.NAMES)


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_catalog_has_every_sentence_and_no_other(name: str) -> None:
    """Run `make messages` after a sentence came, changed or went, and translate what it names."""
    kept = path_of(name).read_bytes()
    assert messages.text_of(messages.updated(name, sources())) == kept, "`make messages` would change it"
    assert b", fuzzy" not in kept
    assert [each.id for each in messages.missing(messages.kept(name))] == []


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_translation_has_the_values_and_the_markup_of_its_sentence(name: str) -> None:
    """A form that is for one number alone may say it as a word: one seat, and in Hebrew two. The French one is for 0 too."""
    wrong = []
    for english, said in messages.sentences(messages.kept(name)):
        for pattern in (messages.PLACES, messages.TAGS):
            allowed = [Counter(pattern.findall(each)) for each in english]
            without = [Counter({**each, "{n}": 0}) for each in allowed]
            for form, each in enumerate(said):
                is_for_one = len(said) > 1 and form < FORMS_OF_ONE[name]
                had = Counter({**Counter(pattern.findall(each)), **({"{n}": 0} if is_for_one else {})})
                wrong += [(pattern.pattern, each)] if had not in allowed + without * is_for_one else []
    assert wrong == []


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_translation_breaks_no_attribute_that_it_stands_in(name: str) -> None:
    """Sentences stand in attributes: outside of markup they have no straight quotation mark and no angle bracket."""
    for _english, said in messages.sentences(messages.kept(name)):
        for each in said:
            assert not re.search(r'["<>&]', messages.TAGS.sub("", each)), each


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_translation_ends_as_its_sentence_does(name: str) -> None:
    wrong = [
        said
        for english, said in messages.sentences(messages.kept(name))
        for one in said
        if {each.endswith((".", "!", "?")) for each in english} == {not one.endswith((".", "!", "?"))}
        and any(" " in each for each in english)  # what is one word may be an abbreviation elsewhere
    ]
    assert wrong == []


@pytest.mark.case("AC-57")
@pytest.mark.parametrize("name", LANGUAGES)
def test_a_time_keeps_its_zone_in_every_language(name: str) -> None:
    time = re.compile(r"\b\d{1,2}:\d{2}\b(?: UTC)?|\bUTC\b")
    wrong = []
    for english, said in messages.sentences(messages.kept(name)):
        allowed = [Counter(time.findall(each)) for each in english]
        spoken = [each.replace(" Uhr UTC", " UTC") for each in said]
        wrong += [each for each in spoken if Counter(time.findall(each)) not in allowed]
    assert wrong == []


def test_no_sentence_is_translated_inside_a_formatted_string() -> None:
    """The extractor does not look into them."""
    spoken = {"_", "ngettext", "pgettext", "marked"}
    found = [
        f"{named(path)}:{call.lineno}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.JoinedStr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in spoken
    ]
    assert found == []


def test_templates_translate_their_own_sentences_alone() -> None:
    """What `_` says is markup: a value goes in by its name, and a text from elsewhere through `|translated`."""
    found = [
        f"{path.name}: {call}"
        for path in (APP / "templates").rglob("*.*")
        for call in re.findall(r"(?<![\w.])(?:_|ngettext|pgettext)\((?!\s*[\"'])[^)]*", path.read_text())
    ]
    assert found == []


FOR_PROGRAMS = (
    "api/", "cli/",
    "domain/embedding/origins.py", "domain/invoices/credit_notes.py", "domain/ledger.py",
    "services/access/api_keys.py", "services/access/host_members.py", "services/access/members.py",
    "services/access/memberships.py", "services/authorizations/", "services/bank_transfers/returns.py",
    "services/catalog/logos.py", "services/credit_codes/making.py", "services/customers/", "services/idempotency.py",
    "services/invoices/corrections.py", "services/ledger/grants.py", "services/month_end/price_changes.py",
    "services/member_addresses.py", "services/operations/", "services/receivables/", "services/reversals/", "services/subscriptions/seats.py",
    "services/usage/", "services/webhooks/seller_endpoints.py",
)  # fmt: skip
"""Where something is refused to the host, its commands and its seller, who read English."""


def test_what_is_refused_to_a_member_is_said_in_the_language() -> None:
    """A sentence that is given to `Refused` as it stands is in the catalogs, or only a program can be refused by it."""
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in sources()}
    found = [
        f"{named(path)}:{node.lineno} {ast.unparse(said)}"
        for path in modules()
        if not str(path.relative_to(APP)).startswith(FOR_PROGRAMS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Refused", "Forbidden"}
        for said in node.args[:1]
        if (isinstance(said, ast.Constant) and said.value and said.value not in known)
        or (isinstance(said, ast.JoinedStr) and re.search(r"[A-Za-z]{2}", "".join(_written(said))))
    ]
    assert found == []


def _written(said: ast.JoinedStr) -> list[str]:
    """Return what stands in a formatted string between its values."""
    return [str(each.value) for each in said.values if isinstance(each, ast.Constant)]
