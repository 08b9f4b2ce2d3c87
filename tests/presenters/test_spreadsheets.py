"""A cell that is written without the module `csv` is the cell that it writes."""

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from app.presenters.spreadsheets import cells, harmless

TEXTS = st.lists(st.text(st.sampled_from("ab,;\"'\r\n =+-@|\t\0＝é\u2028"), max_size=6), max_size=8)


@given(TEXTS)
@example(["plain", "texts"])
def test_cells_are_what_the_module_csv_writes(texts: list[str]) -> None:
    lines = io.StringIO(newline="")
    written = cells(texts)
    for text in texts:
        lines.seek(0)
        lines.truncate()
        csv.writer(lines, lineterminator="\r\n").writerow(["x", harmless(text), "y"])
        assert f"x,{written[text]},y\r\n" == lines.getvalue()
