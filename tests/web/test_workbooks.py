"""Spreadsheets, read back: exact numbers, times, texts that stay texts, and as many rows as there are."""

import io
import tempfile
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from app.domain.money import Credits, Money
from app.web.workbooks import LONGEST_TEXT, Cell, is_exact, write


def read_back(rows: Sequence[Sequence[Cell]], **options: int) -> list[list[Any]]:
    """Return the cells of every sheet, as a program reads them, without the headers."""
    file = io.BytesIO()
    width = len(rows[0]) if rows else 1
    write(file, "Rows", [f"c{number}" for number in range(width)], rows, **options)
    file.seek(0)
    book = load_workbook(file)
    return [list(row) for sheet in book.worksheets for row in sheet.iter_rows(min_row=2)]


@settings(max_examples=40)
@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 6))
def test_an_amount_is_read_back_to_its_last_digit(number: int, decimals: int) -> None:
    value = Decimal(number).scaleb(-decimals)
    ((cell,),) = read_back([[value]])
    assert (cell.data_type, Decimal(str(cell.value))) == ("n", value)


@pytest.mark.parametrize("micros", [2**63 - 1, -(2**63), 1_234_567_890_123_456])
def test_a_number_that_a_spreadsheet_would_round_is_text(micros: int) -> None:
    ((cell,),) = read_back([[Credits(micros).units]])
    assert (cell.data_type, Decimal(cell.value)) == ("s", Credits(micros).units)
    assert is_exact(Credits(999_999_999_999_999).units) and not is_exact(Credits(1_000_000_000_000_001).units)
    assert is_exact(Decimal(5000000000000000000)), "zeros at the end are no digits that could be lost"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "1e3", "007", "https://example.com", "{=1}", "Zürich", "", "＝1"]
)
def test_a_text_stays_what_it_is(text: str) -> None:
    ((cell, _last),) = read_back([[text, "end"]])
    assert (cell.data_type, cell.value) == ("s", text)
    assert cell.hyperlink is None


def test_nothing_in_the_file_is_a_formula_or_a_link() -> None:
    file = io.BytesIO()
    write(file, "Rows", ["a"], [["=HYPERLINK(1)"], ["https://example.com"], ["mailto:a@example.com"]])
    with ZipFile(file) as parts:
        names, sheet = parts.namelist(), parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet and "hyperlink" not in sheet and not [name for name in names if "rels/sheet" in name]


def test_a_text_that_no_cell_holds_says_that_it_was_cut() -> None:
    ((longest, cut),) = read_back([["x" * LONGEST_TEXT, "y" * (LONGEST_TEXT + 1)]])
    assert longest.value == "x" * LONGEST_TEXT
    assert len(cut.value) == LONGEST_TEXT and cut.value.endswith("yy… (cut)")


def test_a_time_is_a_time_in_utc() -> None:
    ((cell,),) = read_back([[datetime(2026, 12, 1, 1, 5, 7, tzinfo=timezone(timedelta(hours=2)))]])
    assert (cell.is_date, cell.value) == (True, datetime(2026, 11, 30, 23, 5, 7, tzinfo=UTC).replace(tzinfo=None))
    assert cell.number_format == "yyyy-mm-dd hh:mm:ss"


def test_more_rows_than_a_sheet_holds_go_on_on_the_next_one() -> None:
    rows = [[Decimal(number)] for number in range(25)]
    assert [cell.value for (cell,) in read_back(rows, per_sheet=10)] == list(range(25))
    assert read_back([]) == []


def test_a_long_file_needs_no_memory() -> None:
    def most(rows: int) -> int:
        tracemalloc.start()
        with tempfile.TemporaryFile() as file:
            write(file, "Rows", ["a", "b"], ([f"text {number}", Decimal(number)] for number in range(rows)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    most(10)
    assert most(5_000) < most(1_000) + 200_000


@pytest.mark.parametrize(
    ("money", "value", "shown"),
    [
        (Money(12_563, "USD"), Decimal("125.63"), "#,##0.00"),
        (Money(-500, "JPY"), Decimal(-500), "#,##0"),
        (Money(1_250, "KWD"), Decimal("1.25"), "#,##0.000"),
        (Money(0, "EUR"), Decimal(0), "#,##0.00"),
        (Money(999_999_999_999_999, "EUR"), Decimal("9999999999999.99"), "#,##0.00"),
        (Money(12_345, "BGN"), Decimal("123.45"), "#,##0.00"),
        (Money(100, "MGA"), Decimal(1), "#,##0.00"),
    ],
)
def test_money_is_a_number_with_the_decimals_of_its_currency(money: Money, value: Decimal, shown: str) -> None:
    """BGN ended in 2026 and is still read; ariary and dinars have the decimals that ISO 4217 counts them in."""
    ((cell,),) = read_back([[money]])
    assert (cell.data_type, Decimal(str(cell.value)), cell.number_format) == ("n", value, shown)


def test_money_that_a_spreadsheet_would_round_is_text_and_a_blank_cell_is_blank() -> None:
    ((cell, blank),) = read_back([[Money(1_234_567_890_123_456, "USD"), None]])
    assert (cell.data_type, cell.value) == ("s", "12345678901234.56")
    assert blank.value is None


def test_days_are_days_counts_have_no_decimals_and_what_a_spreadsheet_cannot_hold_is_text() -> None:
    ((day, count, old, huge, none),) = read_back(
        [[date(2026, 11, 20), 1_234, date(1900, 2, 28), 10**15 + 1, Decimal("NaN")]]
    )
    assert (day.is_date, f"{day.value:%Y-%m-%d}", day.number_format) == (True, "2026-11-20", "yyyy-mm-dd")
    assert (count.value, count.number_format) == (1_234, "#,##0")
    assert [(each.data_type, each.value) for each in (old, huge, none)] == [
        ("s", "1900-02-28"), ("s", "1000000000000001"), ("s", "NaN"),
    ]  # fmt: skip
