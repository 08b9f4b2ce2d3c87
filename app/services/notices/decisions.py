"""Notices: decided from what stands in the rows, kept once for each occasion, and sent after the commit (I27).

Whatever changes a customer's usage, credit or limits marks its row of `spending`. One job looks at marked customers and
at limits whose day is over; another turns each notice into an event for hosts and mails, in one transaction.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Select, and_, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from app import clock
from app.domain import notices as rule
from app.domain.errors import ensure
from app.domain.notices import Given, Wanted
from app.domain.spend_management import Day, day_of
from app.models.bulk import insert_new
from app.models.customers import Customer
from app.models.database import db
from app.models.limits import Notice
from app.models.scope import as_service
from app.models.usage import Spending
from app.models.written import ExactMoment, moment_of
from app.services import due_rows, portal_links
from app.services.alerts import thresholds
from app.services.auto_recharge import trigger
from app.services.ledger import spending
from app.services.notices import snapshot
from app.services.outbox import events, mails
from app.services.transaction import transaction

CHUNK = 5_000
SHOWN = 10
WrittenNotice = tuple[str, str, dict[str, Any]]
"""When exactly, the rule, and the figures of that time."""
_Key = tuple[str, str, str]
"""A notice's customer, rule and occasion."""


def decide_due(limit: int = 100) -> int:
    """Decide the notices of customers whose figures moved or whose day is over; return how many were looked at.

    One customer that fails does not keep the others from being looked at; its failure is raised at the end.
    """
    with as_service("decide notices"):
        found = due_rows.waiting(limit, _to_look_at)
        return due_rows.each(found, _decide, of="customer", failed="notices_failed", enough=limit, raises=True)


def send_due(limit: int = 100) -> int:
    """Send pending notices, the oldest first and at most `limit`; return how many. Any number of workers may do so.

    One notice that fails does not keep the others from being sent; its failure is raised at the end.
    """
    with as_service("notify"):
        found = due_rows.waiting(limit, _pending)
        return due_rows.each(found, _notify, of="notice", failed="notice_failed", enough=limit, raises=True)


def listed(customer_id: str, after: tuple[datetime, str, str] | None = None) -> tuple[list[Notice], bool]:
    """Return the notices that the customer was sent behind `after` (time, rule, occasion), and whether there are more.

    The newest come first, ten at most.
    """
    most = 2 * SHOWN + 1  # a silent one comes with one that is sent
    rows = list(db.session.scalars(_behind(customer_id, after).limit(most)))
    sent = [each for each in rows if not rule.is_silent(each.rule, json.loads(each.data))]
    return sent[:SHOWN], len(sent) > SHOWN or len(rows) == most


def _behind(customer_id: str, after: tuple[datetime, str, str] | None) -> Select[Notice]:
    found = select(Notice).where(Notice.customer_id == customer_id)
    if after is not None:
        at, name, occasion = after
        beside = and_(Notice.created_at == at, tuple_(Notice.rule, Notice.occasion) > (name, occasion))
        found = found.where(or_(Notice.created_at < at, beside))
    return found.order_by(Notice.created_at.desc(), Notice.rule, Notice.occasion)


def every(customer_id: str) -> Iterator[list[WrittenNotice]]:
    """Yield every notice that the customer was sent as a file says it, the newest first, by chunks."""
    place: tuple[datetime, str, str] | None = None
    columns = (ExactMoment(Notice.created_at), Notice.rule, Notice.occasion, Notice.data)
    while True:
        rows = db.session.execute(_behind(customer_id, place).with_only_columns(*columns).limit(CHUNK)).all()
        known = [(at, name, json.loads(data)) for at, name, _occasion, data in rows]
        yield [each for each in known if not rule.is_silent(each[1], each[2])]
        if len(rows) < CHUNK:
            return
        place = moment_of(rows[-1][0]), rows[-1][1], rows[-1][2]


def of_threshold(customer_id: str, day: Day) -> Notice | None:
    """Return the notice of the e-mail threshold on that day, if any."""
    key = (customer_id, rule.DAILY_THRESHOLD, day.date.isoformat())
    return db.session.get(Notice, key, populate_existing=True)


def keep(session: Session, customer_id: str, wanted: Wanted, now: datetime) -> None:
    """Keep the notice unless it was given for this occasion before: percentages of another basis count anew."""
    row: dict[str, object] = {
        "customer_id": customer_id,
        "rule": wanted.rule,
        "occasion": wanted.occasion,
        "data": json.dumps(wanted.figures, sort_keys=True),
        "state": "done" if wanted.is_silent else "pending",
        "created_at": now,
        "done_at": now if wanted.is_silent else None,
        "recovered_at": None if wanted.rule in rule.RECOVERS else now,
    }
    if not insert_new(session, Notice, row) and wanted.figures.get("is_percent"):
        key = (customer_id, wanted.rule, wanted.occasion)
        before = json.loads(session.get_one(Notice, key).data)
        if before["basis"] != wanted.figures["basis"]:
            insert_new(session, Notice, row | {"occasion": f"{wanted.occasion}:{wanted.figures['basis']}"})


def with_day_over(today: str | BindParameter[Any]) -> Select[str]:
    """Ask for customers who reached a daily limit on a day that is over."""
    return select(Notice.customer_id).where(
        Notice.rule == rule.DAILY_LIMIT, Notice.recovered_at.is_(None), Notice.occasion < today
    )


