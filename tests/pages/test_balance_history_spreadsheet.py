"""Balance history as a spreadsheet: the same rows as the CSV, with typed cells, for whoever may see them."""

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook

from app import clock
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.balance import history
from tests.pages.test_balance_history import PATH, file, give, rows_of, use
from tests.support.browser import Browser

XLSX = f"{PATH}.xlsx?view=rows"


def sheet(browser: Browser, path: str = XLSX) -> list[list[Any]]:
    """Return the rows of the spreadsheet, the header first."""
    answer = file(browser, path)
    assert answer.status_code == 200
    book = load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["Movements"]
    return [list(row) for row in book["Movements"].iter_rows(values_only=True)]


@pytest.mark.both_databases
def test_it_holds_the_rows_of_the_csv_and_sums_to_the_balance(alice: Browser, acme: Customer) -> None:
    give(acme, 1000, "Zürich, =1+1")
    for number in range(40):
        use(acme, 7, f"u{number}")
    answer = file(alice, XLSX)
    assert answer.headers["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert f"balance-history-rows-{clock.now():%Y-%m-%d}.xlsx" in answer.headers["Content-Disposition"]
    header, *rows = sheet(alice)
    assert header == [
        "Id", "Description", "Created time (UTC)", "Amount", "Running balance", "Unit", "Kind", "Source",
    ]  # fmt: skip
    same = rows_of(file(alice, f"{PATH}.csv?view=rows").text)
    assert len(rows) == len(same) == 41
    for row, line in zip(rows, same, strict=True):
        assert row[0] == line["Id"] and row[6] == line["Kind"] and row[7] == line["Source"]
        assert f"{row[2]:%Y-%m-%dT%H:%M:%SZ}" == line["Created time"]
        assert [Decimal(str(each)) for each in row[3:5]] == [
            Decimal(line[name]) for name in ("Amount", "Running balance")
        ]
    assert rows[-1][1] == "Zürich, =1+1"
    with as_customer(acme.customer_id):
        assert sum(Decimal(str(row[3])) for row in rows) == history.numbers().remaining_credits.units


def test_it_holds_what_the_filter_matches_and_refuses_what_the_csv_refuses(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    use(acme, 1, "a")
    page = alice.opens(f"{PATH}?view=rows&kind=usage")
    assert [row[6] for row in sheet(alice, str(page.find("a[href*='.xlsx']")["href"]))[1:]] == ["usage"]
    tomorrow = clock.now().date() + timedelta(days=1)
    assert len(sheet(alice, f"{XLSX}&from={tomorrow}")) == 1
    assert alice.opens(f"{XLSX}&kind=zebra").status == 422


def test_nobody_else_gets_it(visitor: Browser, mallory: Browser, bob: Browser, acme: Customer) -> None:
    give(acme, 123, "Only for Acme")
    assert visitor.client.get(XLSX).status_code == 303
    assert len(sheet(mallory)) == 1
    assert len(sheet(bob)) == 2
