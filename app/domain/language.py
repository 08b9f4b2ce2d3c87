"""The language of what is said now, and how a sentence is said in it. English where nobody has asked for another.

The language belongs to the work under way (a request, a mail, a document) and ends with it. Sentences are whole, values
stand in them by name (`{amount}`), and the catalogs that translate them are registered from above.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar, Token
from functools import lru_cache, wraps
from typing import ParamSpec, Protocol, TypeVar

Given = ParamSpec("Given")
Said = TypeVar("Said")

ENGLISH = "en"
NAMES = {ENGLISH: "English", "de": "Deutsch", "fr": "Français", "es": "Español", "he": "עברית"}
"""Every language that there is a catalog for, as its own readers call it."""
OFFERED: tuple[str, ...] = tuple(NAMES)
"""The languages that members may choose: those in which every page, mail and document is complete."""
RIGHT_TO_LEFT = frozenset({"he"})
_LAST = re.compile(r"\{(\w+)\}(?:</\w+>)*\.(?=\s|$)")
"""A value before a full stop."""
_PLACE = re.compile(r"\{(\w+)\}")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f0-9][^\u0590-\u08ff]*[.!?)]$")
"""A name in Latin letters that ends in a stop: `Acme Inc.`"""

_PREFIXED = re.compile(r"(?<![\u05d0-\u05ea])([משהוכלב]{1,3})־\{(\w+)\}")
"""A value behind a Hebrew prefix: `ו־{last}`."""
_HEBREW = re.compile(r"[\u05d0-\u05ea]")
_LEFT, _RIGHT = re.compile(r"[A-Za-z\u00c0-\u024f]"), re.compile(r"[\u0590-\u08ff\u200f]")
"""What is written from left to right, and from right to left."""

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


class Translations(Protocol):
    """A catalog: sentences in one language."""

    def gettext(self, sentence: str, /) -> str:
        """Return the sentence, or itself where it is not translated."""
        ...

    def ngettext(self, one: str, many: str, number: int, /) -> str:
        """Return the form for the number."""
        ...

    def pgettext(self, where: str, sentence: str, /) -> str | object:
        """Return the sentence as it is said there."""
        ...


_find: list[Callable[[str], Translations]] = []


def register(find: Callable[[str], Translations]) -> None:
    """Let the catalogs of other languages be found by this."""
    _find[:] = [find]


_typed: ContextVar[str] = ContextVar("typed", default="")


def typed() -> str:
    """Return the language of the form whose fields are read: that of the work, unless `typed_in` says another."""
    return _typed.get() or current()


def typed_in(language: str) -> None:
    """Let fields be read as this language writes them, until the work ends; nothing: as the work's does."""
    _typed.set(language)


def current() -> str:
    """Return the language of the work under way."""
    return _language.get()


def begin(language: str) -> Token[str]:
    """Say what follows in the language, until `end` is given what this returns."""
    return _language.set(language)


def end(token: Token[str]) -> None:
    """Go back to the language before."""
    _language.reset(token)


@contextmanager
def using(language: str) -> Iterator[None]:
    """Say what is said inside the block in the language."""
    token = begin(language)
    try:
        yield
    finally:
        end(token)


def in_english(say: Callable[Given, Said]) -> Callable[Given, Said]:
    """Let a function speak English whoever calls it: what it says is kept, or read by others than the caller."""

    @wraps(say)
    def said(*args: Given.args, **values: Given.kwargs) -> Said:
        with using(ENGLISH):
            return say(*args, **values)

    return said


def remembered(most: int) -> Callable[[Callable[Given, Said]], Callable[Given, Said]]:
    """Let what a function has said be kept, so many times, in each language by itself."""

    def keep(say: Callable[Given, Said]) -> Callable[Given, Said]:
        @lru_cache(most)
        def kept(_language: str, *args: Given.args, **values: Given.kwargs) -> Said:
            return say(*args, **values)

        @wraps(say)
        def said(*args: Given.args, **values: Given.kwargs) -> Said:
            return kept(current(), *args, **values)  # type: ignore[arg-type]  # what is not hashable cannot be kept

        return said

    return keep


