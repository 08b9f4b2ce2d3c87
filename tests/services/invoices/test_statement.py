"""The statement of account agrees with ledger, documents and files for any two days, whatever happened."""

import csv
import io
import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select

from app import clock
from app.config import Settings
from app.domain.invoices.documents import State
from app.domain.invoices.statement import Span
from app.domain.ledger import money_unit
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.ledger import Transfer
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.presenters import statement as words
from app.services.invoices import statement
from app.services.invoices.statement import Entry
from app.services.ledger import grants
from app.services.transaction import transaction
from app.services.usage import recording
from app.services.verification.verify import verify
from app.web import workbooks
from tests.pages.test_invoices import invoices
from tests.reference import files_by_cell
from tests.support import cast, tiers
from tests.support.databases import Database
from tests.support.documents import documents_of, sold_at_use
from tests.support.reversals import buys, later, payment_of, sends_back

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAYS = 9
RETURNING = {"credit_note", "refund_receipt"}


class History:
    """Things that happen to a customer on days one after the other, some of them at the edge of a day."""

    def __init__(self, app: Flask, settings: Settings, customer: Customer, actor: Actor, seed: int) -> None:
        self._app, self._settings, self._customer, self._actor = app, settings, customer, actor
        self._random, self._payments = random.Random(seed), list[Payment]()  # noqa: S311  # a history that can be played again

    def happens(self, days: int) -> None:
        acts: list[Callable[[], object]] = [
            self._buys, self._buys, self._is_given, self._uses, self._owes, self._voids, self._refunds, self._disputes,
        ]  # fmt: skip
        for day in range(days):
            edge = self._random.choice(
                [timedelta(0), timedelta(hours=12) - timedelta(microseconds=1), timedelta(hours=-12)]
            )
            for number in range(self._random.randint(0, 3)):
                with clock.at(NOON + timedelta(days=day) + edge + timedelta(microseconds=number) * (edge.seconds == 0)):
                    self._random.choice(acts)()

    def begins(self) -> None:
        """Owe at midnight and at noon, and have one of the two voided: so that no span begins with nothing."""
        for moment, act in (
            (NOON + timedelta(hours=36), self._owes),
            (NOON + timedelta(hours=48), self._owes),
            (NOON + timedelta(hours=72), self._voids),
        ):
            with clock.at(moment):
                act()

    def _buys(self) -> None:
        self._payments.append(buys(self._app, self._actor, self._random.randint(500, 9_999)))

    def _is_given(self) -> None:
        given = Credits(self._random.randint(1, 10**9))
        grants.give(self._customer.customer_id, kind="promotional", credits=given, granted_by="seller", reason="Hello")

    def _uses(self) -> None:
        used = Credits(self._random.randint(1, 10**6))
        recording.record(self._customer.customer_id, key=f"{self._random.random()}", credits=used, description="Calls")

    def _owes(self) -> None:
        invoices(self._customer, self._random.randint(1, 99_999), state=State.OPEN)

    def _voids(self) -> None:
        with as_service("void one"), transaction() as session:
            found = session.scalars(
                select(Document).where(Document.customer_id == self._customer.customer_id, Document.state == "open")
            ).first()
            if found is not None:
                found.state, found.voided_at = "void", clock.now()

    def _refunds(self) -> None:
        found = next((each for each in map(payment_of, self._payments) if each.state == "succeeded"), None)
        if found is not None and found.received_minor - found.refunded_minor - found.disputed_minor > 100:
            sends_back(found, self._random.randint(1, 100))

    def _disputes(self) -> None:
        found = next((each for each in map(payment_of, reversed(self._payments)) if each.state == "succeeded"), None)
        if found is not None and not found.disputed_minor:
            opened = controls.dispute(self._settings, found.processor_id or "", amount=self._random.randint(1, 400))
            later(self._app)
            controls.close_dispute(self._settings, opened, won=self._random.random() < 0.5)
            later(self._app)


def _open_by_hand(customer: Customer, before: datetime) -> int:
    """Return what is to be paid, by the documents and the ledger's account of the processor, one row at a time."""
    open_minor = 0
    for each in documents_of(customer):
        sign = -1 if each.kind in RETURNING else 1
        if each.issued_at is not None and each.issued_at < before:
            open_minor += sign * (each.total_minor + each.rounding_minor - each.credits_applied_minor)
        if each.voided_at is not None and each.voided_at < before:
            open_minor -= sign * (each.total_minor + each.rounding_minor - each.credits_applied_minor)
    for row in _transfers(customer):
        if row.unit == money_unit("USD") and row.booked_at < before:
            open_minor += row.amount * ((row.credit_account == "processor") - (row.debit_account == "processor"))
    return open_minor


def _transfers(customer: Customer) -> Sequence[Transfer]:
    with as_service("look at the ledger"):
        rows = select(Transfer).where(Transfer.customer_id == customer.customer_id)
        return db.session.scalars(rows.order_by(Transfer.sequence)).all()


