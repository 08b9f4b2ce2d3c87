"""Captures, releases and their keys as PostgreSQL's functions are asked for them, and their answers as values."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app.domain.authorizations import Authorized, CaptureRequest
from app.services.access.api_keys import Presented
from app.services.authorizations.asking import moment, whose
from app.services.authorizations.postgresql_calls import HotPath
from app.services.authorizations.prepared import Prepared
from app.services.authorizations.remembered import Sent, number

_HOLD = (
    "its_quantity, its_micros, its_state, its_reason, its_retry, its_available, captured, captured_units, times, "
    "(extract(epoch from made_at) * 1000000)::bigint, (extract(epoch from expiry) * 1000000)::bigint"
)
CAPTURE = Prepared(
    "purser_capture",
    f"select outcome, why, retry, left_over, used_micros, {_HOLD} "  # noqa: S608  # our own words
    "from purser_capture($1::text, $2::text, $3::text, $4::bigint, $5::bigint, $6::boolean, $7::text, $8::text, "
    "$9::timestamptz, $10::text, $11::bigint, $12::text, $13::bigint, $14::boolean, $15::bigint, $16::bigint, "
    "$17::bigint, $18::bigint[], $19::bigint[], $20::bigint)",
)
RELEASE = Prepared(
    "purser_release",
    f"select outcome, {_HOLD} "  # noqa: S608  # our own words
    "from purser_release($1::text, $2::text, $3::text, $4::timestamptz, $5::text, $6::bigint, $7::text, $8::bigint, "
    "$9::bigint, $10::bigint[], $11::bigint[], $12::bigint)",
)

CLAIM = Prepared(
    "purser_claim",
    "select claimed from purser_claim($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, "
    "$7::timestamptz, $8::timestamptz)",
)
KEEP = Prepared("purser_keep", "select kept from purser_keep($1::text, $2::text, $3::timestamptz, $4::text)")


class Held(NamedTuple):
    """Whose hold it is, and of which meter: what never changes of it."""

    hold_id: str
    customer_id: str
    meter: str


class Said(NamedTuple):
    """What a capture was answered: an outcome, and what belongs to it; the hold as it stands now, where it was read."""

    outcome: str
    why: str
    retry: int | None
    available: int
    micros: int
    hold: Authorized | None


def capture(
    path: HotPath, request: CaptureRequest, held: Held, terms: Sent, proof: Presented | None, now: datetime
) -> Said:
    """Capture, or return what stands in its way."""
    values = [
        *whose(proof), held.hold_id.encode(), number(request.quantity), number(request.micros),
        b"t" if request.keep else b"f", request.event_id.encode() if request.key else None, request.digest.encode(),
        now.isoformat().encode(), *terms,
    ]  # fmt: skip
    row = path.call(CAPTURE, values, about=_about(held), customer_id=held.customer_id, again=bool(request.key))
    outcome, why, retry, available, micros = row[:5]
    return Said(
        _text(outcome), _text(why), _number(retry), _number(available) or 0, _number(micros) or 0, _hold(held, row[5:])
    )


def release(
    path: HotPath, held: Held, terms: Sent, proof: Presented | None, now: datetime
) -> tuple[str, Authorized | None]:
    """Release, and return the outcome with the hold as it stands now; or what stands in its way."""
    values = [*whose(proof), held.hold_id.encode(), now.isoformat().encode(), *terms]
    row = path.call(RELEASE, values, about=_about(held), customer_id=held.customer_id, again=True)
    return _text(row[0]), _hold(held, row[1:])


def claim(path: HotPath, customer_id: str, proof: Presented, said: Sequence[str], until: datetime) -> bool:
    """Claim a request (its key, path, digest and moment) about the customer; say whether it is the first."""
    values = [*whose(proof), *map(str.encode, (customer_id, *said, until.isoformat()))]
    return path.call(CLAIM, values, about=customer_id, customer_id=customer_id) == [b"t"]


def keep(path: HotPath, customer_id: str, proof: Presented, key: str, until: datetime, text: str) -> None:
    """Keep what was answered to a claimed request."""
    values = [each.encode() for each in (proof.key_id, key, until.isoformat(), text)]
    path.call(KEEP, values, about=customer_id, customer_id=customer_id, again=True)


def _about(held: Held) -> str:
    return held.customer_id or held.hold_id


def _hold(held: Held, row: Sequence[bytes | None]) -> Authorized | None:
    quantity, micros, state, reason, retry, available, captured, units, captures, created, expires = row
    if state is None:
        return None
    return Authorized(
        id=held.hold_id,
        customer_id=held.customer_id,
        meter=held.meter,
        quantity=_number(quantity) or 0,
        micros=_number(micros) or 0,
        state=_text(state),
        reason=_text(reason),
        retry_after_seconds=_number(retry),
        available_after_micros=_number(available) or 0,
        captured_micros=_number(captured) or 0,
        captured_quantity=_number(units) or 0,
        captures=_number(captures) or 0,
        created_at=moment(_number(created) or 0),
        expires_at=moment(_number(expires) or 0),
    )


def _text(value: bytes | None) -> str:
    return value.decode() if value is not None else ""


def _number(value: bytes | None) -> int | None:
    return int(value) if value is not None else None