def direction(language: str) -> str:
    """Return which way the language is written, as HTML calls it."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def direction_of(said: object) -> str:
    """Return which way a piece of a page is read: what holds words of the page's language as the page, else by its own.

    A sentence that begins with a name in other letters is still a sentence of its page; a name alone is none.
    """
    way = direction(current())
    return way if (_RIGHT if way == "rtl" else _LEFT).search(str(said)) else "auto"


def named() -> tuple[tuple[str, str], ...]:
    """Return the languages that members may choose, and what their own readers call them."""
    return tuple((each, NAMES[each]) for each in OFFERED if each in NAMES)


def offered(tag: str) -> str:
    """Return the offered language that is meant by a tag such as `de-AT`; nothing where it is not offered."""
    word = tag.replace("_", "-").partition("-")[0].lower()
    return word if word in OFFERED else ""


def written_in(tag: str) -> str:
    """Return the language that a document of this tag is written in: English where there is no catalog for it.

    Not only what is offered now: a document stays in the language in which it got its number.
    """
    return tag if tag in NAMES or tag in OFFERED else ENGLISH


def of_documents(tag: str) -> AbstractContextManager[None]:
    """Say what follows in the language of a customer's documents."""
    return using(written_in(tag))


def labelled(name: object, value: object) -> str:
    """Return a value behind its name: `Plan: Team`; in French with a space before the colon."""
    return _("{name}: {value}", name=name, value=value)


def percent(number: object) -> str:
    """Return a number of hundredths with its sign, apart from it as the language has it: `12.5 %`."""
    return _("{percent} %", percent=number)


def apart(parts: Iterable[str]) -> str:
    """Return parts that may hold commas, one behind the other: `10 seats, at most 25; 1,000 requests`."""
    found, *rest = (*parts, "")
    for each in rest[:-1]:
        found = _("{some}; {more}", some=found, more=each)
    return found


def followed(said: str, more: str) -> str:
    """Return a fact and what follows from it: `Used up. Calls are refused`."""
    return _("{fact}. {more}", fact=said, more=more)


def marked(sentence: str) -> str:
    """Return the sentence as it is, for the catalogs to know: of what is said later, by `_` where it is shown."""
    return sentence


def _(sentence: str, **values: object) -> str:
    """Return the sentence in the current language, with the values in it."""
    said = said_of(sentence)
    return ended_once(said, values).format_map(values) if values else said


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """Return the sentence for the number, which stands in it as `{n}`, and in another form where `n` is given."""
    return ended_once(form_of(one, many, number), values).format_map({"n": number} | values)


def pgettext(where: str, sentence: str, **values: object) -> str:
    """Return a word that has several meanings as it is said there."""
    said = word_of(where, sentence)
    return said.format_map(values) if values else said


def ended_once(said: str, values: Mapping[str, object]) -> str:
    """Return the sentence without the full stop after a value that ends with one: `30 nov.` at its end."""

    def stop(found: re.Match[str]) -> str:
        ends = str(values.get(found[1], "")).endswith((".", ".</time>"))
        return found[0].removesuffix(".") if ends else found[0]

    if (language := current()) == ENGLISH:
        return said
    ended = _LAST.sub(stop, said) if "." in said else said
    if language not in RIGHT_TO_LEFT:
        return ended
    return _PLACE.sub(lambda found: _kept_together(found, values), _PREFIXED.sub(lambda at: _glued(at, values), ended))


def _glued(prefixed: re.Match[str], values: Mapping[str, object]) -> str:
    """Return a prefix and its value's place: a maqaf stands between them before digits and Latin letters alone."""
    prefix, name = prefixed.groups()
    return f"{prefix}{{{name}}}" if _HEBREW.match(str(values.get(name, ""))) else prefixed[0]


def _kept_together(place: re.Match[str], values: Mapping[str, object]) -> str:
    """Return a value's place, with a mark behind a Latin name that ends in a stop: from right to left it would jump."""
    value = values.get(place[1])
    return f"{place[0]}\N{LEFT-TO-RIGHT MARK}" if type(value) is str and _LATIN.match(value) else place[0]


def said_of(sentence: str) -> str:
    """Return the sentence in the current language, the names of its values still in it."""
    return sentence if (catalog := _catalog()) is None else catalog.gettext(sentence)


def form_of(one: str, many: str, number: int) -> str:
    """Return the form for the number, the names of its values still in it."""
    if (catalog := _catalog()) is None:
        return one if number == 1 else many
    return catalog.ngettext(one, many, number)


def word_of(where: str, sentence: str) -> str:
    """Return the word as it is said there, the names of its values still in it."""
    return sentence if (catalog := _catalog()) is None else str(catalog.pgettext(where, sentence))


def _catalog() -> Translations | None:
    """Return what translates; nothing for English, which is what the sources say."""
    language = _language.get()
    return None if language == ENGLISH or not _find else _find[0](language)
