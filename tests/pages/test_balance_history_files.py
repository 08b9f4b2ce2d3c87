"""Balance history as CSV and JSON: what matches, whole and harmless, for whoever may see it."""

import json
from decimal import Decimal

import pytest

from app import clock
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.balance import history
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
