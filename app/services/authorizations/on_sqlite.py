"""Authorizations on SQLite: the key, the lock, the judgement and what is written, in one transaction of plain SQL.

By the same rule as PostgreSQL's functions; a test plays the same histories on both.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hmac import compare_digest
from typing import Any, TypeVar

from app import clock, ids
from app.domain import authorizations as rule
from app.domain.authorizations import AuthorizationRequest, Authorized, Blocked, Captured, CaptureRequest, Hold, Taken
from app.domain.errors import NotFound, ensure
from app.extensions import Extension
from app.models.database import db
from app.services.access.api_keys import ALL, USE_NOTED_EVERY, Presented
from app.services.authorizations.expiry import catch_up
from app.services.authorizations.refusals import (
    SCOPE,
    DatabaseAway,
    NoRoom,
    Unavailable,
    check_count,
    check_kind,
    ended,
    over,
    refused_key,
    reused_key,
)
from app.services.authorizations.sqlite_connection import Writer
from app.services.authorizations.sqlite_funds import CatchUpNeeded, LockedFunds, kept, moment

TRIES = 4
"""How often something may be due before we give up."""
_the_writer: Extension[Writer] = Extension("writer")
_COLUMNS = (
    "id, customer_id, meter, quantity, micros, state, reason, retry_after_seconds, available_after_micros, "
    "captured_micros, captured_quantity, captures, created_at, expires_at, digest, period_number"
)
_EARLIER = f"select {_COLUMNS} from authorizations where customer_id = ? and key = ?"  # noqa: S608  # our own words
_BY_ID = f"select {_COLUMNS} from authorizations where id = ?"  # noqa: S608  # our own words
_INSERT = f"insert into authorizations ({_COLUMNS}, key, ended_at) values ({', '.join('?' * 18)})"  # noqa: S608  # our own words
_JUDGED = (
    "judged_balance_micros, judged_overage_micros, judged_held_micros, judged_daily_limit_micros, "
    "judged_daily_used_micros, judged_plan_limit, judged_used, judged_held, judged_catalog, judged_catalog_version, "
    "judged_plan"
)
_REFUSE = f"insert into authorizations ({_COLUMNS}, key, ended_at, {_JUDGED}) values ({', '.join('?' * 29)})"  # noqa: S608  # our own words
_CHANGE = (
    "update authorizations set state = ?, captured_micros = ?, captured_quantity = ?, captures = ?, ended_at = ? "
    "where id = ? and customer_id = ?"
)
_CUSTOMER = (
    "select customer_id from customers where customer_id = :name or external_id = :name "
    "order by customer_id <> :name limit 1"
)
_KEY = "select secret_hash, scopes, customer_id, expires_at, revoked_at, last_used_at from api_keys where id = ?"
_ONCE = (
    "select k.digest, e.micros from usage_event_keys k join usage_events e on e.customer_id = k.customer_id "
    "and e.id = k.id where k.customer_id = ? and k.id = ?"
)
_REMEMBER = "insert into usage_event_keys (customer_id, id, digest, received_at) values (?, ?, ?, ?)"
Rows = sqlite3.Connection
Answer = TypeVar("Answer")
Found = tuple[Authorized, str]


def authorize(request: AuthorizationRequest, proof: Presented | None) -> Authorized:
    """Judge and write down what was asked; asked again with its key, what was answered."""
    return _written(lambda rows: _authorize(rows, request, proof))


def capture(request: CaptureRequest, proof: Presented | None) -> Taken:
    """Use what was held, in part or whole, or more where more is available."""
    done = _written(lambda rows: _capture(rows, request, proof))
    if isinstance(done, Blocked):  # raised here: what was noted about it is kept
        raise NoRoom(done.reason, done.available, done.retry_after)
    return done


def release(hold_id: str, proof: Presented | None) -> Authorized:
    """Hold it no longer. Twice is once."""
    return _written(lambda rows: _release(rows, hold_id, proof))


def close() -> None:
    """Close the app's connection."""
    opened = _the_writer.remove()
    if opened is not None:
        opened.close()


