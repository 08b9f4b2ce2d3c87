"""A long history, written straight into the tables: every row, day and balance as the ledger would have left them.

The allocations are left out, which no page reads in bulk, and the audit trail: `complete` adds them for the proof.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from app import ids
from app.domain.authorizations import AuthorizationRequest
from app.models.customers import Customer
from benchmarks.places import Place

EACH = 1000
"""Micros that each row uses."""
DAYS = 60
STAMP = 10
"""So many characters of an id say when it was made."""
_FORM = {
    "sqlite": {
        "numbers": "with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < :rows) ",
        "from": "numbers",
        "name": "substr(:stamps, cast((:second + n * :step) / 86400 as integer) * 10 + 1, 10) "
        "|| printf('%02d%014d', :salt, n)",
        "moment": "strftime('%Y-%m-%d %H:%M:%S', :began, '+' || cast(n * :step as integer) || ' seconds') || '.000000'",
        "day": "date(booked_at)",
    },
    "postgresql": {
        "numbers": "",
        "from": "generate_series(1, cast(:rows as bigint)) n",
        "name": "substr(:stamps, cast(floor((:second + n * :step) / 86400) as integer) * 10 + 1, 10) "
        "|| lpad(cast(:salt as text), 2, '0') || lpad(cast(n as text), 14, '0')",
        "moment": "cast(:began as timestamptz) + n * :step * interval '1 second'",
        "day": "(booked_at at time zone 'UTC')::date",
    },
}
_TRANSFERS = """
    insert into transfers (id, customer_id, unit, debit_account, credit_account, amount, kind, source_type, source_id,
      description, booked_at, sequence, change_micros, balance_after_micros)
    {numbers} select 'txn_' || {name}, :customer_id, :unit, case when n = 1 then 'promotions' else 'credits' end,
      case when n = 1 then 'credits' else 'revenue' end, case when n = 1 then :given else :each end,
      case when n = 1 then 'promotional' else 'usage' end, case when n = 1 then 'grant' else 'usage' end,
      case when n = 1 then :grant_id else 'request-' || cast(n as text) end, 'Requests', {moment}, n,
      case when n = 1 then :given else -:each end, :given - (n - 1) * :each
    from {from}"""
_DAYS = """
    insert into balance_days (customer_id, day, added_micros, used_micros, closing_micros)
    select customer_id, {day}, sum(case when kind = 'usage' then 0 else change_micros end),
      sum(case when kind = 'usage' then amount else 0 end), min(balance_after_micros)
    from transfers where customer_id = :customer_id group by customer_id, {day}"""
_GRANT = """
    insert into grants (id, customer_id, kind, micros, remaining_micros, priority, effective_at, posted_at, granted_by,
      reason, created_at)
    values (:grant_id, :customer_id, 'promotional', :given, :each, 50, :began, :began, 'seller', 'Welcome', :began)"""
_ACCOUNT = """
    update accounts set balance = :balance, version = :version
    where customer_id = :customer_id and unit = :unit and name = :name"""


_COMPLETE = (
    """insert into allocations (customer_id, transfer_id, grant_id, micros)
    select t.customer_id, t.id, g.id, t.amount from transfers t join grants g on g.customer_id = t.customer_id
    where t.customer_id = :customer_id and t.kind = 'usage'""",
    """insert into audit_entries (id, customer_id, at, actor, action, subject, before, after, address)
    select 'aud_' || substr(id, 5), customer_id, created_at, 'seller', 'grant.given', id, '', '', ''
    from grants where customer_id = :customer_id""",
)


def fill(place: Place, customer: Customer, rows: int, salt: int, days: int = DAYS, ago: int = 0) -> None:
    """Give the new customer a history of that many rows over days, the last of them so many ago.

    The last row leaves some credit.
    """
    form, given = _FORM[place.kind], rows * EACH
    values = _over(place, rows, salt, days, ago) | {
        "given": given, "each": EACH, "customer_id": customer.customer_id, "unit": f"credits:{customer.credit_unit}",
        "grant_id": f"grt_{salt:026d}",
    }  # fmt: skip
    balances = {"credits": (EACH, rows), "promotions": (-given, 1), "revenue": (given - EACH, rows - 1)}
    with place.raw.begin() as connection:
        if place.kind == "postgresql":  # a million rows that keep every rule need no check of each
            connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text(_GRANT), values)
        connection.execute(text(_TRANSFERS.format(**form)), values)
        connection.execute(text(_DAYS.format(**form)), values)
        for name, (balance, version) in balances.items():
            connection.execute(text(_ACCOUNT), values | {"name": name, "balance": balance, "version": version})
        connection.execute(text("update customers set created_at = :began where customer_id = :customer_id"), values)
    _analyze(place)


def _over(place: Place, rows: int, salt: int, days: int, ago: int) -> dict[str, object]:
    """Return what says when each row is written; its id begins with its day's noon, as if it had been made then."""
    now = datetime.now(UTC).replace(microsecond=0)
    began = now - timedelta(days=days + ago)
    first = began.replace(hour=0, minute=0, second=0)
    stamps = [ids.first_of("day", now - first - timedelta(days=day, hours=12)) for day in range(days + 1)]
    return {
        "rows": rows,
        "salt": salt,
        "began": began if place.kind == "postgresql" else began.strftime("%Y-%m-%d %H:%M:%S.000000"),
        "second": (began - first).seconds,
        "step": days * 86_400 / rows,
        "stamps": "".join(each.removeprefix("day_")[:STAMP] for each in stamps),
    }


