"""The proofs of `verify` about terms: a customer has the plan and version that the audit trail says it was given.

Each entry that changes one of them says what it was before. Whatever their order, what was given is what was changed
later, and what the customer has now. A closed period has a plan and version that its customer had once.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.customers import BillingPeriod, Customer
from app.models.events import AuditEntry
from app.services.verification.ledger_proofs import Found, Look

_AT_ONCE = 1_000
_GIVEN = (
    "customer.created",
    "customer.changed",
    "customer.moved",
    "subscription.changed",
    "subscription.ended",
    "subscription.price_changed",
)
_NAMES = ("plan", "catalog_version")


@dataclass
class _Changes:
    """What a customer was given of a name, and what each of these replaced."""

    given: list[object] = field(default_factory=list)
    replaced: list[object] = field(default_factory=list)

    def fits(self, now: object) -> bool:
        """Say whether all that was given was replaced, but for what the customer has now."""
        return not Counter(self.given) - Counter([*self.replaced, now])


@dataclass(frozen=True)
class _Customer:
    """A customer's terms now, and how they became so."""

    customer_id: str
    now: Mapping[str, object]
    changes: Mapping[str, _Changes]

    def had(self, name: str, value: object) -> bool:
        """Say whether the customer has this now, or had it once."""
        return value == self.now[name] or value in self.changes[name].given or value in self.changes[name].replaced


def _customers(session: Session, only: str | None) -> Iterator[list[_Customer]]:
    """Yield a thousand customers at a time."""
    last = ""
    while True:
        wanted = select(Customer.customer_id, Customer.plan, Customer.catalog_version)
        wanted = wanted.where(Customer.customer_id > last if only is None else Customer.customer_id == only)
        rows = session.execute(wanted.order_by(Customer.customer_id).limit(_AT_ONCE)).all()
        changes = _changes(session, [row.customer_id for row in rows])
        yield [
            _Customer(
                row.customer_id, {"plan": row.plan, "catalog_version": row.catalog_version}, changes[row.customer_id]
            )
            for row in rows
        ]
        if only is not None or len(rows) < _AT_ONCE:
            return
        last = rows[-1].customer_id


def _changes(session: Session, customer_ids: Sequence[str]) -> Mapping[str, Mapping[str, _Changes]]:
    found: dict[str, dict[str, _Changes]] = defaultdict(lambda: {name: _Changes() for name in _NAMES})
    entries = select(AuditEntry.customer_id, AuditEntry.before, AuditEntry.after).where(
        AuditEntry.customer_id.in_(customer_ids), AuditEntry.action.in_(_GIVEN)
    )
    for customer_id, before, after in session.execute(entries):
        was, became = json.loads(before or "{}"), json.loads(after or "{}")
        for name in _NAMES:
            if name in became:
                found[customer_id][name].given.append(became[name])
            if name in was:
                found[customer_id][name].replaced.append(was[name])
    return found


def _never_given(session: Session, only: str | None) -> Iterator[Found]:
    for some in _customers(session, only):
        for each in some:
            yield from ((each.customer_id, name) for name in _NAMES if not each.changes[name].fits(each.now[name]))


def _closed_otherwise(session: Session, only: str | None) -> Iterator[Found]:
    for some in _customers(session, only):
        by_id = {each.customer_id: each for each in some}
        closed = select(
            BillingPeriod.customer_id, BillingPeriod.number, BillingPeriod.plan, BillingPeriod.catalog_version
        ).where(BillingPeriod.customer_id.in_(by_id), BillingPeriod.closed_at.is_not(None))
        for row in session.execute(closed.order_by(BillingPeriod.customer_id, BillingPeriod.number)):
            if not all(by_id[row.customer_id].had(name, getattr(row, name)) for name in _NAMES):
                yield row.customer_id, f"period {row.number}"


TERMS_LOOKS = (
    Look("terms", "the customer has another plan or version of the catalog than it was given", _never_given),
    Look("terms", "a closed billing period has a plan or version that its customer never had", _closed_otherwise),
)
