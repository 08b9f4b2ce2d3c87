"""A catalog with a meter of every kind, and usage in it."""

from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.domain.rating import UsageReport
from app.models.customers import Customer
from app.models.scope import as_service
from app.services import audit
from app.services.catalog import versions
from app.services.customers import registration
from app.services.ledger import posting, reservations, spending, usage_posting
from app.services.transaction import transaction
from app.services.usage import events
from app.services.usage.events import Accepted

METERED = """\
name = "metered"
title = "Metered"

[seller]
name = "Metered Ltd"

[credits]
currency = "USD"
unit = "USD"
burn = "{burn}"

[top_up]
min = "5.00"
max = "5000.00"

[[meters]]
key = "requests"
title = "Requests"
description = "API calls"
unit = "requests"
kind = "sum"
credits = "0.40"
per = 1000

[[meters]]
key = "runs"
title = "Runs"
description = "Runs of a job"
unit = "runs"
kind = "count"
credits = "0.25"

[[meters]]
key = "users"
title = "Users"
description = "Different users of a month"
unit = "users"
kind = "unique"
credits = "0.05"

[[meters]]
key = "storage"
title = "Storage"
description = "Data stored"
unit = "MB"
kind = "last"

[[meters]]
key = "peak"
title = "Peak"
description = "The most machines at once"
unit = "machines"
kind = "max"
credits = "2"

[[meters]]
key = "hours"
title = "Hours"
description = "Hours that machines ran"
unit = "hours"
kind = "sum"

[[meters.tiers]]
up_to = 100
credits = "0.02"

[[meters.tiers]]
credits = "0.016"

[plans]
default = "free"

[[plans.tiers]]
key = "free"
title = "Free"
monthly = "0"

[[plans.tiers]]
key = "paid"
title = "Paid"
monthly = "10.00"
allowances = {{ requests = 1000, users = 2 }}
limits = {{ requests = 5000 }}
rates = {{ runs = "0.10" }}
"""


def apply(burn: str = "realtime", more: str = "") -> None:
    """Apply the catalog: usage is posted to the ledger by the day, or (`at_invoice`) by the period; `more` is added."""
    versions.apply(METERED.format(burn=burn) + more)


def dearer_without_paid_and_hours() -> str:
    """Return the catalog's next version: requests cost twice as much, and neither the paid plan nor hours are in it."""
    head, _hours, rest = (
        METERED.format(burn="realtime").replace('"0.40"', '"0.80"').partition('[[meters]]\nkey = "hours"')
    )
    plans = rest[rest.index("[plans]") :]
    return head + plans[: plans.index('[[plans.tiers]]\nkey = "paid"')]


def customer(name: str, *, plan: str = "") -> Customer:
    """Create a customer who buys from the catalog."""
    slug = name.lower()
    return registration.create(
        name=name, email=f"billing@{slug}.example", catalog="metered", external_id=slug, plan=plan
    )


def move_to_plan(customer_id: str, plan: str) -> None:
    """Put the customer on another plan."""
    with as_service("test"), transaction() as session:
        spending.lock(session, [customer_id])
        moved = session.get_one(Customer, customer_id)
        was, moved.plan = moved.plan, plan
        _note(session, customer_id, {"plan": was}, {"plan": plan})
        reservations.write(session, customer_id)


def _note(session: Session, customer_id: str, was: dict[str, object], now: dict[str, object]) -> None:
    """Note the change in the audit trail, as the service does."""
    if was != now:
        audit.record(session, customer_id, "seller", "customer.changed", customer_id, before=was, after=now)


def move_to_newest(customer_id: str) -> None:
    """Move the customer to the newest version of the catalog."""
    with as_service("test"), transaction() as session:
        spending.lock(session, [customer_id])
        moved = session.get_one(Customer, customer_id)
        was, moved.catalog_version = moved.catalog_version, versions.offered(moved.catalog).version
        _note(session, customer_id, {"catalog_version": was}, {"catalog_version": moved.catalog_version})
        reservations.write(session, customer_id)


def accept_one(customer_id: str, *, id: str, meter: str, quantity: int = 1, **more: Any) -> Accepted:  # noqa: A002  # as its sender calls it
    """Accept one event of the customer, or raise why it cannot be counted."""
    return events.only_one(events.accept([UsageReport(id, customer_id, meter, quantity, **more)]))


def post_all(customer_id: str) -> int:
    """Post what the customer has used so far, due or not; return how many rows of the history that made."""
    with as_service("post usage"), transaction() as session:
        return usage_posting.post(posting.lock(session, customer_id), clock.now())
