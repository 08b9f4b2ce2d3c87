"""Languages: the catalogs of `app/translations/`, and what templates say by them.

A catalog is a `.po` file, compiled in memory when its language is first used: no other file can be older.
Flask-Babel and `app.domain.language` read the same catalogs, and follow the same language.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import flask_babel  # type: ignore[import-untyped]
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, request
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from app import locale
from app.domain import language
from app.domain.invoices import written
from app.domain.language import ENGLISH, NAMES
from app.extensions import csrf

CATALOGS = Path(__file__).resolve().parent / "translations"
PSEUDO = "xx"
"""A language for tests alone: English with an accent on every letter, a third longer. What has none is English."""
OF_CLDR = {PSEUDO: "el"}
"""Which language lends numbers, days and countries to one that CLDR does not know."""
COUNTED = 3
"""So many arguments has a sentence with a number: its form for one, its form for many, the number."""
_LETTERS = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "ÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽåƀçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýž"
)
_KEPT = re.compile(r"<[^>]*>|\{[^}]*\}|&[a-z]+;")
"""What is no word of a sentence: markup, values and entities."""


@lru_cache
def catalog(name: str) -> NullTranslations:
    """Return the catalog of the language; that of English, and of one that there is none for, says what it is given."""
    if name == PSEUDO:
        return _Pseudo()
    if name == ENGLISH or name not in NAMES:
        return NullTranslations()
    with path_of(name).open("rb") as source:
        written = BytesIO()
        write_mo(written, read_po(source, locale=name))
    written.seek(0)
    return Translations(written)


def path_of(name: str) -> Path:
    """Return where the catalog of the language is kept."""
    return CATALOGS / f"{name}.po"


def accented(sentence: str) -> str:
    """Return the sentence in the pseudo-language: values and markup as they are, the rest a third longer."""
    said = "".join(_accented(sentence))
    return f"{said}{'·' * (len(_KEPT.sub('', sentence)) // 3)}" if said.strip() else said


def _accented(sentence: str) -> Iterator[str]:
    at = 0
    for found in _KEPT.finditer(sentence):
        yield sentence[at : found.start()].translate(_LETTERS)
        yield found[0]
        at = found.end()
    yield sentence[at:].translate(_LETTERS)


class _Pseudo(NullTranslations):
    """What says everything in the pseudo-language."""

    def gettext(self, message: str) -> str:
        """Return the sentence with accents."""
        return accented(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form for the number with accents."""
        return accented(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        """Return the word with accents."""
        del context
        return accented(message)


class Catalogs(flask_babel.Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """Our catalogs, for what speaks through Flask-Babel."""

    def get_translations(self) -> NullTranslations:
        """Return the catalog of the current language."""
        return catalog(language.current())


def init_app(app: Flask) -> None:
    """Let each request have a language of its own, and templates speak it."""
    babel = flask_babel.Babel(configure_jinja=False)
    babel.init_app(app, locale_selector=lambda: OF_CLDR.get(language.current(), language.current()))
    babel.domain_instance = Catalogs()
    language.register(catalog)
    written.register(locale)
    app.jinja_env.globals |= {
        "_": _in_template(language.said_of),
        "ngettext": _in_template(language.form_of),
        "pgettext": _in_template(language.word_of),
        "language": language.current,
        "direction": lambda: language.direction(language.current()),
        "direction_of": language.direction_of,
    }
    app.add_template_filter(lambda sentence: language.said_of(str(sentence)), "translated")
    app.before_request(_begin)
    app.teardown_request(_end)


def choose(*asked: str) -> None:
    """Let the rest of the request be in the first of the languages that is offered; else it stays as it is."""
    for each in asked:
        if found := language.offered(each):
            language.begin(found)
            flask_babel.refresh()
            return


def of_browser() -> str:
    """Return the first language that the browser asks for and that is offered, or English."""
    asked = (tag for tag, _quality in request.accept_languages)
    return next((each for tag in asked if (each := language.offered(tag))), ENGLISH)


def _begin() -> None:
    """Begin in the language that the browser asks for. Programs are answered in English, whatever they ask for."""
    is_for_programs = (
        current_app.blueprints.get(request.blueprint or "") in csrf._exempt_blueprints  # noqa: SLF001
    )
    g.language_before = language.begin(ENGLISH if is_for_programs else of_browser())
    language.typed_in("")


def _end(_error: BaseException | None = None) -> None:
    language.typed_in("")
    if (before := g.pop("language_before", None)) is not None:
        language.end(before)


def _in_template(found: Any) -> Any:
    """Return what says a sentence of a template: its markup stays, and its values are escaped where a page is."""

    @pass_eval_context
    def said(context: EvalContext, *sentence: Any, **values: object) -> str:
        written: str = found(*sentence)
        if len(sentence) == COUNTED:
            values.setdefault("n", sentence[-1])
        written = language.ended_once(written, values)
        if context.autoescape:  # a catalog may hold no markup but that of the sentence: tests/web/test_messages.py
            said = Markup(written)
            return said.format(**{name: escape(each) for name, each in values.items()}) if values else said
        return written.format(**values) if values else written

    return said
