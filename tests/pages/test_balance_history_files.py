"""Balance history as CSV and JSON: what matches, whole and harmless, for whoever may see it."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app import clock
from app.models.customers import Customer
from app.models.scope import as_customer
from app.presenters import balance_history
from app.presenters.spreadsheets import harmless
from app.services.balance import history
from app.services.balance.history import HistoryQuery
from tests.pages.test_balance_history import PATH, ROWS, file, give, rows_of, use
from tests.support.browser import Browser


def test_the_csv_opens_and_sums_to_the_balance(alice: Browser, acme: Customer) -> None:
    give(acme, 1000)
    for number in range(40):
        use(acme, 7, f"u{number}")
    answer = file(alice, f"{PATH}.csv?view=rows")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert (
        answer.headers["Content-Disposition"]
        == f'attachment; filename="balance-history-rows-{clock.now():%Y-%m-%d}.csv"'
    )
    rows = rows_of(answer.text)
    assert list(rows[0]) == ["Id", "Description", "Created time", "Amount", "Running balance", "Unit", "Kind", "Source"]
    assert len(rows) == 41
    with as_customer(acme.customer_id):
        remaining = history.numbers().remaining_credits.units
    assert sum(Decimal(row["Amount"]) for row in rows) == remaining == Decimal(rows[0]["Running balance"])


@pytest.mark.both_databases
def test_the_csv_is_what_the_module_csv_writes_of_each_row(
    alice: Browser, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "CHUNK", 3)
    at = datetime(2026, 2, 28, 23, 59, 59, 999_999, UTC)
    for number, words in enumerate(["plain", 'a "b", c', "=1\n2", "@x\ry", "日本", "", "'"]):
        with clock.at(at + timedelta(hours=5 * number, microseconds=number)):
            give(acme, 10) if number % 2 else use(acme, 1, f'k"{number},', words)
    with as_customer(acme.customer_id):
        rows = list(history.export(HistoryQuery()))
    written = io.StringIO(newline="")
    lines = csv.writer(written, lineterminator="\r\n")
    lines.writerow(balance_history.HEADER)
    for row in rows:
        texts = [harmless(each) for each in (row.description, acme.credit_unit, f"{row.source_type}:{row.source_id}")]
        numbers = [f"{each.units:.6f}" for each in (row.change, row.balance_after)]
        lines.writerow(
            [row.id, texts[0], f"{row.booked_at:%Y-%m-%dT%H:%M:%SZ}", *numbers, texts[1], row.kind, texts[2]]
        )
    assert len(rows) == 7
    assert file(alice, f"{PATH}.csv?view=rows").data == written.getvalue().encode()


def test_the_csv_holds_what_the_filter_matches(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    use(acme, 1, "a")
    page = alice.opens(f"{ROWS}&kind=usage")
    link = str(page.find("a[href*='.csv']")["href"])
    assert [row["Kind"] for row in rows_of(file(alice, link).text)] == ["usage"]
    assert alice.opens(f"{PATH}.csv?kind=zebra").status == 422


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_in_the_csv_is_a_formula_while_amounts_stay_numbers(alice: Browser, acme: Customer, start: str) -> None:
    give(acme, 100)
    use(acme, 1, "a", f"{start}HYPERLINK(1)")
    row = rows_of(file(alice, f"{PATH}.csv?view=rows").text)[0]
    assert row["Description"] == f"'{start}HYPERLINK(1)"
    assert row["Amount"] == "-1.000000"


def test_the_json_holds_the_same(alice: Browser, acme: Customer) -> None:
    give(acme, 100)
    used = use(acme, 1, "a", 'Größe "x"')
    data = json.loads(file(alice, f"{PATH}.json?view=rows").text)["data"]
    assert [each["amount"] for each in data] == ["-1.000000", "100.000000"]
    assert data[0]["id"] == used.id and data[0]["description"] == 'Größe "x"'
    assert data[0]["credit_unit"] == "USD" and data[0]["source"] == {"type": "usage", "id": "a"}


def test_an_empty_file_is_still_a_file(alice: Browser) -> None:
    assert rows_of(file(alice, f"{PATH}.csv?view=rows").text) == []
    assert json.loads(file(alice, f"{PATH}.json?view=rows").text) == {"data": []}
