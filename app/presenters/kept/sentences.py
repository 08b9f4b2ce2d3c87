"""How a sentence that is kept in English is said in another language: found among those that it may be."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.domain.language import ENGLISH, current, said_of

_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Value:
    """What may stand at a place of a sentence, as a pattern without groups, and how it is said there."""

    pattern: str = ".+"
    said: Callable[[str], str] = str


class Kept:
    """The sentences that may be kept, the special ones first. What is none of them is said as it is."""

    def __init__(self, sentences: Sequence[str], values: Mapping[str, Value] | None = None) -> None:
        self._values: Mapping[str, Value] = values or {}
        self._known = [(re.compile(self._pattern(each)), each) for each in sentences]

    def said(self, text: str) -> str:
        """Return the sentence in the current language."""
        if current() == ENGLISH:
            return text
        for pattern, sentence in self._known:
            if (found := pattern.fullmatch(text)) is not None:
                return said_of(sentence).format_map(
                    {name: self._value(name).said(value) for name, value in found.groupdict().items()}
                )
        return text

    def kept_as(self, words: str) -> Iterator[str]:
        """Yield a part of each sentence that says these words in the current language: what it is kept with."""
        if current() == ENGLISH:
            return
        sought = words.casefold()
        for _pattern, sentence in self._known:
            part = max(_PLACE.split(sentence)[::2], key=len)
            if any(each.isalpha() for each in part) and sought in _PLACE.sub("", said_of(sentence)).casefold():
                yield part

    def _pattern(self, sentence: str) -> str:
        parts = _PLACE.split(sentence)
        return "".join(
            f"(?P<{part}>{self._value(part).pattern})" if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        )

    def _value(self, name: str) -> Value:
        return self._values.get(name, Value())
