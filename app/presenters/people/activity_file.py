"""Activity as lines of a CSV file, a line for each value that changed: in English, and in codes where they are kept."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from app.domain.language import ENGLISH, _, using
from app.presenters.people.activity import Reader, area, sentence, sides, who
from app.presenters.people.activity_fields import FIELDS, changes
from app.presenters.spreadsheets import Once, cell, cells_once
from app.services.people.activity import WrittenEntries, WrittenEntry

HEADER = ["when", "who", "area", "what", "field", "before", "after", "network address"]
_WITH_ADDRESS = ("mem_", "acl_")
"""Whose network address is said: that of a member or of who opened a link."""
_PLAIN = frozenset({str, int, bool, type(None)})
"""What is said alike wherever it stands, but for a payment method, which is looked up."""
_decode = json.JSONDecoder().raw_decode
_WHOLE_SECOND = ".000000"


def lines(chunks: Iterable[WrittenEntries], reader: Reader) -> Iterator[str]:
    """Yield the lines by chunks. What many entries say alike is said once."""
    written = _Written(replace(reader, in_codes=True))
    for rows, methods in chunks:
        written.reader = replace(written.reader, methods=methods)
        with using(ENGLISH):
            yield "".join([line for row in rows for line in written.lines(row)])


class _Written:
    """What was written before: people, actions, names of fields and values come many times."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._people = Once[tuple[str, str]](lambda each: cell(who(*each)))
        self._actions = Once[str](lambda action: f"{cell(area(action))},{cell(sentence(action))}")
        self._fields = Once[str](lambda key: cell(_(FIELDS[key].label)))
        self._addresses = cells_once()
        self._values = Once[tuple[str, type, object, object]](
            lambda each: cell(self.reader.says(each[0], each[2], {"currency": each[3]}))
        )

    def lines(self, row: WrittenEntry) -> list[str]:
        """Return the lines of an entry: one without a value where none changed."""
        at, _id, actor, member, link, action, before, after, address = row
        moment = at.replace(" ", "T", 1).removesuffix(_WHOLE_SECOND)
        head = f"{moment}+00:00,{self._people[actor, member or link or '']},{self._actions[action]}"
        end = self._addresses[address] if actor.startswith(_WITH_ADDRESS) else ""
        was, became = sides(action, _read(before), _read(after))
        return [
            f"{head},{self._fields[key]},{self._says(key, old, was)},{self._says(key, new, became)},{end}\r\n"
            for key, old, new in changes(action, was, became)
        ] or [f"{head},,,,{end}\r\n"]

    def _says(self, key: str, value: object, entry: Mapping[str, object]) -> str:
        if not entry:
            return ""
        kind = type(value)
        if kind not in _PLAIN or (key == "method" and kind is str):
            return cell(self.reader.says(key, value, entry))
        return self._values[key, kind, value, entry.get("currency")]


def _read(text: str) -> dict[str, object]:
    found: dict[str, object] = _decode(text)[0] if text else {}
    return found
