"""Activity: the audit trail of a customer as its members read it, the newest first, by person, area and days."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, or_, select, tuple_

from app.domain.people.activity import OF_AREA, SENTENCES, Area
from app.models import written
from app.models.api_keys import ApiKey
from app.models.database import db
from app.models.events import AuditEntry
from app.models.members import Member, Membership
from app.models.payments import PaymentMethod
from app.models.people import AccessLink
from app.models.scope import as_service
from app.models.written import ExactMoment

A_PAGE = 25
Place = tuple[datetime, str]
WrittenEntry = Row[*tuple[Any, ...]]
"""When exactly, id, actor, the names of its member and its link, action, before and after in JSON, and address."""
WrittenEntries = tuple[Sequence[WrittenEntry], Mapping[str, PaymentMethod]]
"""Some of them, and the payment methods that they name, by id."""


@dataclass(frozen=True)
class ActivityQuery:
    """Which entries: of whom, about what, of which UTC days, and behind which one."""

    person: str = ""
    area: Area | None = None
    first: date | None = None
    last: date | None = None
    before: Place | None = None


@dataclass(frozen=True)
class Entry:
    """One entry, and the name of who it was where that is a member or a read-only link."""

    id: str
    at: datetime
    actor: str
    name: str
    action: str
    before: dict[str, Any]
    after: dict[str, Any]
    address: str
    methods: Mapping[str, PaymentMethod] = field(default_factory=dict)
    """The payment methods that the entry names, by id, those that were removed too."""

    @property
    def place(self) -> Place:
        """Where it stands in the list."""
        return self.at, self.id


def listed(customer_id: str, query: ActivityQuery) -> tuple[list[Entry], Place | None]:
    """Return a page of entries, and the place that the next one begins behind.

    One statement, and one for the payment methods that they name.
    """
    found = _found(customer_id, query, A_PAGE + 1)
    return found[:A_PAGE], found[A_PAGE - 1].place if len(found) > A_PAGE else None


def export(customer_id: str, query: ActivityQuery) -> Iterator[WrittenEntries]:
    """Yield every entry that matches as a file says it, by chunks, so that a long trail needs no memory."""
    figures = (
        ExactMoment(AuditEntry.at),
        AuditEntry.id,
        AuditEntry.actor,
        Member.name,
        AccessLink.name,
        AuditEntry.action,
        AuditEntry.before,
        AuditEntry.after,
        AuditEntry.address,
    )
    wanted = _wanted(customer_id, query).with_only_columns(*figures).order_by(None)
    wanted, place = written.below(wanted, AuditEntry.at, AuditEntry.id), query.before or written.TOP
    while True:
        with as_service("read the activity of a customer"):  # a customer's own role reads no members
            rows = written.read(wanted, place)
            named = [json.loads(text).get("method") for row in rows for text in row[6:8] if '"method": "pm_' in text]
            methods = _methods(customer_id, named)
        yield rows, methods
        if len(rows) < written.CHUNK:
            return
        place = written.place_of(rows[-1])


def one(customer_id: str, entry_id: str) -> Entry | None:
    """Return an entry of the customer's, or None."""
    with as_service("read an entry of the activity"):
        row = db.session.execute(_wanted(customer_id, ActivityQuery()).where(AuditEntry.id == entry_id)).one_or_none()
    return _of(row) if row is not None else None


def later(customer_id: str, entry: Entry) -> Iterator[Entry]:
    """Return the entries of the same kind that were written after this one."""
    wanted = _wanted(customer_id, ActivityQuery()).where(
        AuditEntry.action == entry.action, tuple_(AuditEntry.at, AuditEntry.id) > entry.place
    )
    with as_service("read what changed later"):
        found = [_of(row) for row in db.session.execute(wanted)]
    yield from found


def people(customer_id: str) -> list[tuple[str, str]]:
    """Return whom the list may be narrowed to: the members, by name; no more than a list shows."""
    wanted = (
        select(Member.id, Member.name)
        .join(Membership, Membership.member_id == Member.id)
        .where(Membership.customer_id == customer_id)
        .order_by(Member.name, Member.id)
        .limit(100)
    )
    with as_service("name the members of a customer"):
        return [(member_id, name) for member_id, name in db.session.execute(wanted)]


def _found(customer_id: str, query: ActivityQuery, most: int) -> list[Entry]:
    with as_service("read the activity of a customer"):  # a customer's own role reads no members
        found = [_of(row) for row in db.session.execute(_wanted(customer_id, query).limit(most))]
        named = [values.get("method") for each in found for values in (each.before, each.after)]
        methods = _methods(customer_id, named)
    return [replace(each, methods=methods) for each in found] if methods else found


def _methods(customer_id: str, named: Iterable[object]) -> dict[str, PaymentMethod]:
    """Return the payment methods that are named; no method of another customer, and nothing that is none."""
    wanted = sorted({each for each in named if isinstance(each, str) and each.startswith("pm_")})
    if not wanted:
        return {}
    theirs = select(PaymentMethod).where(PaymentMethod.customer_id == customer_id, PaymentMethod.id.in_(wanted))
    return {each.id: each for each in db.session.scalars(theirs)}


def _wanted(customer_id: str, query: ActivityQuery) -> Select[*tuple[Any, ...]]:
    wanted = (
        select(AuditEntry, Member.name, AccessLink.name)
        .outerjoin(ApiKey, ApiKey.id == AuditEntry.actor)
        .outerjoin(Member, Member.id == func.coalesce(ApiKey.member_id, AuditEntry.actor))
        .outerjoin(AccessLink, AccessLink.id == AuditEntry.actor)
        .where(AuditEntry.customer_id == customer_id)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    )
    actions = OF_AREA[query.area] if query.area is not None else frozenset(SENTENCES)
    wanted = wanted.where(AuditEntry.action.in_(sorted(actions)))
    if query.person:
        theirs = select(ApiKey.id).where(ApiKey.member_id == query.person, ApiKey.customer_id == customer_id)
        wanted = wanted.where(or_(AuditEntry.actor == query.person, AuditEntry.actor.in_(theirs)))
    if query.first is not None:
        wanted = wanted.where(AuditEntry.at >= datetime.combine(query.first, time(), UTC))
    if query.last is not None and query.last < date.max:
        wanted = wanted.where(AuditEntry.at < datetime.combine(query.last, time(), UTC) + timedelta(days=1))
    if query.before is not None:
        wanted = wanted.where(tuple_(AuditEntry.at, AuditEntry.id) < query.before)
    return wanted


def _of(row: Row[*tuple[Any, ...]]) -> Entry:
    entry, member, link = row[0], row[1], row[2]
    return Entry(
        id=entry.id,
        at=entry.at,
        actor=entry.actor,
        name=member or link or "",
        action=entry.action,
        before=json.loads(entry.before or "{}"),
        after=json.loads(entry.after or "{}"),
        address=entry.address,
    )
