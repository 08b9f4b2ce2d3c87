"""A single usage event on SQLite: the key, what is known and what is written, in one transaction of plain SQL."""

import sqlite3
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from app import clock
from app.domain import rating
from app.domain.rating import DEAREST, FULL, Tally, Tariff, UsageReport
from app.domain.reservations import Reservation
from app.services.access.api_keys import USE_NOTED_EVERY, Caller, Presented
from app.services.authorizations import on_sqlite as authorizations
from app.services.authorizations.refusals import SCOPE, DatabaseAway
from app.services.authorizations.sqlite_funds import kept
from app.services.catalog import versions
from app.services.usage.terms import plan_of

_LOOK = """
select k.scopes, k.customer_id, c.customer_id, c.catalog, v.version, v.digest, c.plan, p.number, p.ends_at, a.balance,
    s.unposted_micros, coalesce(t.quantity, 0), coalesce(t.held_quantity, 0), coalesce(t.outlasting_quantity, 0),
    coalesce(t.reserved_micros, 0), e.digest, p.ends_at <= :now or exists (
        select 1 from grants g where g.customer_id = c.customer_id and g.posted_at is null and g.voided_at is null
            and g.effective_at <= :now
    ) or exists (
        select 1 from grants g where g.customer_id = c.customer_id and g.remaining_micros > 0 and g.expires_at <= :now
    ) or exists (select 1 from balance_days d where d.customer_id = c.customer_id and d.day > :today)
from customers c
join api_keys k on k.id = :key_id and k.secret_hash = :key_hash and k.revoked_at is null
    and (k.expires_at is null or k.expires_at > :now) and k.last_used_at > :noted
join spending s on s.customer_id = c.customer_id
join billing_periods p on p.customer_id = c.customer_id and p.closed_at is null
join accounts a on a.customer_id = c.customer_id and a.unit = 'credits:' || c.credit_unit and a.name = 'credits'
join catalog_versions v on v.catalog = c.catalog and v.version = c.catalog_version
left join usage_totals t on t.customer_id = c.customer_id and t.period_number = p.number and t.meter = :meter
left join usage_event_keys e on e.customer_id = c.customer_id and e.id = :id
where c.customer_id = coalesce((select o.customer_id from customers o where o.customer_id = :customer),
    (select o.customer_id from customers o where o.external_id = :customer))
"""
_KEY = "insert into usage_event_keys (customer_id, id, digest, received_at) values (?, ?, ?, ?)"
_EVENT = """
insert into usage_events (customer_id, id, received_at, day, occurred_at, period_number, meter, subject, quantity,
    micros, properties)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SPEND = """
update spending set unposted_micros = unposted_micros + ?, held_micros = held_micros + ?, dirty = true
where customer_id = ?
"""
_TOTAL = """
insert into usage_totals (customer_id, period_number, meter, quantity, held_quantity, outlasting_quantity,
    reserved_micros, micros)
values (:customer_id, :number, :meter, :after, 0, 0, :reserved, :micros)
on conflict (customer_id, period_number, meter) do update set quantity = :after, reserved_micros = :reserved,
    micros = micros + :micros, last_at = null
"""
_DAY = """
insert into usage_days (customer_id, day, meter, period_number, quantity, events, micros, posted_micros, postings,
    due_on)
values (:customer_id, :today, :meter, :number, :quantity, 1, :micros, 0, 0, :due_on)
on conflict (customer_id, day, meter) do update set quantity = quantity + :quantity, events = events + 1,
    micros = micros + :micros
"""
_BALANCE = """
insert into balance_days (customer_id, day, added_micros, used_micros, closing_micros)
values (:customer_id, :today, 0, :micros, :closing)
on conflict (customer_id, day) do update set used_micros = used_micros + :micros, closing_micros = :closing
"""


def count(report: UsageReport, digest: str, properties: str, proof: Presented, _asked_at: datetime) -> str:
    """Count the event: `counted`, `duplicate`, or in another word that it must go the usual way."""
    try:
        with authorizations.writer().writing() as rows:
            return _counted(rows, report, digest, properties, proof)
    except (DatabaseAway, sqlite3.Error):  # the usual way says so, or finds it counted
        return "away"


class _Found(NamedTuple):
    scopes: str
    only: str | None
    customer_id: str
    catalog: str
    version: int
    catalog_digest: str
    plan: str
    number: int
    ends_at: str
    balance: int
    to_post: int
    used: int
    held: int
    outlasting: int
    reserved: int
    earlier: str | None
    is_due: int


def _counted(rows: sqlite3.Connection, report: UsageReport, digest: str, properties: str, proof: Presented) -> str:
    now = clock.now()  # after the lock: the day is that of the time it counts
    moment, today = kept(now), now.date().isoformat()
    row = rows.execute(
        _LOOK,
        {
            "key_id": proof.key_id,
            "key_hash": proof.secret_hash,
            "now": moment,
            "noted": kept(now - USE_NOTED_EVERY),
            "today": today,
            "customer": report.customer,
            "meter": report.meter,
            "id": report.id,
        },
    ).fetchone()
    if row is None:
        return "unfit"
    found = _Found(*row)
    if found.is_due or not _may(found, proof):
        return "unfit"
    if found.earlier is not None:
        return "duplicate" if found.earlier == digest else "reused"
    price, at_invoice = _price(found.catalog, found.version, found.catalog_digest, found.plan, report.meter)
    if price is None or not price.kind.can_be_held or rating.refusal(report, price.kind, now):
        return "unfit"
    after = rating.counted(price.kind, Tally(found.used), report.quantity, now, is_new=False).quantity
    micros = price.step(found.used, after)
    reserved = Reservation(price, after, found.held, found.outlasting).micros
    if after > FULL or found.to_post + micros + reserved > DEAREST:
        return "too_much"
    happened_at = moment if report.time is None else kept(report.time)
    rows.execute(_KEY, (found.customer_id, report.id, digest, moment))
    rows.execute(
        _EVENT,
        (
            found.customer_id, report.id, moment, today, happened_at, found.number, report.meter, report.subject,
            report.quantity, micros, properties,
        ),
    )  # fmt: skip
    change = reserved - found.reserved if found.held else 0
    rows.execute(_SPEND, (micros, change, found.customer_id))
    values: dict[str, Any] = {
        "customer_id": found.customer_id,
        "number": found.number,
        "meter": report.meter,
        "today": today,
        "quantity": report.quantity,
        "after": after,
        "micros": micros,
        "reserved": reserved,
        "due_on": found.ends_at[:10] if at_invoice else (now.date() + timedelta(days=1)).isoformat(),
        "closing": found.balance - found.to_post - micros,
    }
    rows.execute(_TOTAL, values)
    rows.execute(_DAY, values)
    if micros:
        rows.execute(_BALANCE, values)
    return "counted"


def _may(found: _Found, proof: Presented) -> bool:
    caller = Caller(proof.key_id, frozenset(found.scopes.split()), found.only)
    return caller.may(SCOPE) and found.only in {None, found.customer_id}


@lru_cache(1000)
def _price(catalog_name: str, version: int, digest: str, plan: str, meter: str) -> tuple[Tariff | None, bool]:
    """Return what the meter costs, and whether its cost is posted with the invoice."""
    catalog = versions.remembered(catalog_name, version, digest)
    return rating.tariff(catalog, plan_of(catalog, plan), meter), catalog.credits.burn == "at_invoice"
