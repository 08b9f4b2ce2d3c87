"""The other files of rows, each beside the bare read of its rows: seconds of CPU of the process and of the database.

`python -m benchmarks.files` measures it alone, and with `--keep` puts it into the results; names of files after it
measure these alone. The history's own file, row by row, is measured by `exports.py`.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Table, insert, text

from app.models.authorizations import Authorization
from app.models.auto_recharge import AutoRechargeDecision
from app.models.customers import Customer
from app.models.documents import Document
from app.models.events import AuditEntry
from app.models.ledger import Transfer
from app.models.limits import Notice
from app.models.usage import UsageDay
from benchmarks import report
from benchmarks.busy import Busy, measured
from benchmarks.exports import memory, reading, reading_file
from benchmarks.places import Place, places
from benchmarks.timing import Count, Ratio

PART = "File"
GOAL, ROUNDS, ROWS, MORE_MEMORY = 3.0, 5, 100_000, 8
DAYS = 80
Row = dict[str, Any]


def _changes(customer: Customer, number: int, at: datetime) -> Row:
    """Return an entry of the trail: limits that were changed, invoices that were paid, members that were invited."""
    kinds = (
        ("spend_management.changed", {"enabled": True, "daily_limit_micros": number % 997 * 1_000_000},
         {"enabled": True, "daily_limit_micros": number % 991 * 1_000_000}),
        ("invoice.paid", {},
         {"number": f"INV-2026-{number:06d}", "total_minor": 2500 + number % 5000, "currency": "USD"}),
        ("member.invited", {}, {"email": f"somebody{number}@acme.example", "role": "viewer"}),
        ("top_up.wished", {}, {"amount_minor": 2500, "currency": "USD", "method": "card"}),
    )  # fmt: skip
    action, before, after = kinds[number % len(kinds)]
    written = [_written(each) if each else "" for each in (before, after)]
    return {
        "id": f"aud_{number:026d}", "customer_id": customer.customer_id, "at": at, "actor": "seller", "action": action,
        "subject": f"s{number}", "before": written[0], "after": written[1], "address": "192.0.2.7",
    }  # fmt: skip


def _written(values: Row) -> str:
    return json.dumps(values, sort_keys=True)


def _refused(customer: Customer, number: int, at: datetime) -> Row:
    return {
        "id": f"hold_{number:026d}", "customer_id": customer.customer_id, "key": f"key {number}", "digest": "",
        "meter": "requests" if number % 2 else "", "quantity": number % 2 * number % 500, "micros": number * 1_250,
        "state": "refused", "reason": "daily_limit", "available_after_micros": 0, "captured_micros": 0,
        "captured_quantity": 0, "captures": 0, "period_number": 1, "created_at": at, "expires_at": at, "ended_at": at,
    }  # fmt: skip


def _notified(customer: Customer, number: int, at: datetime) -> Row:
    figures = {"limit_micros": 25_000_000, "used_micros": number * 1_000}
    return {
        "customer_id": customer.customer_id, "rule": "daily_limit", "occasion": f"2026-01-01.{number}", "state": "done",
        "data": _written(figures), "created_at": at, "done_at": at, "recovered_at": at,
    }  # fmt: skip


def _decided(customer: Customer, number: int, at: datetime) -> Row:
    return {
        "id": f"ard_{number:026d}", "customer_id": customer.customer_id, "at": at, "outcome": "limit_reached",
        "settings_version": 1, "period_number": 1, "remaining_micros": number * 10_000, "in_flight_micros": 0,
        "threshold_micros": 20_000_000, "limit_minor": 5_000, "used_minor": 5_000, "amount_minor": 0, "count": 0,
        "declines": 0, "why": "",
    }  # fmt: skip


def _issued(customer: Customer, number: int, at: datetime) -> Row:
    net, tax = 1_000 + number % 5_000, 250
    texts = [each.name for each in Document.__table__.columns if not each.nullable and str(each.type) == "TEXT"]
    return dict.fromkeys(texts, "") | {
        "id": f"inv_{customer.customer_id[-8:]}{number:018d}", "customer_id": customer.customer_id, "kind": "invoice",
        "state": "paid", "prefix": "BENCH", "number": f"BENCH-2026-{number:06d}", "year": 2026, "place": number,
        "currency": "USD", "source_type": "bench", "source_id": f"{number}", "net_minor": net, "tax_minor": tax,
        "total_minor": net + tax, "credits_applied_minor": 0, "rounding_minor": 0, "payable_minor": net + tax,
        "paid_minor": net + tax,
        "reason": "", "catalog": f"files{customer.customer_id}", "catalog_version": 1, "seller_country": "SE",
        "buyer_country": "SE", "paid_with": "Visa ending in 4242", "issued_at": at, "paid_at": at,
    }  # fmt: skip


def _used(customer: Customer, number: int, _at: datetime) -> Row:
    day = (datetime.now(UTC) - timedelta(days=number % DAYS)).date()
    return {
        "customer_id": customer.customer_id, "day": day, "meter": f"meter_{number // DAYS:05d}", "period_number": 1,
        "quantity": number, "events": 1 + number % 9, "micros": number * 10, "posted_micros": number * 10,
        "postings": 1, "due_on": day,
    }  # fmt: skip


def _given(customer: Customer, number: int, at: datetime) -> Row:
    return {
        "id": f"txn_9{number:025d}", "customer_id": customer.customer_id, "unit": f"credits:{customer.credit_unit}",
        "debit_account": "promotions", "credit_account": "credits", "amount": 1_000, "kind": "promotional",
        "source_type": "grant", "source_id": f"grt_{number:026d}", "description": "Welcome", "booked_at": at,
        "sequence": number, "change_micros": 1_000, "balance_after_micros": number * 1_000,
    }  # fmt: skip


FILES: dict[str, tuple[str, Any, Callable[[Customer, int, datetime], Row], str]] = {
    "activity": (
        "/account/activity/activity.csv", AuditEntry, _changes,
        """select id, at, actor, action, before, after, address from audit_entries
        where customer_id = {mark} order by at desc, id desc""",
    ),
    "refused calls": (
        "/billing/spend-management/refused-calls.csv", Authorization, _refused,
        """select id, created_at, reason, meter, quantity, micros from authorizations
        where customer_id = {mark} and state = 'refused' order by created_at desc, id desc""",
    ),
    "notifications": (
        "/billing/spend-management/notifications.csv", Notice, _notified,
        """select rule, occasion, data, created_at from notices where customer_id = {mark}
        order by created_at desc, rule, occasion""",
    ),
    "automatic charges": (
        "/billing/auto-recharge/charges.csv", AutoRechargeDecision, _decided,
        """select id, at, outcome, remaining_micros, threshold_micros, limit_minor, used_minor, payment_id
        from auto_recharge_decisions where customer_id = {mark} order by at desc, id desc""",
    ),
    "invoices": (
        "/billing/invoices.csv", Document, _issued,
        """select id, number, kind, state, issued_at, due_on, paid_at, paid_with, net_minor, tax_minor, total_minor,
        rounding_minor, returned_minor, credited_minor, currency from documents where customer_id = {mark}
        order by issued_at desc, id desc""",
    ),
    "statement": (
        "/billing/invoices/statement.csv?from={first}&to={last}", Document, _issued,
        """select id, number, kind, state, issued_at, due_on, paid_at, paid_with, net_minor, tax_minor, total_minor,
        rounding_minor, returned_minor, credited_minor, currency from documents where customer_id = {mark}
        order by issued_at, id""",
    ),
    "usage": (
        "/billing/usage.csv?days=90", UsageDay, _used,
        """select day, meter, quantity, events, micros from usage_days where customer_id = {mark}
        order by day, meter""",
    ),
    "history by day": (
        "/billing/balance-history.csv", Transfer, _given,
        """select id, sequence, kind, description, booked_at, change_micros, balance_after_micros, source_type,
        source_id from transfers where customer_id = {mark} and sequence is not null order by sequence desc""",
    ),
}  # fmt: skip


def measure(place: Place, names: list[str], rows: int = ROWS) -> list[Ratio | Count]:
    """Measure each file by turns with the bare read, and what memory the whole file takes beyond a part."""
    return [each for name in names for each in _one(place, name, rows)]


def _one(place: Place, name: str, rows: int) -> list[Ratio | Count]:
    path, model, row, sql = FILES[name]
    customer, _actor, browser = place.customer(f"Files{len(name)}{name.split(maxsplit=1)[0]}")
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=DAYS)
    _fill(place, customer, model, row, rows, began)
    last = datetime.now(UTC).date()
    path = path.format(first=began.date(), last=last)
    tasks = {"file": reading_file(browser, path), "bare": reading(place, sql, (customer.customer_id,))}
    found = {each: task() for each, task in tasks.items()}
    before = memory()
    assert found["file"] >= found["bare"] >= rows, (name, found)
    took: dict[str, list[Busy]] = {each: [] for each in tasks}
    for number in range(ROUNDS):
        for each in sorted(tasks, reverse=bool(number % 2)):
            took[each].append(measured(place, tasks[each]))
    cpu = {each: median(busy.cpu for busy in busies) for each, busies in took.items()}
    return [
        Ratio(
            f"{PART} of {rows:,} rows of {name} to the bare read, CPU", place.kind, cpu["file"] / cpu["bare"], GOAL,
            f"{cpu['file'] / rows * 1e6:.1f} to {cpu['bare'] / rows * 1e6:.1f} µs a row",
        ),
        Count(
            f"{PART} of {name}: MB of memory beyond what it took the first time", place.kind, memory() - before,
            MORE_MEMORY,
        ),
    ]  # fmt: skip


def _fill(
    place: Place,
    customer: Customer,
    model: Any,
    row: Callable[[Customer, int, datetime], Row],
    rows: int,
    began: datetime,
) -> None:
    """Write the rows straight into the table."""
    table: Table = model.__table__
    step = timedelta(days=DAYS) / (rows + 1)
    with place.raw.begin() as connection:
        if place.kind == "postgresql":
            connection.execute(text("set local session_replication_role = replica"))
        else:  # a document would have to begin as a draft
            found = text("select name from sqlite_master where type = 'trigger' and tbl_name = :table")
            for name in connection.scalars(found, {"table": table.name}).all():
                connection.execute(text(f"drop trigger {name}"))
        for first in range(1, rows + 1, 5_000):
            some = [
                row(customer, number, began + number * step) for number in range(first, min(first + 5_000, rows + 1))
            ]
            connection.execute(insert(table), some)
        if model is Transfer:
            days = "date(booked_at)" if place.kind == "sqlite" else "(booked_at at time zone 'UTC')::date"
            connection.execute(
                text(
                    f"""insert into balance_days (customer_id, day, added_micros, used_micros, closing_micros)
                    select customer_id, {days}, sum(change_micros), 0, max(balance_after_micros) from transfers
                    where customer_id = :customer group by customer_id, {days}"""  # words of ours
                ),
                {"customer": customer.customer_id},
            )
        values = {"began": began - timedelta(days=1), "customer": customer.customer_id}
        if place.kind == "sqlite":
            values["began"] = values["began"].strftime("%Y-%m-%d %H:%M:%S.000000")  # type: ignore[union-attr]  # a moment
        connection.execute(text("update customers set created_at = :began where customer_id = :customer"), values)
    with place.raw.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("analyze"))


def main() -> None:
    """Measure both databases."""
    found: list[Ratio | Count] = []
    rows = next((int(each) for each in sys.argv[1:] if each.isdecimal()), ROWS)
    names = [each for each in sys.argv[1:] if each in FILES] or list(FILES)
    kinds = [each for each in sys.argv[1:] if each in {"sqlite", "postgresql"}]
    with places() as offered:
        for place in offered:
            if not kinds or place.kind in kinds:
                found += measure(place, names, rows)
    print("\n".join(report.lines(found, ["this machine"])))
    if "--keep" in sys.argv:
        report.replace(PART, found)


if __name__ == "__main__":
    main()