def writer() -> Writer:
    """Return the app's one connection that writes what is waited for."""
    return _the_writer.get_or_make(lambda: Writer(db.engine))


def _written(work: Callable[[Rows], Answer]) -> Answer:
    """Do the work in one transaction, after all that is due."""
    ensure(not db.session().info.get("writing"), "a transaction inside a transaction")
    try:
        for _ in range(TRIES):
            try:
                with writer().writing() as rows:
                    return work(rows)
            except CatchUpNeeded as due:
                catch_up(due.customer_id)
    except DatabaseAway as problem:
        raise Unavailable from problem
    finally:
        db.session.rollback()  # whatever is read from now on is what was written here
    raise Unavailable


def _authorize(rows: Rows, request: AuthorizationRequest, proof: Presented | None) -> Authorized:
    mine = _prove(rows, proof)
    named = rows.execute(_CUSTOMER, {"name": request.customer}).fetchone()
    if named is None or mine not in {None, named[0]}:
        raise NotFound("customer")
    locked, name = LockedFunds(rows, named[0], request.meter), ids.new("hold")
    check_count(locked.reservation.tariff, request.quantity)
    earlier = _read(rows.execute(_EARLIER, (locked.customer_id, request.key or name)).fetchone())
    if earlier is not None:
        if earlier[1] != request.digest:
            raise reused_key()
        return earlier[0]
    expires_at = locked.now + timedelta(seconds=request.ttl_seconds)
    judged, after = rule.authorize(
        locked.funds,
        locked.reservation,
        quantity=request.quantity,
        micros=request.micros,
        at_once=request.at_once,
        outlasts=locked.outlasts(expires_at),
        now=locked.now,
    )
    blocked = judged if isinstance(judged, Blocked) else None
    used = request.at_once and blocked is None
    made = Authorized(
        id=name,
        customer_id=locked.customer_id,
        meter=request.meter,
        quantity=request.quantity,
        micros=judged.micros,
        state="refused" if blocked else "captured" if used else "held",
        reason=blocked.reason if blocked else "",
        retry_after_seconds=blocked.retry_after if blocked else None,
        available_after_micros=judged.available,
        captured_micros=judged.micros if used else 0,
        captured_quantity=request.quantity if used else 0,
        captures=1 if used else 0,
        created_at=locked.now,
        expires_at=expires_at,
    )
    _keep(rows, made, request, locked)
    if blocked:
        locked.note(blocked)
    elif used:
        locked.use(name, made, request.quantity, made.micros, after, 0)
    else:
        locked.hold(made.micros, after)
    return made


def _capture(rows: Rows, request: CaptureRequest, proof: Presented | None) -> Taken | Blocked:
    seen = _found(rows, request.hold_id, proof)
    check_kind(seen.meter, request.quantity, request.micros)
    locked = LockedFunds(rows, seen.customer_id, seen.meter, seen.created_at)
    check_count(locked.reservation.tariff, request.quantity)
    if request.key:
        before = rows.execute(_ONCE, (locked.customer_id, request.event_id)).fetchone()
        if before is not None:
            if before[0] != request.digest:
                raise reused_key()
            return Taken(before[1], locked.funds.available, seen)
    if seen.state != "held" or seen.expires_at <= locked.now:
        return ended(seen, locked.funds.available, request)
    done = rule.capture(
        _hold(seen),
        locked.funds,
        locked.reservation,
        quantity=request.quantity,
        micros=request.micros,
        now=locked.now,
        keep=request.keep,
        outlasts=locked.outlasts(seen.expires_at),
    )
    if isinstance(done, Blocked):
        locked.note(done)
        return done
    return _taken(rows, locked, request, seen, done)


