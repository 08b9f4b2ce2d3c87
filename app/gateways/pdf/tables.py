"""Tables of many rows in time that grows with their rows.

xhtml2pdf styles each cell by itself, and reportlab copies all styles of what is left of a table at each new page: twice
the rows took three to four times as long. Cells beside and below each other that are styled alike are styled as one.
"""

from collections.abc import Iterable
from typing import Any

from reportlab.platypus.tables import TableStyle  # type: ignore[import-untyped]
from xhtml2pdf import tables  # type: ignore[import-untyped]

_PADDINGS = {"LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING", "VALIGN"}
_MERGED = _PADDINGS | {"LINEABOVE", "LINEBELOW", "LINEBEFORE", "LINEAFTER"}
Command = tuple[Any, ...]
"""What is styled, from which cell (column, row) to which, -1 for the last, and how."""


def install() -> None:
    """Let the library style its tables so."""
    tables.TableStyle = lambda commands: TableStyle(merged(commands))


def merged(commands: Iterable[Command]) -> list[Command]:
    """Return commands that style the same cells in the same way, as few as need be.

    What is for a whole table comes first, then what is for rows, then what is for cells: each overrules the one before.
    """
    whole, rows, cells, others = list[Command](), list[Command](), list[Command](), list[Command]()
    for each in commands:
        if each[0] not in _MERGED:
            others.append(each)
        else:
            (whole if each[2][1] < 0 else rows if each[2][0] < 0 else cells).append(each)
    return [*others, *whole, *_down(rows), *_down(_beside(cells))]


def _beside(cells: list[Command]) -> list[Command]:
    """Join cells of a row that are styled alike."""
    found, last = list[Command](), dict[Command, int]()
    for name, (left, top), (right, bottom), *how in cells:
        key = (name, top, bottom, *how)
        at = last.get(key)
        if at is not None and found[at][2][0] + 1 == left:
            found[at] = (name, found[at][1], (right, bottom), *how)
        else:
            last[key] = len(found)
            found.append((name, (left, top), (right, bottom), *how))
    return found


def _down(rows: list[Command]) -> list[Command]:
    """Join rows below each other that are styled alike in the same columns."""
    found, last = list[Command](), dict[Command, int]()
    for name, (left, top), (right, bottom), *how in rows:
        key = (name, left, right, *how)
        at = last.get(key)
        if at is not None and found[at][2][1] + 1 == top:
            found[at] = (name, found[at][1], (right, bottom), *how)
        else:
            last[key] = len(found)
            found.append((name, (left, top), (right, bottom), *how))
    return found
