"""Invoices: is the list as fast at depth 10,000 as at its beginning, and what does it cost to finalise one?

The list is compared with its first page, and finalising with the least that any way of doing it needs: a number taken
by a guarded update, and document, lines and taxes inserted by the driver, in one transaction with one commit.
"""

import itertools
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, insert, text, update

from app import clock
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import Line, LineKind
from app.domain.invoices.statement import Span
from app.domain.invoices.totals import totals
from app.domain.money import Money
from app.domain.tax.treatment import Category, Reason, Treatment
from app.models.customers import Customer
from app.models.database import WRITING, db
from app.models.documents import Document, DocumentLine, DocumentTax, NumberSeries
from app.models.scope import as_customer, as_service
from app.services.catalog import versions
from app.services.invoices import drafting, numbering, reads, statement
from app.services.invoices.reads import DocumentQuery
from app.services.ledger import posting
from app.services.ledger.posting import Books
from app.services.transaction import transaction
from benchmarks.places import Place
from benchmarks.timing import ROUNDS, Count, Ratio, interleaved, milliseconds
from tests.support.browser import Browser
from tests.support.statements import counted

MANY = 10_000
RARE = 100
"""Each so many is a credit note."""
BOTTOM = 26
GOAL, FINAL_GOAL = 1.3, 3.0
LINES, TIMES = 5, 4
PATH = "/billing/invoices"
VAT = Treatment(Category.STANDARD, Decimal(25), "VAT", "SE", Reason.STANDARD, seller_number="SE556677889901")
_ROW = re.compile(r'aria-label="View ')
_LIST = """
    select id, kind, state, number, issued_at, total_minor, currency, paid_at, returned_minor from documents
    where customer_id = {mark} and number is not null and issued_at < {mark}
    order by issued_at desc, id desc limit 26"""


def measure(place: Place) -> list[Ratio | Count]:
    """Measure the list, the statement and finalising."""
    long, _actor, browser = place.customer("Invoiced")
    began = _fill(place, long)
    return [*_listed(place, long, browser, began), *_statement(place, long, began), *_finalised(place)]


def _listed(place: Place, long: Customer, browser: Browser, began: datetime) -> list[Ratio | Count]:
    deep, newest = began + timedelta(minutes=BOTTOM), began + timedelta(minutes=MANY + 1)
    cursor = place.raw.raw_connection().cursor()
    sql = _LIST.format(mark="%s" if place.kind == "postgresql" else "?")

    def bare(before: datetime) -> Callable[[], int]:
        moment = before if place.kind == "postgresql" else before.strftime("%Y-%m-%d %H:%M:%S.%f")

        def read() -> int:
            cursor.execute(sql, (long.customer_id, moment))
            return min(len(cursor.fetchall()), 25)

        return read

    def listed(**query: Any) -> Callable[[], int]:
        def read() -> int:
            with place.app.app_context(), as_customer(long.customer_id):
                found = len(reads.listed(DocumentQuery(**query)).rows)
                db.session.rollback()
            return found

        return read

    def get(path: str) -> Callable[[], int]:
        def read() -> int:
            answer = browser.client.get(path, base_url=browser.origin)
            assert answer.status_code == 200
            return len(_ROW.findall(answer.text))

        return read

    def at(minutes: int) -> str:
        return f"{began + timedelta(minutes=minutes):%Y%m%dT%H%M%S.%f}~inv"

    notes = {"kinds": ("credit_note",)}
    tasks = {
        "first": listed(),
        "deep": listed(before=(deep, "inv")),
        "bare first": bare(newest),
        "bare deep": bare(deep),
        "notes": listed(**notes),
        "deep notes": listed(**notes, before=(began + timedelta(minutes=BOTTOM * RARE), "cn")),
        "page": get(f"{PATH}?before={at(MANY + 1)}"),
        "page deep": get(f"{PATH}?before={at(BOTTOM)}"),
    }
    rows = {name: task() for name, task in tasks.items()}
    assert set(rows.values()) == {25}, rows
    with counted() as statements:
        listed()()
    took = interleaved(tasks, times=4)
    assert cursor.connection
    cursor.connection.rollback()

    def ratio(what: str, one: str, other: str, floor: str = "") -> Ratio:
        return Ratio(what, place.kind, took[one] / took[other], GOAL, f"{_both(took, one, other)}{floor}")

    return [
        ratio(
            f"invoices listed: depth {MANY:,} to first page", "deep", "first",
            f"; the bare statement {_both(took, 'bare deep', 'bare first')}",
        ),
        ratio(f"credit notes among {MANY:,} invoices: depth to first page", "deep notes", "notes"),
        ratio(f"GET invoices: depth {MANY:,} to first page", "page deep", "page"),
        Count("invoices listed: statements", place.kind, len(statements), 1),
    ]  # fmt: skip


