"""The days of Usage as files: the rows of the chart's days, exact for programs, typed cells for people."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from openpyxl import load_workbook

from app import clock
from app.domain.money import Credits
from app.models.customers import Customer
from app.presenters.usage_files import HEADER, SHEET_HEADER
from app.services.ledger import grants
from tests.support.usage_cast import USAGE, looks, uses
from tests.support.usage_page import acme, on_the_tenth

__all__ = ["acme", "on_the_tenth"]


@pytest.mark.both_databases
def test_the_files_have_the_days_that_the_chart_shows(app: Flask, origin: str, acme: Customer) -> None:
    grants.give(acme.customer_id, kind="promotional", credits=Credits(10**9), granted_by="seller", reason="Welcome")
    began = clock.now()
    for day, quantity in ((0, 1500), (3, 200)):
        with clock.at(began + timedelta(days=day)):
            uses(acme, "requests", quantity)
            uses(acme, "hours", 30)
    with clock.at(began + timedelta(days=4)):
        alice = looks(app, origin, acme)
        page = alice.opens(USAGE)
        sent = alice.follows(page, 'a[href*=".csv"]').response
        header, *lines = csv.reader(io.StringIO(sent.get_data(as_text=True)))
        sheet = alice.follows(page, 'a[href*=".xlsx"]').response
        head, *cells = load_workbook(io.BytesIO(sheet.data))["Usage"].iter_rows()
        assert (header, [each.value for each in head]) == (HEADER, SHEET_HEADER)
        days = [f"{began + timedelta(days=each):%Y-%m-%d}" for each in (0, 3)]
        assert [line[:2] for line in lines] == [[day, meter] for day in days for meter in ("hours", "requests")]
        assert f"-{began + timedelta(days=4):%Y-%m-%d}.csv" in sent.headers["Content-Disposition"]
        for line, row in zip(lines, cells, strict=True):
            assert f"{row[0].value:%Y-%m-%d}" == line[0] and row[0].number_format == "yyyy-mm-dd"
            assert [line[3], line[5]] == [f"{row[3].value}", f"{row[5].value}"]
            assert Decimal(str(row[6].value)) == Decimal(line[6])
            assert [each.data_type for each in (row[5], row[6])] == ["n", "n"]
        assert [line[3:5] for line in lines if line[1] == "requests"] == [["1500", "requests"], ["200", "requests"]]
        one = alice.opens(f"{USAGE.rstrip('/')}.csv?meter=hours&days=30").response.get_data(as_text=True)
        assert [line[1] for line in list(csv.reader(io.StringIO(one)))[1:]] == ["hours", "hours"]
        refused = alice.opens(f"{USAGE.rstrip('/')}.xlsx?meter=nothing&days=30")
        assert refused.status == 422 and "There is no such meter." in refused.text
