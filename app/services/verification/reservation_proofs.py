"""The proof of `verify` about reservations: what is reserved for a meter is what its open holds can cost at most (I19).

It reads the tariff from the catalog's text and reckons with kinks, where the rule goes from step to step.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import gcd
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

SENTENCE = "what is reserved for a meter is not what its open holds can cost at most"
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


def violations(session: Session, customer_id: str | None) -> Iterator[tuple[str, str]]:
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
