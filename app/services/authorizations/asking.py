"""An authorization as PostgreSQL's `purser_authorize` is asked for it, and its answer as a value."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from app import clock
from app.domain.authorizations import AuthorizationRequest, Authorized
from app.services.access.api_keys import Presented
from app.services.authorizations.postgresql_calls import HotPath
from app.services.authorizations.prepared import Prepared

AUTHORIZE = Prepared(
    "purser_authorize",
    "select outcome, answer_id, answer_state, why, retry, answer_micros, left_over, captured, captured_units, times, "
    "(extract(epoch from moment) * 1000000)::bigint, (extract(epoch from expiry) * 1000000)::bigint "
    "from purser_authorize($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::bigint, "
    "$10::bigint, $11::boolean, $12::int, $13::timestamptz, $14::text, $15::bigint, $16::text, $17::bigint, "
    "$18::boolean, $19::bigint, $20::bigint, $21::bigint, $22::bigint[], $23::bigint[], $24::bigint)",
)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
Values = list[bytes | None]


def values(
    request: AuthorizationRequest, proof: Presented | None, name: str, customer_id: str, terms: Sequence[bytes | None]
) -> Values:
    """Return what is sent: whose key asks, the request, and the terms that the process knows."""
    said = (
        customer_id, request.customer, name, request.key or name, request.digest, request.meter, str(request.quantity),
        str(request.micros), "t" if request.at_once else "f", str(request.ttl_seconds), clock.now().isoformat(),
    )  # fmt: skip
    return [*whose(proof), *map(str.encode, said), *terms]


def ask(path: HotPath, said: Values, request: AuthorizationRequest, customer_id: str) -> Authorized | str:
    """Return the answer, as it was given now or when the request came first; or what stands in its way."""
    row = path.call(AUTHORIZE, said, about=customer_id, customer_id=customer_id, again=True)
    outcome, name, state, reason = (each.decode() if each is not None else "" for each in row[:4])
    if outcome != "answered":
        return outcome
    retry, (micros, left, captured, units, captures, created, expires) = row[4], map(int, row[5:])  # type: ignore[arg-type]
    return Authorized(
        id=name,
        customer_id=customer_id,
        meter=request.meter,
        quantity=request.quantity,
        micros=micros,
        state=state,
        reason=reason,
        retry_after_seconds=None if retry is None else int(retry),
        available_after_micros=left,
        captured_micros=captured,
        captured_quantity=units,
        captures=captures,
        created_at=moment(created),
        expires_at=moment(expires),
    )


def moment(micros: int) -> datetime:
    """Return the time so many micros after 1970 began."""
    return _BEGINNING + timedelta(microseconds=micros)


def whose(proof: Presented | None) -> tuple[bytes | None, bytes | None]:
    """Return whose key asks: its id and the hash of its secret."""
    return (proof.key_id.encode(), proof.secret_hash.encode()) if proof is not None else (None, None)