def _statement(place: Place, long: Customer, began: datetime) -> list[Ratio | Count]:
    def read(first: date, last: date) -> Callable[[], int]:
        def task() -> int:
            with place.app.app_context(), as_customer(long.customer_id):
                found = len(statement.statement(long, Span(first, last)).rows)
                db.session.rollback()
            return found

        return task

    last = (began + timedelta(minutes=MANY)).date()
    tasks = {"whole": read(began.date(), last), "a day": read(began.date(), began.date())}
    assert {task() for task in tasks.values()} == {100}
    took = interleaved(tasks, times=2)
    what = f"statement of {MANY:,} documents to one of their first day"
    return [Ratio(what, place.kind, took["whole"] / took["a day"], None, _both(took, "whole", "a day"))]


def _finalised(place: Place) -> list[Ratio | Count]:
    customer, _actor, _browser = place.customer("Finalised")
    ours, floor = _invoicing(place, customer), _inserting(place, customer)
    ours()
    with counted() as written:
        ours()
    final = _finalising(place, customer, TIMES * (ROUNDS + 4))
    with counted() as numbered:
        final()
    took = interleaved({"invoice": ours, "final": final, "floor": floor}, times=TIMES)
    floor_words = f"to one guarded insert with its {LINES} lines"
    return [
        Ratio(f"finalising a draft {floor_words}", place.kind, took["final"] / took["floor"], FINAL_GOAL,
              _both(took, "final", "floor")),
        Ratio(f"drafting an invoice and finalising it {floor_words}", place.kind, took["invoice"] / took["floor"],
              FINAL_GOAL, _both(took, "invoice", "floor")),
        Count("finalising a draft: statements", place.kind, len(numbered), None),
        Count("drafting an invoice and finalising it: statements", place.kind, len(written), None),
    ]  # fmt: skip


def _invoicing(place: Place, customer: Customer) -> Callable[[], None]:
    def make() -> None:
        with place.app.app_context(), as_service("write an invoice"), transaction() as session:
            numbering.finalize(session, _draft(posting.lock(session, customer.customer_id)), State.OPEN, clock.now())

    return make


def _finalising(place: Place, customer: Customer, many: int) -> Callable[[], None]:
    """Return what finalises the next of so many drafts, which are written beforehand."""
    with place.app.app_context(), as_service("write drafts"), transaction() as session:
        books = posting.lock(session, customer.customer_id)
        waiting = [_draft(books).id for _ in range(many)]

    def make() -> None:
        with place.app.app_context(), as_service("finalise a draft"), transaction() as session:
            numbering.finalize(session, session.get_one(Document, waiting.pop()), State.OPEN, clock.now())

    return make


_NUMBERS = itertools.count()


def _draft(books: Books) -> Document:
    lines = [Line(LineKind.USAGE, "Requests", Money(1_005, "USD"), drafting.rate_of(VAT))] * LINES
    buyer = dict.fromkeys(drafting.BUYER, "") | {"buyer_company": "Acme AB"}
    source = drafting.Source("bench", f"{next(_NUMBERS)}")
    catalog = versions.of(books.customer)
    return drafting.draft(books, catalog, Kind.INVOICE, source, lines, totals(lines), [VAT], buyer)


def _inserting(place: Place, customer: Customer) -> Callable[[], None]:
    """Return what takes a number and inserts the same rows, and nothing else: as drafts, which take no more."""
    engine, numbers = db.engine, itertools.count()
    role = text("select set_config('role', 'purser_service', true)")
    series = NumberSeries.__table__
    values = {"catalog": "floor", "kind": "invoice", "prefix": "FLOOR", "year": 2026}
    with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        _take_role(place, connection, role)
        connection.execute(insert(series).values(**values, last=1))
    guarded = text("update number_series set last = last + 1 where catalog = 'floor' and last > 0 returning last")

    def write() -> None:
        name = f"inv_floor{next(numbers):021d}"
        document, lines, taxes = _rows(customer, name)
        with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            _take_role(place, connection, role)
            assert connection.execute(guarded).one()
            connection.execute(insert(Document.__table__), document)
            connection.execute(insert(DocumentLine.__table__), lines)
            connection.execute(insert(DocumentTax.__table__), taxes)

    return write


