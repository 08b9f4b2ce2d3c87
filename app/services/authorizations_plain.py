"""Authorizations in one transaction of plain statements: for SQLite, and to hold PostgreSQL's functions against."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain import authorizations as rule
from app.domain.authorizations import Allowed, Ask, Authorized, Blocked, Captured, Hold, Taken
from app.domain.errors import NotFound
from app.models.authorizations import Authorization
from app.models.scope import as_service
from app.models.usage import Spending, UsageTotal
from app.services import spending
from app.services.authorization_answers import NoRoom, check_kind, ended, over, reused_key, shown
from app.services.authorization_desk import Desk
from app.services.transaction import transaction


def authorize(ask: Ask, customer_id: str) -> Authorized:
    """Judge and write down what was asked; asked again with its key, what was answered."""
    with as_service("authorize"), transaction() as session:
        desk = Desk(session, customer_id, ask.meter)
        name = ids.new("hold")
        earlier = session.scalars(
            select(Authorization).where(
                Authorization.customer_id == customer_id, Authorization.key == (ask.key or name)
            )
        ).one_or_none()
        if earlier is not None:
            if earlier.digest != ask.digest:
                raise reused_key()
            return shown(earlier)
        reached = desk.quantity + desk.held_quantity
        over_plan = bool(ask.meter) and desk.is_over_plan(reached + ask.quantity)
        price = desk.price(reached, ask.quantity) if ask.meter else ask.micros
        judged = rule.judge(desk.funds, price, desk.now, over_plan=over_plan)
        row = _row(ask, name, desk, judged)
        session.add(row)
        session.flush()
        match judged:
            case Blocked():
                desk.note(judged)
            case Allowed(micros) if ask.at_once:
                desk.use(name, name, ask.quantity, micros)
            case Allowed(micros):
                desk.hold(micros, ask.quantity, desk.period)
        return shown(row)


def capture(hold_id: str, *, quantity: int | None, micros: int | None, keep: bool) -> Taken:
    """Use what was held, in part or whole, or more where more is available."""
    with as_service("capture an authorization"), transaction() as session:
        seen = _found(session, hold_id)
        check_kind(seen.meter, quantity, micros)
        desk = Desk(session, seen.customer_id, seen.meter, seen.created_at)
        row = session.get_one(Authorization, hold_id, populate_existing=True)
        if row.state != "held" or row.expires_at <= desk.now:
            return ended(shown(row), desk.funds.available, quantity=quantity, micros=micros, keep=keep)
        hold = Hold(row.micros, row.quantity, row.captured_micros, row.captured_quantity)
        units = 0 if not row.meter else hold.quantity_left if quantity is None else quantity
        asked = hold.left if micros is None else micros
        price = desk.price(desk.quantity, units) if row.meter else asked
        beyond = desk.quantity + desk.held_quantity - hold.quantity_left + units
        done = rule.capture(
            hold,
            desk.funds,
            quantity=units,
            price=price,
            now=desk.now,
            keep=keep,
            over_plan=bool(row.meter) and desk.is_over_plan(beyond),
        )
        if isinstance(done, Captured):
            return _capture(desk, row, done)
        desk.note(done)
    raise NoRoom(done.reason, done.available, done.retry_after)


def release(hold_id: str) -> Authorized:
    """Hold it no longer. Twice is once."""
    with as_service("release an authorization"), transaction() as session:
        seen = _found(session, hold_id)
        spending.lock(session, [seen.customer_id])
        row = session.get_one(Authorization, hold_id, populate_existing=True)
        if row.state == "held":
            let_go(session, row, "released", max(clock.now(), row.created_at))
        elif row.state != "released":
            raise over(shown(row))
        return shown(row)


def let_go(session: Session, row: Authorization, state: str, now: datetime) -> None:
    """End an open hold whose customer's spending is locked: what is left of it may be spent by others."""
    hold = Hold(row.micros, row.quantity, row.captured_micros, row.captured_quantity)
    session.execute(
        update(Spending)
        .where(Spending.customer_id == row.customer_id)
        .values(held_micros=Spending.held_micros - hold.left)
    )
    session.execute(
        update(UsageTotal)
        .where(
            UsageTotal.customer_id == row.customer_id,
            UsageTotal.period_number == row.period_number,
            UsageTotal.meter == row.meter,
        )
        .values(held_quantity=UsageTotal.held_quantity - hold.quantity_left)
    )
    row.state, row.ended_at = state, now
    session.flush()


def _found(session: Session, hold_id: str) -> Authorization:
    row = session.get(Authorization, hold_id)
    if row is None:
        raise NotFound("authorization")
    return row


def _row(ask: Ask, name: str, desk: Desk, judged: Allowed | Blocked) -> Authorization:
    """Return the row that keeps the answer."""
    blocked = judged if isinstance(judged, Blocked) else None
    used = ask.at_once and blocked is None
    state = "refused" if blocked else "captured" if used else "held"
    return Authorization(
        id=name,
        customer_id=desk.customer_id,
        key=ask.key or name,
        digest=ask.digest,
        meter=ask.meter,
        quantity=ask.quantity,
        micros=judged.micros,
        state=state,
        reason=blocked.reason if blocked else "",
        retry_after_seconds=blocked.retry_after if blocked else None,
        available_after_micros=judged.available,
        captured_micros=judged.micros if used else 0,
        captured_quantity=ask.quantity if used else 0,
        captures=1 if used else 0,
        period_number=desk.period,
        created_at=desk.now,
        expires_at=desk.now + timedelta(seconds=ask.ttl_seconds),
        ended_at=None if state == "held" else desk.now,
    )


def _capture(desk: Desk, row: Authorization, done: Captured) -> Taken:
    """Write what a capture does."""
    desk.hold(-done.freed_micros, -done.freed_quantity, row.period_number)
    whole = done.is_over and row.captures == 0
    desk.use(row.id if whole else f"{row.id}:{row.captures + 1}", row.id, done.quantity, done.micros)
    row.captures += 1
    row.captured_micros += done.micros
    row.captured_quantity += done.quantity
    if done.is_over:
        row.state, row.ended_at = "captured", desk.now
    desk.session.flush()
    return Taken(done.micros, done.available, shown(row))
