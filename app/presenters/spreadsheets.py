"""What goes into the cells of a file that is opened in a spreadsheet."""

import re
from collections.abc import Iterable

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
