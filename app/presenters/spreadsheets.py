"""What goes into the cells of a file that is opened in a spreadsheet."""

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

Key = TypeVar("Key")
MOST = 10_000
DAY, TIME = 10, slice(11, 19)
"""Where an exact moment says the day, and the time to the second."""
_TO_QUOTE = re.compile('[,"\r\n]')
# A text that begins like this is a formula to a spreadsheet (OWASP, CSV injection); the full-width forms are too.
_FORMULA = ("=", "+", "-", "@", "|", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """Return the text with a `'` before what a spreadsheet would run. Only for texts: signed numbers stay numbers."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def quoted(text: str) -> str:
    """Return the text as a cell of a CSV file has it, as the module `csv` writes it."""
    return '"' + text.replace('"', '""') + '"' if _TO_QUOTE.search(text) else text


def cells(texts: Iterable[str]) -> dict[str, str]:
    """Return each text, harmless, as a cell of a CSV file. What many rows say is looked at once."""
    known = set(texts)
    if _TO_QUOTE.search("".join(known)) is None:
        return {text: harmless(text) for text in known}
    return {text: quoted(harmless(text)) for text in known}


class Once(dict[Key, str]):
    """What each value is called in the rows of a file. Where many rows have the same one it is said once.

    So many are remembered, and then forgotten, that a long file needs no memory.
    """

    def __init__(self, say: Callable[[Key], str]) -> None:
        super().__init__()
        self._say = say

    def __missing__(self, key: Key) -> str:
        if len(self) >= MOST:
            self.clear()
        said = self[key] = self._say(key)
        return said


def cell(text: str) -> str:
    """Return the text, harmless, as a cell of a CSV file."""
    return quoted(harmless(text))


def cells_once() -> Once[str]:
    """Return what makes cells of texts that many rows have."""
    return Once(cell)
