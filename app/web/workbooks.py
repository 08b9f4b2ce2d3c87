"""Spreadsheets: rows as typed cells of an .xlsx file, written while they are read: a long history needs no memory.

Text is always text: nothing in a cell is a formula, a link or a number by its looks. Money has the decimals of its
currency, days are days and times are times in UTC.
"""

import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, TYPE_CHECKING

from flask import Response, send_file

from app.domain.currencies import exponent
from app.domain.money import Money
from app.web.exports import aged

if TYPE_CHECKING:
    from xlsxwriter import Workbook  # type: ignore[import-untyped]
    from xlsxwriter.format import Format  # type: ignore[import-untyped]
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

Filled = str | int | Decimal | Money | date | datetime
Cell = Filled | None
"""What a cell holds; None: it is blank."""
MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_TEXT = 32_767
"""A cell holds no longer text; XlsxWriter would cut it without a word."""
EXACT_DIGITS = 15
"""A spreadsheet keeps so many digits of a number; one with more is written as text, so that none is lost."""
FIRST_YEAR = 1900
"""A spreadsheet counts days from here; one before it is written as text."""
ROWS = 1_000_000
"""So many rows stand on a sheet; the others follow on the next one."""
_CUT = "… (cut)"


def as_workbook(name: str, title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Answer with the rows as the spreadsheet `name`, on sheets called by the title."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it has been sent
    try:
        write(file, title, header, rows)
        file.seek(0)
        return aged(send_file(file, MIMETYPE, etag=False, conditional=False), name)
    except BaseException:
        file.close()
        raise


def write(
    file: IO[bytes], title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], *, per_sheet: int = ROWS
) -> None:
    """Write the rows into the file, a new sheet after so many."""
    from xlsxwriter import Workbook

    with Workbook(file, {"constant_memory": True}) as book:
        sheets = _Sheets(book, title, header)
        for number, row in enumerate(rows):
            if number % per_sheet == 0:
                sheets.begin()
            sheets.add(row)
        if sheets.sheet is None:
            sheets.begin()


class _Sheets:
    """The sheets of a workbook, one after the other: a finished row is in a file and cannot be changed."""

    def __init__(self, book: "Workbook", title: str, header: Sequence[str]) -> None:
        self._book, self._title, self._header = book, title, header
        self._formats: dict[str, Format] = {}
        self._bold = book.add_format({"bold": True})
        self._count = 0
        self.sheet: Worksheet | None = None
        self._row = 0

    def begin(self) -> None:
        """Begin a sheet with its header, which stays in sight."""
        self._count += 1
        self.sheet = self._book.add_worksheet(f"{self._title} {self._count}" if self._count > 1 else self._title)
        self.sheet.set_column(0, len(self._header) - 1, 22)
        self.sheet.freeze_panes(1, 0)
        for column, words in enumerate(self._header):
            self.sheet.write_string(0, column, words, self._bold)
        self._row = 1

    def add(self, row: Sequence[Cell]) -> None:
        """Add a row."""
        for column, cell in enumerate(row):
            self._write(column, cell)
        self._row += 1

    def _write(self, column: int, cell: Cell) -> None:
        sheet = self.sheet
        if sheet is None or cell is None:
            return
        known = _typed(cell)
        if isinstance(known, str):
            sheet.write_string(self._row, column, shortened(known))
        elif isinstance(known, Decimal):
            sheet.write_number(self._row, column, known, self._format(_pattern(cell)))
        else:
            sheet.write_datetime(self._row, column, known, self._format(_pattern(cell)))

    def _format(self, pattern: str) -> "Format":
        if pattern not in self._formats:
            self._formats[pattern] = self._book.add_format({"num_format": pattern})
        return self._formats[pattern]


def _typed(cell: Filled) -> str | Decimal | date:
    """Return what is written: a number only where every digit is kept, a day only where a spreadsheet has it."""
    if isinstance(cell, datetime):
        cell = cell.astimezone(UTC).replace(tzinfo=None)
    if isinstance(cell, date):
        return cell if cell.year > FIRST_YEAR else cell.isoformat()
    if isinstance(cell, str):
        return cell
    value = cell.major if isinstance(cell, Money) else Decimal(cell)
    return value if is_exact(value) else f"{value:f}"


def _pattern(cell: Filled) -> str:
    """Return how a spreadsheet shows the cell."""
    if isinstance(cell, Money):
        decimals = exponent(cell.currency)
        return f"#,##0.{'0' * decimals}" if decimals else "#,##0"
    if isinstance(cell, datetime):
        return "yyyy-mm-dd hh:mm:ss"
    if isinstance(cell, date):
        return "yyyy-mm-dd"
    return "#,##0" if isinstance(cell, int) else "#,##0.00####"


def is_exact(value: Decimal) -> bool:
    """Say whether a spreadsheet keeps every digit of the number."""
    return value.is_finite() and len(value.normalize().as_tuple().digits) <= EXACT_DIGITS


def shortened(text: str) -> str:
    """Return the text as a cell can hold it, with a mark where it had to be cut."""
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - len(_CUT)] + _CUT
