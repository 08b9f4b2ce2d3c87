"""Styles of tables, joined: each cell is styled as it was by each command alone, with far fewer of them."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from app.gateways.pdf import tables
from app.gateways.pdf.tables import Command

COLUMNS, ROWS = 4, 6


def _as_the_library_says(paddings: list[list[int]], ruled: list[bool]) -> list[Command]:
    """Return commands in the library's order: the table's, and for each row its own before those of its cells."""
    found: list[Command] = [("LEFTPADDING", (0, 0), (-1, -1), 9), ("BACKGROUND", (0, 0), (-1, -1), "white")]
    for row in range(ROWS):
        found.append(("LEFTPADDING", (0, row), (-1, row), 7))
        for column in range(COLUMNS):
            cell = (column, row)
            if ruled[row]:
                found.append(("LINEBELOW", cell, cell, 0.4, "grey"))
            found.append(("LEFTPADDING", cell, cell, paddings[row][column]))
    return found


def _styled(commands: Iterable[Command]) -> dict[tuple[str, int, int], list[object]]:
    """Return how each cell is styled in the end: the last padding counts, and each rule is drawn."""
    found = dict[tuple[str, int, int], list[object]]()
    for name, (left, top), (right, bottom), *how in commands:
        for row in range(top, (bottom if bottom >= 0 else ROWS - 1) + 1):
            for column in range(left, (right if right >= 0 else COLUMNS - 1) + 1):
                kept = found.setdefault((name, column, row), [])
                if name == "LEFTPADDING":
                    kept.clear()
                kept.append(tuple(how))
    return found


rows = st.lists(st.lists(st.integers(0, 2), min_size=COLUMNS, max_size=COLUMNS), min_size=ROWS, max_size=ROWS)


@given(rows, st.lists(st.booleans(), min_size=ROWS, max_size=ROWS))
def test_each_cell_is_styled_as_before(paddings: list[list[int]], ruled: list[bool]) -> None:
    commands = _as_the_library_says(paddings, ruled)
    assert _styled(tables.merged(commands)) == _styled(commands)


def test_rows_that_are_styled_alike_take_as_few_as_one() -> None:
    commands = _as_the_library_says([[0, 3, 3, 3]] * ROWS, [True] * ROWS)
    assert tables.merged(commands) == [
        ("BACKGROUND", (0, 0), (-1, -1), "white"),
        ("LEFTPADDING", (0, 0), (-1, -1), 9),
        ("LEFTPADDING", (0, 0), (-1, ROWS - 1), 7),
        ("LINEBELOW", (0, 0), (COLUMNS - 1, ROWS - 1), 0.4, "grey"),
        ("LEFTPADDING", (0, 0), (0, ROWS - 1), 0),
        ("LEFTPADDING", (1, 0), (COLUMNS - 1, ROWS - 1), 3),
    ]
