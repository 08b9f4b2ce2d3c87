"""The API of the statement of account: what the page says, page by page, and the same refusals."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from tests.pages.test_invoices import invoices
from tests.support.api import api_for, problem_of
from tests.support.documents import documents_of
from tests.support.reversals import buys, sends_back

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOVEMBER = {"from": "2026-11-01", "to": "2026-11-30"}


@pytest.mark.both_databases
def test_it_is_read_page_by_page(app: Flask, acme: Customer, globex: Customer, alice_actor: Actor) -> None:
    path = f"/customers/{acme.customer_id}/statement"
    with clock.at(NOON - timedelta(days=30)):
        invoices(acme, 10_050)
    with clock.at(NOON):
        payment = buys(app, alice_actor, 2500)
    with clock.at(NOON + timedelta(hours=1)):
        sends_back(payment, 1000)
    api = api_for(app, "billing:read")
    sent = api.get(path, **NOVEMBER).get_json()
    names = (
        "from",
        "to",
        "currency",
        "opening_minor",
        "charged_minor",
        "credited_minor",
        "paid_minor",
        "closing_minor",
    )
    assert [sent[name] for name in names] == ["2026-11-01", "2026-11-30", "USD", 12_563, 2500, -1000, -2500, 12_563]
    assert (sent["paid_back_minor"], sent["voided_minor"], sent["credits_applied_minor"]) == (1000, 0, 0)
    assert [sent["credits"][name] for name in ("opening", "bought", "used", "other", "closing")] == [
        "0.00", "25.00", "0.00", "-10.00", "15.00",
    ]  # fmt: skip
    _first, invoice, note = documents_of(acme)
    assert [(each["type"], each["invoice"], each["amount_minor"], each["balance_minor"]) for each in sent["data"]] == [
        ("invoice", invoice.id, 2500, 15_063),
        ("payment", None, -2500, 12_563),
        ("credit_note", note.id, -1000, 11_563),
        ("paid_back", None, 1000, 12_563),
    ]
    assert {each["payment"] for each in sent["data"]} == {payment.id}
    rows, cursor = [], {}
    for _page in range(4):
        page = api.get(path, limit=1, **NOVEMBER, **cursor).get_json()
        rows, cursor = [*rows, *page["data"]], {"cursor": page["next_cursor"]}
    assert (rows, cursor) == (sent["data"], {"cursor": None})
    assert api.get(f"/customers/{globex.customer_id}/statement", **NOVEMBER).get_json()["data"] == []


def test_what_is_no_span_is_refused(app: Flask, acme: Customer) -> None:
    api, path = api_for(app), f"/customers/{acme.customer_id}/statement"
    for given, reason in (
        ({"from": "2026-11-30", "to": "2026-11-01"}, "days_out_of_order"),
        ({"from": "2026-02-30", "to": "2026-03-01"}, "day_malformed"),
        ({"from": "0001-01-01", "to": "9999-12-31"}, "day_out_of_range"),
        ({"from": "2026-11-01"}, "validation_failed"),
        (NOVEMBER | {"cursor": "nonsense"}, "cursor_malformed"),
    ):
        assert problem_of(api.get(path, **given)) == (422, reason), given
