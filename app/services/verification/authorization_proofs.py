"""The proofs of `verify` about permission to spend: what was asked, what was captured, and the ids that count once.

And about reservations: what is reserved for a meter is what its open holds can cost at most (I19). That reads the
tariff from the catalog's text and reckons with kinks, where the rule goes from step to step.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import gcd
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.services.verification.ledger_proofs import Proof

_KEYED = "e.authorization_id is null or length(e.id) = length(e.authorization_id) + 33"
"""Whether an event has a key: it was reported, or captured with one, whose digest is a part of its id."""

_LARGEST = 10**15
"""The most units that a meter counts in a period: nothing is authorized beyond it (`FULL` of domain/rating.py)."""
_LEFT = "case when {0} > 0 then {0} else 0 end"
_ROOM = f"""{_LEFT.format("judged_balance_micros")} - judged_held_micros
            + case when judged_balance_micros < 0 then {_LEFT.format("(judged_overage_micros + judged_balance_micros)")}
              else judged_overage_micros end"""

_ARCHIVED = "(select max(before_at) from usage_archives)"
"""Usage of authorizations from before may be in an archive: of these sums are compared, not one by one."""

AUTHORIZATION_PROOFS = (
    Proof(
        "I17",
        "the id of an event that was counted is not kept: the same event again would count again",
        f"""
        select e.customer_id, e.id as row_id from usage_events e
        left join all_usage_event_keys k on k.customer_id = e.customer_id and k.id = e.id
        where e.received_at >= :ids_since and k.id is null and ({_KEYED})""",  # noqa: S608  # put together from constants, like all below
    ),
    Proof(
        "I17",
        "the id of an event is kept, and there is no such event",
        """
        select k.customer_id, k.id as row_id from usage_event_keys k
        left join usage_events e on e.customer_id = k.customer_id and e.id = k.id where e.id is null""",
    ),
    Proof(
        "I19",
        "what an authorization has captured is not the usage that names it",
        f"""
        select customer_id, id from (
          select customer_id, id, captured_micros micros, captured_quantity quantity, captures,
            0 used, 0 units, 0 events
          from authorizations where (captures <> 0 or captured_micros <> 0 or captured_quantity <> 0)
            and (created_at >= {_ARCHIVED} or {_ARCHIVED} is null)
          union all select customer_id, authorization_id, 0, 0, 0, micros, quantity, 1
          from usage_events e where authorization_id >= :holds_since and ({_ARCHIVED} is null or not exists (
            select 1 from all_authorizations o where o.customer_id = e.customer_id and o.id = e.authorization_id
              and o.created_at < {_ARCHIVED}))) a
        group by customer_id, id
        having sum(micros) <> sum(used) or sum(quantity) <> sum(units) or sum(captures) <> sum(events)""",  # noqa: S608
    ),
    Proof(
        "I19",
        "what authorizations have captured whose usage may be in an archive is not what is kept of it",
        f"""
        select customer_id, meter as row_id from (
          select customer_id, meter, captured_micros micros, captured_quantity quantity, captures from authorizations
          where created_at < {_ARCHIVED}
          union all select customer_id, meter, -captured_micros, -captured_quantity, -captures from archived_usage
          where day >= :usage_since
          union all select e.customer_id, e.meter, -e.micros, -e.quantity, -1 from usage_events e
          join authorizations o on o.customer_id = e.customer_id and o.id = e.authorization_id
            and o.created_at < {_ARCHIVED} where e.authorization_id is not null) a
        group by customer_id, meter having sum(micros) <> 0 or sum(quantity) <> 0 or sum(captures) <> 0""",  # noqa: S608
    ),
    Proof(
        "I19",
        "an event names an authorization that had ended before",
        """
        select customer_id, id from usage_events where authorization_id < :holds_since and day >= :usage_since""",
    ),
    Proof(
        "I19",
        "an authorization is not in the state that its captures and its end leave it in",
        """
        select customer_id, id from authorizations
        where (state = 'refused' and (captures <> 0 or reason = '')) or (state = 'captured' and captures = 0)
          or (state = 'held') <> (ended_at is null) or (state <> 'refused' and reason <> '')
          or (state in ('held', 'released', 'expired') and captures > 0
            and case when meter = '' then captured_micros >= micros else captured_quantity >= quantity end)""",
    ),
    Proof(
        "I19",
        "a refusal does not follow from what it says it was decided from",
        f"""
        select customer_id, id from (
          select customer_id, id, meter, quantity, micros, reason, available_after_micros available, room,
            case when judged_daily_limit_micros is null or judged_daily_limit_micros - judged_daily_used_micros
              - judged_held_micros > room then room
              else judged_daily_limit_micros - judged_daily_used_micros - judged_held_micros end least_left,
            coalesce(judged_used, 0) + coalesce(judged_held, 0) + quantity reached, judged_plan_limit
          from (select a.*, {_ROOM} room from authorizations a where judged_balance_micros is not null) a) r
        where not case reason
          when 'plan_limit' then meter <> '' and (reached > judged_plan_limit or reached > {_LARGEST})
          when 'insufficient_credits' then micros > room and micros > 0
          when 'daily_limit' then micros <= room and micros > least_left
          else true end
          or available <> case when reason in ('suspended', 'closed') or least_left < 0 then 0 else least_left end""",  # noqa: S608
    ),
)

RESERVED = "what is reserved for a meter is not what its open holds can cost at most"
_HELD = """
select t.customer_id, t.meter, t.quantity used, t.held_quantity held, t.outlasting_quantity outlasting,
    t.reserved_micros reserved, c.plan, v.catalog, v.version, v.text
