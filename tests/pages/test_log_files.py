"""The logs as files: all rows, exact for programs, typed cells for people, harmless in a spreadsheet, and nobody else's."""

import csv
import io
from datetime import datetime, timedelta

import pytest
from flask import Flask
from openpyxl import load_workbook

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.people.members import Actor
from app.models import written
from app.models.customers import Customer
from app.presenters import log_files as words
from app.services import jobs
from app.services.authorizations import holds
from app.services.notices import decisions
from tests.support import recharge, shop, spend
from tests.support.browser import Browser
from tests.support.spend import dollars

NOW = datetime.fromisoformat("2026-11-21T12:00:00Z")
LOG, CHARGES = "/billing/spend-management/log", "/billing/auto-recharge/"


def rows(browser: Browser, path: str, name: str, title: str, header: list[str]) -> list[list[str]]:
    """Follow both links of the page and return the rows of the CSV; the spreadsheet has the same."""
    page = browser.opens(path)
    text = browser.follows(page, f'a[href$="{name}.csv"]').response.text
    head, *found = csv.reader(io.StringIO(text))
    sheet = browser.follows(page, f'a[href$="{name}.xlsx"]').response
    first, *cells = load_workbook(io.BytesIO(sheet.data))[title].iter_rows()
    assert (head, [each.value for each in first]) == (header, words.sheet_header(header))
    assert len(cells) == len(found)
    for line, row in zip(found, cells, strict=True):
        assert f"{row[0].value:%Y-%m-%d}" == line[0] and row[0].number_format == "yyyy-mm-dd"
        assert all(each.data_type != "f" for each in row)
    return found


@pytest.mark.both_databases
def test_notifications_and_refused_calls_are_all_in_the_files(
    app: Flask, alice: Browser, mallory: Browser, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written, "CHUNK", 5)
    monkeypatch.setattr(decisions, "CHUNK", 1)
    with clock.at(NOW):
        spend.gives(acme, "100")
        spend.chooses(acme, "25", "20")
        spend.uses(acme, "23")
        for number in range(12):  # more than a page of the log
            asked = AuthorizationRequest(acme.customer_id, micros=dollars("2.5").micros, key=f"call {number}")
            assert not holds.authorize(asked).allowed
        jobs.run_due()
    with clock.at(NOW + timedelta(hours=1)):
        calls = rows(alice, LOG, "refused-calls", "Refused calls", words.CALLS)
        assert len(calls) == 12
        assert calls[0][:8] == ["2026-11-21", calls[0][1], "daily_limit", calls[0][3], "", "", "2.500000", "USD"]
        notified = rows(alice, LOG, "notifications", "Notifications", words.NOTIFIED)
        threshold = next(each for each in notified if each[2] == "daily_threshold")
        assert threshold[4:] == ["20.000000", "USD", "23.000000", "USD"]
        for name in ("refused-calls", "notifications"):
            other = mallory.opens(f"/billing/spend-management/{name}.csv").response.text
            assert len(other.splitlines()) == 1, "nobody sees another's"
            assert alice.opens(f"/billing/spend-management/{name}.pdf").status == 404


def test_automatic_charges_are_all_in_the_files(app: Flask, alice: Browser, acme: Customer, alice_actor: Actor) -> None:
    with clock.at(NOW):
        shop.add_method(alice_actor)
        recharge.on(alice_actor)
    recharge.runs(app, NOW)
    with clock.at(NOW + timedelta(hours=1)):
        (charge,) = rows(alice, CHARGES, "charges", "Automatic charges", words.CHARGES)
    assert charge[2:12] == [
        "charge", "Paid", "25.00", "USD", "0.000000", "20.000000", "USD", "50.00", "0.00", "Visa ending in 4242",
    ]  # fmt: skip
    assert charge[12].startswith("pay_") and charge[13]
