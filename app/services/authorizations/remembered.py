"""What a process remembers of customers, as PostgreSQL's functions take it: it goes with the question.

Catalog, plan and billing period: the database looks under its lock whether they still hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from cachetools import LRUCache

from app.domain.catalog import Catalog, Plan
from app.domain.rating import Tariff, tariff
from app.services.authorizations.refusals import check_count, priced_by
from app.services.ledger import spending

Value = TypeVar("Value")
Sent = tuple[bytes | None, ...]


class Remembered(Generic[Value]):
    """What was looked up last, up to `most` of it, for all threads. Losing any costs a statement."""

    def __init__(self, most: int) -> None:
        self._lock, self._values = Lock(), LRUCache[str, Value](most)

    def get(self, key: str) -> Value | None:
        """Return what is remembered."""
        with self._lock:
            return self._values.get(key)

    def put(self, key: str, value: Value) -> None:
        """Remember it."""
        with self._lock:
            self._values[key] = value

    def forget(self, key: str) -> None:
        """Look it up again."""
        with self._lock:
            self._values.pop(key, None)


@dataclass(frozen=True)
class Terms:
    """The terms of a customer. `plan_key` is as the customer's row has it."""

    customer_id: str
    catalog_name: str
    version: int
    plan_key: str
    period: int
    catalog: Catalog
    plan: Plan
    _by_meter: dict[str, tuple[Tariff | None, Sent]] = field(default_factory=dict, compare=False, repr=False)

    def of(self, meter: str, quantity: int | None) -> Sent:
        """Return the terms as `purser_authorize` and `purser_capture` take them, for so much of a meter."""
        known = self._by_meter.get(meter)
        if known is None:
            price = priced_by(self.catalog, self.plan, meter)
            at_invoice = b"t" if self.catalog.credits.burn == "at_invoice" else b"f"
            limit = number(spending.daily_limit(None, self.catalog))
            allowance, *steps = _price(price)
            plan_limit = number(price.limit if price is not None else None)
            known = price, (*self._period(), at_invoice, limit, allowance, plan_limit, *steps)
            self._by_meter[meter] = known
        check_count(known[0], quantity)
        return known[1]

    def of_release(self, meter: str) -> Sent:
        """Return the terms as `purser_release` takes them at its end: of a meter that may be sold no longer."""
        return (*self._period(), *_price(tariff(self.catalog, self.plan, meter)))

    def _period(self) -> Sent:
        return self.catalog_name.encode(), number(self.version), self.plan_key.encode(), number(self.period)


def _price(price: Tariff | None) -> tuple[bytes | None, ...]:
    """Return what a meter costs: its allowance, each step's price and end, and for how many units a price is."""
    if price is None:
        return b"0", None, None, b"1"
    each, up_to = zip(*price.steps, strict=True)
    return number(price.allowance), array(each), array(up_to), number(price.meter.per)


def number(value: int | None) -> bytes | None:
    """Return a number as PostgreSQL reads it."""
    return None if value is None else str(value).encode()


def array(values: Sequence[int | None]) -> bytes:
    """Return the numbers as PostgreSQL reads an array of them."""
    return b"{%b}" % ",".join("null" if each is None else str(each) for each in values).encode()