def _taken(rows: Rows, locked: LockedFunds, request: CaptureRequest, seen: Authorized, done: Captured) -> Taken:
    """Write what a capture does."""
    whole = done.is_over and seen.captures == 0
    event_id = request.event_id if request.key else seen.id if whole else f"{seen.id}:{seen.captures + 1}"
    locked.use(event_id, seen, done.quantity, done.micros, done.after, done.held)
    if request.key:
        rows.execute(_REMEMBER, (locked.customer_id, event_id, request.digest, kept(locked.now)))
    after = replace(
        seen,
        state="captured" if done.is_over else "held",
        captured_micros=seen.captured_micros + done.micros,
        captured_quantity=seen.captured_quantity + done.quantity,
        captures=seen.captures + 1,
    )
    _change(rows, after, kept(locked.now) if done.is_over else None)
    return Taken(done.micros, done.available, after)


def _release(rows: Rows, hold_id: str, proof: Presented | None) -> Authorized:
    seen = _found(rows, hold_id, proof)
    if seen.state == "released":
        return seen
    if seen.state != "held":
        raise over(seen)
    locked = LockedFunds(rows, seen.customer_id, seen.meter, seen.created_at, is_ending=True)
    after = replace(seen, state="released")
    locked.free(_hold(seen), seen.expires_at)
    _change(rows, after, kept(locked.now))
    return after


def _prove(rows: Rows, proof: Presented | None) -> str | None:
    """Prove the key; return the only customer that it may ask about, or None: all."""
    if proof is None:
        return None
    now, key = clock.now(), rows.execute(_KEY, (proof.key_id,)).fetchone()
    if key is None or not compare_digest(key[0], proof.secret_hash):
        raise refused_key("unauthorized")
    _hash, scopes, customer_id, expires_at, revoked_at, last_used_at = key
    if revoked_at is not None or (expires_at is not None and moment(expires_at) <= now):
        raise refused_key("unauthorized")
    if not {ALL, SCOPE} & set(scopes.split()):
        raise refused_key("forbidden")
    if last_used_at is None or moment(last_used_at) <= now - USE_NOTED_EVERY:
        rows.execute("update api_keys set last_used_at = ? where id = ?", (kept(now), proof.key_id))
    only: str | None = customer_id
    return only


def _found(rows: Rows, hold_id: str, proof: Presented | None) -> Authorized:
    mine = _prove(rows, proof)
    found = _read(rows.execute(_BY_ID, (hold_id,)).fetchone())
    if found is None or mine not in {None, found[0].customer_id}:
        raise NotFound("authorization")
    return found[0]


def _read(row: tuple[Any, ...] | None) -> Found | None:
    """Return an authorization and its digest. The columns are in its order."""
    if row is None:
        return None
    fields: list[Any] = [*row[:12], *(moment(each) for each in row[12:14])]
    return Authorized(*fields), row[14]


def _keep(rows: Rows, made: Authorized, request: AuthorizationRequest, locked: LockedFunds) -> None:
    """Write the answer down, and with a refusal what it was decided from: one insert."""
    *fields, created_at, expires_at = (getattr(made, name) for name in Authorized.__dataclass_fields__)
    at = kept(created_at)
    over_at = None if made.state == "held" else at
    row = (*fields, at, kept(expires_at), request.digest, locked.period, request.key or made.id, over_at)
    if made.allowed:
        rows.execute(_INSERT, row)
    else:
        rows.execute(_REFUSE, (*row, *locked.judged()))


def _change(rows: Rows, after: Authorized, ended_at: str | None) -> None:
    counted = (after.captured_micros, after.captured_quantity, after.captures)
    rows.execute(_CHANGE, (after.state, *counted, ended_at, after.id, after.customer_id))


def _hold(seen: Authorized) -> Hold:
    return Hold(seen.micros, seen.quantity, seen.captured_micros, seen.captured_quantity)