from usage_totals t
join customers c on c.customer_id = t.customer_id
join catalog_versions v on v.catalog = c.catalog and v.version = c.catalog_version
where (t.held_quantity > 0 or t.reserved_micros > 0) {of_one}
order by t.customer_id, t.meter
"""
_OF_ALL, _OF_ONE = text(_HELD.format(of_one="")), text(_HELD.format(of_one="and t.customer_id = :customer_id"))


@dataclass(frozen=True)
class _Price:
    """A price by its kinks: from so many units on, each `per` of them cost so many micros more than those before."""

    kinks: tuple[tuple[int, int], ...]
    per: int

    def most(self, used: int, held: int, outlasting: int) -> int:
        """Return what the held units can cost at most, when some of them may be left to the next period."""
        reached, later = used + held, min(outlasting, held)
        if not held:
            return 0
        if not later:
            return self._cost(reached) - self._cost(used)
        places = {0, later} | {place for edge, _more in self.kinks for place in (edge, reached - edge)}
        both = max(self._undivided(reached - each) + self._undivided(each) for each in places if 0 <= each <= later)
        # The costs of two periods, each rounded by itself: at worst both are rounded up from a half.
        whole = gcd(self.per, *(more for _edge, more in self.kinks))
        per = self.per // whole
        return ((both // whole + 2 * (per // 2)) // per if both else 0) - self._cost(used)

    def _undivided(self, units: int) -> int:
        return sum(more * (units - edge) for edge, more in self.kinks if units > edge)

    def _cost(self, units: int) -> int:
        return (2 * self._undivided(units) + self.per) // (2 * self.per)


def reserved_otherwise(session: Session, customer_id: str | None) -> Iterator[tuple[str, str]]:
    """Yield the customer and the meter of each reservation that is not what it must be."""
    read: dict[tuple[str, int], Mapping[str, Any]] = {}
    asked = (_OF_ALL, {}) if customer_id is None else (_OF_ONE, {"customer_id": customer_id})
    for row in session.execute(*asked).mappings():
        key = row["catalog"], row["version"]
        if key not in read:
            read[key] = tomllib.loads(row["text"], parse_float=Decimal)
        price = _price(read[key], row["plan"], row["meter"])
        if row["reserved"] != price.most(row["used"], row["held"], row["outlasting"]):
            yield row["customer_id"], row["meter"]


def _price(catalog: Mapping[str, Any], plan_key: str, key: str) -> _Price:
    """Return what the meter costs on the plan; nothing where it is not sold."""
    meter: Mapping[str, Any] = next((each for each in catalog.get("meters", ()) if each["key"] == key), {})
    plans = {each["key"]: each for each in catalog["plans"]["tiers"]}
    plan = plans.get(plan_key) or plans[catalog["plans"]["default"]]
    allowance, rate = int(plan.get("allowances", {}).get(key, 0)), plan.get("rates", {}).get(key)
    flat = [{"credits": meter.get("credits", 0) if rate is None else rate}]
    kinks, edge, before = [], allowance, 0
    for step in meter.get("tiers", flat) if rate is None else flat:
        micros = int(Decimal(str(step["credits"])) * 10**6)
        kinks.append((edge, micros - before))
        edge, before = allowance + int(step.get("up_to", 0)), micros
    return _Price(tuple(kinks), int(meter.get("per", 1)))