def _agrees(customer: Customer, span: Span) -> tuple[int, int, Credits, Credits]:
    """See that statement, pages, files, documents and ledger say the same of the span; return both its ends."""
    with as_customer(customer.customer_id):
        found = statement.statement(customer, span, limit=3)
        rows, place = list(found.rows), found.later
        while place is not None:
            page = statement.statement(customer, span, place, limit=3)
            assert page.sums == found.sums
            rows, place = [*rows, *page.rows], page.later
        sums, entries = statement.export(customer, span)
        whole = list(entries)
        assert (sums, whole) == (found.sums, rows)
    assert [each.balance_minor for each in rows] == [
        found.sums.opening + sum(each.minor for each in rows[: number + 1]) for number in range(len(rows))
    ]
    assert found.sums.closing == found.sums.opening + sum(each.minor for each in rows)
    assert found.sums.opening == _open_by_hand(customer, span.begins)
    assert found.sums.closing == _open_by_hand(customer, span.ends)
    booked = [each for each in _transfers(customer) if each.sequence is not None]
    of_ledger = [
        Credits(next((each.balance_after_micros or 0 for each in reversed(booked) if each.booked_at < edge), 0))
        for edge in (span.begins, span.ends)
    ]
    credit = found.credits
    assert [credit.opening, credit.closing] == of_ledger
    assert credit.opening + credit.bought + credit.given - credit.used + credit.other == credit.closing
    _files_agree(customer, span, sums, whole)
    return found.sums.opening, found.sums.closing, credit.opening, credit.closing


def _files_agree(customer: Customer, span: Span, sums: statement.Sums, whole: list[Entry]) -> None:
    with as_customer(customer.customer_id):
        text = "".join(words.csv_lines(span, *statement.written(customer, span), "USD"))
    assert text == files_by_cell.of_cells(words.sheet_rows(span, sums, whole, "USD"))
    lines = [dict(zip(words.HEADER, row, strict=True)) for row in csv.reader(io.StringIO(text, newline=""))]
    assert [round(float(each["Balance"]) * 100) for each in lines] == [
        sums.opening, *(each.balance_minor for each in whole), sums.closing,
    ]  # fmt: skip
    file = io.BytesIO()
    workbooks.write(file, "Statement", words.SHEET_HEADER, words.sheet_rows(span, sums, whole, "USD"))
    cells = list(load_workbook(file)["Statement"].iter_rows(min_row=2, values_only=True))
    for line, row in zip(lines, cells, strict=True):
        assert [line["Date"], line["Kind"], line["Id"]] == [f"{row[0]:%Y-%m-%d}", row[2], row[9] or ""]
        assert [line[name] and float(line[name]) for name in ("Charges", "Payments", "Balance")] == [
            "" if each is None else float(each) for each in row[5:8]
        ]


def _any_two_dates(customer: Customer, seed: int, many: int) -> None:
    chosen = random.Random(seed)  # noqa: S311  # the same two dates again
    first = NOON.date() - timedelta(days=1)
    for _each in range(many):
        a, b, c = sorted(chosen.sample(range(DAYS + 3), 3))
        days = [first + timedelta(days=each) for each in (a, b, c)]
        left = _agrees(customer, Span(days[0], days[1] - timedelta(days=1)))
        right = _agrees(customer, Span(days[1], days[2] - timedelta(days=1)))
        assert (left[1], left[3]) == (right[0], right[2]), "where one ends the next one begins"
        both = _agrees(customer, Span(days[0], days[2] - timedelta(days=1)))
        assert (both[0], both[1]) == (left[0], right[1])


def _history(app: Flask, settings: Settings, customer: Customer, actor: Actor, seed: int, many: int) -> None:
    history = History(app, settings, customer, actor, seed)
    history.begins()
    history.happens(DAYS)
    midnight = NOON.date() + timedelta(days=2)
    before, after = (Span(day, day) for day in (midnight - timedelta(days=1), midnight))
    assert _agrees(customer, before)[1] == _agrees(customer, after)[0]
    _agrees(customer, Span(midnight + timedelta(days=1), midnight + timedelta(days=20)))
    _any_two_dates(customer, seed, many)
    everything = _agrees(customer, Span(date(2026, 1, 1), date(2026, 12, 31)))
    due = sum(each.payable_minor - each.paid_minor for each in documents_of(customer) if each.state == "open")
    assert everything[1] == due, "what is settled leaves nothing open"
    assert verify() == []


@pytest.mark.both_databases
def test_statement_ledger_and_files_agree_for_any_two_dates(
    app: Flask, settings: Settings, database: Database, acme: Customer, alice_actor: Actor
) -> None:
    many = tiers.sample_of({"sqlite": 3, "postgresql": 1}, proof={"sqlite": 3, "postgresql": 3})[database.kind]
    _history(app, settings, acme, alice_actor, seed=7, many=many)


@pytest.mark.proof
@pytest.mark.both_databases
@pytest.mark.parametrize("seed", range(30))
def test_they_agree_whatever_happened(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor, seed: int
) -> None:
    _history(app, settings, acme, alice_actor, seed, many=4)


@pytest.mark.proof
@pytest.mark.both_databases
@pytest.mark.parametrize("seed", range(30))
def test_they_agree_where_credit_is_taxed_when_it_is_used(app: Flask, settings: Settings, seed: int) -> None:
    customer = sold_at_use()
    _history(app, settings, customer, cast.make_actor(cast.ALICE, customer), seed, many=4)
