"""Rating: what a usage event counts for and what it costs, given what its meter showed before.

A meter shows one quantity for each billing period. The plan's allowance is used first; what lies beyond costs credit.
An event costs the difference that it makes to the cost of the whole quantity, so that no order and no batching of
events changes the sum, and each amount is rounded once (I20).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.domain.catalog import Catalog, Meter, MeterKind, Plan
from app.domain.errors import ensure
from app.domain.money import Credits, divided

OLDEST = timedelta(days=34)
"""How late an event may be reported. Its id is kept for longer, so that a late repetition still counts once."""
KEPT = timedelta(days=35)
"""How long the id of an event is kept."""
AHEAD = timedelta(hours=1)
"""How far the host's clock may be ahead of ours."""
LARGEST = 10**12
"""The largest quantity of one event."""
FULL = 10**15
"""The largest quantity that a meter shows."""
ID_LENGTH = 200
"""The most characters of an event's id, and of its subject."""
OURS = "hold_"
"""How the ids of captures begin, and no id of a host's event may."""
PROPERTIES_LENGTH = 4000
"""The most characters of an event's properties, written as JSON."""
DEAREST = 10**17
"""The most micros that may wait to be posted: far from anything real, and from what the database can hold."""
_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class UsageReport:
    """What a host says that a customer used. `customer` is our id of the customer, or the host's own."""

    id: str
    customer: str
    meter: str
    quantity: int = 1
    subject: str = ""
    time: datetime | None = None
    properties: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Tally:
    """What a meter shows in a period, and when the value of a `last` meter was taken."""

    quantity: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True)
class Tariff:
    """What a meter costs a customer: the plan's allowance and price, or the catalog's price."""

    meter: Meter
    allowance: int = 0
    limit: int | None = None
    rate: Credits | None = None

    @property
    def kind(self) -> MeterKind:
        """How the meter counts."""
        return self.meter.kind

    @property
    def is_free(self) -> bool:
        """Whether no quantity costs anything."""
        return self.rate is None and not self.meter.is_priced

    @property
    def steps(self) -> tuple[tuple[int, int | None], ...]:
        """What each `per` units beyond the allowance cost in micros, and up to how many; the last step has no end."""
        return self.meter.steps(self.rate)

    def cost(self, quantity: int) -> int:
        """Return the micros that this quantity of a period costs: nothing up to the allowance; rounded once."""
        return divided(self.undivided(quantity), self.meter.per)

    def undivided(self, quantity: int) -> int:
        """Return what `cost` is before it is divided by the meter's `per` and rounded."""
        beyond = quantity - self.allowance
        return self.meter.undivided(beyond, self.rate) if beyond > 0 else 0

    def step(self, before: int, after: int) -> int:
        """Return the micros that going from one quantity to another costs; a quantity that falls gives nothing back."""
        if self.is_free or after <= before:
            return 0
        return self.cost(after) - self.cost(before)


def tariff(catalog: Catalog, plan: Plan, meter: str) -> Tariff | None:
    """Return what the meter costs on the plan, or None where the catalog has no such meter."""
    found = catalog.meter(meter)
    if found is None:
        return None
    return Tariff(found, plan.allowance(meter), plan.limit(meter), plan.rate(meter))


def counted(kind: MeterKind, tally: Tally, quantity: int, at: datetime, *, is_new: bool) -> Tally:
    """Return what the meter shows after an event that happened `at`; `is_new`: its subject is seen for the first time.

    `last` shows the value taken latest, in any order of events; of two with the same time the later report.
    """
    match kind:
        case MeterKind.COUNT | MeterKind.SUM:
            return Tally(tally.quantity + quantity)
        case MeterKind.UNIQUE:
            return Tally(tally.quantity + is_new)
        case MeterKind.MAX:
            return Tally(max(tally.quantity, quantity))
        case MeterKind.LAST:
            late = tally.last_at is not None and at < tally.last_at
            return tally if late else Tally(quantity, at)


def malformed(report: UsageReport, properties: str) -> str:
    """Return which part of the report is written wrongly, in one word for machines; empty: none is."""
    if not 1 <= len(report.id) <= ID_LENGTH or not report.id.isprintable() or report.id.isspace():
        return "id_malformed"
    if report.id.startswith(OURS):
        return "id_reserved"
    if not report.meter.isprintable():
        return "unknown_meter"
    if len(report.subject) > ID_LENGTH or not report.subject.isprintable():
        return "subject_malformed"
    if not 0 <= report.quantity <= LARGEST:
        return "quantity_out_of_range"
    if len(properties) > PROPERTIES_LENGTH:
        return "properties_too_long"
    return ""


def refusal(report: UsageReport, kind: MeterKind, now: datetime) -> str:
    """Return why a meter of this kind cannot count the report, in one word for machines; empty: it can."""
    if kind in (MeterKind.COUNT, MeterKind.UNIQUE) and report.quantity != 1:
        return "quantity_not_one"
    if kind is MeterKind.UNIQUE and not report.subject:
        return "subject_missing"
    if report.time is not None and report.time < now - OLDEST:
        return "too_old"
    if report.time is not None and report.time > now + AHEAD:
        return "in_the_future"
    return ""


def properties_text(properties: Mapping[str, object] | None) -> str:
    """Return an event's properties as they are kept: JSON in one form, whatever order they were sent in."""
    return _encoder.encode(dict(properties)) if properties else "{}"


def digest(report: UsageReport, properties: str) -> str:
    """Return 32 characters that distinguish this report from any other content under the same id."""
    ensure(report.time is None or report.time.tzinfo is not None, "a moment without a time zone")
    time = report.time.astimezone(UTC).isoformat() if report.time is not None else ""
    # Nothing that is counted has a line break in it: where one part ends is never in doubt.
    said = f"{report.meter}\n{report.quantity}\n{report.subject}\n{time}\n{properties}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]