def _take_role(place: Place, connection: Connection, role: Any) -> None:
    if place.kind == "postgresql":
        connection.execute(role)


def _rows(customer: Customer, name: str) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a draft with its lines and tax, as columns."""
    net, tax = 1_005 * LINES, 1_256
    texts = [each.name for each in Document.__table__.columns if not each.nullable and str(each.type) == "TEXT"]
    document = dict.fromkeys(texts, "") | {
        "id": name, "customer_id": customer.customer_id, "kind": "invoice", "state": "draft", "prefix": "BENCH",
        "source_type": "bench", "source_id": name, "currency": "USD", "net_minor": net, "tax_minor": tax,
        "total_minor": net + tax, "credits_applied_minor": 0, "rounding_minor": 0, "payable_minor": net + tax,
        "reason": "", "catalog": "bench", "catalog_version": 1, "seller_country": "SE", "buyer_country": "SE",
        "paid_with": "",
    }  # fmt: skip
    own = {"customer_id": customer.customer_id, "document_id": name}
    lines = [
        own | {
            "place": place, "kind": "usage", "description": "Requests", "quantity": 1, "unit_price": "", "meter": "",
            "net_minor": 1_005, "category": "S", "percent_micros": 25_000_000,
        }
        for place in range(1, LINES + 1)
    ]  # fmt: skip
    taxes = own | {
        "category": "S", "percent_micros": 25_000_000, "name": "VAT", "country": "SE", "reason": "standard",
        "buyer_number": "", "seller_number": "", "net_minor": net, "tax_minor": tax,
    }  # fmt: skip
    return document, lines, [taxes]


def _fill(place: Place, customer: Customer) -> datetime:
    """Write the invoices straight into the tables, one a minute, as the engine would have left them: paid."""
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=MANY + 10)
    documents, lines, taxes = [], [], []
    for number in range(1, MANY + 1):
        is_note = number % RARE == 0 and number > 1
        document, own_lines, own_taxes = _rows(customer, f"{'cn' if is_note else 'inv'}_{number:026d}")
        if is_note:
            document |= {"kind": "credit_note", "returns_id": f"inv_{1:026d}"}
        documents.append(document)
        lines += own_lines
        taxes += own_taxes
    table = Document.__table__
    with place.raw.begin() as connection:
        connection.execute(insert(table), [{"returns_id": None} | each for each in documents])
        connection.execute(insert(DocumentLine.__table__), lines)
        connection.execute(insert(DocumentTax.__table__), taxes)
        connection.execute(
            update(table)
            .where(table.c.id == bindparam("name"))
            .values({each: bindparam(f"its_{each}") for each in _LATER}),
            [_numbered(each, number, began) for number, each in enumerate(documents, 1)],
        )
    with place.raw.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("analyze"))
    return began


_LATER = ("state", "number", "year", "place", "issued_at", "paid_minor", "paid_at")


def _numbered(document: dict[str, Any], number: int, began: datetime) -> dict[str, Any]:
    """Return what numbering sets of a draft."""
    is_note, at = document["kind"] == "credit_note", began + timedelta(minutes=number)
    given = f"{'BENCHCN' if is_note else 'BENCH'}-2026-{number:06d}"
    state, paid = ("issued", (0, None)) if is_note else ("paid", (document["payable_minor"], at))
    values = dict(zip(_LATER, (state, given, 2026, number, at, *paid), strict=True))
    return {"name": document["id"]} | {f"its_{name}": value for name, value in values.items()}


def _both(took: dict[str, float], one: str, other: str) -> str:
    return f"{milliseconds(took[one])} to {milliseconds(took[other])}"


if __name__ == "__main__":
    from benchmarks import report
    from benchmarks.places import places

    found: list[Ratio | Count] = []
    seen = []
    with places() as offered:
        for each in offered:
            found += measure(each)
            seen.append(each.version)
    print("\n".join(report.lines(found, seen)))
