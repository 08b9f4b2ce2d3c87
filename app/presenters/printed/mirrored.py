"""Documents that are written from right to left: each text keeps its own direction, whatever stands beside it.

A Latin address, an amount and a Hebrew sentence stand in the same table. Each is set apart by the characters that
Unicode has for that, so that a house number stays at its end of the line, and no text moves what is not its own.
"""

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any

from app.presenters.printed.document import PrintedDocument

FIRST_STRONG, POP = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_TURNING = re.compile("[\u061c\u202a-\u202e\u2066-\u2069]")
"""What turns the text around it. Nobody's text may, but for the marks that amounts of ours have: those are letters."""
_KEPT = frozenset({"picture", "link", "language", "paper"})
"""Fields that are not read."""
REPLACED = "\N{REPLACEMENT CHARACTER}"


def isolated(printed: PrintedDocument) -> PrintedDocument:
    """Return the document with each of its texts set apart from what stands around it."""
    return _isolated(printed)  # type: ignore[no-any-return]  # a document is made of a document


def _isolated(value: Any) -> Any:
    if isinstance(value, str):
        return f"{FIRST_STRONG}{_TURNING.sub(REPLACED, value)}{POP}" if value else ""
    if isinstance(value, tuple):
        return tuple(_isolated(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value,
            **{each.name: _isolated(getattr(value, each.name)) for each in fields(value) if each.name not in _KEPT},
        )
    return value