def complete(place: Place, customer: Customer) -> None:
    """Add what the history lacks to be proved."""
    with place.raw.begin() as connection:
        if place.kind == "postgresql":
            connection.execute(text("set local session_replication_role = replica"))
        for each in _COMPLETE:
            connection.execute(text(each), {"customer_id": customer.customer_id})
    _analyze(place)


_INDEXES = """
    select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index
    where indrelid::regclass::text in ('transfers', 'allocations', 'usage_event_keys', 'authorizations')
      and not indisprimary and not exists (select 1 from pg_constraint where conindid = indexrelid)"""


def _analyze(place: Place) -> None:
    with place.raw.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("analyze"))


@contextmanager
def without_indexes(place: Place) -> Iterator[None]:
    """Take the indexes of long tables away that are no constraints, and make them anew at the end: that is quicker."""
    if place.kind == "sqlite":
        yield
        return
    with place.raw.begin() as connection:
        indexes = connection.execute(text(_INDEXES)).all()
        for name, _made in indexes:
            connection.execute(text(f"drop index {name}"))
    yield
    with place.raw.begin() as connection:
        connection.execute(text("set local maintenance_work_mem = '512MB'"))
        for _name, made in indexes:
            connection.execute(text(made))
    _analyze(place)


_USE_FORM = {
    "sqlite": {
        "numbers": _FORM["sqlite"]["numbers"],
        "from": "numbers",
        "hold": "'hold_' || " + _FORM["sqlite"]["name"],
        "moment": _FORM["sqlite"]["moment"],
        "day": "date(received_at)",
        "later": "strftime('%Y-%m-%d %H:%M:%S', {0}, '+15 minutes') || '.000000'",
    },
    "postgresql": {
        "numbers": "",
        "from": _FORM["postgresql"]["from"],
        "hold": "'hold_' || " + _FORM["postgresql"]["name"],
        "moment": _FORM["postgresql"]["moment"],
        "day": "(received_at at time zone 'UTC')::date",
        "later": "{0} + interval '15 minutes'",
    },
}
_USED = (
    """insert into authorizations (id, customer_id, key, digest, meter, quantity, micros, state, reason,
      available_after_micros, captured_micros, captured_quantity, captures, period_number, created_at, expires_at,
      ended_at)
    {numbers} select {hold}, :customer_id, {hold}, :digest, 'requests', 1, 0, 'captured', '', 0, 0, 1, 1, 1, {moment},
      {moment_later}, {moment} from {from} where n % 4 = 0""",
    """insert into usage_events (customer_id, id, received_at, day, occurred_at, period_number, meter, subject,
      quantity, micros, properties, authorization_id)
    {numbers} select :customer_id, case when n % 4 = 0 then {hold} else :event || cast(n as text) end, {moment},
      {day_of_moment}, {moment}, 1, 'requests', '', 1, 0, '{{}}', case when n % 4 = 0 then {hold} end
    from {from}""",
    """insert into usage_event_keys (customer_id, id, digest, received_at)
    select customer_id, id, '', received_at from usage_events
    where customer_id = :customer_id and authorization_id is null""",
    """insert into usage_days (customer_id, day, meter, period_number, quantity, events, micros, posted_micros,
      postings, due_on)
    select customer_id, day, meter, 1, count(*), count(*), 0, 0, 0, day from usage_events
    where customer_id = :customer_id group by customer_id, day, meter""",
    """insert into usage_totals (customer_id, period_number, meter, quantity, held_quantity, outlasting_quantity,
      reserved_micros, micros)
    values (:customer_id, 1, 'requests', :rows, 0, 0, 0, 0)""",
)


def use(place: Place, customer: Customer, rows: int, salt: int, days: int = DAYS, ago: int = 0) -> None:
    """Give the new customer that many usage events without a cost over those days, each fourth of a hold."""
    form = _USE_FORM[place.kind]
    asked = AuthorizationRequest(customer.customer_id, "requests", 1, 0, "", 900)
    values = _over(place, rows, salt, days, ago) | {
        "customer_id": customer.customer_id, "digest": asked.digest, "event": f"evt-{salt}-",
    }  # fmt: skip
    words = form | {
        "moment_later": form["later"].format(form["moment"]),
        "day_of_moment": form["day"].replace("received_at", f"({form['moment']})"),
    }
    with place.raw.begin() as connection:
        if place.kind == "postgresql":
            connection.execute(text("set local session_replication_role = replica"))
        for each in _USED:
            statement = text(each.format(**words))
            connection.execute(statement, {name: values[name] for name in statement.compile().params})
        connection.execute(
            text("update customers set created_at = :began where customer_id = :customer_id and created_at > :began"),
            {"began": values["began"], "customer_id": customer.customer_id},
        )
    _analyze(place)
