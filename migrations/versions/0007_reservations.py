"""Reservations: what the open holds of a meter may still cost is one amount of the meter, no longer a sum of prices.

Holds that are open now get their place: what they hold is counted in the open period, and what they may cost at most on
their customer's terms is reserved. Nothing that was counted or charged changes.
"""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from math import gcd
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SQL = Path(__file__).resolve().parent.parent / "sql"
READ = ("customers", "billing_periods", "authorizations", "usage_totals", "spending")
LEFT = "case when a.{0} > a.captured_{0} then a.{0} - a.captured_{0} else 0 end"
HELD = f"""
select a.customer_id, a.meter, c.catalog, c.catalog_version, c.plan, p.number, coalesce(max(t.quantity), 0) used,
    sum({LEFT.format("quantity")}) held, sum({LEFT.format("micros")}) micros,
    sum(case when a.expires_at > p.ends_at then {LEFT.format("quantity")} else 0 end) outlasting
from authorizations a
join customers c on c.customer_id = a.customer_id
join billing_periods p on p.customer_id = a.customer_id and p.closed_at is null
left join usage_totals t on t.customer_id = a.customer_id and t.period_number = p.number and t.meter = a.meter
where a.state = 'held'
group by a.customer_id, a.meter, c.catalog, c.catalog_version, c.plan, p.number
"""  # noqa: S608  # our own words
PUT = """
insert into usage_totals (customer_id, period_number, meter, quantity, held_quantity, outlasting_quantity,
    reserved_micros, micros)
values (:customer_id, :number, :meter, 0, :held, :outlasting, :reserved, 0)
on conflict (customer_id, period_number, meter) do update set held_quantity = excluded.held_quantity,
    outlasting_quantity = excluded.outlasting_quantity, reserved_micros = excluded.reserved_micros
"""


def upgrade() -> None:
    """Add the columns, reserve what open holds may cost, and put the functions that keep it in the place of the old."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for column, check in (("outlasting_quantity", "outlasting"), ("reserved_micros", "reserved")):
        rule = f"constraint ck_usage_totals_{check}_not_negative check ({column} >= 0)"
        if on_sqlite:
            whole = f"check (typeof({column}) in ('integer', 'null'))"
            rule += f" constraint ck_usage_totals_{column}_whole {whole}"
        op.execute(f"alter table usage_totals add column {column} bigint not null default 0 {rule}")
        if not on_sqlite:
            op.execute(f"alter table usage_totals alter column {column} drop default")
    _with_every_row(_reserve, on_sqlite=on_sqlite)
    if not on_sqlite:
        op.get_bind().exec_driver_sql((SQL / "0007_authorize.sql").read_text())


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _with_every_row(work: Any, *, on_sqlite: bool) -> None:
    """Do the work where row-level security, which binds the owner too, hides no row."""
    for table in () if on_sqlite else READ:
        op.execute(f"alter table {table} no force row level security")
    work()
    for table in () if on_sqlite else READ:
        op.execute(f"alter table {table} force row level security")


def _reserve() -> None:
    bind = op.get_bind()
    totals: dict[str, int] = {}
    found = bind.execute(sa.text(HELD)).mappings().all()
    catalogs = {sold: _catalog(*sold) for sold in {(row["catalog"], row["catalog_version"]) for row in found}}
    bind.execute(sa.text("update usage_totals set held_quantity = 0 where held_quantity <> 0"))
    for row in found:
        micros = int(row["micros"])
        if row["meter"]:
            micros = _reserved(catalogs[row["catalog"], row["catalog_version"]], row)
            known = {name: row[name] for name in ("customer_id", "number", "meter")}
            held = {"held": int(row["held"]), "outlasting": int(row["outlasting"])}
            bind.execute(sa.text(PUT), {**known, **held, "reserved": micros})
        totals[row["customer_id"]] = totals.get(row["customer_id"], 0) + micros
    bind.execute(sa.text("update spending set held_micros = 0 where held_micros <> 0"))
    for customer_id, held_micros in totals.items():
        bind.execute(
            sa.text("update spending set held_micros = :held where customer_id = :customer_id"),
            {"held": held_micros, "customer_id": customer_id},
        )


def _catalog(name: str, version: int) -> dict[str, Any]:
    sold = "select text from catalog_versions where catalog = :name and version = :version"
    text = op.get_bind().execute(sa.text(sold), {"name": name, "version": version}).scalar_one()
    return tomllib.loads(text, parse_float=Decimal)


def _reserved(catalog: Mapping[str, Any], row: Mapping[str, Any]) -> int:
    """Return what the held units can cost at most: the dearest split between the open period and the next."""
    meter = next((each for each in catalog.get("meters", ()) if each["key"] == row["meter"]), None)
    held, used = int(row["held"]), int(row["used"])
    if meter is None or not held:
        return 0
    plans = {plan["key"]: plan for plan in catalog["plans"]["tiers"]}
    plan = plans.get(row["plan"]) or plans[catalog["plans"]["default"]]
    allowance, per = int(plan.get("allowances", {}).get(row["meter"], 0)), int(meter.get("per", 1))
    rate = plan.get("rates", {}).get(row["meter"])
    if rate is not None or not meter.get("tiers"):
        steps = [(_micros(rate if rate is not None else meter.get("credits", 0)), None)]
    else:
        steps = [(_micros(tier["credits"]), tier.get("up_to")) for tier in meter["tiers"]]

    def undivided(units: int) -> int:
        beyond, done, total = max(0, units - allowance), 0, 0
        for micros, up_to in steps:
            top = beyond if up_to is None else min(beyond, up_to)
            total, done = total + micros * max(0, top - done), max(done, top)
        return total

    reached, outlasting = used + held, min(held, int(row["outlasting"]))
    before = (2 * undivided(used) + per) // (2 * per)
    if not outlasting:
        return (2 * undivided(reached) + per) // (2 * per) - before
    edges = [0, outlasting, allowance, *(allowance + up_to for _micros, up_to in steps if up_to is not None)]
    splits = {*edges, *(reached - edge for edge in edges)}
    most = max(undivided(reached - later) + undivided(later) for later in splits if 0 <= later <= outlasting)
    whole = gcd(per, *(micros for micros, _up_to in steps))
    return ((most // whole + per // whole // 2 * 2) // (per // whole) if most else 0) - before


def _micros(credits: object) -> int:  # noqa: A002  # the file's word
    return int(Decimal(str(credits)) * 1_000_000)