def moved() -> Select[str]:
    """Ask for customers whose figures have moved."""
    return select(Spending.customer_id).where(Spending.dirty)


def to_send() -> Select[str]:
    """Ask for notices that were decided and not sent."""
    return select(Notice.customer_id).where(Notice.state == "pending")


def _to_look_at(limit: int, but: Sequence[str]) -> Sequence[str]:
    """Return customers with something to decide: those whose limit's day is over first, for they are promised 00:00."""
    today = day_of(clock.now()).date.isoformat()
    over = db.session.scalars(
        with_day_over(today).where(Notice.customer_id.not_in(but)).distinct().order_by(Notice.customer_id).limit(limit)
    ).all()
    figures_moved = db.session.scalars(
        moved().where(Spending.customer_id.not_in(but)).order_by(Spending.customer_id).limit(limit)
    ).all()
    return list(dict.fromkeys([*over, *figures_moved]))[:limit]


def _pending(limit: int, but: Sequence[_Key]) -> Sequence[_Key]:
    """Return the keys of pending notices, the oldest first. Customers take turns."""
    key, order = (Notice.customer_id, Notice.rule, Notice.occasion), (Notice.created_at, Notice.rule, Notice.occasion)
    turn = func.row_number().over(partition_by=Notice.customer_id, order_by=order)
    oldest = to_send().with_only_columns(*key).where(tuple_(*key).not_in(but))
    rows = db.session.execute(oldest.order_by(turn, Notice.created_at, *key).limit(limit))
    return [(row[0], row[1], row[2]) for row in rows]


def _decide(customer_id: str) -> bool:
    """Keep what the customer's levels say, once; say whether it was our turn to look."""
    with transaction() as session:
        held = spending.lock(session, [customer_id], skip_locked=True)
        if customer_id not in held:
            return False
        now = clock.now()
        given = _given(session, customer_id, day_of(now))
        levels = snapshot.read(session, customer_id, now)
        decision = rule.decide(levels, given)
        for each in decision.cleared:
            _clear(session, customer_id, each, now)
        for place, wanted in enumerate(decision.wanted):
            keep(session, customer_id, wanted, now + place * timedelta(microseconds=1))  # sent in this order
        trigger.credit_moved(session, customer_id, levels.remaining, now)
        held[customer_id].dirty = False
        return True


def _given(session: Session, customer_id: str, today: Day) -> list[Given]:
    """Return the notices that have not cleared, and those of today that may come again."""
    rows = session.scalars(
        select(Notice)
        .where(
            Notice.customer_id == customer_id,
            Notice.rule.in_(rule.COUNTED),
            or_(Notice.recovered_at.is_(None), Notice.occasion.startswith(today.date.isoformat())),
        )
        .order_by(Notice.rule, Notice.occasion)
        .execution_options(populate_existing=True)
    )
    return [
        Given(row.rule, row.occasion, row.created_at, json.loads(row.data), row.recovered_at is None) for row in rows
    ]


def _clear(session: Session, customer_id: str, notice: Given, now: datetime) -> None:
    session.execute(
        update(Notice)
        .where(
            Notice.customer_id == customer_id,
            Notice.rule == notice.rule,
            Notice.occasion == notice.occasion,
            Notice.recovered_at.is_(None),
        )
        .values(recovered_at=now)
        .execution_options(synchronize_session=False)
    )


def _notify(key: _Key) -> bool:
    """Send one notice; say whether it was our turn to."""
    customer_id, name, occasion = key
    with transaction() as session:
        notice = session.scalars(
            select(Notice)
            .where(
                Notice.customer_id == customer_id,
                Notice.rule == name,
                Notice.occasion == occasion,
                Notice.state == "pending",
            )
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if notice is None:
            return False
        customer = session.get(Customer, notice.customer_id)
        ensure(customer is not None, f"a notice of nobody: {notice.customer_id}")
        if customer is not None:
            _write_mails(session, notice, customer)
            _write_event(session, notice, customer)
        notice.state, notice.done_at = "done", clock.now()
        return True


def _write_event(session: Session, notice: Notice, customer: Customer) -> None:
    """Write the event, if there is one. Its place in the customer's order is taken under a lock, so it comes last."""
    if notice.rule not in rule.EVENTS:
        return
    data = rule.event_data(
        notice.rule,
        notice.occasion,
        json.loads(notice.data),
        unit=customer.credit_unit,
        portal_url=portal_links.page_or_overview(rule.PAGES.get(notice.rule, "overview.page")),
    )
    events.write(session, customer.customer_id, rule.EVENTS[notice.rule], f"{notice.rule}:{notice.occasion}", data)


def _write_mails(session: Session, notice: Notice, customer: Customer) -> None:
    template = rule.MAILS.get(notice.rule)
    if template is None:
        return
    alert = notice.rule == rule.USAGE_ALERT
    addresses = thresholds.addresses(session, customer.customer_id) if alert else [customer.email]
    for address in addresses:
        mark = hashlib.sha256(address.encode()).hexdigest()[:16]
        mails.write(
            session,
            customer.customer_id,
            template,
            key=f"{notice.rule}:{notice.occasion}:{mark}",
            to=address,
            rule=notice.rule,
            occasion=notice.occasion,
            email=address,
        )
